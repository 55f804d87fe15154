/* The library's own descriptors: close-on-exec, and known, so that a forked child can close them.
 *
 * SwiftNIO opens sockets and epoll without close-on-exec and ignores SIGPIPE for the whole process.
 * The library is linked with --wrap=socket and so on, which sends its calls (never the host's) to
 * the __wrap_ functions below. They go to the kernel by syscall() rather than to __real_ names,
 * since those exist only in a link with --wrap: executables that link this room without the flags
 * simply leave the functions unused. */
#define _GNU_SOURCE
#include "guest.h"

#include <pthread.h>

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* One bit for each descriptor. A higher number is not remembered; it is still close-on-exec. */
enum { REMEMBERED = 65536, BITS = 64 };
static _Atomic uint64_t words[REMEMBERED / BITS];

/* Held while a descriptor is made or closed and noted as such, and while a fork is under way: no child
 * is to hold one that is not noted. None of the calls under it blocks. Recursive, since a signal
 * handler of the host may fork on a thread that is in here. */
static pthread_mutex_t gate = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

/* Counts both ends of each fork: odd while one is under way. */
static atomic_uint forks;

void guest_fork_begins(void) {
    guest_hold_descriptors();
    atomic_fetch_add(&forks, 1);
}

void guest_fork_ends(void) {
    atomic_fetch_add(&forks, 1);
    guest_release_descriptors();
}

void guest_hold_descriptors(void) {
    int kept = errno;
    pthread_mutex_lock(&gate);
    errno = kept;
}

void guest_release_descriptors(void) {
    int kept = errno;
    pthread_mutex_unlock(&gate);
    errno = kept;
}

void guest_release_descriptors_in_child(void) {
    /* Not unlocked: its owner is a thread of the parent. */
    static const pthread_mutex_t fresh = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
    gate = fresh;
}

void guest_descriptor_opened(int descriptor) {
    if (descriptor < 0 || descriptor >= REMEMBERED) return;
    guest_start();
    atomic_fetch_or(&words[descriptor / BITS], UINT64_C(1) << (descriptor % BITS));
}

void guest_descriptor_closing(int descriptor) {
    if (descriptor < 0 || descriptor >= REMEMBERED) return;
    atomic_fetch_and(&words[descriptor / BITS], ~(UINT64_C(1) << (descriptor % BITS)));
}

void guest_close_all_descriptors(void) {
    for (int index = 0; index < REMEMBERED / BITS; index++) {
        uint64_t word = atomic_exchange(&words[index], 0);
        while (word != 0) {
            syscall(SYS_close, index * BITS + __builtin_ctzll(word));
            word &= word - 1;
        }
    }
}

/* Makes a descriptor by a call of the kernel and notes it, with no fork between the two. */
static int make(long number, long first, long second, long third, long fourth) {
    int descriptor;
    guest_start();
    guest_hold_descriptors();
    descriptor = (int)syscall(number, first, second, third, fourth);
    guest_descriptor_opened(descriptor);
    guest_release_descriptors();
    return descriptor;
}

int __wrap_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol) {
    return make(SYS_socket, domain, type | SOCK_CLOEXEC, protocol, 0);
}

int __wrap_accept4(int listener, struct sockaddr *address, socklen_t *length, int flags);
int __wrap_accept4(int listener, struct sockaddr *address, socklen_t *length, int flags) {
    return make(SYS_accept4, listener, (long)address, (long)length, flags | SOCK_CLOEXEC);
}

int __wrap_accept(int listener, struct sockaddr *address, socklen_t *length);
int __wrap_accept(int listener, struct sockaddr *address, socklen_t *length) {
    return make(SYS_accept4, listener, (long)address, (long)length, SOCK_CLOEXEC);
}

int __wrap_epoll_create1(int flags);
int __wrap_epoll_create1(int flags) {
    return make(SYS_epoll_create1, flags | EPOLL_CLOEXEC, 0, 0, 0);
}

int __wrap_epoll_create(int size);
int __wrap_epoll_create(int size) {
    if (size <= 0) {
        errno = EINVAL;
        return -1;
    }
    return __wrap_epoll_create1(0);
}

int __wrap_eventfd(unsigned int count, int flags);
int __wrap_eventfd(unsigned int count, int flags) {
    return make(SYS_eventfd2, count, flags | EFD_CLOEXEC, 0, 0);
}

int __wrap_timerfd_create(int clock, int flags);
int __wrap_timerfd_create(int clock, int flags) {
    return make(SYS_timerfd_create, clock, flags | TFD_CLOEXEC, 0, 0);
}

int __wrap_close(int descriptor);
int __wrap_close(int descriptor) {
    int result;
    guest_hold_descriptors();
    guest_descriptor_closing(descriptor);
    result = (int)syscall(SYS_close, descriptor);
    guest_release_descriptors();
    return result;
}

/* Not under the gate, since a file may be long in opening: the loop must be able to accept meanwhile. A
 * child that was forked in between has a copy that nobody knows of; nothing has been done with it yet, so
 * another one is opened in its place. */
int guest_openat(int directory, const char *path, int flags, unsigned mode) {
    guest_start();
    for (;;) {
        unsigned before = atomic_load(&forks);
        int descriptor = (int)syscall(SYS_openat, directory, path, flags | O_CLOEXEC, mode);
        int is_alone;
        if (descriptor < 0) return descriptor;
        guest_hold_descriptors();
        is_alone = atomic_load(&forks) == before;
        if (is_alone) guest_descriptor_opened(descriptor);
        guest_release_descriptors();
        if (is_alone) return descriptor;
        syscall(SYS_close, descriptor);
        flags &= ~(O_CREAT | O_EXCL); /* it is there now */
    }
}

void guest_close_file(int descriptor) {
    guest_descriptor_closing(descriptor);
    syscall(SYS_close, descriptor);
}

int guest_eventfd(void) { return __wrap_eventfd(0, EFD_NONBLOCK); }

int guest_socket(int domain, int type) { return __wrap_socket(domain, type | SOCK_NONBLOCK, 0); }

void guest_close(int descriptor) { __wrap_close(descriptor); }

typedef void (*disposition)(int);
disposition __wrap_signal(int number, disposition handler);
disposition __wrap_signal(int number, disposition handler) {
    struct sigaction new_action = {.sa_handler = handler, .sa_flags = SA_RESTART}, old_action;

    /* SIGPIPE is the host's. Our threads block all signals, so that writing to a closed stream
     * is EPIPE there whatever the host chose. */
    if (number == SIGPIPE) return SIG_DFL;
    if (sigaction(number, &new_action, &old_action) != 0) return SIG_ERR;
    return old_action.sa_handler;
}
