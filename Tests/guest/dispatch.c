/* With dispatch=manual: callbacks run where the host dispatches; a call that waits runs them only where nobody does, takes
 * no wake-up of cluster_dispatch(), and ends in its time however many come. */
#include "manners.h"
#include <stdatomic.h>

static cluster_t *node;
static cluster_task_t *task;
static atomic_int is_dispatched, is_over, events, starts, stops, received;
static _Atomic pthread_t dispatcher;

/* -- What runs ------------------------------------------------------------------------------- */

static void count_event(const cluster_event_t *event, void *user) {
    (void)event, (void)user;
    if (!pthread_equal(atomic_load(&dispatcher), pthread_self())) broken(__FILE__, __LINE__, "an event came on another thread");
    atomic_fetch_add(&events, 1);
}

static int start(cluster_task_t *started, const char *name, uint64_t token, void *user) {
    (void)started, (void)name, (void)token, (void)user;
    atomic_fetch_add(&starts, 1);
    return 0;
}

/* Its task is not over before cluster_task_finish(): what waits for it waits. */
static void stop_later(cluster_task_t *stopped, const char *name, uint64_t token, void *user) {
    (void)name, (void)token;
    if (user != NULL && !pthread_equal(atomic_load(&dispatcher), pthread_self()))
        broken(__FILE__, __LINE__, "a task was stopped on another thread");
    EXPECT_RESULT(cluster_task_defer(stopped), CLUSTER_OK);
    atomic_fetch_add(&stops, 1);
}

static void offer(const char *user) {
    atomic_store(&starts, 0);
    EXPECT_RESULT(cluster_task_offer(node, "task", NULL, start, stop_later, (void *)(uintptr_t)user, &task), CLUSTER_OK);
}

static void *close_task(void *user) {
    (void)user;
    cluster_task_close(task);
    return NULL;
}

/* -- A thread that dispatches ---------------------------------------------------------------- */

static void *dispatch_until_woken(void *user) {
    (void)user;
    atomic_store(&dispatcher, pthread_self());
    atomic_store(&is_dispatched, 1);
    while (!atomic_load(&is_over)) EXPECT(cluster_dispatch(node, -1) >= 0);
    return NULL;
}

static void *dispatch_now_and_then(void *user) {
    (void)user;
    atomic_store(&dispatcher, pthread_self());
    while (!atomic_load(&is_over)) {
        EXPECT(cluster_dispatch(node, 0) >= 0);
        atomic_store(&is_dispatched, 1);
        pause_ms(1);
    }
    return NULL;
}

static pthread_t begin(void *(*body)(void *)) {
    pthread_t thread;
    atomic_store(&is_over, 0), atomic_store(&is_dispatched, 0), atomic_store(&stops, 0);
    node = JOIN("node", "dispatch", "manual");
    thread = run_thread(body, NULL);
    while (!atomic_load(&is_dispatched)) pause_ms(1);
    return thread;
}

static void wake_up_ends_a_dispatch_beside_a_call_that_waits(void) {
    for (int round = 0; round < 40; round++) {
        pthread_t waiting, dispatching = begin(dispatch_until_woken);
        offer(NULL);
        EVENTUALLY(atomic_load(&starts) == 1);
        waiting = run_thread(close_task, NULL);
        EVENTUALLY(atomic_load(&stops) == 1);
        pause_ms(2);
        atomic_store(&is_over, 1);
        cluster_wakeup(node);
        pthread_join(dispatching, NULL);
        EXPECT_RESULT(cluster_task_finish(task, NULL), CLUSTER_OK);
        pthread_join(waiting, NULL);
        cluster_close(node);
    }
}

/* Whoever dispatches may count on it, and hold a lock in another thread that its callbacks want. */
static void a_call_that_waits_leaves_the_callbacks_to_the_thread_that_dispatches(void *(*how)(void *)) {
    pthread_t dispatching = begin(how);
    atomic_store(&events, 0);
    EXPECT_RESULT(cluster_on_event(node, count_event, NULL), CLUSTER_OK);
    for (int round = 0; round < 30; round++) {
        pthread_t waiting;
        offer("dispatched");
        EVENTUALLY(atomic_load(&starts) == 1);
        waiting = run_thread(close_task, NULL);
        EVENTUALLY(atomic_load(&stops) == round + 1);
        EXPECT_RESULT(cluster_task_finish(task, NULL), CLUSTER_OK);
        pthread_join(waiting, NULL);
    }
    EXPECT(atomic_load(&events) > 0);
    atomic_store(&is_over, 1);
    cluster_wakeup(node);
    pthread_join(dispatching, NULL);
    cluster_close(node);
}

