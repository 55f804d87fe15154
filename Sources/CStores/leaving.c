#include "stores.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

/* A host that used OpenSSL before us has it clean up when it exits, and a thread that is in it at that moment crashes.
 * So none is: what is registered later is called earlier, and from there on our threads stay out. */

enum { MILLISECONDS = 500 };

static atomic_int inside, is_leaving;
static pid_t owner;

void stores_enter(void) {
    atomic_fetch_add(&inside, 1);
    if (!atomic_load(&is_leaving)) return;
    atomic_fetch_sub(&inside, 1);
    for (;;) pause();
}

void stores_leave(void) { atomic_fetch_sub(&inside, 1); }

/* Not longer than this: a driver that hangs is not to keep the host. In a forked child none of those threads is. */
static void wait_until_all_have_left(void) {
    if (getpid() != owner) return;
    atomic_store(&is_leaving, 1);
    for (int waited = 0; waited < MILLISECONDS && atomic_load(&inside) > 0; waited++) usleep(1000);
}

void stores_leave_before_exit(void) {
    owner = getpid();
    atexit(wait_until_all_have_left);
}
