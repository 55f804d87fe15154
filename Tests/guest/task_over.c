/* A task that its host has completed, or given up, is closed only when its start callback has returned. */
#include "manners.h"
#include <stdatomic.h>

static atomic_int is_inside, may_return, completes;

static int start(cluster_task_t *task, const char *name, uint64_t token, void *user) {
    (void)name, (void)token, (void)user;
    if (atomic_load(&completes)) EXPECT_RESULT(cluster_task_complete(task), CLUSTER_OK);
    atomic_store(&is_inside, 1);
    EVENTUALLY(atomic_load(&may_return));
    pause_ms(100); /* in which nobody who is closing it may get ahead */
    atomic_store(&is_inside, 0);
    return 0;
}

static void stop(cluster_task_t *task, const char *name, uint64_t token, void *user) {
    (void)task, (void)token, (void)user;
    broken(__FILE__, __LINE__, "%s is told to stop, and was over", name);
}

static void *let_it_return(void *user) {
    (void)user;
    pause_ms(100);
    atomic_store(&may_return, 1);
    return NULL;
}

static void it_is_closed_when_it_has_returned(int by_itself) {
    cluster_t *node = JOIN("node");
    cluster_task_t *task = NULL;
    pthread_t helper;
    atomic_store(&completes, by_itself);
    atomic_store(&may_return, 0);
    EXPECT_RESULT(cluster_task_offer(node, "task", NULL, start, stop, NULL, &task), CLUSTER_OK);
    EVENTUALLY(atomic_load(&is_inside));
    if (!by_itself) EXPECT_RESULT(cluster_task_fail(task, "not here"), CLUSTER_OK);
    EXPECT(!cluster_task_is_mine(task));
    EXPECT_RESULT(cluster_task_complete(task), CLUSTER_E_NOT_PRIMARY);
    helper = run_thread(let_it_return, NULL);
    cluster_task_close(task);
    EXPECT(!atomic_load(&is_inside));
    pthread_join(helper, NULL);
    cluster_close(node);
}

int main(void) {
    alarm(120);
    it_is_closed_when_it_has_returned(1);
    it_is_closed_when_it_has_returned(0);
    return 0;
}
