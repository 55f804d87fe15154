/* One of several identical processes; exactly one of them works, the others stand by.
 *
 *   cc primary.c $(pkg-config --cflags --libs muster) -o primary
 *   ./primary orders a & ./primary orders b & ./primary orders c &
 */
#include <muster.h>

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static void promoted(failover_t *seat, uint64_t token, void *user) {
    (void)seat;
    printf("%s: I am primary now, fencing token %" PRIu64 "\n", (const char *)user, token);
    fflush(stdout);
}

static void demoted(failover_t *seat, uint64_t token, void *user) {
    (void)seat;
    printf("%s: I stop: token %" PRIu64 " is no longer mine\n", (const char *)user, token);
    fflush(stdout);
}

static void check(cluster_result result, const char *what) {
    if (result >= 0) return;
    fprintf(stderr, "%s: %s: %s\n", what, cluster_strerror(result), cluster_last_error());
    exit(1);
}

int main(int argc, char **argv) {
    const char *name = argc > 2 ? argv[2] : "anonymous";
    cluster_options_t *options;
    cluster_t *cluster;
    failover_t *seat;
    sigset_t signals;
    int signal_number;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL);

    check(cluster_options_new(&options), "options");
    check(cluster_options_set(options, "cluster", argc > 1 ? argv[1] : "orders"), "cluster");
    check(cluster_options_set(options, "node_id", name), "node_id");
    check(cluster_join(options, &cluster), "join");
    cluster_options_free(options);

    check(failover_open(cluster, "primary", &seat), "seat");
    check(failover_on_promote(seat, promoted, (void *)name), "on_promote");
    check(failover_on_demote(seat, demoted, (void *)name), "on_demote");

    /* Work is done while failover_is_primary(seat); here the process only waits to be told to end. */
    sigwait(&signals, &signal_number);

    check(cluster_leave(cluster, 2000), "leave");
    failover_close(seat);
    cluster_close(cluster);
    return 0;
}
