"""Callbacks of tasks that hang, come late or find no thread, and what becomes of everything else."""

from __future__ import annotations

import pathlib
import signal

from harness.build import compile_cpp
from harness.process import Host, Stage, eventually, throughout
from task_hosts import chosen, owner, running, tasks

OK, UNSUPPORTED = 0, -11
# cluster_task_news
DEAD, WAITING, STUCK = 5, 10, 12
RUNS, THREADS = 16, 32


def pair(stage: Stage, folder: pathlib.Path, **more: str) -> tuple[Host, Host]:
    """Two hosts that take part in tasks; the first has coordinated before the second came."""
    options = chosen("members", folder)
    a = stage.start("a", **options, **more)
    assert a.ask("tasks 10000")["result"] == OK
    b = stage.start("b", seeds=[a], **options)
    stage.agree(a, b)
    assert b.ask("tasks 10000")["result"] == OK
    return a, b


def told_of_waiting(host: Host) -> list[str]:
    return [str(line["detail"]) for line in host.said(event="task", value=WAITING, member=host.id)]


# -- hanging


def test_runs_that_hang_leave_the_stops_their_threads(stage: Stage, tmp_path: pathlib.Path) -> None:
    """More jobs than there are threads for runs, and then a task that begins and stops on the same host."""
    a, b = pair(stage, tmp_path)
    a.ask("behave hang 1")
    jobs = [f"job{number}" for number in range(2 * THREADS)]
    for name in jobs:
        assert a.ask(f"job {name} grace=1h in 300ms")["result"] == OK
    eventually(lambda: len(a.said(task="run")) == RUNS, "all threads for runs are taken")
    # Each of these calls for a thread, and none of them is left to another run.
    for number in range(THREADS):
        assert a.ask(f"offer task{number}")["result"] == OK
    for number in range(THREADS):
        a.wait_for(task="start-done", name=f"task{number}")
        assert b.ask(f"task-pause task{number} 10000")["result"] == OK
        a.wait_for(task="stop-done", name=f"task{number}")
    assert len(a.said(task="run")) == RUNS, "no run was given the thread of a stop"
    # It is said, once.
    eventually(lambda: told_of_waiting(a), "a host that hangs is told so")
    assert told_of_waiting(a) == [f"{RUNS} runs have not come to an end on a for 5 s, and it waits for one of them to"]
    assert not a.said(task="run-done")
    # Other hosts' tasks go on.
    assert b.ask("job other - every 200ms")["result"] == OK
    eventually(lambda: len(b.said(task="run-done")) >= 2, "it runs on b")
    # Nothing was lost, and nothing runs twice.
    a.ask("behave hang 0")
    eventually(lambda: len(a.said(task="run-done")) == len(jobs), "all have run")
    assert sorted(str(line["name"]) for line in a.said(task="run")) == sorted(jobs)


def test_starts_that_hang_hold_up_no_other_host(stage: Stage, tmp_path: pathlib.Path) -> None:
    a, b = pair(stage, tmp_path)
    a.ask("behave hang 2")
    assert a.ask("offer-many t 40")["result"] == OK
    eventually(lambda: len(a.said(task="start")) == THREADS, "all threads are taken")
    eventually(lambda: told_of_waiting(a), "it is said")
    assert told_of_waiting(a)[0].startswith(f"{THREADS} callbacks have not come to an end on a")
    assert b.ask("offer other")["result"] == OK
    running((b,), "other")
    a.ask("behave hang 0")
    eventually(lambda: len(a.said(task="start-done")) == 40, "all begin")
    assert len({line["name"] for line in a.said(task="start")}) == 40


# -- too late


def test_nothing_begins_once_it_was_taken_away(stage: Stage, tmp_path: pathlib.Path) -> None:
    """The host does not come to its callbacks; meanwhile the task goes elsewhere."""
    a, b = pair(stage, tmp_path, dispatch="manual")
    assert a.ask("offer report stop_timeout=300ms")["result"] == OK
    eventually(lambda: tasks(b).get("report", {}).get("state") == "assigned", "a was given it")
    assert b.ask("offer report stop_timeout=300ms")["result"] == OK
    eventually(lambda: tasks(b)["report"]["offers"] == 2, "both offer it")
    assert b.ask("task-move report b 10000")["result"] == OK
    eventually(lambda: owner(b, "report") == "b", "b has it, a did not stop in time")
    a.ask("dispatch 200")
    assert a.said(event="task", value=STUCK), "it was told so"
    assert not a.said(task="start"), "while b has it"
    assert not a.said(task="stop"), "what did not begin is not stopped"
    # What it comes to in time it does.
    b.kill()
    eventually(lambda: (a.ask("dispatch 50"), a.said(task="start-done"))[1], "a has it")


