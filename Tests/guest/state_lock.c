/* A child without exec never holds the lock on a node's state file, not even when the fork comes just while nodes are
 * joined and closed: it would keep the next process out when this one has died. */
#include "manners.h"
#include <stdatomic.h>

static atomic_int is_over;
static char folder[] = "/tmp/muster-state-XXXXXX";

static void *come_and_go(void *user) {
    long lives = 0;
    (void)user;
    while (!atomic_load(&is_over)) {
        cluster_t *node = JOIN("passer-by", "state_dir", folder);
        cluster_close(node);
        lives++;
    }
    return (void *)lives;
}

/* Whether what stands behind this number is locked by it. Called in the child: nothing but system calls. */
static int is_locked(int number) {
    char path[64], text[1024] = "";
    ssize_t length;
    int facts;
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", number);
    facts = open(path, O_RDONLY);
    if (facts < 0) return 0;
    length = read(facts, text, sizeof text - 1);
    close(facts);
    return length > 0 && strstr(text, "FLOCK") != NULL;
}

int main(void) {
    pthread_t passer;
    void *lives = NULL;
    int64_t end = now_ms() + 4000;
    int forks = 0, leaks = 0, own = 0;
    cluster_t *a;
    EXPECT(mkdtemp(folder) != NULL);
    a = JOIN("a", "state_dir", folder);
    for (int number = 3; number < 256; number++) own += is_locked(number);
    EXPECT_NUMBER(own, 1);
    passer = run_thread(come_and_go, NULL);
    while (now_ms() < end) {
        int status;
        pid_t child = fork();
        if (child == 0) {
            int found = 0;
            for (int number = 3; number < 64; number++) found += is_locked(number);
            _exit(found);
        }
        EXPECT(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
        leaks += WEXITSTATUS(status) > 0;
        forks++;
    }
    atomic_store(&is_over, 1);
    pthread_join(passer, &lives);
    cluster_close(a);
    remove_folder(folder);
    EXPECT(forks > 100 && (long)lives > 10);
    if (leaks > 0) broken(__FILE__, __LINE__, "%d of %d children held the lock on a state file", leaks, forks);
    return 0;
}
