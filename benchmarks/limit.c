/* The machine's own limit: how long after kill -9 of a process the kernel tells the other end of its TCP
 * connection. Prints nanoseconds, a line a run.
 *
 *   limit MEGABYTES RUNS */
#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void victim(in_port_t port, size_t size) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = port};
    int connection = socket(AF_INET, SOCK_STREAM, 0);
    char *memory = size > 0 ? malloc(size) : NULL;

    for (size_t at = 0; memory != NULL && at < size; at += 4096) memory[at] = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(connection, (struct sockaddr *)&address, sizeof address) != 0) exit(1);
    if (write(connection, "x", 1) != 1) exit(1);
    for (;;) pause();
}

int main(int argc, char **argv) {
    size_t size = (size_t)(argc > 1 ? atol(argv[1]) : 0) << 20;
    int runs = argc > 2 ? atoi(argv[2]) : 20;
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 8) != 0) return 1;
    getsockname(listener, (struct sockaddr *)&address, &length);
    for (int run = 0; run < runs; run++) {
        char byte;
        pid_t child = fork();
        int connection;
        int64_t killed;
        struct timespec pause_time = {0, 20000000};

        if (child == 0) victim(address.sin_port, size);
        connection = accept(listener, NULL, NULL);
        if (read(connection, &byte, 1) != 1) return 1;
        nanosleep(&pause_time, NULL);
        killed = now();
        kill(child, SIGKILL);
        while (read(connection, &byte, 1) > 0) {
        }
        printf("%" PRId64 "\n", now() - killed);
        close(connection);
        waitpid(child, NULL, 0);
    }
    return 0;
}
