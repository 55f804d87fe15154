/* A host that uses OpenSSL before the library does, and returns from main without closing anything:
 *   openssl_host CLUSTER STORE MILLISECONDS
 * OpenSSL cleans up then, while the stores of its nodes connect, again and again. */
#include <muster.h>

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NODES = 6, ROLES = 8 };

static void need(int holds, const char *what) {
    if (holds) return;
    fprintf(stderr, "%s: %s\n", what, cluster_last_error());
    _exit(3);
}

static void use_openssl(void) {
    void *library = dlopen("libcrypto.so.3", RTLD_NOW);
    void *symbol = library == NULL ? NULL : dlsym(library, "OPENSSL_init_crypto");
    int (*init)(uint64_t options, const void *settings);
    need(symbol != NULL, "libcrypto.so.3");
    memcpy(&init, &symbol, sizeof init);
    need(init(0x2, NULL) == 1, "OPENSSL_init_crypto");
}

int main(int count, char **words) {
    need(count == 4, "words");
    use_openssl();
    for (int number = 0; number < NODES; number++) {
        cluster_options_t *options;
        cluster_t *node;
        need(cluster_options_new(&options) == CLUSTER_OK, "options");
        const char *given[][2] = {{"cluster", words[1]}, {"port", "0"}, {"multicast", "false"}, {"failover.lease", "300ms"},
                                  {"failover.authority", "store"}, {"failover.store", words[2]}};
        for (size_t place = 0; place < sizeof given / sizeof *given; place++)
            need(cluster_options_set(options, given[place][0], given[place][1]) == CLUSTER_OK, given[place][0]);
        need(cluster_join(options, &node) == CLUSTER_OK, "join");
        for (int role = 0; role < ROLES; role++) {
            char name[16];
            failover_t *seat;
            snprintf(name, sizeof name, "role%d", role);
            need(failover_open(node, name, &seat) == CLUSTER_OK, name);
        }
        cluster_options_free(options);
    }
    usleep((unsigned)atoi(words[3]) * 1000);
    return 0;
}
