/* A node that is refused, because its id lives already, hears of it: by event, by callback, by poll; and every
 * further call says so. */
#include "manners.h"

static int duplicates;
static void on_event(const cluster_event_t *event, void *user) {
    (void)user;
    duplicates += event->kind == CLUSTER_EVENT_DUPLICATE;
}

int main(void) {
    cluster_t *a = JOIN("a"), *b = JOIN("b", "seeds", address_of(a)), *twin;
    cluster_event_t *event = NULL;
    cluster_members_t *list = NULL;
    failover_t *seat = NULL;
    struct pollfd entry = {.events = POLLIN};
    char *json = NULL;
    alarm(120);
    meet(a, b);

    twin = JOIN("b", "seeds", address_of(a));
    EVENTUALLY(cluster_wait(twin, 1, 0) == CLUSTER_E_DUPLICATE);
    entry.fd = cluster_event_fd(twin);
    EXPECT_NUMBER(poll(&entry, 1, 10000), 1);
    do {
        EXPECT_RESULT(cluster_next_event(twin, 0, &event), CLUSTER_OK);
        duplicates += event->kind == CLUSTER_EVENT_DUPLICATE;
        cluster_event_free(event);
    } while (!duplicates);
    EXPECT_RESULT(cluster_members(twin, &list), CLUSTER_E_DUPLICATE);
    EXPECT_RESULT(cluster_members_json(twin, &json), CLUSTER_E_DUPLICATE);
    EXPECT_RESULT(cluster_self_json(twin, &json), CLUSTER_E_DUPLICATE);
    EXPECT_RESULT(cluster_set_tag(twin, "x", "y"), CLUSTER_E_DUPLICATE);
    EXPECT_RESULT(failover_open(twin, NULL, &seat), CLUSTER_E_DUPLICATE);
    EXPECT_RESULT(cluster_broadcast(twin, NULL, "x", 1), CLUSTER_E_DUPLICATE);
    EXPECT_RESULT(cluster_send(twin, "a", NULL, "x", 1, 1000), CLUSTER_E_DUPLICATE);
    EXPECT_RESULT(cluster_leave(twin, 100), CLUSTER_E_DUPLICATE);
    cluster_close(twin);

    /* A host with a loop of its own learns of it in its callback. */
    duplicates = 0;
    twin = JOIN("b", "seeds", address_of(a), "dispatch", "manual");
    if (cluster_on_event(twin, on_event, NULL) == CLUSTER_OK) { /* unless it is refused so soon already */
        entry.fd = cluster_event_fd(twin);
        EVENTUALLY(cluster_wait(twin, 1, 0) == CLUSTER_E_DUPLICATE);
        EXPECT_NUMBER(poll(&entry, 1, 10000), 1);
        EXPECT_RESULT(cluster_dispatch(twin, 0), CLUSTER_OK);
        EXPECT(duplicates > 0);
    }
    cluster_close(twin);
    EXPECT_RESULT(cluster_wait(a, 2, 0), CLUSTER_OK);
    cluster_close(a);
    cluster_close(b);
    return 0;
}
