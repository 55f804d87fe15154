/* Callbacks run one at a time, in order, under no lock; unregistering waits for a running one; inside of one every
 * call is allowed but those that would wait for it. */
#include "manners.h"
#include <stdatomic.h>

static cluster_t *a, *b;
static failover_t *seat, *other;
static atomic_int running, most, events, promotions, demotions, is_slow;
static _Atomic uint64_t last_number;

static void enter(void) {
    int now = atomic_fetch_add(&running, 1) + 1;
    if (now > atomic_load(&most)) atomic_store(&most, now);
    if (atomic_load(&is_slow)) pause_ms(2);
}
static void leave(void) { atomic_fetch_sub(&running, 1); }

static void on_event(const cluster_event_t *event, void *user) {
    enter();
    EXPECT(user == &events);
    EXPECT(event->struct_size == sizeof *event && event->member != NULL && event->role != NULL && event->detail != NULL);
    EXPECT(event->number > atomic_load(&last_number));
    atomic_store(&last_number, event->number);
    atomic_fetch_add(&events, 1);
    leave();
}
static void on_log(cluster_log_level level, const char *text, void *user) {
    (void)user;
    enter();
    EXPECT(level >= CLUSTER_LOG_ERROR && level <= CLUSTER_LOG_TRACE && text[0] != '\0');
    leave();
}
static void on_promote(failover_t *handle, uint64_t token, void *user) {
    (void)user;
    enter();
    EXPECT(handle == seat && token > 0);
    atomic_fetch_add(&promotions, 1);
    leave();
}
static void on_demote(failover_t *handle, uint64_t token, void *user) {
    (void)user;
    enter();
    EXPECT(handle == seat && token > 0);
    atomic_fetch_add(&demotions, 1);
    leave();
}

static void register_all(void) {
    EXPECT_RESULT(cluster_on_event(a, on_event, &events), CLUSTER_OK);
    EXPECT_RESULT(cluster_on_log(a, CLUSTER_LOG_TRACE, on_log, NULL), CLUSTER_OK);
    EXPECT_RESULT(failover_on_promote(seat, on_promote, NULL), CLUSTER_OK);
    EXPECT_RESULT(failover_on_demote(seat, on_demote, NULL), CLUSTER_OK);
}

static void set_up(const char *dispatch) {
    a = JOIN("a", "dispatch", dispatch);
    EXPECT_RESULT(failover_open(a, NULL, &seat), CLUSTER_OK);
    EVENTUALLY(failover_is_primary(seat));
    b = JOIN("b", "seeds", address_of(a));
    EXPECT_RESULT(failover_open(b, NULL, &other), CLUSTER_OK);
    meet(a, b);
    atomic_store(&last_number, 0);
    atomic_store(&events, 0);
}

static void tear_down(void) {
    cluster_close(a);
    failover_close(seat);
    cluster_close(b);
    failover_close(other);
}

static void set_tags(int count) {
    for (int number = 0; number < count; number++) {
        char value[16];
        snprintf(value, sizeof value, "%d", number);
        EXPECT_RESULT(cluster_set_tag(b, "n", value), CLUSTER_OK);
        pause_ms(1);
    }
}

/* -- One at a time -------------------------------------------------------------------------- */

static atomic_int is_over;
static void *dispatch(void *user) {
    int result = CLUSTER_OK;
    (void)user;
    while (!atomic_load(&is_over) && result >= 0) result = cluster_dispatch(a, 5);
    return NULL;
}

static void one_at_a_time(const char *how) {
    pthread_t dispatchers[3];
    int is_manual = strcmp(how, "manual") == 0;
    set_up(how);
    register_all();
    atomic_store(&most, 0);
    atomic_store(&is_slow, 1);
    atomic_store(&is_over, 0);
    for (int index = 0; is_manual && index < 3; index++) dispatchers[index] = run_thread(dispatch, NULL);
    set_tags(100);
    EVENTUALLY(atomic_load(&events) > 5);
    atomic_store(&is_over, 1);
    for (int index = 0; is_manual && index < 3; index++) pthread_join(dispatchers[index], NULL);
    EXPECT_NUMBER(atomic_load(&most), 1);
    atomic_store(&is_slow, 0);
    tear_down();
}

/* -- Unregistering ---------------------------------------------------------------------------- */

static atomic_int is_inside, may_leave, has_left;
static void stay(const cluster_event_t *event, void *user) {
    (void)event, (void)user;
    atomic_store(&is_inside, 1);
    while (!atomic_load(&may_leave)) pause_ms(1);
    pause_ms(20);
    atomic_store(&has_left, 1);
}

static void *unregister(void *user) {
    (void)user;
    EXPECT_RESULT(cluster_on_event(a, NULL, NULL), CLUSTER_OK);
    EXPECT(atomic_load(&has_left)); /* whatever the callback used may be freed now */
    return NULL;
}

