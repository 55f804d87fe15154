/* Starting the guardian from inside a host that must not notice: neither by SIGCHLD, nor by any wait for its children,
 * nor by a descriptor that lives on.
 *
 * Two processes are made, each on the memory of the host and with its caller standing still, as posix_spawn does it.
 * The first is a child whose end is signalled to nobody: only a wait with __WCLONE knows of it (see wait(2)), and ours
 * is the only one. It makes the second and ends, so that the second, which becomes the guardian, is nobody's here. It
 * cannot become the guardian itself: exec makes every process an ordinary child.
 *
 * Both call the kernel directly. What a sanitizer or another library has put in front of the C library's functions
 * keeps books in the host's memory, and would take these processes for the host. */
#define _GNU_SOURCE
#include "guardian.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* clone() by a name that nobody stands in front of. */
extern int __clone(int (*body)(void *), void *stack, int flags, void *argument, ...);

enum { STACK = 64 * 1024, KEPT = 3 };

struct start {
    const char *path;
    char *const *words;
    char *const *environment;
    int given[KEPT];
    /* The stack of the second process. */
    char *stack;
    /* Written by either process: the memory is the same. */
    int failure;
};

/* What the client libraries of stores read. Whatever else the host was given stays with it. */
static int is_for_stores(const char *entry) {
    static const char *const names[] = {
        "HOME=",    "USER=",  "LOGNAME=", "PATH=",   "TZ=",     "LANG=",  "TMPDIR=", "LD_LIBRARY_PATH=",
        "LC_",      "PG",     "ODBC",     "MYSQL_",  "MARIADB", "TNS_",   "ORA",     "NLS_",
        "DB2",      "SQLITE", "KRB5",     "SSL_CERT", "OPENSSL_CONF=",
    };
    for (size_t index = 0; index < sizeof names / sizeof *names; index++) {
        if (strncmp(entry, names[index], strlen(names[index])) == 0) return 1;
    }
    return 0;
}

/* To be freed; NULL without memory. */
static char **environment_for_stores(void) {
    size_t count = 0, kept = 0;
    char **chosen;

    while (environ != NULL && environ[count] != NULL) count++;
    chosen = calloc(count + 1, sizeof *chosen);
    for (size_t index = 0; chosen != NULL && index < count; index++) {
        if (is_for_stores(environ[index])) chosen[kept++] = environ[index];
    }
    return chosen;
}

/* As the kernel has it: all zero is the default. */
struct kernel_sigaction {
    void *handler;
    unsigned long flags;
    void *restorer;
    uint64_t mask;
};

/* All of them stay blocked until the guardian has said which it does not want. */
static void default_signals(void) {
    static const struct kernel_sigaction usual;

    /* Those that cannot be changed answer with an error. */
    for (int number = 1; number < NSIG; number++)
        syscall(SYS_rt_sigaction, number, &usual, NULL, sizeof usual.mask);
}

/* What was given moves to 3, 4, 5 by way of numbers that none of it has; 0, 1, 2 lead nowhere. */
static int arrange(const int given[KEPT]) {
    int moved[KEPT], nowhere;

    for (int index = 0; index < KEPT; index++) {
        moved[index] = (int)syscall(SYS_fcntl, given[index], F_DUPFD, GUARDIAN_PAGE + KEPT);
        if (moved[index] < 0) return -1;
    }
    nowhere = (int)syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR, 0);
    if (nowhere < 0) return -1;
    for (int number = 0; number < GUARDIAN_PAGE; number++) {
        if (nowhere != number && syscall(SYS_dup3, nowhere, number, 0) < 0) return -1;
    }
    for (int index = 0; index < KEPT; index++) {
        if (syscall(SYS_dup3, moved[index], GUARDIAN_PAGE + index, 0) < 0) return -1;
    }
    return (int)syscall(SYS_close_range, GUARDIAN_PAGE + KEPT, ~0U, 0);
}

static int become_guardian(void *argument) {
    struct start *start = argument;

    default_signals();
    syscall(SYS_setsid);
    if (arrange(start->given) == 0) syscall(SYS_execve, start->path, start->words, start->environment);
    start->failure = errno;
    return (int)syscall(SYS_exit_group, 127);
}

static int start_and_end(void *argument) {
    struct start *start = argument;

    if (__clone(become_guardian, start->stack + STACK, CLONE_VM | CLONE_VFORK | SIGCHLD, start) < 0)
        start->failure = errno;
    return (int)syscall(SYS_exit_group, 0);
}

static int run(struct start *start) {
    sigset_t all, before;
    pid_t first;
    /* One page between the stacks and below them, to be hit rather than the host. */
    size_t guard = (size_t)sysconf(_SC_PAGESIZE), size = 2 * (guard + STACK);
    char *stacks = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

    if (stacks == MAP_FAILED) return errno;
    mprotect(stacks, guard, PROT_NONE);
    mprotect(stacks + guard + STACK, guard, PROT_NONE);
    start->stack = stacks + guard;
    /* No handler of the host's may run on these. */
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    first = __clone(start_and_end, stacks + size, CLONE_VM | CLONE_VFORK, start);
    if (first < 0) start->failure = errno;
    while (first > 0 && waitpid(first, NULL, __WCLONE) < 0 && errno == EINTR) {
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    munmap(stacks, size);
    return start->failure;
}

int guardian_start(const char *path, const char *word, int page, int host, int proof) {
    char *const words[] = {(char *)"muster-guardian", (char *)word, NULL};
    char **environment = environment_for_stores();
    struct start start = {path, words, environment, {page, host, proof}, NULL, 0};
    int is_reaper = 0, failure;

    /* A host that takes the orphans of its own commands ends them, too; this one is none of them. */
    prctl(PR_GET_CHILD_SUBREAPER, &is_reaper);
    if (is_reaper) prctl(PR_SET_CHILD_SUBREAPER, 0);
    failure = environment == NULL ? ENOMEM : run(&start);
    if (is_reaper) prctl(PR_SET_CHILD_SUBREAPER, 1);

    free(environment);
    return failure;
}

int guardian_own_path(char *path, size_t size) {
    Dl_info info;
    struct link_map *map = NULL;

    if (dladdr1((void *)guardian_own_path, &info, (void **)&map, RTLD_DL_LINKMAP) == 0 || map == NULL)
        return -1;
    /* The program itself has no name there. */
    if (map->l_name[0] == '\0') {
        ssize_t length = readlink("/proc/self/exe", path, size - 1);
        if (length <= 0) return -1;
        path[length] = '\0';
        return 0;
    }
    char *real = realpath(map->l_name, NULL);
    int fits = real != NULL && strlen(real) < size;
    if (fits) strcpy(path, real);
    free(real);
    return fits ? 0 : -1;
}

int guardian_pidfd(pid_t process) { return (int)syscall(SYS_pidfd_open, process, 0); }

int guardian_pipe(int ends[2]) {
    if (pipe2(ends, O_CLOEXEC) != 0) return -1;
    return fcntl(ends[1], F_SETFL, O_NONBLOCK);
}

int guardian_reopen(int writing_end) {
    char path[64];

    snprintf(path, sizeof path, "/proc/self/fd/%d", writing_end);
    return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}
