/* cluster_leave() says that the node has left only where it has; a member's age grows with every list. */
#include "manners.h"
#include <stdatomic.h>

static cluster_t *node;
static atomic_int has_started, is_stopping;

static int start(cluster_task_t *task, const char *name, uint64_t token, void *user) {
    (void)task, (void)name, (void)token, (void)user;
    atomic_store(&has_started, 1);
    return 0;
}

static void stop_later(cluster_task_t *task, const char *name, uint64_t token, void *user) {
    (void)name, (void)token, (void)user;
    EXPECT_RESULT(cluster_task_defer(task), CLUSTER_OK);
    atomic_store(&is_stopping, 1);
}

static void *leave(void *user) {
    (void)user;
    EXPECT_RESULT(cluster_leave(node, -1), CLUSTER_E_CLOSED);
    return NULL;
}

static void a_node_that_is_closed_meanwhile_has_not_left(void) {
    cluster_task_t *task = NULL;
    pthread_t leaving;
    node = JOIN("node");
    EXPECT_RESULT(cluster_task_offer(node, "task", NULL, start, stop_later, NULL, &task), CLUSTER_OK);
    EVENTUALLY(atomic_load(&has_started));
    leaving = run_thread(leave, NULL);
    EVENTUALLY(atomic_load(&is_stopping)); /* and is not over: it waits for the task */
    cluster_close(node);
    pthread_join(leaving, NULL);
    cluster_task_close(task);
}

static int64_t own_age(void) {
    cluster_members_t *list = NULL;
    int64_t age;
    EXPECT_RESULT(cluster_members(node, &list), CLUSTER_OK);
    age = cluster_members_at(list, 0)->since_ms;
    cluster_members_free(list);
    return age;
}

static void an_age_grows_while_nothing_changes(void) {
    int64_t before;
    node = JOIN("node");
    before = own_age();
    pause_ms(50);
    EXPECT(own_age() >= before + 50);
    cluster_close(node);
}

int main(void) {
    alarm(120);
    a_node_that_is_closed_meanwhile_has_not_left();
    an_age_grows_while_nothing_changes();
    return 0;
}
