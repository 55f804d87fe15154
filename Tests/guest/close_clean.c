/* After close nothing is left but the loop's thread and its own few descriptors, however the node ended. */
#include "manners.h"

static void ignore_event(const cluster_event_t *event, void *user) { (void)event, (void)user; }
static void ignore_log(cluster_log_level level, const char *text, void *user) { (void)level, (void)text, (void)user; }
static void ignore_role(failover_t *seat, uint64_t token, void *user) { (void)seat, (void)token, (void)user; }

static void one_life(int kind) {
    cluster_t *a = JOIN("a"), *b = JOIN("b", "seeds", address_of(a));
    failover_t *seat = NULL, *other = NULL;
    meet(a, b);
    EXPECT_RESULT(cluster_on_event(a, ignore_event, NULL), CLUSTER_OK);
    EXPECT_RESULT(cluster_on_log(a, CLUSTER_LOG_TRACE, ignore_log, NULL), CLUSTER_OK);
    EXPECT_RESULT(failover_open(a, "r", &seat), CLUSTER_OK);
    EXPECT_RESULT(failover_on_promote(seat, ignore_role, NULL), CLUSTER_OK);
    EXPECT_RESULT(failover_on_demote(seat, ignore_role, NULL), CLUSTER_OK);
    EXPECT_RESULT(failover_open(b, "r", &other), CLUSTER_OK);
    EVENTUALLY(failover_is_primary(seat) || failover_is_primary(other));
    if (kind == 0) {
        EXPECT_RESULT(cluster_leave(a, 5000), CLUSTER_OK);
        EXPECT_RESULT(cluster_leave(b, 5000), CLUSTER_OK);
    }
    if (kind == 1) failover_close(seat);
    if (kind == 2) cluster_leave(a, 0);
    cluster_close(a);
    cluster_close(b);
    if (kind != 1) failover_close(seat);
    failover_close(other);
}

/* A join that fails leaves nothing behind either. */
static void failed_life(void) {
    cluster_t *a = JOIN("a"), *none = NULL;
    cluster_options_t *options = NULL;
    char port[16];
    snprintf(port, sizeof port, "%d", port_of(a));
    EXPECT_RESULT(cluster_options_new(&options), CLUSTER_OK);
    EXPECT_RESULT(cluster_options_set(options, "cluster", cluster_name()), CLUSTER_OK);
    EXPECT_RESULT(cluster_options_set(options, "multicast", "false"), CLUSTER_OK);
    EXPECT_RESULT(cluster_options_set(options, "port", port), CLUSTER_OK);
    EXPECT_RESULT(cluster_options_set(options, "port_range", "1"), CLUSTER_OK);
    EXPECT_RESULT(cluster_join(options, &none), CLUSTER_E_SYSTEM);
    EXPECT(none == NULL);
    cluster_options_free(options);
    cluster_close(a);
}

static void expect_back(int threads_then, int descriptors_then) {
    EVENTUALLY(threads() <= threads_then);
    EVENTUALLY(descriptors() <= descriptors_then);
    EXPECT_NUMBER(has_thread("muster-loop"), 1);
}

int main(void) {
    int first_descriptors = descriptors(), then;
    cluster_t *warm = JOIN("warm");
    cluster_close(warm);
    /* The loop's own: epoll, its wake-up and its timer. It lets go of what was closed in its next rounds. */
    EVENTUALLY((then = descriptors()) - first_descriptors <= 3);
    expect_back(2, then);
    for (int round = 0; round < 5; round++) {
        for (int kind = 0; kind < 4; kind++) {
            one_life(kind);
            expect_back(2, then);
        }
        failed_life();
        expect_back(2, then);
    }
    return 0;
}
