"""Jobs: each moment of a schedule runs once, wherever that is."""

from __future__ import annotations

import pathlib
import time
from typing import Any

import pytest

from harness.process import Host, Line, Stage, eventually, throughout
from task_hosts import WITH_VOTERS, chosen, moved, others, running, tasks

OK, INVALID, UNSUPPORTED = 0, -1, -11
# cluster_task_news
FAILED, DEAD, LOST, VETOED, SKIPPED, DIFFERS = 3, 5, 6, 7, 8, 9


def scheduled(hosts: tuple[Host, ...], name: str, schedule: str, options: str = "-") -> Host:
    schedule_on(hosts, name, schedule, options)
    return running(hosts, name)


def schedule_on(hosts: tuple[Host, ...], name: str, schedule: str, options: str = "-") -> None:
    for host in hosts:
        assert host.ask(f"job {name} {options} {schedule}")["result"] == OK


def runs(hosts: tuple[Host, ...], name: str) -> list[Line]:
    """All runs on all hosts as they began."""
    found = [{**line, "host": host.id} for host in hosts for line in host.said(task="run", name=name)]
    return sorted(found, key=lambda line: line["at"])


def occurrences(hosts: tuple[Host, ...], name: str) -> list[str]:
    return [str(line["occurrence"]) for line in runs(hosts, name)]


# -- once


@pytest.mark.parametrize("trio", WITH_VOTERS, indirect=True)
def test_each_moment_runs_once(trio: tuple[Host, Host, Host]) -> None:
    scheduled(trio, "sweep", "every 500ms")
    eventually(lambda: len(runs(trio, "sweep")) >= 6, "it runs")
    found = runs(trio, "sweep")
    assert len(set(occurrences(trio, "sweep"))) == len(occurrences(trio, "sweep")), "no moment twice"
    moments = [line["moment"] for line in found]
    assert [after - before for before, after in zip(moments, moments[1:])] == [500] * (len(moments) - 1)
    assert {line["attempt"] for line in found} == {1}
    assert tasks(trio[0])["sweep"]["schedule"] == "every 500ms"


@pytest.mark.parametrize("trio", WITH_VOTERS, indirect=True)
def test_it_goes_on_when_its_host_is_killed(trio: tuple[Host, Host, Host]) -> None:
    first = scheduled(trio, "sweep", "every 500ms")
    eventually(lambda: len(runs(trio, "sweep")) >= 2, "it runs")
    first.kill()
    rest = others(trio, first)
    eventually(lambda: len(runs(rest, "sweep")) >= 3, "it runs elsewhere")
    # What the killed one began and did not end is tried again, and nothing else runs twice.
    twice = [line for line in runs(trio, "sweep") if occurrences(trio, "sweep").count(line["occurrence"]) > 1]
    for line in twice:
        assert line["attempt"] == (1 if line["host"] == first.id else 2)
    tokens = [line["token"] for line in runs(trio, "sweep")]
    assert tokens == sorted(tokens) and tokens[0] < tokens[-1]


@pytest.mark.parametrize("trio", WITH_VOTERS, indirect=True)
def test_a_run_whose_host_dies_is_tried_again(trio: tuple[Host, Host, Host]) -> None:
    for host in trio:
        host.ask("behave run-ms 20000")
    first = scheduled(trio, "sweep", "in 300ms")
    begun = eventually(lambda: runs(trio, "sweep"), "it runs")[0]
    for host in others(trio, first):
        host.ask("behave run-ms 0")
    first.kill()
    again = eventually(lambda: runs(others(trio, first), "sweep"), "it runs again")[0]
    assert (again["occurrence"], again["attempt"]) == (begun["occurrence"], 2)
    eventually(lambda: tasks(others(trio, first)[0])["sweep"]["state"] == "completed", "nothing is left of it")


@pytest.mark.parametrize("trio", WITH_VOTERS, indirect=True)
def test_at_most_once_is_not_tried_again(trio: tuple[Host, Host, Host]) -> None:
    for host in trio:
        host.ask("behave run-ms 20000")
    first = scheduled(trio, "sweep", "in 300ms", "delivery=at_most_once")
    eventually(lambda: runs(trio, "sweep"), "it runs")
    first.kill()
    rest = others(trio, first)
    lost = eventually(
        lambda: [line for host in rest for line in host.said(event="task", role="sweep", value=LOST)], "it is said"
    )
    assert first.id in lost[0]["detail"]
    throughout(lambda: not runs(rest, "sweep"), "nobody runs it", 1.0)


