/* A child without exec holds no socket of the library, not even when the fork comes just while connections are
 * being accepted and closed: such a socket would hide the parent's death from the others. */
#include "manners.h"
#include <stdatomic.h>

static atomic_int is_over;

static void *knock(void *user) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_port = htons((uint16_t)(intptr_t)user);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    while (!atomic_load(&is_over)) {
        /* The child inherits these too, as is right: they have ports of their own. */
        int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (client < 0) continue;
        if (connect(client, (struct sockaddr *)&address, sizeof address) == 0) EXPECT(write(client, "XXXX", 4) == 4);
        close(client);
    }
    return NULL;
}


int main(void) {
    cluster_t *a;
    pthread_t knockers[2];
    int64_t end = now_ms() + 4000;
    int forks = 0, leaks = 0, port;
    for (int number = 3; number < 1024; number++) close(number);
    a = JOIN("a");
    port = port_of(a);
    for (int index = 0; index < 2; index++) knockers[index] = run_thread(knock, (void *)(intptr_t)port);
    while (now_ms() < end) {
        int status;
        pid_t child = fork();
        if (child == 0) {
            int found = 0;
            for (int number = 3; number < 1024; number++) {
                struct sockaddr_in bound;
                socklen_t length = sizeof bound;
                if (getsockname(number, (struct sockaddr *)&bound, &length) == 0 && ntohs(bound.sin_port) == port) found++;
            }
            _exit(found);
        }
        EXPECT(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
        leaks += WEXITSTATUS(status) > 0;
        forks++;
    }
    atomic_store(&is_over, 1);
    for (int index = 0; index < 2; index++) pthread_join(knockers[index], NULL);
    cluster_close(a);
    EXPECT(forks > 100);
    if (leaks > 0) broken(__FILE__, __LINE__, "%d of %d children held a socket of the library", leaks, forks);
    return 0;
}
