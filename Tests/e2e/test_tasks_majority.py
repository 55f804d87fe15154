"""Tasks under the authority `majority`: what dies is a voter, too. (`WITH_VOTERS` has what all authorities share.)"""

from __future__ import annotations

import pathlib

import pytest

from harness.process import Host, Stage, eventually, throughout
from task_hosts import (
    LEASE, assert_one_at_a_time, chosen, coordinator, offered, others, owner, running, tasks, turns,
)  # fmt: skip

OK, TIMEOUT = 0, -4


@pytest.fixture
def trio(stage: Stage, tmp_path: pathlib.Path) -> tuple[Host, Host, Host]:
    return stage.trio(**chosen("majority", tmp_path))


def test_a_killed_owner_is_followed_and_takes_nothing_when_it_is_back(
    stage: Stage, tmp_path: pathlib.Path, trio: tuple[Host, Host, Host]
) -> None:
    first = offered(trio, "report")
    token = first.wait_for(task="start")["token"]
    killed = first.kill()
    rest = others(trio, first)
    second = running(rest, "report")
    began = second.wait_for(task="start")
    assert began["token"] > token
    assert began["at"] - killed > 0.5 * LEASE * 1e9, "the killed one might have trusted itself for so long"
    again = stage.start(first.id, seeds=list(rest), **chosen("majority", tmp_path))
    assert again.ask("offer report")["result"] == OK
    eventually(lambda: tasks(again).get("report", {}).get("offers") == 3, "it offers it again")
    throughout(lambda: owner(second, "report") == second.id, "it stays where it is", 2 * LEASE)
    assert not again.said(task="start") and len(turns((*rest, again), "report")) == 1


def test_a_killed_coordinator_is_followed_and_its_orders_are_kept(trio: tuple[Host, Host, Host]) -> None:
    offered(trio, "kept")
    offered(trio, "paused")
    assert trio[0].ask("task-pause paused 10000")["result"] == OK
    former = coordinator(trio)
    had_it = owner(former, "kept")
    former.kill()
    rest = others(trio, former)
    assert coordinator(rest) is not former
    last = running(rest, "kept")
    if had_it != former.id:
        assert last.id == had_it and len(last.said(task="start", name="kept")) == 1, "nobody stopped it"
    eventually(lambda: tasks(rest[0])["paused"]["state"] == "paused", "what was ordered is remembered")
    assert rest[1].ask("task-resume paused 20000")["result"] == OK
    running(rest, "paused")


def test_without_a_majority_what_runs_is_stopped(trio: tuple[Host, Host, Host]) -> None:
    first = offered(trio, "report")
    rest = others(trio, first)
    for host in rest:
        host.kill()
    first.wait_for(task="stop-done")
    assert first.ask("task-mine report")["mine"] == 0
    count = len(first.said(task="start"))
    throughout(lambda: len(first.said(task="start")) == count, "one of three begins nothing", 4 * LEASE)
    assert first.ask("task-pause report 500")["result"] == TIMEOUT


def test_claims_outlive_their_coordinator(trio: tuple[Host, Host, Host]) -> None:
    """What may run at most once is claimed with a coordinator that dies while jobs run."""
    names = [f"sweep{number}" for number in range(5)]
    for name in names:
        for host in trio:
            assert host.ask(f"job {name} delivery=at_most_once every 200ms")["result"] == OK
    for name in names:
        running(trio, name)
    former = coordinator(trio)
    former.kill()
    rest = others(trio, former)
    mark = {host.id: host.mark() for host in rest}

    def done(name: str) -> int:
        return sum(len(host.said(mark[host.id], task="run-done", name=name)) for host in rest)

    eventually(lambda: all(done(name) >= 3 for name in names), "all go on", 40)
    for name in names:
        seen = [line["occurrence"] for host in trio for line in host.said(task="run", name=name)]
        assert len(seen) == len(set(seen)), f"a moment of {name} ran twice"
        assert all(line["attempt"] == 1 for host in trio for line in host.said(task="run", name=name))


def test_one_at_a_time_while_all_voters_are_restarted_in_turn(
    stage: Stage, tmp_path: pathlib.Path, trio: tuple[Host, Host, Host]
) -> None:
    """Each is killed and comes back, the owner and the coordinator among them."""
    offered(trio, "report")
    hosts = list(trio)
    for place in range(3):
        hosts[place].kill()
        rest = [host for host in hosts if host is not hosts[place]]
        running(tuple(rest), "report", all_offer=False)
        hosts[place] = stage.start(hosts[place].id, seeds=rest, **chosen("majority", tmp_path))
        stage.agree(*hosts)
        assert hosts[place].ask("offer report")["result"] == OK
        running(tuple(hosts), "report")
    tokens = [line["token"] for host in stage.hosts for line in host.said(task="start", name="report")]
    assert len(tokens) == len(set(tokens)), "no token twice"
    assert_one_at_a_time(tuple(hosts), "report")
