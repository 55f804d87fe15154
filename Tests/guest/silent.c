/* Nothing is ever written to standard output or standard error: not on success, on failure or to warn. The
 * test looks at what comes out of this program. */
#include "manners.h"

int main(void) {
    cluster_t *a, *b, *twin, *missing = NULL;
    cluster_options_t *options = NULL;
    cluster_event_t *event = NULL;
    int port, sender;
    struct sockaddr_in address = {.sin_family = AF_INET};
    char noise[1500];

    EXPECT_RESULT(cluster_join(NULL, &missing), CLUSTER_E_INVALID);
    EXPECT_RESULT(cluster_options_new(&options), CLUSTER_OK);
    EXPECT_RESULT(cluster_options_set(options, "no-such-option", "x"), CLUSTER_E_INVALID);
    EXPECT_RESULT(cluster_options_load_file(options, "/nonexistent"), CLUSTER_E_INVALID);
    cluster_options_free(options);
    EXPECT_RESULT(cluster_wait((cluster_t *)1, 1, 0), CLUSTER_E_HANDLE);

    a = JOIN("a", "multicast", "true", "multicast_interface", "nosuch0");
    port = port_of(a);
    b = JOIN("b", "seeds", address_of(a));
    meet(a, b);
    twin = JOIN("a", "seeds", address_of(b)); /* an id that is taken */
    EVENTUALLY(cluster_wait(twin, 1, 0) == CLUSTER_E_DUPLICATE);
    memset(noise, 'M', sizeof noise);
    sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    address.sin_port = htons((uint16_t)port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (size_t length = 0; length < sizeof noise; length += 7)
        sendto(sender, noise, length, 0, (struct sockaddr *)&address, sizeof address);
    close(sender);
    EXPECT_RESULT(cluster_next_event(a, 5000, &event), CLUSTER_OK);
    cluster_event_free(event);
    cluster_close(twin);
    cluster_close(b);
    EXPECT_RESULT(cluster_leave(a, 2000), CLUSTER_OK);
    cluster_close(a);
    cluster_close(a);
    return 0;
}
