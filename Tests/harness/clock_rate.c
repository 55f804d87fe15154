/* A clock that runs at a rate of its own, for one process: preloaded, it scales CLOCK_MONOTONIC and CLOCK_BOOTTIME for
 * what libmuster.so reads, and for a program into which the library is linked. CLOCK_RATE=-10 is slow by 10 of 1000
 * parts. What the library waits for is scaled alike, as it is where a machine's clock is wrong. The rest of the process
 * has the true time: by that the tests judge. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static int64_t rate;
/* The code that has the wrong clock. */
static uintptr_t begins, ends;
static int (*true_settime)(int, int, const struct itimerspec *, struct itimerspec *);
static int (*true_timedwait)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);

static int looks_for_code(struct dl_phdr_info *object, size_t size, void *name) {
    (void)size;
    if (name != NULL && strstr(object->dlpi_name, name) == NULL) return 0;
    for (int index = 0; index < object->dlpi_phnum; index++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[index];
        if (part->p_type != PT_LOAD || (part->p_flags & PF_X) == 0) continue;
        begins = object->dlpi_addr + part->p_vaddr;
        ends = begins + part->p_memsz;
    }
    return 1;
}

__attribute__((constructor)) static void prepare(void) {
    const char *text = getenv("CLOCK_RATE");
    *(void **)&true_settime = dlsym(RTLD_NEXT, "timerfd_settime");
    *(void **)&true_timedwait = dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
    if (true_timedwait == NULL) *(void **)&true_timedwait = dlsym(RTLD_NEXT, "pthread_cond_timedwait");
    if (text == NULL || true_settime == NULL || true_timedwait == NULL) abort();
    rate = atol(text);
    /* The program itself is the first object. */
    if (!dl_iterate_phdr(looks_for_code, "libmuster.so")) dl_iterate_phdr(looks_for_code, NULL);
}

/* From the true time to the one that is shown, or back. */
static struct timespec scaled(struct timespec time, int64_t from, int64_t to) {
    __int128 nanoseconds = ((__int128)time.tv_sec * 1000000000 + time.tv_nsec) * to / from;
    struct timespec result = {(time_t)(nanoseconds / 1000000000), (long)(nanoseconds % 1000000000)};
    /* A timer that is set to nothing is switched off. */
    if (nanoseconds == 0 && time.tv_nsec > 0) result.tv_nsec = 1;
    return result;
}

#define IS_CONCERNED ((uintptr_t)__builtin_return_address(0) >= begins && (uintptr_t)__builtin_return_address(0) < ends)

int clock_gettime(clockid_t clock, struct timespec *now) {
    int is_wrong = IS_CONCERNED && (clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME);
    int result = (int)syscall(SYS_clock_gettime, clock, now);
    if (result == 0 && is_wrong) *now = scaled(*now, 1000, 1000 + rate);
    return result;
}

int timerfd_settime(int timer, int flags, const struct itimerspec *wanted, struct itimerspec *former) {
    struct itimerspec changed = *wanted;
    if (IS_CONCERNED) {
        changed.it_value = scaled(wanted->it_value, 1000 + rate, 1000);
        changed.it_interval = scaled(wanted->it_interval, 1000 + rate, 1000);
    }
    return true_settime(timer, flags, &changed, former);
}

int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *until) {
    struct timespec changed = *until;
    if (IS_CONCERNED) changed = scaled(*until, 1000 + rate, 1000);
    return true_timedwait(condition, mutex, &changed);
}
