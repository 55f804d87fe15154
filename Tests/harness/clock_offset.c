/* A wall clock that is wrong, for one process: preloaded, it shows CLOCK_REALTIME later by CLOCK_OFFSET seconds. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = (int)syscall(SYS_clock_gettime, clock, now);
    const char *text = getenv("CLOCK_OFFSET");
    if (result == 0 && clock == CLOCK_REALTIME && text != NULL) now->tv_sec += atol(text);
    return result;
}
