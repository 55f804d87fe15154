"""Tasks: of all hosts that offer one, one has it, whatever becomes of them."""

from __future__ import annotations

import pathlib
import signal
import time
from typing import Any

import pytest

from harness.process import Host, Stage, eventually, throughout
from task_hosts import (
    WITH_VOTERS, assert_one_at_a_time, chosen, coordinator, moved, offered, others, owner, running, tasks,
    turns,
)  # fmt: skip

OK, INVALID, TIMEOUT, CLOSED, BUSY, NO_CANDIDATE, NOT_PRIMARY, UNSUPPORTED = 0, -1, -4, -5, -6, -9, -10, -11
NO_MEMBER = -14
# cluster_task_news
STARTED, STOPPED, FAILED, COMPLETED, STUCK = 1, 2, 3, 4, 12


# -- one owner


@pytest.mark.parametrize("trio", WITH_VOTERS, indirect=True)
def test_one_of_three_has_it(trio: tuple[Host, Host, Host]) -> None:
    first = offered(trio, "report")
    began = first.wait_for(task="start")
    assert began["mine"] == 1 and began["agrees"] == 1
    assert first.ask("task-token report")["token"] == began["token"]
    assert first.wait_for(event="task", role="report", value=STARTED)["member"] == first.id
    for other in others(trio, first):
        assert other.ask("task-mine report")["mine"] == 0
        assert other.ask("task-token report")["result"] == NOT_PRIMARY
    throughout(lambda: owner(trio[0], "report") == first.id, "it stays", 1.0)
    assert len(turns(trio, "report")) == 1, "nobody else began"
    entry = tasks(first)["report"]
    assert (entry["kind"], entry["mine"], entry["schedule"], entry["offers"]) == ("task", True, None, 3)


def test_a_killed_owner_is_followed_under_a_higher_token(trio: tuple[Host, Host, Host]) -> None:
    first = offered(trio, "report")
    token = first.wait_for(task="start")["token"]
    first.kill()
    rest = others(trio, first)
    second = running(rest, "report")
    assert second.wait_for(task="start")["token"] > token
    second.kill()
    last = running(others(rest, second), "report")
    assert len(last.said(task="start")) == 1


@pytest.mark.parametrize("trio", WITH_VOTERS, indirect=True)
def test_a_frozen_owner_has_it_no_more_when_it_wakes(trio: tuple[Host, Host, Host]) -> None:
    first = offered(trio, "report")
    assert first.ask("task-watch report")["result"] == OK
    first.wait_for(watch="mine")
    since = first.mark()
    first.send(signal.SIGSTOP)
    second = running(others(trio, first), "report", all_offer=False)
    woken = first.send(signal.SIGCONT)
    # Its first answer after the stop is no. What it was doing when it was stopped may have been a question.
    changed = first.wait_for(since, watch="not-mine")
    assert not [line for line in first.said(since, watch="mine") if line["asked"] > woken]
    assert changed["asked"] >= woken - 5_000_000
    stopped = first.wait_for(since, task="stop-done")
    assert stopped["at"] > woken
    throughout(lambda: owner(second, "report") == second.id, "it stays where it is", 1.0)
    assert first.ask("task-mine report")["mine"] == 0


@pytest.mark.parametrize("trio", WITH_VOTERS, indirect=True)
def test_who_leaves_gives_it_back_first(trio: tuple[Host, Host, Host]) -> None:
    first = offered(trio, "report")
    first.ask("behave stop-ms 400")
    assert first.ask("leave 10000")["result"] == OK
    second = running(others(trio, first), "report")
    assert_one_at_a_time(trio, "report")
    assert first.said(task="stop-done")[0]["at"] < second.said(task="start")[0]["at"]
    assert first.ask("task-token report")["result"] == CLOSED


def test_an_offer_that_is_withdrawn_stops_first(plain_trio: tuple[Host, Host, Host]) -> None:
    first = offered(plain_trio, "report")
    first.ask("behave stop-ms 300")
    assert first.ask("task-close report")["result"] == OK
    assert first.said(task="stop-done"), "close returns when it has stopped"
    running(others(plain_trio, first), "report")
    assert_one_at_a_time(plain_trio, "report")


def test_the_same_name_again_stops_the_former(stage: Stage, tmp_path: pathlib.Path) -> None:
    a = stage.start("a", **chosen("members", tmp_path))
    offered((a,), "report")
    first = a.wait_for(task="start")["token"]
    since = a.mark()
    assert a.ask("offer report")["result"] == OK
    stopped = a.wait_for(since, task="stop-done")
    began = a.wait_for(since, task="start")
    assert stopped["token"] == first < began["token"] and stopped["at"] < began["at"]


# -- what a host says of it


