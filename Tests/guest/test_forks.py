"""A host of many threads that forks while the library is busy: in the child every function of the header answers at once.

What one of the parent's threads held at that moment, a lock of the Swift runtime for instance, is held in the child for
ever. A fresh process is the worst: much happens in it for the first time.
"""

from __future__ import annotations

import pathlib

import pytest
from test_arguments import WITHOUT_HANDLE, choices, functions, handle_type
from test_manners import run

from harness.build import compile_c

PROGRAM = """
#include "manners.h"
#include <stdatomic.h>

enum { FORKERS = 2, CHILDREN = 150, SECONDS_OF_A_CHILD = 10 };

UNUSED static char long_text[100];
UNUSED static const char bad_utf8[] = "\\xff";
UNUSED static uint64_t out;
UNUSED static void on_event(const cluster_event_t *event, void *user) { (void)event, (void)user; }
UNUSED static void on_log(cluster_log_level level, const char *text, void *user) { (void)level, (void)text, (void)user; }
UNUSED static void on_message(cluster_t *node, const cluster_message_t *message, void *user) { (void)node, (void)message, (void)user; }
UNUSED static void on_warning(failover_t *seat, int32_t left, void *user) { (void)seat, (void)left, (void)user; }
UNUSED static void on_role(failover_t *seat, uint64_t token, void *user) { (void)seat, (void)token, (void)user; }
UNUSED static int on_start(cluster_task_t *task, const char *name, uint64_t token, void *user) { (void)task, (void)name, (void)token, (void)user; return 0; }
UNUSED static void on_stop(cluster_task_t *task, const char *name, uint64_t token, void *user) { (void)task, (void)name, (void)token, (void)user; }
UNUSED static int on_run(cluster_task_t *task, const cluster_run_t *run, void *user) { (void)task, (void)run, (void)user; return 0; }
UNUSED static int on_resolve(cluster_t *cluster, const char *json, int32_t *owners, uint32_t count, void *user) { (void)cluster, (void)json, (void)owners, (void)count, (void)user; return 0; }

static cluster_options_t *good_cluster_options_t;
static cluster_t *good_cluster_t;
static cluster_members_t *good_cluster_members_t;
static failover_t *good_failover_t;
static cluster_task_t *good_cluster_task_t;
static atomic_int forkers = FORKERS;

/* A signal's default action ends whoever is held up. */
static void everything_in_the_child(void) {
    alarm(SECONDS_OF_A_CHILD);
@CALLS@
}

/* Nodes come and go, and are asked this and that. */
static void *keep_busy(void *user) {
    long number = (long)(intptr_t)user;
    while (atomic_load(&forkers) > 0) {
        char id[32], *text = NULL;
        cluster_t *node;
        failover_t *seat = NULL;
        snprintf(id, sizeof id, "n%ld", number += 100);
        node = JOIN(id);
        EXPECT_RESULT(failover_open(node, NULL, &seat), CLUSTER_OK);
        if (cluster_stats_json(node, &text) == CLUSTER_OK) cluster_free(text);
        if (cluster_options_set(good_cluster_options_t, "no.such.option", "1") == CLUSTER_OK) abort();
        failover_close(seat);
        cluster_close(node);
    }
    return NULL;
}

static void *fork_often(void *user) {
    (void)user;
    for (int round = 0; round < CHILDREN; round++) {
        int status = 0;
        pid_t child = fork();
        if (child == 0) {
            everything_in_the_child();
            if (round % 10 == 0) exit(0);
            _exit(0);
        }
        EXPECT(child > 0 && waitpid(child, &status, 0) == child);
        if (status != 0) broken(__FILE__, __LINE__, "child %d ended with status %x", round, status);
    }
    atomic_fetch_sub(&forkers, 1);
    return NULL;
}

int main(void) {
    pthread_t busy[3], forking[FORKERS];
    EXPECT_RESULT(cluster_options_new(&good_cluster_options_t), CLUSTER_OK);
    good_cluster_t = JOIN("good");
    EXPECT_RESULT(failover_open(good_cluster_t, NULL, &good_failover_t), CLUSTER_OK);
    EXPECT_RESULT(cluster_task_offer(good_cluster_t, "task", NULL, NULL, NULL, NULL, &good_cluster_task_t), CLUSTER_OK);
    EXPECT_RESULT(cluster_members(good_cluster_t, &good_cluster_members_t), CLUSTER_OK);
    for (int index = 0; index < 3; index++) busy[index] = run_thread(keep_busy, (void *)(intptr_t)index);
    for (int index = 0; index < FORKERS; index++) forking[index] = run_thread(fork_often, NULL);
    for (int index = 0; index < FORKERS; index++) pthread_join(forking[index], NULL);
    for (int index = 0; index < 3; index++) pthread_join(busy[index], NULL);
    EXPECT_RESULT(cluster_wait(good_cluster_t, 1, 0), CLUSTER_OK);
    cluster_close(good_cluster_t);
    return 0;
}
"""


def calls() -> list[str]:
    """One of each function, with handles that are good in the parent."""
    lines = []
    for function in functions():
        values = []
        for type, _ in function.parameters:
            name = handle_type(type)
            values.append(f"good_{name}" if name else choices(type)[-1])
        call = f"{function.name}({', '.join(values)})"
        if function.result == "cluster_result":
            lines.append(f"EXPECT_RESULT({call}, CLUSTER_E_FORKED);")
        elif function.result == "void":
            lines.append(f"{call};")
        elif function.name == "cluster_event_fd":
            lines.append(f"EXPECT_NUMBER({call}, -1);")
        elif function.name in WITHOUT_HANDLE:
            lines.append(f"EXPECT({call});")
        else:
            lines.append(f"EXPECT(!{call});")
    lines.append("EXPECT(strlen(cluster_last_error()) > 0);")
    return lines


@pytest.fixture(scope="module")
def program(library: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("forks")
    source = folder / "forks.c"
    source.write_text(PROGRAM.replace("@CALLS@", "    " + "\n    ".join(calls())))
    return compile_c(source, folder / "forks", library, f"-I{pathlib.Path(__file__).resolve().parent}")


def test_the_child_of_a_busy_host_is_told_at_once(program: pathlib.Path) -> None:
    for _ in range(5):
        run(program)
