/* The supervisor: holds a command and its descendants, so that none of them outlives `muster`.
 *
 * It is a process of its own because a `muster` that is killed can do nothing any more. It sees
 * that by the channel's end, ends the tree and then itself. It is the reaper of the whole tree and
 * has nothing left to do when there is no child. */
#define _GNU_SOURCE
#include "supervisor.h"

#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CHANNEL = 3, KEPT = 4, LOOK_AGAIN_MS = 50, KILL_AGAIN_MS = 5 };

enum phase { RUNNING, ENDING, KILLING };

struct supervisor {
    enum phase phase;
    int64_t kill_at;
    int grace_ms;
    int signals;
    int channel; /* -1 when `muster` is gone */
    pid_t command;
    int command_is_gone;
    int status;
    struct pids told;
};

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void report(const struct supervisor *self, int kind, int value) {
    if (self->channel >= 0) supervisor_send(self->channel, kind, value);
}

/* In the new process. Dies with the supervisor even when that is killed. */
static void become_command(char **words, pid_t supervisor, const sigset_t *mask, int failure) {
    int code;

    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != supervisor) _exit(127);
    sigprocmask(SIG_SETMASK, mask, NULL);
    execvp(words[0], words);
    code = errno;
    if (write(failure, &code, sizeof code) < 0) _exit(126);
    _exit(127);
}

/* 0, or why the command could not be started. */
static int start_command(struct supervisor *self, char **words, const sigset_t *mask) {
    pid_t me = getpid();
    int ends[2], code = 0;

    if (pipe2(ends, O_CLOEXEC) != 0) return errno;
    self->command = fork();
    if (self->command < 0) return errno;
    if (self->command == 0) become_command(words, me, mask, ends[1]);
    close(ends[1]);
    while (read(ends[0], &code, sizeof code) < 0 && errno == EINTR) {
    }
    close(ends[0]);
    return code;
}

/* Asks the command to end; KILL follows when the time is up. The command alone is asked first: it
 * knows best in which order its own processes end. What it leaves behind is asked after it. */
static void stop(struct supervisor *self, int number) {
    if (self->phase == RUNNING) {
        self->phase = ENDING;
        self->kill_at = now_ms() + self->grace_ms;
    }
    if (!self->command_is_gone) kill(self->command, number);
}

static void take_message(struct supervisor *self) {
    struct supervisor_message message;

    switch (supervisor_receive(self->channel, &message)) {
    case 1: break;
    case 0: return;
    default:
        close(self->channel);
        self->channel = -1;
        /* Who was stopping it is gone, and with it the word that it has ended: others wait no longer. */
        if (self->phase == ENDING) self->phase = KILLING;
        if (self->phase == RUNNING) stop(self, SIGTERM);
        return;
    }
    if (message.kind == SUPERVISOR_SIGNAL && !self->command_is_gone) kill(self->command, message.value);
    if (message.kind == SUPERVISOR_STOP) stop(self, message.value);
    if (message.kind == SUPERVISOR_KILL) self->phase = KILLING;
}

/* 0 when no child is left. */
static int reap(struct supervisor *self) {
    for (;;) {
        int status;
        pid_t pid = waitpid(-1, &status, WNOHANG);

        if (pid == 0) return 1;
        if (pid < 0) return errno != ECHILD;
        if (pid != self->command) continue;
        self->command_is_gone = 1;
        self->status = status;
        /* Whoever takes over must find nothing of it at work. */
        stop(self, SIGTERM);
    }
}

static int patience_ms(const struct supervisor *self) {
    int64_t left;

    if (self->phase == RUNNING) return -1;
    if (self->phase == KILLING) return KILL_AGAIN_MS;
    left = self->kill_at - now_ms();
    if (left < 0) left = 0;
    return self->command_is_gone && left > LOOK_AGAIN_MS ? LOOK_AGAIN_MS : (int)left;
}

static void hold(struct supervisor *self) {
    while (reap(self)) {
        struct pollfd places[2] = {{self->signals, POLLIN, 0}, {self->channel, POLLIN, 0}};
        struct signalfd_siginfo info;

        if (self->phase == ENDING && now_ms() >= self->kill_at) self->phase = KILLING;
        if (self->phase == KILLING) tree_signal(SIGKILL, NULL);
        if (self->phase == ENDING && self->command_is_gone) tree_signal(SIGTERM, &self->told);
        if (poll(places, 2, patience_ms(self)) <= 0) continue;
        if (places[1].revents != 0) take_message(self);
        while (read(self->signals, &info, sizeof info) == (ssize_t)sizeof info) {
            /* Somebody ends all processes by name or by control group. */
            if (info.ssi_signo == SIGTERM) stop(self, SIGTERM);
        }
    }
}

int supervisor_main(int count, char **words) {
    struct supervisor self;
    sigset_t all, mask;
    int code;

    memset(&self, 0, sizeof self);
    self.channel = CHANNEL;
    if (count < 4 || fcntl(CHANNEL, F_SETFD, FD_CLOEXEC) != 0) return 2;
    /* Not there where there is nothing to keep. */
    fcntl(KEPT, F_SETFD, FD_CLOEXEC);
    self.grace_ms = atoi(words[2]);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_NAME, "muster-hold");
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &mask);
    self.signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
    code = self.signals < 0 ? errno : start_command(&self, words + 3, &mask);
    if (code != 0) {
        report(&self, SUPERVISOR_FAILED, code);
        return 1;
    }
    hold(&self);
    report(&self, SUPERVISOR_GONE, self.status);
    return 0;
}