# -- failures


def test_a_run_that_fails_is_tried_elsewhere(plain_trio: tuple[Host, Host, Host]) -> None:
    a, b, c = plain_trio
    for host in (a, b):
        host.ask("behave run-code 3")
    scheduled(plain_trio, "sweep", "in 300ms", "attempts=10")
    done = eventually(lambda: runs((c,), "sweep"), "c is asked at last")[0]
    found = runs(plain_trio, "sweep")
    assert [line["attempt"] for line in found] == list(range(1, len(found) + 1))
    assert len({line["occurrence"] for line in found}) == 1
    assert done["attempt"] == len(found) >= 2 or done["attempt"] == 1
    eventually(lambda: tasks(a)["sweep"]["state"] == "completed", "it is done")


def test_when_all_attempts_have_failed_it_is_said(plain_trio: tuple[Host, Host, Host]) -> None:
    for host in plain_trio:
        host.ask("behave run-code 9")
    scheduled(plain_trio, "sweep", "in 300ms", "attempts=3")
    dead = eventually(
        lambda: [line for host in plain_trio for line in host.said(event="task", role="sweep", value=DEAD)],
        "the dead letter",
    )
    assert len(dead) == 1 and "its callback returned 9" in dead[0]["detail"]
    assert [line["attempt"] for line in runs(plain_trio, "sweep")] == [1, 2, 3]


def test_one_that_ends_later_and_fails(plain_trio: tuple[Host, Host, Host]) -> None:
    for host in plain_trio:
        for behaviour in ("defer 1", "run-ms 200", "run-code 1"):
            host.ask(f"behave {behaviour}")
    scheduled(plain_trio, "sweep", "in 300ms", "attempts=2")
    dead = eventually(
        lambda: [line for host in plain_trio for line in host.said(event="task", role="sweep", value=DEAD)],
        "the dead letter",
    )
    assert "it failed later" in dead[0]["detail"]
    found = runs(plain_trio, "sweep")
    assert [line["attempt"] for line in found] == [1, 2] and found[1]["at"] - found[0]["at"] > 0.2e9


def test_a_run_longer_than_its_interval_does_not_overlap(stage: Stage, tmp_path: pathlib.Path) -> None:
    a = stage.start("a", **chosen("members", tmp_path))
    a.ask("behave run-ms 700")
    scheduled((a,), "sweep", "every 200ms")
    eventually(lambda: len(a.said(task="run-done")) >= 3, "it runs")
    states = [line["task"] for line in a.said(name="sweep") if line.get("task") in ("run", "run-done")]
    assert all(one != other for one, other in zip(states, states[1:])), states


# -- by hand


def test_run_now_from_any_host(plain_trio: tuple[Host, Host, Host]) -> None:
    first = scheduled(plain_trio, "sweep", "0 0 1 1 *")
    asking = others(plain_trio, first)[0]
    assert asking.ask("task-run sweep 10000")["result"] == OK
    found = first.wait_for(task="run")
    assert found["attempt"] == 1 and abs(found["moment"] / 1000 - time.time()) < 20
    # One that is asked for while the former is still being written down is vetoed, and said to be.
    while len(runs(plain_trio, "sweep")) < 2:
        since = first.mark()
        assert asking.ask("task-run sweep 10000")["result"] == OK
        eventually(
            lambda since=since: first.said(since, task="run") or first.said(since, event="task", value=VETOED),
            "it runs, or not",
        )
    assert len(set(occurrences(plain_trio, "sweep"))) == len(runs(plain_trio, "sweep")), "each is one of its own"


def test_what_was_over_before_it_was_offered_is_said(plain_trio: tuple[Host, Host, Host]) -> None:
    a = plain_trio[0]
    assert a.ask("job sweep - at 2026-01-01T00:00Z")["result"] == OK
    eventually(lambda: tasks(a).get("sweep", {}).get("state") == "completed", "nothing is left of it")
    eventually(lambda: a.said(event="task", role="sweep", value=SKIPPED), "it is said")
    assert not a.said(task="run")


