/* The kernel lists the children of each thread. Process groups and sessions are no help: a daemon
 * makes its own. Nobody escapes, since an orphan becomes the child of the nearest subreaper. */
#define _GNU_SOURCE
#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int pids_have(const struct pids *pids, pid_t pid) {
    for (size_t index = 0; index < pids->count; index++) {
        if (pids->items[index] == pid) return 1;
    }
    return 0;
}

void pids_add(struct pids *pids, pid_t pid) {
    if (pids->count == pids->room) {
        size_t room = pids->room == 0 ? 64 : pids->room * 2;
        pid_t *items = realloc(pids->items, room * sizeof *items);
        /* Without memory the rest waits for the next look. */
        if (items == NULL) return;
        pids->items = items;
        pids->room = room;
    }
    pids->items[pids->count++] = pid;
}

static void add_children(pid_t parent, struct pids *found) {
    char path[64];
    struct dirent *entry;
    DIR *tasks;

    snprintf(path, sizeof path, "/proc/%d/task", (int)parent);
    tasks = opendir(path);
    if (tasks == NULL) return;
    while ((entry = readdir(tasks)) != NULL) {
        FILE *children;
        int child;
        int thread = atoi(entry->d_name);

        if (thread <= 0) continue;
        snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)parent, thread);
        children = fopen(path, "re");
        if (children == NULL) continue;
        while (fscanf(children, "%d", &child) == 1) {
            if (!pids_have(found, child)) pids_add(found, child);
        }
        fclose(children);
    }
    closedir(tasks);
}

void tree_list(struct pids *found) {
    found->count = 0;
    add_children(getpid(), found);
    for (size_t index = 0; index < found->count; index++) add_children(found->items[index], found);
}

void tree_signal(int number, struct pids *told) {
    struct pids found = {NULL, 0, 0};

    tree_list(&found);
    for (size_t index = 0; index < found.count; index++) {
        pid_t pid = found.items[index];
        if (told != NULL) {
            if (pids_have(told, pid)) continue;
            pids_add(told, pid);
        }
        kill(pid, number);
    }
    free(found.items);
}

void tree_kill(void) {
    const struct timespec moment = {0, 2000000};

    for (;;) {
        pid_t pid;
        tree_signal(SIGKILL, NULL);
        while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
        }
        if (pid < 0 && errno == ECHILD) return;
        nanosleep(&moment, NULL);
    }
}