static void unregistering_waits(void) {
    pthread_t thread;
    set_up("thread");
    atomic_store(&is_inside, 0), atomic_store(&may_leave, 0), atomic_store(&has_left, 0);
    EXPECT_RESULT(cluster_on_event(a, stay, NULL), CLUSTER_OK);
    EXPECT_RESULT(cluster_set_tag(b, "x", "1"), CLUSTER_OK);
    EVENTUALLY(atomic_load(&is_inside));
    thread = run_thread(unregister, NULL);
    pause_ms(20);
    atomic_store(&may_leave, 1);
    pthread_join(thread, NULL);
    atomic_store(&is_inside, 0);
    EXPECT_RESULT(cluster_set_tag(b, "x", "2"), CLUSTER_OK);
    EXPECT_RESULT(cluster_on_log(a, CLUSTER_LOG_TRACE, on_log, NULL), CLUSTER_OK);
    pause_ms(50);
    EXPECT(!atomic_load(&is_inside));
    tear_down();
}

static void *close_it(void *user) {
    (void)user;
    cluster_close(a);
    EXPECT(atomic_load(&has_left));
    return NULL;
}

static void closing_waits(void) {
    pthread_t thread;
    set_up("thread");
    atomic_store(&is_inside, 0), atomic_store(&may_leave, 0), atomic_store(&has_left, 0);
    EXPECT_RESULT(cluster_on_event(a, stay, NULL), CLUSTER_OK);
    EXPECT_RESULT(cluster_set_tag(b, "x", "1"), CLUSTER_OK);
    EVENTUALLY(atomic_load(&is_inside));
    thread = run_thread(close_it, NULL);
    pause_ms(20);
    atomic_store(&may_leave, 1);
    pthread_join(thread, NULL);
    failover_close(seat);
    cluster_close(b);
    failover_close(other);
}

/* -- Calls from inside ------------------------------------------------------------------------ */

static atomic_int tried;
static void on_message(cluster_t *node, const cluster_message_t *message, void *user) { (void)node, (void)message, (void)user; }
static void on_warning(failover_t *handle, int32_t remaining_ms, void *user) { (void)handle, (void)remaining_ms, (void)user; }
static void call_everything(const cluster_event_t *event, void *user) {
    cluster_members_t *list = NULL;
    cluster_event_t *next = NULL;
    failover_t *more = NULL;
    cluster_t *node;
    char *json = NULL;
    uint32_t position;
    uint64_t token;
    int result;
    (void)event, (void)user;
    if (atomic_load(&tried)) return;
    EXPECT_RESULT(cluster_members(a, &list), CLUSTER_OK);
    cluster_members_free(list);
    EXPECT_RESULT(cluster_members_json(a, &json), CLUSTER_OK);
    cluster_free(json);
    EXPECT_RESULT(cluster_self_json(a, &json), CLUSTER_OK);
    cluster_free(json);
    EXPECT_RESULT(cluster_wait(a, 2, 1000), CLUSTER_OK);
    EXPECT_RESULT(cluster_set_tag(a, "from", "inside"), CLUSTER_OK);
    EXPECT_RESULT(cluster_broadcast(a, NULL, "x", 1), CLUSTER_OK);
    EXPECT_RESULT(cluster_send(a, "b", NULL, "x", 1, 10000), CLUSTER_E_UNWANTED);
    EXPECT_RESULT(cluster_on_message(a, on_message, NULL), CLUSTER_OK);
    EXPECT_RESULT(cluster_send(a, "a", NULL, "x", 1, -1), CLUSTER_OK);
    EXPECT_RESULT(cluster_on_message(a, NULL, NULL), CLUSTER_OK);
    EXPECT(cluster_event_fd(a) >= 0);
    result = cluster_next_event(a, 0, &next);
    EXPECT(result == CLUSTER_OK || result == CLUSTER_EMPTY);
    if (result == CLUSTER_OK) cluster_event_free(next);
    EXPECT_RESULT(failover_position(seat, &position), CLUSTER_OK);
    EXPECT_RESULT(failover_primary_json(seat, &json), CLUSTER_OK);
    cluster_free(json);
    EXPECT(failover_is_primary(seat));
    EXPECT_RESULT(failover_token(seat, &token), CLUSTER_OK);
    EXPECT_RESULT(failover_on_promote(seat, on_promote, NULL), CLUSTER_OK);
    EXPECT_RESULT(failover_on_promote(seat, NULL, NULL), CLUSTER_OK);
    EXPECT_RESULT(failover_on_demote(seat, NULL, NULL), CLUSTER_OK);
    EXPECT_RESULT(failover_on_warning(seat, on_warning, NULL), CLUSTER_OK);
    EXPECT_RESULT(failover_on_warning(seat, NULL, NULL), CLUSTER_OK);
    EXPECT(failover_remaining_ms(seat) > 0);
    EXPECT_RESULT(failover_guarantee_json(seat, &json), CLUSTER_OK);
    cluster_free(json);
    EXPECT_RESULT(failover_pause(seat), CLUSTER_OK);
    EXPECT_RESULT(failover_set_ready(seat, 0), CLUSTER_OK);
    EXPECT_RESULT(failover_set_ready(seat, 1), CLUSTER_OK);
    EXPECT_RESULT(failover_resume(seat), CLUSTER_OK);
    EXPECT_RESULT(failover_promote(seat, "a", 0), CLUSTER_E_BUSY);
    EXPECT_RESULT(cluster_on_log(a, CLUSTER_LOG_ERROR, NULL, NULL), CLUSTER_OK);
    EXPECT_RESULT(failover_open(a, "inside", &more), CLUSTER_OK);
    /* Another node may even be joined and closed. */
    node = JOIN("inside");
    cluster_close(node);
    /* These wait for callbacks to end: never from inside of one. */
    EXPECT(cluster_dispatch(a, 0) < 0);
    EXPECT_RESULT(cluster_leave(a, 0), CLUSTER_E_BUSY);
    EXPECT_RESULT(failover_step_down(seat, 0), CLUSTER_E_BUSY);
    cluster_close(a);
    EXPECT_RESULT(cluster_wait(a, 2, 0), CLUSTER_OK); /* it did nothing */
    failover_close(seat);
    EXPECT(failover_is_primary(seat)); /* nor did this */
    failover_close(more);
    EXPECT_RESULT(cluster_on_event(a, NULL, NULL), CLUSTER_OK);
    atomic_store(&tried, 1);
}