def test_a_paused_job_does_not_run(plain_trio: tuple[Host, Host, Host]) -> None:
    scheduled(plain_trio, "sweep", "every 300ms")
    eventually(lambda: runs(plain_trio, "sweep"), "it runs")
    assert plain_trio[2].ask("task-pause sweep 10000")["result"] == OK
    eventually(lambda: tasks(plain_trio[1])["sweep"]["state"] == "paused", "it is paused")
    count = len(runs(plain_trio, "sweep"))
    throughout(lambda: len(runs(plain_trio, "sweep")) == count, "it does not run", 1.2)
    assert plain_trio[1].ask("task-resume sweep 10000")["result"] == OK
    eventually(lambda: len(runs(plain_trio, "sweep")) > count, "it runs again")


def test_a_moved_job_goes_on_where_it_was(plain_trio: tuple[Host, Host, Host]) -> None:
    first = scheduled(plain_trio, "sweep", "every 300ms")
    eventually(lambda: runs(plain_trio, "sweep"), "it runs")
    assert plain_trio[0].ask("task-move sweep - 10000")["result"] == OK
    second = moved(plain_trio, "sweep", first)
    eventually(lambda: len(runs((second,), "sweep")) >= 2, "it runs there")
    assert len(set(occurrences(plain_trio, "sweep"))) == len(occurrences(plain_trio, "sweep"))


def test_what_is_not_for_jobs(plain_trio: tuple[Host, Host, Host]) -> None:
    first = scheduled(plain_trio, "sweep", "0 0 1 1 *")
    assert first.ask("task-complete sweep")["result"] == UNSUPPORTED
    assert first.ask("task-fail sweep because")["result"] == UNSUPPORTED
    assert first.ask("task-mine sweep")["mine"] == 1


# -- the schedule


def test_two_schedules_for_one_job_are_said_and_the_newer_counts(plain_trio: tuple[Host, Host, Host]) -> None:
    a, b, c = plain_trio
    assert a.ask("job sweep - 0 0 1 1 *")["result"] == OK
    eventually(lambda: all("sweep" in tasks(host) for host in plain_trio), "all know the first")
    assert b.ask("job sweep - every 400ms")["result"] == OK
    said = eventually(
        lambda: [line for host in plain_trio for line in host.said(event="task", role="sweep", value=DIFFERS)], "said"
    )
    assert said[0]["member"] == "b" and "newer" in said[0]["detail"]
    eventually(lambda: tasks(c)["sweep"]["schedule"] == "every 400ms", "the newer counts")
    eventually(lambda: len(runs(plain_trio, "sweep")) >= 2, "and runs")


def test_repeat_ends_also_when_hosts_die(trio: tuple[Host, Host, Host]) -> None:
    """Four repeats are five runs, over all hosts."""
    # It may be over before all have agreed who has it.
    schedule_on(trio, "sweep", "every 400ms repeat=4")
    eventually(lambda: len(runs(trio, "sweep")) >= 2, "it runs")
    last = runs(trio, "sweep")[-1]["host"]
    first = next(host for host in trio if host.id == last)
    first.kill()
    rest = others(trio, first)
    eventually(lambda: tasks(rest[0])["sweep"]["state"] == "completed", "it is completed")
    assert 2 <= len(set(occurrences(trio, "sweep"))) <= 5
    count = len(runs(trio, "sweep"))
    throughout(lambda: len(runs(trio, "sweep")) == count, "it does not run any more", 1.0)


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        ("61 * * * *", "minute '61': 0-59 is allowed"),
        ("* * 32 * *", "day of month '32'"),
        ("* * * *", "'* * * *'"),
        ("every 0s", "every"),
        ("every", "every"),
        ("at yesterday", "yesterday"),
        ("0 8 * * * zone=Europe/Nowhere", "Europe/Nowhere"),
        ("0 8 * * * zone=../../etc/passwd", "zone"),
        ("0 8 * * * colour=red", "colour"),
        ("every 1s repeat=-1", "repeat"),
        ("* " * 300, "schedule"),
    ],
)
def test_a_schedule_that_is_wrong_is_named(stage: Stage, schedule: str, words: str) -> None:
    a = stage.start("a")
    answer = a.ask(f"job sweep - {schedule}")
    assert answer["result"] == INVALID and words in answer["error"], answer


def test_a_zone_is_heeded(stage: Stage, tmp_path: pathlib.Path) -> None:
    a = stage.start("a", **chosen("members", tmp_path))
    scheduled((a,), "sweep", "* * * * * * zone=Europe/Berlin")
    eventually(lambda: len(a.said(task="run")) >= 2, "it runs each second")
