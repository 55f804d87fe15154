/* A queue that is full loses the oldest and says once how many; promotions and demotions are never lost. */
#include "manners.h"

enum { LIMIT = 16, CHANGES = 100 };

static void change_tags(cluster_t *from, cluster_t *to, int count) {
    char value[16];
    for (int number = 0; number < count; number++) {
        cluster_members_t *list = NULL;
        int has_come = 0;
        snprintf(value, sizeof value, "<%d>", number);
        EXPECT_RESULT(cluster_set_tag(from, "n", value), CLUSTER_OK);
        while (!has_come) { /* each one is an event of its own at the other */
            EXPECT_RESULT(cluster_members(to, &list), CLUSTER_OK);
            for (size_t index = 0; index < cluster_members_count(list); index++)
                has_come |= strstr(cluster_members_at(list, index)->tags_json, value) != NULL &&
                            !cluster_members_at(list, index)->is_self;
            cluster_members_free(list);
        }
    }
}

static void pulled(void) {
    cluster_t *a = JOIN("a", "event_queue", "16"), *b = JOIN("b", "seeds", address_of(a));
    cluster_event_t *event = NULL;
    uint64_t last = 0, lost = 0;
    int count = 0, lost_events = 0, result;
    meet(a, b);
    drain(a);
    EXPECT_RESULT(cluster_set_tag(b, "mark", "1"), CLUSTER_OK);
    EXPECT_RESULT(cluster_next_event(a, 5000, &event), CLUSTER_OK);
    last = event->number; /* the last one before the flood */
    cluster_event_free(event);
    change_tags(b, a, CHANGES);
    while ((result = cluster_next_event(a, 0, &event)) == CLUSTER_OK) {
        if (event->kind == CLUSTER_EVENT_LOST) {
            lost_events++;
            lost = event->value;
            EXPECT_NUMBER(count, 0); /* it comes where the lost ones would have come */
        } else {
            EXPECT(event->number > last);
            last = event->number;
            count++;
        }
        cluster_event_free(event);
    }
    EXPECT_RESULT(result, CLUSTER_EMPTY);
    EXPECT_NUMBER(lost_events, 1);
    EXPECT_NUMBER(count, LIMIT);
    EXPECT_NUMBER(lost, CHANGES - LIMIT);
    cluster_close(a);
    cluster_close(b);
}

static int events, lost_events, promotions, demotions;
static uint64_t lost, last_number;

static void on_event(const cluster_event_t *event, void *user) {
    (void)user;
    EXPECT(event->number > last_number); /* numbers only grow, the LOST one's too */
    last_number = event->number;
    if (event->kind == CLUSTER_EVENT_LOST) lost_events++, lost += event->value;
    else events++;
}
static void on_log(cluster_log_level level, const char *text, void *user) { (void)level, (void)text, (void)user; }
static void on_promote(failover_t *seat, uint64_t token, void *user) { (void)seat, (void)token, (void)user, promotions++; }
static void on_demote(failover_t *seat, uint64_t token, void *user) { (void)seat, (void)token, (void)user, demotions++; }

/* The callbacks wait in a queue of 16 while far more happens. */
static void dispatched(void) {
    cluster_t *a = JOIN("a", "event_queue", "16", "dispatch", "manual"), *b;
    failover_t *seat = NULL;
    uint64_t before;
    EXPECT_RESULT(cluster_on_event(a, on_event, NULL), CLUSTER_OK);
    EXPECT_RESULT(cluster_on_log(a, CLUSTER_LOG_TRACE, on_log, NULL), CLUSTER_OK);
    EXPECT_RESULT(failover_open(a, NULL, &seat), CLUSTER_OK);
    EXPECT_RESULT(failover_on_promote(seat, on_promote, NULL), CLUSTER_OK);
    EXPECT_RESULT(failover_on_demote(seat, on_demote, NULL), CLUSTER_OK);
    EVENTUALLY(failover_is_primary(seat));
    b = JOIN("b", "seeds", address_of(a));
    meet(a, b);
    change_tags(b, a, CHANGES);
    EXPECT_NUMBER(promotions, 0);
    while (cluster_dispatch(a, 0) == CLUSTER_OK) continue;
    EXPECT_NUMBER(promotions, 1);
    EXPECT_NUMBER(lost_events, 1);
    EXPECT(events <= LIMIT && lost > 0);
    EXPECT_NUMBER(last_number, (uint64_t)events + lost); /* none is unaccounted for */
    before = last_number;
    change_tags(b, a, 3);
    while (cluster_dispatch(a, 0) == CLUSTER_OK) continue;
    EXPECT_NUMBER(last_number, before + 3);
    failover_close(seat);
    cluster_close(a);
    cluster_close(b);
}

int main(void) {
    alarm(120);
    pulled();
    dispatched();
    return 0;
}