def test_a_start_that_fails_goes_elsewhere(trio: tuple[Host, Host, Host]) -> None:
    a, b, c = trio
    for host in (a, b):
        host.ask("behave start-code 7")
    assert offered(trio, "report") is c
    for host in (a, b):
        for line in host.said(event="task", value=FAILED):
            assert line["detail"] == "its callback returned 7"


def test_what_did_not_begin_is_not_stopped(plain_trio: tuple[Host, Host, Host]) -> None:
    a, b, c = plain_trio
    for host in plain_trio:
        host.ask("behave start-ms 800")
        host.ask("behave start-code 1")
        assert host.ask("offer report")["result"] == OK
    first = eventually(lambda: [host for host in plain_trio if host.said(task="start")], "it begins")[0]
    assert a.ask("task-pause report 10000")["result"] == OK
    eventually(lambda: tasks(b)["report"]["state"] == "paused", "it is paused, and has ended")
    assert first.said(task="start-done")
    assert not [line for host in plain_trio for line in host.said(task="stop")]
    eventually(lambda: tasks(c)["report"]["owner"] is None, "c is told, too")


def test_one_that_fails_later_goes_elsewhere_with_its_reason(plain_trio: tuple[Host, Host, Host]) -> None:
    first = offered(plain_trio, "report")
    assert first.ask("task-fail report the disk is full")["result"] == OK
    assert first.wait_for(event="task", value=FAILED)["detail"] == "the disk is full"
    moved(plain_trio, "report", first)
    assert not first.said(task="stop"), "it has stopped by itself"
    assert first.ask("task-fail report again")["result"] == NOT_PRIMARY


def test_a_daemon_that_fails_everywhere_begins_again(stage: Stage, tmp_path: pathlib.Path) -> None:
    a = stage.start("a", **chosen("members", tmp_path))
    a.ask("behave start-code 1")
    assert a.ask("daemon server")["result"] == OK
    eventually(lambda: len(a.said(task="start-done")) >= 2, "it is tried again")
    gaps = [line["at"] for line in a.said(task="start")]
    assert gaps[1] - gaps[0] > 0.2e9, "after a pause"
    a.ask("behave start-code 0")
    running((a,), "server")


def test_complete_is_final(trio: tuple[Host, Host, Host]) -> None:
    first = offered(trio, "import")
    since = first.mark()
    assert first.ask("task-complete import")["result"] == OK
    for host in trio:
        eventually(lambda host=host: tasks(host)["import"]["state"] == "completed", "all know")
    assert not first.said(since, task="stop"), "it has stopped by itself"
    assert first.said(event="task", value=COMPLETED)
    # Also when its owner and the coordinator are gone.
    gone = {first.id: first, coordinator(trio).id: coordinator(trio)}
    for host in gone.values():
        host.kill()
    rest = [host for host in trio if host.id not in gone]
    marks = {host.id: host.mark() for host in rest}
    for host in rest:
        throughout(lambda host=host: not host.said(marks[host.id], task="start"), "nobody begins it again", 4.0)
        assert tasks(host)["import"]["state"] == "completed"


def test_one_that_is_not_a_singleton_runs_everywhere(plain_trio: tuple[Host, Host, Host]) -> None:
    for host in plain_trio:
        assert host.ask("daemon cache singleton=false")["result"] == OK
    for host in plain_trio:
        host.wait_for(task="start-done")
        assert host.ask("task-mine cache")["mine"] == 1


# -- by hand


@pytest.mark.parametrize("trio", WITH_VOTERS, indirect=True)
def test_pause_and_resume_from_any_host(trio: tuple[Host, Host, Host]) -> None:
    first = offered(trio, "report")
    asking = others(trio, first)[0]
    assert asking.ask("task-pause report 10000")["result"] == OK
    first.wait_for(task="stop-done")
    eventually(lambda: tasks(asking)["report"]["state"] == "paused", "it is paused")
    count = len(turns(trio, "report"))
    throughout(lambda: len(turns(trio, "report")) == count, "nobody begins it", 1.0)
    last = others(trio, first)[1]
    assert last.ask("task-resume report 10000")["result"] == OK
    running(trio, "report")
    assert_one_at_a_time(trio, "report")


def test_move_to_one_and_to_any(plain_trio: tuple[Host, Host, Host]) -> None:
    first = offered(plain_trio, "report")
    target, asking = others(plain_trio, first)
    first.ask("behave stop-ms 300")
    assert asking.ask(f"task-move report {target.id} 10000")["result"] == OK
    eventually(lambda: owner(asking, "report") == target.id, "it has moved")
    assert_one_at_a_time(plain_trio, "report")
    assert asking.ask("task-move report - 10000")["result"] == OK
    eventually(lambda: owner(asking, "report") not in (None, target.id), "it has moved on")
    assert_one_at_a_time(plain_trio, "report")


