/* The event descriptor is level-triggered: readable while something waits for the host, quiet when all is taken,
 * for either way to take events; and it is the host's to poll, not to be woken by for nothing. */
#include "manners.h"

static int readable(cluster_t *node, int timeout_ms) {
    struct pollfd entry = {.fd = cluster_event_fd(node), .events = POLLIN};
    int count;
    EXPECT(entry.fd >= 0);
    count = poll(&entry, 1, timeout_ms);
    EXPECT(count >= 0);
    EXPECT(count == 0 || entry.revents == POLLIN);
    return count;
}

static int seen, promoted;
static void on_event(const cluster_event_t *event, void *user) { (void)event, (void)user, seen++; }
static void on_promote(failover_t *seat, uint64_t token, void *user) { (void)seat, (void)token, (void)user, promoted++; }

static void pulling(void) {
    cluster_t *a = JOIN("a"), *b;
    cluster_event_t *event = NULL;
    EXPECT_NUMBER(readable(a, 0), 0);
    b = JOIN("b", "seeds", address_of(a));
    EXPECT_NUMBER(readable(a, 10000), 1);
    meet(a, b);
    EXPECT_RESULT(cluster_set_tag(b, "x", "y"), CLUSTER_OK);
    EXPECT_NUMBER(readable(a, 10000), 1);
    EXPECT_NUMBER(readable(a, 0), 1); /* polling takes nothing */
    while (readable(a, 0)) {
        EXPECT_RESULT(cluster_next_event(a, 0, &event), CLUSTER_OK); /* readable means that there is one */
        cluster_event_free(event);
    }
    EXPECT_RESULT(cluster_next_event(a, 0, &event), CLUSTER_EMPTY);
    EXPECT_RESULT(cluster_set_tag(b, "x", "z"), CLUSTER_OK);
    EXPECT_NUMBER(readable(a, 10000), 1);
    drain(a);
    EXPECT_NUMBER(readable(a, 0), 0);

    cluster_wakeup(a);
    EXPECT_NUMBER(readable(a, 10000), 1);
    EXPECT_RESULT(cluster_next_event(a, -1, &event), CLUSTER_EMPTY);
    EXPECT_NUMBER(readable(a, 0), 0);

    /* Once it has left, the loop of the host must learn that too. */
    EXPECT_RESULT(cluster_leave(a, 5000), CLUSTER_OK);
    EXPECT_NUMBER(readable(a, 10000), 1);
    EXPECT_RESULT(cluster_next_event(a, 0, &event), CLUSTER_OK);
    EXPECT_NUMBER(event->kind, CLUSTER_EVENT_LEFT);
    cluster_event_free(event);
    EXPECT_RESULT(cluster_next_event(a, 0, &event), CLUSTER_E_CLOSED);
    cluster_close(a);
    cluster_close(b);
}

static void dispatching(void) {
    cluster_t *a = JOIN("a", "dispatch", "manual"), *b;
    failover_t *seat = NULL;
    EXPECT_RESULT(cluster_on_event(a, on_event, NULL), CLUSTER_OK);
    EXPECT_RESULT(failover_open(a, NULL, &seat), CLUSTER_OK);
    EXPECT_RESULT(failover_on_promote(seat, on_promote, NULL), CLUSTER_OK);
    EVENTUALLY(failover_is_primary(seat));
    b = JOIN("b", "seeds", address_of(a));
    meet(a, b);
    EXPECT_NUMBER(readable(a, 10000), 1);
    EXPECT(seen == 0 && promoted == 0); /* nothing runs by itself */
    while (readable(a, 0)) EXPECT_RESULT(cluster_dispatch(a, 0), CLUSTER_OK);
    EXPECT(seen > 0 && promoted == 1);
    EXPECT_RESULT(cluster_dispatch(a, 0), CLUSTER_EMPTY);
    seen = 0;
    EXPECT_RESULT(cluster_set_tag(b, "x", "y"), CLUSTER_OK);
    EXPECT_NUMBER(readable(a, 10000), 1);
    EXPECT_RESULT(cluster_dispatch(a, -1), CLUSTER_OK);
    EXPECT_NUMBER(readable(a, 0), 0);
    EXPECT_NUMBER(seen, 1);

    /* What waits when the node leaves is still run: the last event says so. */
    seen = 0;
    EXPECT_RESULT(cluster_leave(a, 5000), CLUSTER_OK);
    while (cluster_dispatch(a, 0) == CLUSTER_OK) continue;
    EXPECT(seen > 0);
    EXPECT_RESULT(cluster_dispatch(a, -1), CLUSTER_E_CLOSED);
    cluster_close(a);
    cluster_close(b);
    failover_close(seat);
}

/* With the library's own dispatcher the callbacks' events do not show. */
static void threaded(void) {
    cluster_t *a = JOIN("a"), *b;
    seen = 0;
    EXPECT_RESULT(cluster_on_event(a, on_event, NULL), CLUSTER_OK);
    b = JOIN("b", "seeds", address_of(a));
    EVENTUALLY(__atomic_load_n(&seen, __ATOMIC_SEQ_CST) > 0);
    EXPECT_NUMBER(readable(a, 0), 0);
    EXPECT_RESULT(cluster_dispatch(a, 0), CLUSTER_E_UNSUPPORTED);
    cluster_close(a);
    cluster_close(b);
}

static void on_log(cluster_log_level level, const char *text, void *user) { (void)level, (void)text, (void)user; }

/* A callback of another kind takes no events: those that wait for a pull are seen, also before the first one. */
static void beside_others(void) {
    cluster_t *a = JOIN("a"), *b;
    EXPECT_RESULT(cluster_on_log(a, CLUSTER_LOG_ERROR, on_log, NULL), CLUSTER_OK);
    EXPECT_NUMBER(readable(a, 0), 0);
    b = JOIN("b", "seeds", address_of(a));
    EXPECT_NUMBER(readable(a, 10000), 1);
    meet(a, b);
    drain(a);
    cluster_close(a);
    cluster_close(b);
}

int main(void) {
    alarm(120);
    pulling();
    dispatching();
    threaded();
    beside_others();
    return 0;
}
