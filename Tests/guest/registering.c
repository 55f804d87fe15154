/* A registration that fails, since no thread is to be had, leaves nothing behind; one that succeeds waits for the callback
 * that it takes the place of, and for no other. */
#include "manners.h"
#include <dlfcn.h>
#include <stdatomic.h>

typedef int creator(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
static atomic_int is_without_threads;

/* The library's threads are made by it too. */
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *), void *argument) {
    static _Atomic(void *) next;
    void *found = atomic_load(&next);
    creator *create;
    if (atomic_load(&is_without_threads)) return EAGAIN;
    if (found == NULL) atomic_store(&next, found = dlsym(RTLD_NEXT, "pthread_create"));
    memcpy(&create, &found, sizeof create);
    return create(thread, attributes, body, argument);
}

static void on_event(const cluster_event_t *event, void *user) { (void)event, (void)user; }
static void on_log(cluster_log_level level, const char *text, void *user) { (void)level, (void)text, (void)user; }
static void on_message(cluster_t *node, const cluster_message_t *message, void *user) { (void)node, (void)message, (void)user; }
static void on_role(failover_t *seat, uint64_t token, void *user) { (void)seat, (void)token, (void)user; }
static void on_warning(failover_t *seat, int32_t remaining_ms, void *user) { (void)seat, (void)remaining_ms, (void)user; }

static void a_failed_registration_leaves_nothing(void) {
    cluster_t *node = JOIN("node");
    failover_t *seat = NULL;
    EXPECT_RESULT(failover_open(node, NULL, &seat), CLUSTER_OK);
    atomic_store(&is_without_threads, 1);
    EXPECT_RESULT(cluster_on_event(node, on_event, NULL), CLUSTER_E_SYSTEM);
    EXPECT_RESULT(cluster_on_log(node, CLUSTER_LOG_INFO, on_log, NULL), CLUSTER_E_SYSTEM);
    EXPECT_RESULT(cluster_on_message(node, on_message, NULL), CLUSTER_E_SYSTEM);
    EXPECT_RESULT(failover_on_promote(seat, on_role, NULL), CLUSTER_E_SYSTEM);
    EXPECT_RESULT(failover_on_demote(seat, on_role, NULL), CLUSTER_E_SYSTEM);
    EXPECT_RESULT(failover_on_warning(seat, on_warning, NULL), CLUSTER_E_SYSTEM);
    atomic_store(&is_without_threads, 0);
    EXPECT_RESULT(cluster_send(node, "node", NULL, "x", 1, 1000), CLUSTER_E_UNWANTED);
    EVENTUALLY(failover_is_primary(seat));
    failover_close(seat); /* waits for its callbacks: there must be none */
    cluster_close(node);
}

static void a_seat_that_cannot_be_watched_is_not_taken(void) {
    cluster_t *node = JOIN("node", "failover.on_lost", "exit");
    failover_t *seat = NULL;
    atomic_store(&is_without_threads, 1);
    EXPECT_RESULT(failover_open(node, NULL, &seat), CLUSTER_E_SYSTEM);
    atomic_store(&is_without_threads, 0);
    EXPECT_RESULT(failover_open(node, NULL, &seat), CLUSTER_OK);
    EVENTUALLY(failover_is_primary(seat));
    failover_close(seat);
    cluster_close(node);
}

static atomic_int is_inside, is_registered;
static failover_t *role;

static void *register_demotion(void *user) {
    (void)user;
    EXPECT_RESULT(failover_on_demote(role, on_role, NULL), CLUSTER_OK);
    EXPECT_RESULT(failover_on_demote(role, NULL, NULL), CLUSTER_OK);
    atomic_store(&is_registered, 1);
    return NULL;
}

static void wait_for_registration(failover_t *seat, uint64_t token, void *user) {
    (void)seat, (void)token, (void)user;
    atomic_store(&is_inside, 1);
    EVENTUALLY(atomic_load(&is_registered));
}

static void a_registration_does_not_wait_for_callbacks_of_another_kind(void) {
    cluster_t *node = JOIN("node");
    pthread_t thread;
    EXPECT_RESULT(failover_open(node, NULL, &role), CLUSTER_OK);
    EXPECT_RESULT(failover_on_promote(role, wait_for_registration, NULL), CLUSTER_OK);
    EVENTUALLY(atomic_load(&is_inside));
    thread = run_thread(register_demotion, NULL);
    pthread_join(thread, NULL);
    cluster_close(node);
    failover_close(role);
}

int main(void) {
    alarm(120); /* a hang ends the test */
    a_failed_registration_leaves_nothing();
    a_seat_that_cannot_be_watched_is_not_taken();
    a_registration_does_not_wait_for_callbacks_of_another_kind();
    return 0;
}