static void *finish_task(void *user) {
    (void)user;
    EVENTUALLY(atomic_load(&stops) == 1);
    EXPECT_RESULT(cluster_task_finish(task, NULL), CLUSTER_OK);
    return NULL;
}

/* What waits must not wait for ever. */
static void a_call_that_waits_runs_them_after_that_thread_has_ended(void) {
    pthread_t finishing, dispatching = begin(dispatch_until_woken);
    offer(NULL);
    EVENTUALLY(atomic_load(&starts) == 1);
    atomic_store(&is_over, 1);
    cluster_wakeup(node);
    pthread_join(dispatching, NULL);
    finishing = run_thread(finish_task, NULL);
    cluster_task_close(task);
    pthread_join(finishing, NULL);
    cluster_close(node);
}

/* -- Callbacks without end ------------------------------------------------------------------- */

/* Each brings the next, until the time of a test that fails is up. */
static void tell_again(cluster_t *handle, const cluster_message_t *message, void *user) {
    (void)message, (void)user;
    if (atomic_fetch_add(&received, 1) < 20000) EXPECT(cluster_send(handle, "node", NULL, "x", 1, -1) <= 0);
}

static void a_flood_holds_up_neither_a_dispatch_nor_a_call_that_waits(void) {
    atomic_store(&received, 0), atomic_store(&stops, 0);
    node = JOIN("node", "dispatch", "manual");
    offer(NULL);
    EVENTUALLY(cluster_dispatch(node, 100) >= 0 && atomic_load(&starts) == 1);
    EXPECT_RESULT(cluster_on_message(node, tell_again, NULL), CLUSTER_OK);
    EXPECT_RESULT(cluster_send(node, "node", NULL, "x", 1, -1), CLUSTER_OK);
    EXPECT_RESULT(cluster_dispatch(node, 0), CLUSTER_OK);
    EXPECT(atomic_load(&received) < 100);
    cluster_wakeup(node); /* seen behind the callback that waits */
    EXPECT_RESULT(cluster_dispatch(node, -1), CLUSTER_OK);
    EXPECT(atomic_load(&received) < 100);
    EXPECT_RESULT(cluster_leave(node, 100), CLUSTER_E_TIMEOUT);
    EXPECT(strstr(cluster_last_error(), "\"task\" had not ended") != NULL);
    EXPECT(atomic_load(&stops) == 1 && atomic_load(&received) < 20000);
    cluster_close(node);
    cluster_task_close(task);
}

/* -- Messages that nobody takes any more ------------------------------------------------------ */

static void take(cluster_t *handle, const cluster_message_t *message, void *user) {
    (void)handle, (void)message;
    atomic_fetch_add((atomic_int *)user, 1);
}

static void what_waited_for_a_callback_is_not_for_the_next_one(void) {
    atomic_int former = 0, later = 0;
    cluster_t *other;
    node = JOIN("node", "dispatch", "manual");
    other = JOIN("other", "seeds", address_of(node));
    meet(node, other);
    EXPECT_RESULT(cluster_on_message(node, take, &former), CLUSTER_OK);
    EXPECT_RESULT(cluster_send(other, "node", NULL, "x", 1, -1), CLUSTER_OK);
    EXPECT_RESULT(cluster_on_message(node, NULL, NULL), CLUSTER_OK);
    EXPECT_RESULT(cluster_on_message(node, take, &later), CLUSTER_OK);
    EXPECT_RESULT(cluster_send(other, "node", NULL, "x", 1, -1), CLUSTER_OK);
    while (cluster_dispatch(node, 0) == CLUSTER_OK) continue;
    EXPECT_NUMBER(atomic_load(&former), 0);
    EXPECT_NUMBER(atomic_load(&later), 1);
    cluster_close(other);
    cluster_close(node);
}

int main(void) {
    alarm(120); /* a hang ends the test */
    wake_up_ends_a_dispatch_beside_a_call_that_waits();
    a_call_that_waits_leaves_the_callbacks_to_the_thread_that_dispatches(dispatch_until_woken);
    a_call_that_waits_leaves_the_callbacks_to_the_thread_that_dispatches(dispatch_now_and_then);
    a_call_that_waits_runs_them_after_that_thread_has_ended();
    a_flood_holds_up_neither_a_dispatch_nor_a_call_that_waits();
    what_waited_for_a_callback_is_not_for_the_next_one();
    return 0;
}