def test_orders_about_what_is_not_there(plain_trio: tuple[Host, Host, Host]) -> None:
    a, b, _ = plain_trio
    offered(plain_trio, "report")
    for verb in ("pause", "resume", "forget", "run"):
        answer = a.ask(f"task-{verb} nothing 10000")
        assert (answer["result"], answer["error"]) == (NO_MEMBER, "nobody offers a task 'nothing'")


def test_orders_that_the_state_of_a_task_does_not_allow(plain_trio: tuple[Host, Host, Host]) -> None:
    a, b, c = plain_trio
    for host in (a, b):
        assert host.ask("offer report")["result"] == OK
    assert c.ask("offer other")["result"] == OK
    running((c,), "other", all_offer=False)
    eventually(lambda: tasks(c).get("report", {}).get("offers") == 2, "c knows of both offers")
    for order, result, words in [
        ("task-run report 10000", UNSUPPORTED, "'report' is no job"),
        ("task-forget report 10000", BUSY, "task 'report' is offered by a, b"),
        ("task-move report nobody 10000", NO_MEMBER, "no member 'nobody' is present"),
        ("task-move report c 10000", NO_CANDIDATE, "node 'c' does not offer task 'report'"),
        ("task-move other - 10000", NO_CANDIDATE, "no other node offers task 'other'"),
        ("task-move nothing a 10000", NO_MEMBER, "nobody offers a task 'nothing'"),
    ]:
        for host in plain_trio:
            answer = host.ask(order)
            assert (answer["result"], answer["error"]) == (result, words), order


def test_what_nobody_offers_is_forgotten_by_hand(plain_trio: tuple[Host, Host, Host]) -> None:
    a, b, c = plain_trio
    first = offered((a,), "import")
    assert first.ask("task-complete import")["result"] == OK
    eventually(lambda: tasks(b)["import"]["state"] == "completed", "b knows")
    a.ask("task-close import")
    assert "import" in tasks(b), "it is remembered"
    eventually(lambda: b.ask("task-forget import 5000")["result"] == OK, "it is forgotten")
    eventually(lambda: "import" not in tasks(c), "by all")
    assert offered((a,), "import") is a


# -- the coordinator


@pytest.mark.parametrize("authority", WITH_VOTERS)
def test_a_new_coordinator_moves_nothing(stage: Stage, tmp_path: pathlib.Path, authority: str) -> None:
    trio = stage.trio(**chosen(authority, tmp_path), **{"tasks.resolver": "least-loaded"})
    names = [f"t{number}" for number in range(12)]
    for name in names:
        for host in trio:
            assert host.ask(f"offer {name}")["result"] == OK

    def is_even() -> bool:
        owners = [owner(trio[0], name) for name in names]
        return sorted(owners.count(host.id) for host in trio) == [4, 4, 4]

    eventually(is_even, "the load is even")
    where = {name: running(trio, name).id for name in names}
    tokens = {name: tasks(trio[0])[name]["token"] for name in names}
    former = coordinator(trio)
    rest = others(trio, former)
    marks = {host.id: host.mark() for host in rest}
    former.kill()
    assert coordinator(rest) is not former
    for name in names:
        owner_now = running(rest, name)
        if where[name] != former.id:
            assert owner_now.id == where[name]
            assert tasks(owner_now)[name]["token"] == tokens[name]
    for host in rest:
        assert not host.said(marks[host.id], task="stop"), "nothing was stopped"
        begun = {line["name"] for line in host.said(marks[host.id], task="start")}
        assert all(where[name] == former.id for name in begun), "nothing began that ran elsewhere"


# -- hosts that behave badly


def test_a_stop_that_hangs_is_said_and_not_waited_for(plain_trio: tuple[Host, Host, Host]) -> None:
    first = offered(plain_trio, "report", "stop_timeout=700ms")
    first.ask("behave stop-ms 6000")
    asking = others(plain_trio, first)[0]
    assert asking.ask("task-move report - 10000")["result"] == OK
    stop = first.wait_for(task="stop")
    stuck = first.wait_for(event="task", role="report", value=STUCK)
    assert 0.6e9 < stuck["at"] - stop["at"]
    second = moved(plain_trio, "report", first)
    assert not first.said(task="stop-done"), "it goes on while the former still hangs"
    # What has not stopped there is not begun there.
    second.kill()
    third = running(others(plain_trio, second), "report")
    assert third is not first or first.said(task="stop-done")


