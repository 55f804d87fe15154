"""Tasks, daemons and fifty jobs a second on real hosts and real stores under random faults: what is to run at most once
begins once, what is to run at least once is not lost, and no task is on two hosts at once."""

from __future__ import annotations

import pathlib
import time
from collections.abc import Callable
from functools import partial

import pytest
from chaos import write_down
from engines import ENGINES, Engine
from runs import DEAD, LOST, VETOED, at_once
from task_chaos import AT_LEAST_ONCE, AT_MOST_ONCE, DAEMONS, GIVEN_UP, TASKS, TaskChaos

from harness.clocks import Clocks
from harness.network import Network
from harness.process import Stage, eventually


def play(chaos: TaskChaos, seconds: float) -> str:
    """All of it; what was seen, for people."""
    print(f"replay with --seed {chaos.seed} --seconds {seconds}")
    found: list[str] = []
    try:
        chaos.start()
        chaos.play(seconds)
        chaos.fail_runs()
        calm = int(time.time() * 1000)
        settled = chaos.settle()
        caught_up = chaos.catch_up(calm, 120 + 2 * seconds)
        for machine in chaos.machines.values():
            machine.quit()
        found = violations(chaos, calm, is_exclusive=chaos.is_exclusive)
    except BaseException:
        print(f"see {write_down(chaos)}")
        raise
    finally:
        chaos.end()
    if found:
        found.append(f"see {write_down(chaos)}, replay with --seed {chaos.seed} --seconds {seconds}")
    assert not found, "\n".join(found)

    ledger = chaos.ledger
    runs = list(ledger.runs.values())
    again = sum(run.attempt > 1 for run in runs)
    cut_short = sum(run.end is None for run in runs)
    tokens = sum(len({interval.token for interval in ledger.trusting(name)}) for name in [*TASKS, *DAEMONS])
    # The run was one at all: jobs ran, some of them again, and tasks went from host to host.
    assert len(runs) > 10 * seconds and again and tokens > len([*TASKS, *DAEMONS])
    return (
        f"seed {chaos.seed}, {seconds:.0f} s, {len(chaos.deeds)} deeds, {len(runs)} claims that ran, {again} of them"
        f" again, {cut_short} cut short; news: {ledger.news[LOST]} lost, {ledger.news[VETOED]} vetoed,"
        f" {ledger.news[DEAD]} dead; {tokens} turns of {len([*TASKS, *DAEMONS])} tasks, {chaos.on_the_wires()};"
        f" settled {settled:.1f} s and caught up {settled + caught_up:.1f} s after calm"
    )


def violations(chaos: TaskChaos, calm: int, *, is_exclusive: bool) -> list[str]:
    """`is_exclusive`: what a lease promises."""
    ledger, since = chaos.read(), chaos.began
    # Two sides that do not know of each other each run everything.
    found = [] if chaos.is_cut_off and not is_exclusive else ledger.begun_twice(AT_MOST_ONCE, since)
    for job in [*AT_LEAST_ONCE, *GIVEN_UP]:
        found += ledger.unaccounted(job, calm - calm % 1000)
    if is_exclusive:
        found += ledger.attempted_twice([*AT_LEAST_ONCE, *GIVEN_UP], since)
        for name in [*TASKS, *DAEMONS]:
            found += ledger.shared(name, since) + at_once(name, chaos.turns(name), since)
    return found


@pytest.mark.parametrize("engine", ENGINES, ids=[engine.name for engine in ENGINES], indirect=True)
def test_each_run_where_and_as_often_as_it_should(
    stage: Stage, network: Network | None, engine: Engine, clocks: Clocks, seed: str,
    lasting: Callable[[float], float], figures: Callable[[str], None],
) -> None:  # fmt: skip
    figures(play(TaskChaos(stage, network, engine, seed, clocks), lasting(30)))


def test_each_run_without_a_store_where_one_host_at_a_time_fails(
    stage: Stage, network: Network | None, clocks: Clocks, seed: str, lasting: Callable[[float], float],
    figures: Callable[[str], None],
) -> None:  # fmt: skip
    figures(play(TaskChaos(stage, network, None, seed, clocks), lasting(30)))


def test_each_run_where_nodes_grant_each_other_the_lease(
    stage: Stage, network: Network | None, clocks: Clocks, seed: str, tmp_path: pathlib.Path,
    lasting: Callable[[float], float], figures: Callable[[str], None],
) -> None:  # fmt: skip
    figures(play(TaskChaos(stage, network, None, seed, clocks, folder=tmp_path), lasting(30)))


def test_each_run_without_a_store_where_hosts_are_cut_off(
    stage: Stage, network: Network | None, clocks: Clocks, seed: str, lasting: Callable[[float], float],
    figures: Callable[[str], None],
) -> None:  # fmt: skip
    """Both sides have all tasks and run all jobs: no moment is left out, and when they have met again each is on one."""
    if network is None:
        pytest.skip("network namespaces are not permitted")
    figures(play(TaskChaos(stage, network, None, seed, clocks, is_cut_off=True), lasting(30)))


def _is_on_two(chaos: TaskChaos, name: str) -> bool:
    return len(chaos.holders(name)) == 2


def test_the_checker_finds_two_turns_where_nothing_forbids_them(stage: Stage, network: Network | None) -> None:
    """By the members' view alone each side of a partition has all tasks: real turns that overlap are found."""
    if network is None:
        pytest.skip("network namespaces are not permitted")
    chaos = TaskChaos(stage, network, None, "")
    try:
        chaos.start()
        network.split(["a", "b"], ["c", "d", "e"])
        for name in TASKS:
            eventually(partial(_is_on_two, chaos, name), f"{name} is on both sides")
        network.heal()
        chaos.settle()
        found = violations(chaos, 0, is_exclusive=True)
    finally:
        chaos.end()
    for name in [*TASKS, *DAEMONS]:
        assert [text for text in found if text.startswith(f"{name} ran on two hosts")], found
        assert [text for text in found if text.startswith(f"{name}: both primary")], found
    assert [text for text in found if text.startswith("('once-")], "a job ran on both sides"
