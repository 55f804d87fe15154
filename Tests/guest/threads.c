/* The threads are as promised: one loop for all nodes of the process, one dispatcher for a node with callbacks,
 * nothing else; all of them with every signal blocked. */
#include "manners.h"

static void ignore_event(const cluster_event_t *event, void *user) { (void)event, (void)user; }

static const char *all_signals = "fffffffffffffeff"; /* but KILL, STOP: the kernel clears them */

static void expect_threads(int loops, int dispatchers) {
    struct thread list[64];
    int count = list_threads(list, 64), seen_loops = 0, seen_dispatchers = 0, own = 0;
    for (int index = 0; index < count; index++) {
        if (list[index].id == getpid()) {
            own++;
            continue;
        }
        if (strcmp(list[index].name, "muster-loop") == 0) seen_loops++;
        else if (strcmp(list[index].name, "muster-dispatch") == 0) seen_dispatchers++;
        else broken(__FILE__, __LINE__, "there is a thread '%s'", list[index].name);
        /* More may be blocked for a moment: two signals of the C library's own, while a descriptor is made. */
        unsigned long long expected = strtoull(all_signals, NULL, 16);
        if ((strtoull(list[index].blocked, NULL, 16) & expected) != expected)
            broken(__FILE__, __LINE__, "%s blocks %s only", list[index].name, list[index].blocked);
    }
    EXPECT_NUMBER(own, 1);
    EXPECT_NUMBER(seen_loops, loops);
    EXPECT_NUMBER(seen_dispatchers, dispatchers);
}

/* What a thread that blocks everything looks like here: two signals are the C library's own. */
static void *measure(void *into) {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    status_line("/proc/thread-self/status", "SigBlk", into, 32);
    return NULL;
}

int main(void) {
    static char blocked[32];
    cluster_t *a, *b, *manual;
    cluster_options_t *options = NULL;

    pthread_join(run_thread(measure, blocked), NULL);
    all_signals = blocked;

    EXPECT(cluster_version() != 0);
    EXPECT_RESULT(cluster_options_new(&options), CLUSTER_OK);
    cluster_options_free(options);
    expect_threads(0, 0);

    a = JOIN("a");
    expect_threads(1, 0);
    b = JOIN("b", "seeds", address_of(a));
    meet(a, b);
    expect_threads(1, 0);
    drain(a);
    expect_threads(1, 0);

    EXPECT_RESULT(cluster_on_event(a, ignore_event, NULL), CLUSTER_OK);
    EVENTUALLY(has_thread("muster-dispatch") == 1);
    expect_threads(1, 1);
    EXPECT_RESULT(cluster_on_event(a, ignore_event, NULL), CLUSTER_OK);
    expect_threads(1, 1);

    manual = JOIN("manual", "dispatch", "manual");
    EXPECT_RESULT(cluster_on_event(manual, ignore_event, NULL), CLUSTER_OK);
    expect_threads(1, 1);

    /* The thread for the names of seeds lives as long as one round of questions. */
    cluster_close(manual);
    manual = JOIN("named", "seeds", "localhost:1");
    EVENTUALLY(threads() == 3); /* not by name: at first it has that of the thread that started it */
    expect_threads(1, 1);
    cluster_close(manual);

    cluster_close(a);
    expect_threads(1, 0);
    cluster_close(b);
    expect_threads(1, 0);
    return 0;
}
