/* What the command needs from C: signals as something to poll, and the supervisor, a small process
 * that holds a command and everything the command starts. */
#ifndef SUPERVISOR_H
#define SUPERVISOR_H

#include <stdint.h>
#include <sys/types.h>

/* -- Signals and the terminal ---------------------------------------------------------------- */

/* Blocks TERM, INT, HUP, USR1 and USR2 (HUP only where it is not ignored, so that nohup works) and
 * makes them readable, and ignores PIPE; to be called before the first thread is started. -1 on
 * failure. What was blocked and ignored before is kept for the command that is started later. */
int command_signals(void);

/* The next signal that has come, or 0. */
int command_next_signal(int descriptor);

/* Columns of the terminal behind a descriptor; 0 where it is none. */
int command_columns(int descriptor);

/* -- The supervisor -------------------------------------------------------------------------- */

/* One message between the command and the supervisor, either way. */
struct supervisor_message {
    int32_t kind;
    int32_t value;
};

enum {
    /* to the supervisor; without its reader it stops the tree by itself */
    SUPERVISOR_SIGNAL = 1, /* value: the signal for the command */
    SUPERVISOR_STOP = 2,   /* value: the signal that asks it to end; KILL follows in time */
    SUPERVISOR_KILL = 3,   /* at once */
    /* from the supervisor */
    SUPERVISOR_FAILED = 4, /* the command could not be started; value: errno */
    SUPERVISOR_GONE = 5    /* nothing of the tree is left; value: the command's wait status */
};

/* Starts this executable again as `muster supervise GRACE_MS COMMAND...`, which starts the command
 * with this process's environment and the `added` KEY=VALUE pairs, which win. All three lists end
 * with NULL. The supervisor, and nothing of its tree, keeps a copy of `kept` (-1: of nothing): whoever sees that nobody
 * has it any more knows that the tree has ended. The descriptor of the channel; or -1 and errno. */
int supervisor_start(char *const command[], char *const added[], int grace_ms, int kept);

/* Sends a message; a supervisor that is gone is found out by receiving. */
void supervisor_send(int channel, int kind, int value);

/* 1 and a message, 0 when there is none yet, -1 when the supervisor is gone. */
int supervisor_receive(int channel, struct supervisor_message *message);

/* Takes the ended supervisor off the list of processes. Whatever outlived it (it was killed) has
 * become this process's own and is killed, and waited for. */
void supervisor_bury(int channel);

/* The supervisor itself; returns its exit status. */
int supervisor_main(int count, char **words);

#endif
