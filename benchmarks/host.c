/* A member for the benchmarks: joins, takes a seat, and prints each event with the time at which it ran in this
 * process (CLOCK_MONOTONIC, nanoseconds: one clock for all processes of a machine).
 *
 *   host MEGABYTES KEY=VALUE...
 *
 * MEGABYTES are touched, so that the process is as large as a real one: the kernel frees them before it closes
 * the sockets of a killed process. */
#include <muster.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void say(const char *what, const char *who, uint64_t value) {
    char line[256];
    int length = snprintf(line, sizeof line, "%" PRId64 " %s %s %" PRIu64 "\n", now(), what, who, value);
    if (write(1, line, (size_t)length) < 0) exit(1);
}

static void on_event(const cluster_event_t *event, void *user) {
    (void)user;
    if (event->kind == CLUSTER_EVENT_MEMBER_DEAD) say("dead", event->member, event->value);
    if (event->kind == CLUSTER_EVENT_MEMBER_JOINED) say("joined", event->member, event->value);
    if (event->kind == CLUSTER_EVENT_MEMBER_UNRESPONSIVE) say("unresponsive", event->member, event->value);
    if (event->kind == CLUSTER_EVENT_POSITION_CHANGED) say("position", event->member, event->value);
}

static void on_promote(failover_t *seat, uint64_t token, void *user) {
    (void)seat;
    (void)user;
    say("promoted", "self", token);
}

static void check(cluster_result result, const char *what) {
    if (result >= 0) return;
    fprintf(stderr, "%s: %s: %s\n", what, cluster_strerror(result), cluster_last_error());
    exit(1);
}

int main(int argc, char **argv) {
    size_t size = (size_t)(argc > 1 ? atol(argv[1]) : 0) << 20;
    cluster_options_t *options;
    cluster_t *cluster;
    failover_t *seat;
    char byte;

    if (size > 0) {
        char *memory = malloc(size);
        if (memory == NULL) return 1;
        for (size_t at = 0; at < size; at += 4096) memory[at] = 1;
    }
    check(cluster_options_new(&options), "options");
    for (int index = 2; index < argc; index++) {
        char *equals = strchr(argv[index], '=');
        if (equals == NULL) return 1;
        *equals = 0;
        check(cluster_options_set(options, argv[index], equals + 1), argv[index]);
    }
    check(cluster_join(options, &cluster), "join");
    check(cluster_on_event(cluster, on_event, NULL), "on_event");
    check(failover_open(cluster, "primary", &seat), "seat");
    check(failover_on_promote(seat, on_promote, NULL), "on_promote");
    say("ready", "self", 0);
    while (read(0, &byte, 1) > 0) {
    }
    return 0;
}
