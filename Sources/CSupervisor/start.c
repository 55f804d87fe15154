/* The side of `muster`: its signals, and the supervisor as it sees it. */
#define _GNU_SOURCE
#include "supervisor.h"

#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* How this process was started; the command is started the same way. */
static sigset_t mask_at_start;
static int ignores_pipe_at_start;

int command_signals(void) {
    static const int wanted[] = {SIGTERM, SIGINT, SIGUSR1, SIGUSR2, SIGHUP};
    struct sigaction action;
    sigset_t taken;

    ignores_pipe_at_start = sigaction(SIGPIPE, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
    /* A reader that goes away is no reason to leave the cluster. */
    action = (struct sigaction){.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &action, NULL);
    sigemptyset(&taken);
    for (size_t index = 0; index < sizeof wanted / sizeof *wanted; index++) {
        if (wanted[index] == SIGHUP && sigaction(SIGHUP, NULL, &action) == 0 &&
            action.sa_handler == SIG_IGN)
            continue;
        sigaddset(&taken, wanted[index]);
    }
    if (sigprocmask(SIG_BLOCK, &taken, &mask_at_start) != 0) return -1;
    return signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK);
}

int command_next_signal(int descriptor) {
    struct signalfd_siginfo info;
    return read(descriptor, &info, sizeof info) == (ssize_t)sizeof info ? (int)info.ssi_signo : 0;
}

int command_columns(int descriptor) {
    struct winsize size;
    return ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static size_t count_of(char *const words[]) {
    size_t count = 0;
    while (words[count] != NULL) count++;
    return count;
}

/* `muster supervise GRACE_MS COMMAND...`, to be freed; NULL without memory. */
static char **with_supervisor(char *const command[], char *grace) {
    size_t count = count_of(command);
    char **words = calloc(count + 4, sizeof *words);

    if (words == NULL) return NULL;
    words[0] = "muster";
    words[1] = "supervise";
    words[2] = grace;
    for (size_t index = 0; index < count; index++) words[index + 3] = command[index];
    return words;
}

static int is_replaced(const char *entry, char *const added[]) {
    size_t name = strcspn(entry, "=") + 1;
    for (size_t index = 0; added[index] != NULL; index++) {
        if (strncmp(entry, added[index], name) == 0) return 1;
    }
    return 0;
}

/* This process's environment with `added`, to be freed; NULL without memory. */
static char **environment_with(char *const added[]) {
    size_t count = 0;
    char **all = calloc(count_of(environ) + count_of(added) + 1, sizeof *all);

    if (all == NULL) return NULL;
    for (size_t index = 0; environ[index] != NULL; index++) {
        if (!is_replaced(environ[index], added)) all[count++] = environ[index];
    }
    for (size_t index = 0; added[index] != NULL; index++) all[count++] = added[index];
    return all;
}

static int channel_ends(int ends[2]) {
    int moved;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) return -1;
    if (ends[1] != 3) return 0;
    /* dup2 to the same number would keep the flag that closes it. */
    moved = fcntl(ends[1], F_DUPFD_CLOEXEC, 4);
    close(ends[1]);
    ends[1] = moved;
    return moved < 0 ? -1 : 0;
}

/* A session of its own keeps the keys of a terminal from reaching the command twice. */
static int spawn(char **words, char *const environment[], int channel, int kept) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t restored;
    pid_t process;
    int code;

    sigemptyset(&restored);
    /* It is ignored here, and that would be inherited. */
    if (!ignores_pipe_at_start) sigaddset(&restored, SIGPIPE);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &mask_at_start);
    posix_spawnattr_setsigdefault(&attributes, &restored);
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, channel, 3);
    if (kept >= 0) posix_spawn_file_actions_adddup2(&actions, kept, 4);
    /* The node's sockets must die with the node, not live on in the command. */
    posix_spawn_file_actions_addclosefrom_np(&actions, kept >= 0 ? 5 : 4);
    code = posix_spawn(&process, "/proc/self/exe", &actions, &attributes, words, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return code;
}

int supervisor_start(char *const command[], char *const added[], int grace_ms, int kept) {
    char grace[16];
    char **words, **environment;
    int ends[2] = {-1, -1}, code = ENOMEM;
    /* Out of the way of the two numbers that the supervisor knows. */
    int moved = kept < 0 ? -1 : fcntl(kept, F_DUPFD_CLOEXEC, 5);

    /* Should the supervisor be killed, its tree comes to this process. */
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    snprintf(grace, sizeof grace, "%d", grace_ms);
    words = with_supervisor(command, grace);
    environment = environment_with(added);
    if (words != NULL && environment != NULL) {
        code = channel_ends(ends) == 0 ? spawn(words, environment, ends[1], moved) : errno;
    }
    if (moved >= 0) close(moved);
    free(words);
    free(environment);
    if (ends[1] >= 0) close(ends[1]);
    if (code == 0) return ends[0];
    if (ends[0] >= 0) close(ends[0]);
    errno = code;
    return -1;
}

void supervisor_send(int channel, int kind, int value) {
    struct supervisor_message message = {kind, value};
    ssize_t sent;
    do {
        sent = send(channel, &message, sizeof message, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
}

int supervisor_receive(int channel, struct supervisor_message *message) {
    for (;;) {
        ssize_t count = recv(channel, message, sizeof *message, MSG_DONTWAIT);
        if (count == (ssize_t)sizeof *message) return 1;
        if (count >= 0) return -1;
        if (errno == EINTR) continue;
        return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
    }
}

void supervisor_bury(int channel) {
    close(channel);
    tree_kill();
}
