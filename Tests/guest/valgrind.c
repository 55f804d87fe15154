/* A short life with a little of everything, to be run under valgrind. */
#include "manners.h"

static void on_event(const cluster_event_t *event, void *user) { (void)event, (void)user; }
static void on_role(failover_t *seat, uint64_t token, void *user) { (void)seat, (void)token, (void)user; }

static void one_life(const char *key) {
    cluster_t *a = JOIN("a", "key", key, "bind", "127.0.0.1", "name", "first", "dispatch", "manual");
    cluster_t *b = JOIN("b", "key", key, "bind", "127.0.0.1", "seeds", address_of(a));
    cluster_members_t *list = NULL;
    cluster_event_t *event = NULL;
    failover_t *seat = NULL, *other = NULL;
    char *json = NULL;
    meet(a, b);
    EXPECT_RESULT(cluster_on_event(b, on_event, NULL), CLUSTER_OK);
    EXPECT_RESULT(failover_open(a, NULL, &seat), CLUSTER_OK);
    EVENTUALLY(failover_is_primary(seat));
    EXPECT_RESULT(failover_open(b, NULL, &other), CLUSTER_OK);
    EXPECT_RESULT(failover_on_promote(other, on_role, NULL), CLUSTER_OK);
    EXPECT_RESULT(cluster_set_tag(a, "k", "v"), CLUSTER_OK);
    EXPECT_RESULT(cluster_set_tag(a, "k", NULL), CLUSTER_OK);
    EXPECT_RESULT(cluster_set_tag(a, "", "v"), CLUSTER_E_INVALID);
    EXPECT_RESULT(cluster_members(b, &list), CLUSTER_OK);
    EXPECT(cluster_members_at(list, 0)->tags_json != NULL);
    cluster_members_free(list);
    EXPECT_RESULT(cluster_members_json(b, &json), CLUSTER_OK);
    cluster_free(json);
    EXPECT_RESULT(cluster_self_json(a, &json), CLUSTER_OK);
    cluster_free(json);
    EXPECT_RESULT(failover_primary_json(seat, &json), CLUSTER_OK);
    cluster_free(json);
    EXPECT_RESULT(cluster_next_event(a, 10000, &event), CLUSTER_OK);
    cluster_event_free(event);
    EXPECT_RESULT(cluster_leave(a, 30000), CLUSTER_OK);
    EVENTUALLY(failover_is_primary(other));
    failover_close(seat);
    cluster_close(a);
    failover_close(other);
    cluster_close(b);
}

int main(void) {
    cluster_options_t *options = NULL;
    cluster_t *none = NULL;
    char *value = NULL;
    EXPECT_RESULT(cluster_options_new(&options), CLUSTER_OK);
    EXPECT_RESULT(cluster_options_set(options, "port", "99999"), CLUSTER_E_INVALID);
    EXPECT_RESULT(cluster_options_get(options, "port", &value), CLUSTER_OK);
    cluster_free(value);
    EXPECT_RESULT(cluster_join(options, &none), CLUSTER_E_INVALID);
    cluster_options_free(options);
    for (int round = 0; round < 5; round++) one_life("1111111111111111111111111111111111111111111111111111111111111111");
    for (int round = 0; round < 5; round++) one_life("");
    pause_ms(300); /* the loop lets go of what was closed in its next rounds; nothing tells when */
    return 0;
}