def test_no_run_begins_once_its_job_was_taken_away(stage: Stage, tmp_path: pathlib.Path) -> None:
    a, b = pair(stage, tmp_path, dispatch="manual")
    assert a.ask("job sweep stop_timeout=300ms,attempts=1,grace=1h in 200ms")["result"] == OK
    # The run is claimed, and waits for the host.
    eventually(lambda: a.statistics()["tasks"]["runs"] == 1, "it was told to run")
    assert b.ask("task-pause sweep 10000")["result"] == OK
    eventually(lambda: tasks(b)["sweep"]["owner"] is None, "a has it no more")
    a.ask("dispatch 200")
    assert not a.said(task="run")
    # It was given back, though the pause was written over it: nothing of it is lost.
    assert b.ask("task-resume sweep 10000")["result"] == OK
    eventually(lambda: (a.ask("dispatch 50"), a.said(task="run"))[1], "it runs")
    assert [line["attempt"] for line in a.said(task="run")] == [1]
    assert not a.said(event="task", value=DEAD)


# -- no thread


def test_where_no_thread_can_be_had_it_begins_when_there_is_one(stage: Stage, tmp_path: pathlib.Path) -> None:
    a = stage.start("a", **chosen("members", tmp_path), **{"host.log": "1"})
    assert a.ask("tasks 10000")["result"] == OK
    a.ask("threads 0")
    assert a.ask("offer report")["result"] == OK
    a.wait_for(log="line", message="no thread can be started to run task report")
    assert not a.said(task="start")
    a.ask("threads 1")
    a.wait_for(task="start-done")
    throughout(lambda: len(a.said(task="start")) == 1, "it begins once", 2.5)


def test_whoever_runs_already_goes_on_where_no_thread_can_be_had(stage: Stage, tmp_path: pathlib.Path) -> None:
    a = stage.start("a", **chosen("members", tmp_path))
    a.ask("behave hang 2")
    assert a.ask("offer first")["result"] == OK
    a.wait_for(task="start", name="first")
    a.ask("threads 0")
    assert a.ask("offer second")["result"] == OK
    a.ask("behave hang 0")
    a.wait_for(task="start-done", name="second")
    throughout(lambda: len(a.said(task="start", name="second")) == 1, "it begins once", 2.5)
    a.ask("threads 1")


# -- the resolver


def test_a_resolver_that_is_taken_back_is_waited_for(stage: Stage, tmp_path: pathlib.Path) -> None:
    a = stage.start("a", **chosen("members", tmp_path), **{"tasks.resolver": "host"})
    assert a.ask("resolver 1000")["result"] == OK
    assert a.ask("offer report")["result"] == OK
    a.wait_for(resolver="asked")
    assert a.ask("resolver -1")["result"] == OK
    asked, answered = a.said(resolver="asked"), a.said(resolver="answers")
    assert len(asked) == len(answered), "none is under way when the call has returned"
    assert a.ask("offer another")["result"] == OK
    throughout(lambda: len(a.said(resolver="asked")) == len(asked), "it is not asked any more", 3.0)


def test_a_resolver_needs_its_option(stage: Stage) -> None:
    assert stage.start("a").ask("resolver 0")["result"] == UNSUPPORTED


# -- C++


def test_an_exception_that_leaves_a_callback_ends_the_host(
    stage: Stage, tmp_path: pathlib.Path, library: pathlib.Path
) -> None:
    """As that of any C callback does, and nobody else: the task is another's."""
    options = chosen("members", tmp_path)
    a = stage.start("a", **options)
    assert a.ask("tasks 10000")["result"] == OK
    program = compile_cpp(pathlib.Path(__file__).parent / "throwing.cpp", tmp_path / "throwing", library)
    thrower = Host(program, [f"cluster={stage.name}", "multicast=false", "node_id=b", f"seeds={a.address}"])
    stage.hosts.append(thrower)
    thrower.wait_for(throws="report")
    assert thrower.process.wait(20) == -signal.SIGABRT
    assert thrower.process.stderr is not None and "one that nobody catches" in thrower.process.stderr.read()
    stage.agree(a)
    assert a.ask("offer report")["result"] == OK
    running((a,), "report")
