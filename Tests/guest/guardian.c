/* The guardian is no child of the host: its start and its end raise no SIGCHLD, no wait knows of it, and it leaves
 * neither a descriptor nor a thread behind. A child that the host forks holds nothing that the guardian waits for. */
#include "manners.h"

#include <limits.h>

static volatile sig_atomic_t raised;
static int is_over;
static char folder[] = "/tmp/muster-guest-XXXXXX";

static void on_child(int number) { raised += number == SIGCHLD; }

/* A host that reaps whatever there is, all the time. */
static void *reap(void *user) {
    while (!__atomic_load_n(&is_over, __ATOMIC_ACQUIRE)) {
        siginfo_t info;
        EXPECT(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
        EXPECT(waitid(P_ALL, 0, &info, WEXITED | WNOHANG) == -1 && errno == ECHILD);
    }
    return user;
}

/* How many guardians this process has. */
static int guardians(void) {
    char expected[64];
    DIR *processes = opendir("/proc");
    struct dirent *entry;
    int found = 0;

    snprintf(expected, sizeof expected, "%ld a", (long)getpid());
    EXPECT(processes != NULL);
    while ((entry = readdir(processes)) != NULL) {
        char path[NAME_MAX + 16], words[128] = "";
        FILE *file;
        size_t length;
        snprintf(path, sizeof path, "/proc/%s/cmdline", entry->d_name);
        file = atol(entry->d_name) > 0 ? fopen(path, "re") : NULL;
        if (file == NULL) continue;
        length = fread(words, 1, sizeof words - 1, file);
        fclose(file);
        if (length > 16 && strcmp(words, "muster-guardian") == 0) found += strcmp(words + 16, expected) == 0;
    }
    closedir(processes);
    return found;
}

static int pipes(void) {
    DIR *directory = opendir("/proc/self/fd");
    struct dirent *entry;
    int found = 0;
    EXPECT(directory != NULL);
    while ((entry = readdir(directory)) != NULL) {
        char target[64] = "";
        if (readlinkat(dirfd(directory), entry->d_name, target, sizeof target - 1) > 0)
            found += strncmp(target, "pipe:", 5) == 0;
    }
    closedir(directory);
    return found;
}

static cluster_t *join_guarded(failover_t **seat) {
    char store[128];
    cluster_t *node;
    snprintf(store, sizeof store, "sqlite:%s/leases", folder);
    node = JOIN("a", "failover.authority", "store", "failover.store", store, "failover.lease", "300ms",
                "failover.guardian", "on");
    EXPECT_NUMBER(guardians(), 0);
    EXPECT_RESULT(failover_open(node, NULL, seat), CLUSTER_OK);
    /* It runs; its words may not stand there yet. */
    EVENTUALLY(guardians() == 1);
    return node;
}

static void life(int is_whole) {
    failover_t *seat = NULL;
    cluster_t *node = join_guarded(&seat);
    if (is_whole) {
        EVENTUALLY(failover_is_primary(seat));
        EXPECT_RESULT(cluster_leave(node, 5000), CLUSTER_OK);
    }
    failover_close(seat);
    cluster_close(node);
    EVENTUALLY(guardians() == 0);
}

static void forked_child(void) {
    int before = pipes(), status;
    failover_t *seat = NULL;
    cluster_t *node = join_guarded(&seat);
    pid_t child;
    EXPECT_NUMBER(pipes(), before + 1);
    EVENTUALLY(failover_is_primary(seat));
    child = fork();
    if (child == 0) {
        EXPECT_NUMBER(pipes(), before);
        cluster_close(node);
        _exit(0);
    }
    EXPECT(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    pause_ms(200);
    EXPECT(failover_is_primary(seat));
    EXPECT_NUMBER(guardians(), 1);
    failover_close(seat);
    cluster_close(node);
}

int main(void) {
    struct sigaction action = {.sa_handler = on_child, .sa_flags = SA_RESTART};
    struct sigaction handled;
    pthread_t reaper;
    int kept, ran;

    EXPECT(mkdtemp(folder) != NULL);
    sigaction(SIGCHLD, &action, NULL);
    reaper = run_thread(reap, NULL);
    life(1);
    kept = descriptors();
    ran = threads();
    for (int round = 0; round < 30; round++) life(round % 10 == 0);
    /* The threads of a store end by themselves, and close what they have open. */
    EVENTUALLY(descriptors() <= kept);
    EVENTUALLY(threads() <= ran);
    EXPECT_NUMBER(raised, 0);
    sigaction(SIGCHLD, NULL, &handled);
    EXPECT(handled.sa_handler == on_child);
    __atomic_store_n(&is_over, 1, __ATOMIC_RELEASE);
    pthread_join(reaper, NULL);
    forked_child();
    remove_folder(folder);
    return 0;
}
