/* A disk that takes its time, for one process: preloaded, it waits before every fsync and every rename, and lets
 * every file have only half of what is to be written before it waits too. How long, in milliseconds, stands in the
 * file that SLOW_DISK names, and may change meanwhile. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void take_time(void) {
    const char *path = getenv("SLOW_DISK");
    char text[16] = "";
    int file = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    if (read(file, text, sizeof text - 1) > 0) {
        long wait = atol(text);
        struct timespec left = {wait / 1000, wait % 1000 * 1000000};
        while (nanosleep(&left, &left) != 0 && errno == EINTR) {
        }
    }
    close(file);
}

ssize_t write(int file, const void *bytes, size_t count) {
    struct stat facts;
    if (count > 1 && fstat(file, &facts) == 0 && S_ISREG(facts.st_mode)) {
        ssize_t written = syscall(SYS_write, file, bytes, count / 2);
        take_time();
        return written;
    }
    return syscall(SYS_write, file, bytes, count);
}

int fsync(int file) {
    take_time();
    return (int)syscall(SYS_fsync, file);
}

int renameat(int from, const char *old, int to, const char *new) {
    take_time();
    return (int)syscall(SYS_renameat, from, old, to, new);
}
