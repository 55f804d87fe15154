/* cluster_wakeup(): the one call that a signal handler may make, so no lock, no allocation and no
 * Swift. A node's event descriptor may be closed while a handler is about to write to it, and the
 * number may be the host's a moment later: hence each place counts the writers inside. */
#include "guest.h"

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

enum { PLACES = 4096, FREE = 0, TAKEN = 1 };

struct place {
    _Atomic uint64_t handle; /* FREE, TAKEN while it is being filled, or a node's handle */
    atomic_int descriptor;
    atomic_int writers;
};

static struct place places[PLACES];
static atomic_int used; /* places from here on were never taken: the search ends */

static void raise_used(int count) {
    int seen = atomic_load(&used);
    while (seen < count && !atomic_compare_exchange_weak(&used, &seen, count)) {
    }
}

int guest_wakeup_add(uint64_t handle, int descriptor) {
    for (int index = 0; index < PLACES; index++) {
        struct place *place = &places[index];
        uint64_t expected = FREE;
        if (!atomic_compare_exchange_strong(&place->handle, &expected, TAKEN)) continue;
        atomic_store(&place->descriptor, descriptor);
        atomic_store(&place->handle, handle);
        raise_used(index + 1);
        return 1;
    }
    return 0;
}

void guest_wakeup_remove(uint64_t handle) {
    int count = atomic_load(&used);
    for (int index = 0; index < count; index++) {
        struct place *place = &places[index];
        uint64_t expected = handle;
        if (!atomic_compare_exchange_strong(&place->handle, &expected, TAKEN)) continue;
        /* A signal handler on this very thread comes and goes before the loop looks again. */
        while (atomic_load(&place->writers) != 0) sched_yield();
        atomic_store(&place->handle, FREE);
        return;
    }
}

void guest_wakeup(uint64_t handle) {
    static const uint64_t one = 1;
    int count = atomic_load(&used);

    if (handle == FREE || handle == TAKEN || guest_is_forked_child()) return;
    for (int index = 0; index < count; index++) {
        struct place *place = &places[index];
        if (atomic_load(&place->handle) != handle) continue;
        atomic_fetch_add(&place->writers, 1);
        /* Looked at again: from here on the place is not given up before the count falls. */
        if (atomic_load(&place->handle) == handle) {
            int kept = errno;
            /* EAGAIN: the counter is full of wake-ups already, which will do. */
            ssize_t written = write(atomic_load(&place->descriptor), &one, sizeof one);
            (void)written;
            errno = kept;
        }
        atomic_fetch_sub(&place->writers, 1);
        return;
    }
}
