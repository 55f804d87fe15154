/* A process and all that descend from it. */
#ifndef TREE_H
#define TREE_H

#include <stddef.h>
#include <sys/types.h>

struct pids {
    pid_t *items;
    size_t count, room;
};

int pids_have(const struct pids *pids, pid_t pid);
void pids_add(struct pids *pids, pid_t pid);

/* Fills `found` with the descendants of this process. They may fork and die meanwhile: whoever must
 * have them all asks again until waitpid() knows of none. */
void tree_list(struct pids *found);

/* Sends the signal to every descendant; with `told`, only to those that are not in it, and adds
 * them. */
void tree_signal(int number, struct pids *told);

/* Kills all descendants and waits until none is left. */
void tree_kill(void);

#endif
