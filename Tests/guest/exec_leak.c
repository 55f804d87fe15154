/* No descriptor of the library reaches a program that the host starts, not even one that is started just while
 * connections are being accepted, nodes joined and closed. */
#include "manners.h"
#include <spawn.h>
#include <stdatomic.h>

extern char **environ;
static atomic_int is_over;
static char folder[] = "/tmp/muster-state-XXXXXX";

static void *knock(void *user) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_port = htons((uint16_t)(intptr_t)user);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    while (!atomic_load(&is_over)) {
        int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (client >= 0 && connect(client, (struct sockaddr *)&address, sizeof address) == 0)
            EXPECT(write(client, "M", 1) == 1);
        if (client >= 0) close(client);
    }
    return NULL;
}

static void *come_and_go(void *user) {
    (void)user;
    while (!atomic_load(&is_over)) {
        cluster_t *node = JOIN("passer-by", "multicast", "true", "multicast_interface", "lo", "multicast_port", "7990",
                               "state_dir", folder);
        cluster_close(node);
    }
    return NULL;
}

/* What the started program does: counts what it has been given beside 0, 1 and 2. */
static int list(void) {
    DIR *directory = opendir("/proc/self/fd");
    struct dirent *entry;
    int found = 0;
    while ((entry = readdir(directory)) != NULL) {
        int number = atoi(entry->d_name);
        if (entry->d_name[0] == '.' || number <= 2 || number == dirfd(directory)) continue;
        char path[64], target[256] = "";
        snprintf(path, sizeof path, "/proc/self/fd/%d", number);
        ssize_t length = readlink(path, target, sizeof target - 1);
        if (length > 0) target[length] = '\0';
        fprintf(stderr, "descriptor %d came along: %s\n", number, target);
        found++;
    }
    closedir(directory);
    return found > 0;
}

int main(int argc, char **argv) {
    char *again[] = {argv[0], "list", NULL};
    cluster_t *a;
    pthread_t knocker, passer;
    int64_t end = now_ms() + 3000;
    int starts = 0;
    if (argc > 1) return list();

    /* What this program was given itself is not the library's. */
    for (int number = 3; number < 1024; number++) close(number);
    EXPECT(mkdtemp(folder) != NULL);
    a = JOIN("a", "state_dir", folder);
    knocker = run_thread(knock, (void *)(intptr_t)port_of(a));
    passer = run_thread(come_and_go, NULL);
    while (now_ms() < end) {
        pid_t child;
        int status;
        if (starts++ % 2 == 0) {
            /* As system() and most languages' runtimes do: no fork handler runs. */
            EXPECT_NUMBER(posix_spawn(&child, "/proc/self/exe", NULL, NULL, again, environ), 0);
        } else {
            child = fork();
            if (child == 0) {
                execv("/proc/self/exe", again);
                _exit(9);
            }
        }
        EXPECT(child > 0 && waitpid(child, &status, 0) == child);
        EXPECT(WIFEXITED(status));
        EXPECT_NUMBER(WEXITSTATUS(status), 0);
    }
    atomic_store(&is_over, 1);
    pthread_join(knocker, NULL);
    pthread_join(passer, NULL);
    cluster_close(a);
    EXPECT(starts > 20);
    return 0;
}
