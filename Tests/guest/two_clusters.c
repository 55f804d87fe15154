/* Nodes of two clusters in one process share the loop and nothing else; several nodes of one cluster too. */
#include "manners.h"

int main(void) {
    char other[80];
    cluster_t *a, *b, *x, *y;
    failover_t *mine = NULL, *theirs = NULL;
    snprintf(other, sizeof other, "%s-other", cluster_name());
    a = JOIN("a", "multicast", "true", "multicast_interface", "lo", "multicast_port", "7992");
    x = JOIN("x", "cluster", other, "multicast", "true", "multicast_interface", "lo", "multicast_port", "7992");
    b = JOIN("b", "seeds", address_of(a));
    y = JOIN("y", "cluster", other, "seeds", address_of(x));
    meet(a, b);
    meet(x, y);
    EXPECT_RESULT(failover_open(a, NULL, &mine), CLUSTER_OK);
    EXPECT_RESULT(failover_open(x, NULL, &theirs), CLUSTER_OK);
    EVENTUALLY(failover_is_primary(mine) && failover_is_primary(theirs));
    EXPECT_NUMBER(has_thread("muster-loop"), 1);
    EXPECT_RESULT(cluster_wait(a, 3, 300), CLUSTER_E_TIMEOUT);
    EXPECT_RESULT(cluster_leave(a, 5000), CLUSTER_OK);
    failover_close(mine);
    cluster_close(a);
    EXPECT_RESULT(cluster_wait(x, 2, 0), CLUSTER_OK);
    EXPECT(failover_is_primary(theirs));
    EXPECT_RESULT(cluster_wait(y, 2, 0), CLUSTER_OK);
    cluster_close(x);
    cluster_close(y);
    cluster_close(b);
    failover_close(theirs);
    return 0;
}