def test_a_stop_that_ends_later_is_waited_for(plain_trio: tuple[Host, Host, Host]) -> None:
    for host in plain_trio:
        host.ask("behave defer 1")
        host.ask("behave stop-ms 600")
    first = offered(plain_trio, "report")
    asking = others(plain_trio, first)[0]
    assert asking.ask("task-move report - 10000")["result"] == OK
    moved(plain_trio, "report", first)
    assert_one_at_a_time(plain_trio, "report")
    assert first.said(task="stop-done")[0]["at"] - first.said(task="stop")[0]["at"] > 0.5e9


def test_manual_dispatch_runs_all_on_the_hosts_thread(stage: Stage, tmp_path: pathlib.Path) -> None:
    trio = stage.trio(**chosen("members", tmp_path), dispatch="manual", **{"host.dispatch": "1"})
    first = offered(trio, "report")
    assert first.ask("leave 10000")["result"] == OK
    running(others(trio, first), "report")
    assert_one_at_a_time(trio, "report")


def test_ten_thousand_tasks_at_once(plain_trio: tuple[Host, Host, Host]) -> None:
    for host in plain_trio:
        host.tell("offer-many t 10000")
    for host in plain_trio:
        assert host.wait_for(seconds=90, reply="offer-many")["result"] == OK
    a = plain_trio[0]

    def all_run() -> bool:
        entries = tasks(a).values()
        return len(entries) == 10_000 and all(entry["state"] == "running" for entry in entries)

    eventually(all_run, "all run", 90)
    total = sum(len(host.said(task="start")) for host in plain_trio)
    stopped = sum(len(host.said(task="stop-done")) for host in plain_trio)
    assert total - stopped == 10_000, "each on one host"


def test_ten_thousand_tasks_of_one_host(stage: Stage, tmp_path: pathlib.Path) -> None:
    """It has them all, lets them all go, and needs no more memory than a few kilobytes for each."""
    options = chosen("members", tmp_path)
    a = stage.start("a", **options)
    b = stage.start("b", seeds=[a], **options)
    stage.agree(a, b)
    assert b.ask("tasks 10000")["result"] == OK
    before = a.memory_kb()
    a.tell("offer-many t 10000")
    assert a.wait_for(seconds=90, reply="offer-many")["result"] == OK
    eventually(lambda: len(a.said(task="start-done")) == 10_000, "all begin", 90)

    def states() -> set[str]:
        entries = tasks(b)
        return {entry["state"] for entry in entries.values()} if len(entries) == 10_000 else set()

    eventually(lambda: states() == {"running"}, "b knows", 90)
    assert len({line["name"] for line in a.said(task="start")}) == 10_000, "each once"
    assert a.memory_kb() - before < 100_000
    assert a.ask("leave 60000", 90)["result"] == OK
    assert len(a.said(task="stop-done")) == 10_000


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("offer", "name"),
        ("offer " + "x" * 65, "name"),
        ("offer " + "é" * 33, "name"),
        ("offer t weight=0", "weight '0': 1 to 1000 is allowed"),
        ("offer t weight=2 weight=3", "given twice"),
        ("offer t heavy", "a word like weight=2 is needed"),
        ("offer t colour=red", "options 'colour'"),
        ("offer t singleton=maybe", "singleton 'maybe'"),
        ("offer t attempts=2", "it is for jobs only"),
        ("offer t stop_timeout=2h", "stop_timeout"),
        ("daemon t requires=a,,b", "requires"),
    ],
)
def test_what_is_wrong_is_named(stage: Stage, command: str, words: str) -> None:
    a = stage.start("a")
    answer = a.ask(command)
    assert answer["result"] == INVALID and words in answer["error"], answer


def test_what_is_done_or_paused_outlives_all_hosts(stage: Stage, tmp_path: pathlib.Path) -> None:
    kept = {**chosen("members", tmp_path), "state_dir": str(tmp_path / "state")}
    a = stage.start("a", **kept)
    for name in ("done", "paused", "other"):
        offered((a,), name)
    assert a.ask("task-complete done")["result"] == OK
    assert a.ask("task-pause paused 5000")["result"] == OK

    def states(host: Host) -> list[str]:
        return [tasks(host).get(name, {}).get("state", "") for name in ("done", "paused", "other")]

    eventually(lambda: states(a) == ["completed", "paused", "running"], "it is known")
    file = tmp_path / "state" / next(path.name for path in (tmp_path / "state").glob("*.state"))
    eventually(lambda: b"paused" in file.read_bytes() and b"done" in file.read_bytes(), "it is written down")
    a.kill()
    again = stage.start("a", **kept)
    for name in ("done", "paused", "other"):
        assert again.ask(f"offer {name}")["result"] == OK
    eventually(lambda: states(again) == ["completed", "paused", "running"], "it is remembered")
    assert again.ask("task-resume paused 5000")["result"] == OK
    eventually(lambda: states(again) == ["completed", "running", "running"], "it goes on")
    assert not [line for line in again.said(task="start") if line["name"] == "done"]
