/* A join that fails leaves no thread and no descriptor behind, also where it had opened a store. */
#include "manners.h"
#include <sys/resource.h>

int main(void) {
    char folder[] = "/tmp/muster-guest-XXXXXX", store[64];
    struct rlimit former, none;
    cluster_options_t *options = NULL;
    cluster_t *node = NULL;
    int open_before, threads_before;
    alarm(120);
    cluster_close(JOIN("first")); /* what the library keeps for the life of the process is there */
    EXPECT(mkdtemp(folder) != NULL);
    snprintf(store, sizeof store, "sqlite:%s/store.db", folder);
    EXPECT_RESULT(cluster_options_new(&options), CLUSTER_OK);
    EXPECT_RESULT(cluster_options_set(options, "cluster", cluster_name()), CLUSTER_OK);
    EXPECT_RESULT(cluster_options_set(options, "multicast", "false"), CLUSTER_OK);
    EXPECT_RESULT(cluster_options_set(options, "state_dir", folder), CLUSTER_OK);
    EXPECT_RESULT(cluster_options_set(options, "failover.authority", "store"), CLUSTER_OK);
    EXPECT_RESULT(cluster_options_set(options, "failover.store", store), CLUSTER_OK);
    /* No file may grow: what the node is to remember cannot be written. */
    signal(SIGXFSZ, SIG_IGN);
    EXPECT_NUMBER(getrlimit(RLIMIT_FSIZE, &former), 0);
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = former.rlim_max};
    pause_ms(100);
    open_before = descriptors(), threads_before = threads();
    EXPECT_NUMBER(setrlimit(RLIMIT_FSIZE, &none), 0);
    EXPECT_RESULT(cluster_join(options, &node), CLUSTER_E_SYSTEM);
    EXPECT_NUMBER(setrlimit(RLIMIT_FSIZE, &former), 0);
    EVENTUALLY(threads() <= threads_before);
    EXPECT_NUMBER(descriptors(), open_before);
    EXPECT_RESULT(cluster_join(options, &node), CLUSTER_OK); /* nor does it hold the file */
    cluster_close(node);
    cluster_options_free(options);
    remove_folder(folder);
    return 0;
}
