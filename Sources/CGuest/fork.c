/* fork() without exec: the child has one thread, none of it ours, and copies of our descriptors. */
#include "guest.h"

#include <pthread.h>
#include <stdatomic.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int start_result;
static atomic_int forked;

static void in_child(void) {
    atomic_store(&forked, 1);
    /* A socket that stays open here would hide the parent's death from the other members. */
    guest_close_all_descriptors();
    guest_release_descriptors_in_child();
}

static void start(void) { start_result = pthread_atfork(guest_fork_begins, guest_fork_ends, in_child); }

int guest_start(void) {
    pthread_once(&once, start);
    return start_result;
}

int guest_refuses_forked_child(void) {
    static const char why[] = "this process was forked after the library was in use";
    if (!guest_is_forked_child()) return 0;
    guest_set_last_error(why, sizeof why - 1);
    return 1;
}

int guest_is_forked_child(void) { return atomic_load_explicit(&forked, memory_order_relaxed); }