static void calls_from_inside(const char *how) {
    set_up(how);
    atomic_store(&tried, 0);
    EXPECT_RESULT(cluster_on_event(a, call_everything, NULL), CLUSTER_OK);
    EXPECT_RESULT(cluster_set_tag(b, "x", "1"), CLUSTER_OK);
    if (strcmp(how, "manual") == 0) EXPECT_RESULT(cluster_dispatch(a, 10000), CLUSTER_OK);
    EVENTUALLY(atomic_load(&tried));
    EXPECT_RESULT(cluster_wait(a, 2, 0), CLUSTER_OK);
    tear_down();
}

/* -- Seats ------------------------------------------------------------------------------------ */

static atomic_int is_demoting, has_demoted;
static void slow_demote(failover_t *handle, uint64_t token, void *user) {
    (void)handle, (void)token, (void)user;
    atomic_store(&is_demoting, 1);
    pause_ms(150);
    atomic_store(&has_demoted, 1);
}

static void closing_a_seat_waits_for_its_callbacks(const char *how) {
    failover_t *again = NULL;
    uint32_t position = 0;
    set_up(how);
    atomic_store(&is_demoting, 0), atomic_store(&has_demoted, 0);
    EXPECT_RESULT(failover_on_demote(seat, slow_demote, NULL), CLUSTER_OK);
    failover_close(seat);
    EXPECT(atomic_load(&has_demoted));
    EXPECT_RESULT(failover_position(seat, &position), CLUSTER_E_HANDLE);
    EXPECT_RESULT(failover_open(a, NULL, &again), CLUSTER_OK);
    EVENTUALLY(failover_is_primary(other));
    EVENTUALLY(failover_position(again, &position) == CLUSTER_OK && position == 1);
    tear_down();
    failover_close(again);
}

/* Whoever registers while the seat is primary is told, the first as well as the next one. */
static void a_primary_tells_each_new_callback(void) {
    set_up("thread");
    atomic_store(&promotions, 0);
    EXPECT_RESULT(failover_on_promote(seat, on_promote, NULL), CLUSTER_OK);
    EVENTUALLY(atomic_load(&promotions) == 1);
    EXPECT_RESULT(failover_on_promote(seat, NULL, NULL), CLUSTER_OK);
    EXPECT_RESULT(failover_on_promote(seat, on_promote, NULL), CLUSTER_OK);
    EVENTUALLY(atomic_load(&promotions) == 2);
    pause_ms(20);
    EXPECT_NUMBER(atomic_load(&promotions), 2);
    tear_down();
}

int main(void) {
    alarm(240);
    one_at_a_time("thread");
    one_at_a_time("manual");
    unregistering_waits();
    closing_waits();
    calls_from_inside("thread");
    calls_from_inside("manual");
    closing_a_seat_waits_for_its_callbacks("thread");
    closing_a_seat_waits_for_its_callbacks("manual");
    a_primary_tells_each_new_callback();
    return 0;
}
