/* Clock, signal mask and name of a thread: calls that Swift cannot make or has no overlay for. */
#define _GNU_SOURCE
#include "guest.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

int64_t guest_boottime_ns(void) {
    struct timespec now = {0, 0};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void guest_block_all_signals(sigset_t *old) {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, old);
}

void guest_restore_signals(const sigset_t *old) { pthread_sigmask(SIG_SETMASK, old, NULL); }

void guest_name_thread(const char *name) {
    char cut[16] = {0};
    memcpy(cut, name, strnlen(name, sizeof cut - 1));
    pthread_setname_np(pthread_self(), cut);
}
