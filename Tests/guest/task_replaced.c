/* The handle of a task that was offered again is closed without touching what took its place. */
#include "manners.h"
#include <stdatomic.h>

static atomic_int starts, stops;

static int start(cluster_task_t *task, const char *name, uint64_t token, void *user) {
    (void)task, (void)name, (void)token, (void)user;
    atomic_fetch_add(&starts, 1);
    return 0;
}

static void stop(cluster_task_t *task, const char *name, uint64_t token, void *user) {
    (void)task, (void)name, (void)token, (void)user;
    atomic_fetch_add(&stops, 1);
}

int main(void) {
    cluster_t *node = JOIN("node");
    cluster_task_t *former = NULL, *task = NULL;
    alarm(120);
    EXPECT_RESULT(cluster_task_offer(node, "task", NULL, start, stop, NULL, &former), CLUSTER_OK);
    EVENTUALLY(atomic_load(&starts) == 1);
    EXPECT_RESULT(cluster_task_offer(node, "task", "weight=2", start, stop, NULL, &task), CLUSTER_OK);
    EVENTUALLY(atomic_load(&starts) == 2);
    EXPECT_NUMBER(atomic_load(&stops), 1);
    cluster_task_close(former);
    EXPECT_NUMBER(atomic_load(&stops), 1);
    EXPECT(cluster_task_is_mine(task));
    cluster_task_close(task);
    EXPECT_NUMBER(atomic_load(&stops), 2);
    cluster_close(node);
    return 0;
}
