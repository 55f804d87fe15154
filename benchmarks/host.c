/* A member for the benchmarks. It says what happens, a line each, with the time at which it happened in this
 * process (CLOCK_MONOTONIC, nanoseconds: one clock for all processes of a machine), and obeys letters on
 * standard input. benchmarks/peers/memberlist does the same with the peer's library.
 *
 *   host MEGABYTES [role=NAME] KEY=VALUE...
 *
 *   j  joins, and takes a seat in the role if one is given
 *   p  asks to be primary (failover_promote of itself), and says when it asked
 *   g  touches MEGABYTES, so that the process is as large as a real one: the kernel frees its memory before it
 *      closes the sockets of a killed process */
#include "member.h"

static failover_t *seat;

static void on_event(const cluster_event_t *event, void *user) {
    (void)user;
    switch (event->kind) {
    case CLUSTER_EVENT_MEMBER_JOINED: say("joined", event->member); break;
    case CLUSTER_EVENT_MEMBER_UNRESPONSIVE: say("unresponsive", event->member); break;
    case CLUSTER_EVENT_MEMBER_LEFT: say("left", event->member); break;
    case CLUSTER_EVENT_MEMBER_DEAD: say("dead", event->member); break;
    }
}

static void on_promote(failover_t *handle, uint64_t token, void *user) {
    (void)handle;
    (void)token;
    (void)user;
    say("promoted", "self");
}

static void join(const cluster_options_t *options, const char *role) {
    cluster_t *cluster;

    check(cluster_join(options, &cluster), "join");
    check(cluster_on_event(cluster, on_event, NULL), "on_event");
    if (role != NULL) {
        check(failover_open(cluster, role, &seat), "seat");
        check(failover_on_promote(seat, on_promote, NULL), "on_promote");
    }
    say("up", "self");
}

/* What is given for a key; NULL where nothing is. */
static const char *given(int argc, char **argv, const char *key) {
    size_t length = strlen(key);
    for (int index = 2; index < argc; index++) {
        if (strncmp(argv[index], key, length) == 0 && argv[index][length] == '=') return argv[index] + length + 1;
    }
    return NULL;
}

int main(int argc, char **argv) {
    size_t size = size_of(argc, argv);
    cluster_options_t *options = options_of(argc, argv);
    const char *role = given(argc, argv, "role"), *id = given(argc, argv, "node_id");
    char letter;

    say("ready", "self");
    while (read(0, &letter, 1) > 0) {
        if (letter == 'j') join(options, role);
        if (letter == 'p') {
            say("asking", "self");
            check(failover_promote(seat, id, 20000), "promote");
        }
        if (letter == 'g') grow(size);
    }
    return 0;
}
