/* Manners of a guest: what the library needs from C to live in somebody else's process without
 * leaving traces there. Everything here is callable from any thread. */
#ifndef GUEST_H
#define GUEST_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

/* -- fork() ---------------------------------------------------------------------------------- */

/* Registers the fork handlers, once per process; to be called before the first thread or
 * descriptor is made, not at load: a process that only looked at the version may fork freely.
 * Returns 0 or an errno value. */
int guest_start(void);

/* 1 in a process that was forked after guest_start(), else 0. Async-signal-safe. */
int guest_is_forked_child(void);

/* The same, and keeps the reason for cluster_last_error(). It takes no lock: not one of the parent's threads, which
 * may have held any, came along. */
int guest_refuses_forked_child(void);

/* -- Descriptors ----------------------------------------------------------------------------- */

/* Remembers a descriptor that must not survive in a forked child. The wraps in descriptors.c do
 * so for what SwiftNIO opens; descriptors opened in other ways are brought here. */
void guest_descriptor_opened(int descriptor);

/* Forgets a descriptor; to be called before it is closed, so that a child never closes a number
 * that the host has been given since. */
void guest_descriptor_closing(int descriptor);

/* An eventfd that never blocks, close-on-exec and remembered; -1 and errno on failure. */
int guest_eventfd(void);

/* socket(2) that never blocks, close-on-exec and remembered; -1 and errno on failure. */
int guest_socket(int domain, int type);

/* openat(2), close-on-exec and remembered. Other threads go on while it blocks. No copy in a forked child
 * has the lock that the caller takes on it afterwards. */
int guest_openat(int directory, const char *path, int flags, unsigned mode);

/* Forgets a file's descriptor and closes it, which may block. */
void guest_close_file(int descriptor);

/* Forgets the descriptor and closes it. */
void guest_close(int descriptor);

/* Closes all remembered descriptors in the forked child. Async-signal-safe. */
void guest_close_all_descriptors(void);

/* Between these two no descriptor of the library is made or closed: for the time of a fork, so that
 * what the child gets is what is remembered. */
void guest_hold_descriptors(void);
void guest_release_descriptors(void);
void guest_release_descriptors_in_child(void);

/* The same around a fork. */
void guest_fork_begins(void);
void guest_fork_ends(void);

/* -- Wake-ups -------------------------------------------------------------------------------- */

/* Makes guest_wakeup(handle) write to `descriptor`, a non-blocking eventfd. The handle is never 0
 * or 1. Returns 0 when all places are taken, else 1. */
int guest_wakeup_add(uint64_t handle, int descriptor);

/* Ends that, and returns when no guest_wakeup() can touch the descriptor any more. */
void guest_wakeup_remove(uint64_t handle);

/* Wakes the node up; does nothing for any other number. Async-signal-safe, keeps errno. */
void guest_wakeup(uint64_t handle);

/* -- The last failure of a thread ------------------------------------------------------------ */

/* Keeps a copy of the first `length` bytes (fewer when the buffer is full) of this UTF-8 text. */
void guest_set_last_error(const char *text, size_t length);

/* The text kept by this thread, "" at first. The pointer stays the same for the thread's life. */
const char *guest_last_error(void);

/* -- Clock and threads ----------------------------------------------------------------------- */

/* CLOCK_BOOTTIME: monotonic, and it also counts while the machine sleeps. */
int64_t guest_boottime_ns(void);

/* Blocks every signal for the calling thread, so that a thread that is created next inherits it;
 * `old` takes the mask for guest_restore_signals(). */
void guest_block_all_signals(sigset_t *old);
void guest_restore_signals(const sigset_t *old);

/* Names the calling thread for debuggers and top(1); cut after 15 bytes. */
void guest_name_thread(const char *name);

#endif
