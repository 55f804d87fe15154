/* A thread that waits for a hand-over without limit is woken when its node is closed, whatever stands in the way
 * of the hand-over. */
#include "manners.h"
#include <stdatomic.h>

static failover_t *seat;
static atomic_int is_demoting, may_return;

static void hold(failover_t *handle, uint64_t token, void *user) {
    (void)handle, (void)token, (void)user;
    atomic_store(&is_demoting, 1);
    while (!atomic_load(&may_return)) pause_ms(1);
}

static void *step_down(void *user) {
    (void)user;
    return (void *)(intptr_t)failover_step_down(seat, -1);
}

static void *close_node(void *node) {
    cluster_close(node);
    return NULL;
}

/* How many standbys this node knows of. */
static int count_standbys(cluster_t *cluster) {
    char *json = NULL;
    int count = 0;
    EXPECT_RESULT(cluster_members_json(cluster, &json), CLUSTER_OK);
    for (const char *at = json; (at = strstr(at, "\"state\":\"standby\"")) != NULL; at++) count++;
    cluster_free(json);
    return count;
}

int main(void) {
    cluster_t *a = JOIN("a"), *b;
    failover_t *other = NULL;
    pthread_t waiting, closing;
    void *result = NULL;
    uint32_t position = 0;

    alarm(60);
    EXPECT_RESULT(failover_open(a, NULL, &seat), CLUSTER_OK);
    EXPECT_RESULT(failover_on_demote(seat, hold, NULL), CLUSTER_OK);
    EVENTUALLY(failover_is_primary(seat));
    b = JOIN("b", "seeds", address_of(a));
    EXPECT_RESULT(failover_open(b, NULL, &other), CLUSTER_OK);
    EVENTUALLY(failover_position(other, &position) == CLUSTER_OK && position == 1);
    meet(a, b);
    EVENTUALLY(count_standbys(a) == 1);
    waiting = run_thread(step_down, NULL);
    EVENTUALLY(atomic_load(&is_demoting));
    closing = run_thread(close_node, a);
    EVENTUALLY(cluster_wait(a, 1, 0) < 0); /* the node is closing, the callback still runs */
    atomic_store(&may_return, 1);
    pthread_join(closing, NULL);
    pthread_join(waiting, &result);
    EXPECT_NUMBER((intptr_t)result, CLUSTER_E_CLOSED);
    failover_close(seat);
    failover_close(other);
    cluster_close(b);
    return 0;
}
