/* cluster_wakeup() from a signal handler ends one wait, and is harmless at any other time: on no node, on a node
 * that has left, while nodes come and go. */
#include "manners.h"
#include <stdatomic.h>

static cluster_t *node;
static void on_signal(int number) {
    int kept = errno;
    (void)number;
    cluster_wakeup(node);
    errno = kept;
}

static atomic_int is_waiting, woken;

static void *wait_for_event(void *user) {
    cluster_event_t *event = NULL;
    (void)user;
    atomic_store(&is_waiting, 1);
    EXPECT_RESULT(cluster_next_event(node, -1, &event), CLUSTER_EMPTY);
    atomic_store(&woken, 1);
    return NULL;
}

static void ends_a_wait(void) {
    for (int round = 0; round < 100; round++) {
        pthread_t waiting;
        atomic_store(&is_waiting, 0);
        waiting = run_thread(wait_for_event, NULL);
        while (!atomic_load(&is_waiting)) sched_yield();
        if (round % 2) pause_ms(1);
        raise(SIGUSR1);
        pthread_join(waiting, NULL);
    }
}

/* The handler interrupts the very thread that waits. */
static void ends_the_wait_it_interrupts(void) {
    struct sigevent how = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    struct itimerspec when = {.it_value = {.tv_nsec = 20000000}};
    cluster_event_t *event = NULL;
    timer_t timer;
    EXPECT_NUMBER(timer_create(CLOCK_MONOTONIC, &how, &timer), 0);
    for (int round = 0; round < 10; round++) {
        EXPECT_NUMBER(timer_settime(timer, 0, &when, NULL), 0);
        EXPECT_RESULT(cluster_next_event(node, -1, &event), CLUSTER_EMPTY);
    }
    timer_delete(timer);
}

/* Wake-ups in a storm while the host calls everything else: none is taken under a lock of its own. */
static void storm(void) {
    struct sigevent how = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    struct itimerspec when = {.it_value = {.tv_nsec = 50000}, .it_interval = {.tv_nsec = 50000}};
    cluster_t *first = node;
    timer_t timer;
    EXPECT_NUMBER(timer_create(CLOCK_MONOTONIC, &how, &timer), 0);
    EXPECT_NUMBER(timer_settime(timer, 0, &when, NULL), 0);
    for (int round = 0; round < 300; round++) {
        cluster_members_t *list = NULL;
        cluster_t *passing = JOIN("passing");
        node = round % 2 ? passing : first;
        EXPECT_RESULT(cluster_set_tag(passing, "x", "y"), CLUSTER_OK);
        EXPECT_RESULT(cluster_members(passing, &list), CLUSTER_OK);
        cluster_members_free(list);
        cluster_close(passing);
    }
    node = first;
    timer_delete(timer);
}

/* A node that has left keeps nothing that could be mistaken: what the host opens next may get its numbers. */
static void writes_into_nothing_of_the_hosts(void) {
    cluster_t *left = JOIN("left");
    int ends[64][2], count = 0;
    EXPECT_RESULT(cluster_leave(left, 1000), CLUSTER_OK);
    for (; count < 64; count++) /* both ends of each can be written to */
        EXPECT_NUMBER(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends[count]), 0);
    for (int round = 0; round < 10; round++) cluster_wakeup(left);
    for (int index = 0; index < count; index++) {
        for (int end = 0; end < 2; end++) {
            char byte;
            if (read(ends[index][end], &byte, 1) != -1)
                broken(__FILE__, __LINE__, "a wake-up was written to a socket of the host");
            EXPECT_NUMBER(errno, EAGAIN);
        }
        close(ends[index][0]);
        close(ends[index][1]);
    }
    cluster_close(left);
    cluster_wakeup(left);
    cluster_wakeup(NULL);
    cluster_wakeup((cluster_t *)1);
    cluster_wakeup((cluster_t *)-1);
}

int main(void) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigaction(SIGUSR1, &action, NULL);
    alarm(120);
    node = JOIN("node");
    ends_a_wait();
    ends_the_wait_it_interrupts();
    storm();
    writes_into_nothing_of_the_hosts();
    cluster_close(node);
    return 0;
}
