/* The helper's side: its host, by the descriptors that it was given. */
#define _GNU_SOURCE
#include "guardian.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

void guardian_settle(void) {
    /* Whoever ends a service tells all its processes to end. The guardian has something to do then. */
    static const int others[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGUSR1, SIGUSR2};
    sigset_t none;

    for (size_t index = 0; index < sizeof others / sizeof *others; index++) signal(others[index], SIG_IGN);
    /* It was started with all of them blocked: what has come meanwhile goes. */
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_NAME, "muster-guardian");
    for (int number = GUARDIAN_PAGE; number <= GUARDIAN_PROOF; number++) fcntl(number, F_SETFD, FD_CLOEXEC);
}

int guardian_wait(int wanted, int timeout_ms) {
    struct pollfd places[2] = {{wanted & GUARDIAN_DIED ? GUARDIAN_HOST : -1, POLLIN, 0},
                               {wanted & (GUARDIAN_WORD | GUARDIAN_ENDED) ? GUARDIAN_PROOF : -1, POLLIN, 0}};
    char words[64];
    int found = 0;

    if (poll(places, 2, timeout_ms) <= 0) return 0;
    if (places[0].revents & POLLIN) found |= GUARDIAN_DIED;
    if (places[1].revents & POLLIN) {
        if (read(GUARDIAN_PROOF, words, sizeof words) > 0) found |= GUARDIAN_WORD;
    } else if (places[1].revents != 0) {
        found |= GUARDIAN_ENDED;
    }
    return found;
}

void guardian_kill(void) { syscall(SYS_pidfd_send_signal, GUARDIAN_HOST, SIGKILL, NULL, 0); }

void guardian_look_at(pid_t host, pid_t *tracer, int *is_dumping) {
    char path[64], line[256];
    FILE *status;

    *tracer = 0;
    *is_dumping = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)host);
    status = fopen(path, "re");
    if (status == NULL) return;
    while (fgets(line, sizeof line, status) != NULL) {
        if (strncmp(line, "TracerPid:", 10) == 0) *tracer = (pid_t)atoi(line + 10);
        if (strncmp(line, "CoreDumping:", 12) == 0) *is_dumping = atoi(line + 12);
    }
    fclose(status);
}
