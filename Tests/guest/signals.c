/* The host's signals are the host's: no disposition and no mask changes, whatever is called. */
#include "manners.h"

static volatile sig_atomic_t caught;
static void handler(int number) { caught = number; }

static struct sigaction before[NSIG];

static void remember(void) {
    for (int number = 1; number < NSIG; number++) sigaction(number, NULL, &before[number]);
}

static void expect_same(void) {
    for (int number = 1; number < NSIG; number++) {
        struct sigaction now;
        int differs = 0;
        if (sigaction(number, NULL, &now) != 0) continue;
        /* Signal by signal: the rest of the mask is not filled by the system. */
        for (int other = 1; other < NSIG; other++)
            differs |= sigismember(&now.sa_mask, other) != sigismember(&before[number].sa_mask, other);
        if (differs || now.sa_handler != before[number].sa_handler || now.sa_flags != before[number].sa_flags)
            broken(__FILE__, __LINE__, "the disposition of signal %d has changed", number);
    }
}

static const char *const kept[] = {"SigIgn", "SigCgt", "SigBlk"};

static void status_of_signals(char lines[3][64]) {
    for (int index = 0; index < 3; index++) status_line("/proc/self/status", kept[index], lines[index], 64);
}

static void ignore_event(const cluster_event_t *event, void *user) { (void)event, (void)user; }
static void ignore_promotion(failover_t *seat, uint64_t token, void *user) { (void)seat, (void)token, (void)user; }

static void live(void) {
    cluster_t *a = JOIN("a"), *b;
    failover_t *seat = NULL;
    b = JOIN("b", "seeds", address_of(a));
    EXPECT_RESULT(cluster_on_event(a, ignore_event, NULL), CLUSTER_OK);
    meet(a, b);
    EXPECT_RESULT(failover_open(a, NULL, &seat), CLUSTER_OK);
    EXPECT_RESULT(failover_on_promote(seat, ignore_promotion, NULL), CLUSTER_OK);
    EVENTUALLY(failover_is_primary(seat));
    cluster_close(b);
    EXPECT_RESULT(cluster_leave(a, 2000), CLUSTER_OK);
    failover_close(seat);
    cluster_close(a);
}

static void compare(const char *what, void (*choose)(void)) {
    char first[3][64], last[3][64];
    sigset_t mask, mask_now;
    int differs = 0;
    choose();
    remember();
    status_of_signals(first);
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    live();
    expect_same();
    status_of_signals(last);
    pthread_sigmask(SIG_SETMASK, NULL, &mask_now);
    for (int number = 1; number < NSIG; number++)
        differs |= sigismember(&mask, number) != sigismember(&mask_now, number);
    EXPECT(!differs);
    for (int index = 0; index < 3; index++)
        if (strcmp(first[index], last[index]) != 0)
            broken(__FILE__, __LINE__, "%s: %s was %s and is %s", what, kept[index], first[index], last[index]);
}

static void as_it_is(void) {}

static void own_handlers(void) {
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    sigset_t some;
    sigemptyset(&some);
    sigaddset(&some, SIGUSR2);
    sigaddset(&some, SIGCHLD);
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGPIPE, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    pthread_sigmask(SIG_SETMASK, &some, NULL);
}

static void ignoring(void) {
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
}

static void defaults(void) {
    signal(SIGPIPE, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
}

/* A write of the host to a closed pipe still raises SIGPIPE there. */
static void expect_pipe_signal(void) {
    int ends[2];
    struct sigaction action = {.sa_handler = handler};
    EXPECT_NUMBER(pipe2(ends, O_CLOEXEC), 0);
    close(ends[0]);
    sigaction(SIGPIPE, &action, NULL);
    caught = 0;
    EXPECT(write(ends[1], "x", 1) == -1 && errno == EPIPE);
    EXPECT_NUMBER(caught, SIGPIPE);
    close(ends[1]);
}

/* Signals for the process never run on the library's threads, since those block them. */
static void expect_on_this_thread(void) {
    cluster_t *a = JOIN("a");
    sigset_t none;
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, NULL);
    for (int round = 0; round < 200; round++) {
        caught = 0;
        kill(getpid(), SIGUSR1);
        /* One thread that takes it: it has run when kill() returns (POSIX). */
        EXPECT_NUMBER(caught, SIGUSR1);
    }
    cluster_close(a);
}

static void *nothing(void *user) { return user; }

int main(void) {
    /* The C library handles a signal of its own from the first thread on, whoever starts it. */
    pthread_join(run_thread(nothing, NULL), NULL);
    compare("as the process was started", as_it_is);
    compare("with SIGPIPE as it was at first", defaults);
    compare("with handlers and a mask of its own", own_handlers);
    compare("with ignored signals", ignoring);
    expect_pipe_signal();
    expect_on_this_thread();
    return 0;
}
