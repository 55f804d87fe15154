/* Many members in one process, and the member list as JSON as one of them makes it. The members find each other
 * through sockets on loopback as anywhere else; they share one event loop. benchmarks/peers/memberlist does the
 * same with the peer's library.
 *
 *   crowd FIRST COUNT TOTAL CALLS
 *
 * Joins the members FIRST to FIRST + COUNT - 1 of TOTAL, waits until its first one sees them all and says "up".
 * Then, for each byte on standard input, it makes CALLS calls in which nothing has changed since the last one and
 * CALLS in which a member's tag has, and says "same NANOSECONDS", "changed NANOSECONDS" and "bytes LENGTH". */
#include <muster.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void check(cluster_result result, const char *what) {
    if (result == CLUSTER_OK) return;
    fprintf(stderr, "%s: %s: %s\n", what, cluster_strerror(result), cluster_last_error());
    exit(1);
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static cluster_t *member(int index) {
    cluster_options_t *options;
    cluster_t *cluster;
    char id[16], port[16];

    snprintf(id, sizeof id, "m%04d", index);
    snprintf(port, sizeof port, "%d", 7000 + index);
    check(cluster_options_new(&options), "options");
    check(cluster_options_set(options, "cluster", "crowd"), "cluster");
    check(cluster_options_set(options, "node_id", id), "node_id");
    check(cluster_options_set(options, "port", port), "port");
    check(cluster_options_set(options, "multicast", "false"), "multicast");
    check(cluster_options_set(options, "seeds", "127.0.0.1:7000"), "seeds");
    /* What is measured is one call, not the probes of a thousand members on the same two cores. */
    check(cluster_options_set(options, "links", "0"), "links");
    check(cluster_options_set(options, "probe_interval", "1m"), "probe_interval");
    check(cluster_options_set(options, "probe_timeout", "30s"), "probe_timeout");
    check(cluster_options_set(options, "sync_interval", "1h"), "sync_interval");
    check(cluster_options_set(options, "reconnect_interval", "1h"), "reconnect_interval");
    check(cluster_join(options, &cluster), "join");
    cluster_options_free(options);
    return cluster;
}

static void time_call(cluster_t *cluster, const char *kind) {
    char *json;
    int64_t before = now();

    check(cluster_members_json(cluster, &json), "members_json");
    printf("%s %" PRId64 "\n", kind, now() - before);
    cluster_free(json);
}

static void time_calls(cluster_t *cluster, int calls) {
    /* Until the others have passed the news of the tag on. */
    struct timespec pause_time = {0, 200000000};
    char *json, value[16];

    for (int call = 0; call < calls; call++) time_call(cluster, "same");
    for (int call = 0; call < calls; call++) {
        nanosleep(&pause_time, NULL);
        snprintf(value, sizeof value, "%d", call);
        check(cluster_set_tag(cluster, "call", value), "set_tag");
        time_call(cluster, "changed");
    }
    check(cluster_members_json(cluster, &json), "members_json");
    printf("bytes %zu\n", strlen(json));
    cluster_free(json);
    fflush(stdout);
}

int main(int argc, char **argv) {
    cluster_t *first;
    char byte;

    if (argc != 5) return 2;
    first = member(atoi(argv[1]));
    for (int index = 1; index < atoi(argv[2]); index++) {
        member(atoi(argv[1]) + index);
        /* Not all at once: that would be another measurement. */
        if (index % 50 == 0) check(cluster_wait(first, (uint32_t)index + 1, -1), "wait");
    }
    check(cluster_wait(first, (uint32_t)atoi(argv[3]), -1), "wait");
    puts("up");
    fflush(stdout);
    while (read(0, &byte, 1) > 0) time_calls(first, atoi(argv[4]));
    return 0;
}
