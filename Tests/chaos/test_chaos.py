"""Real hosts and real stores under random faults: never two primaries, never a stale write, and one primary afterwards.
"""

from __future__ import annotations

import pathlib
from collections.abc import Callable

import pytest
from chaos import LEASE, Chaos
from checker import violations
from engines import ENGINES, Engine
from fence import Fence
from judging import judged, told

from harness.clocks import Clocks
from harness.network import Network
from harness.process import Host, Stage, eventually

# Of a process: its own, those of the library, and one of a store that hangs and was replaced.
MOST_THREADS = 12


def threads(host: Host) -> int:
    return len(list(pathlib.Path(f"/proc/{host.pid}/task").iterdir()))


@pytest.mark.parametrize("engine", ENGINES, ids=[engine.name for engine in ENGINES], indirect=True)
def test_one_primary_whatever_happens(
    stage: Stage, network: Network | None, engine: Engine, fence: Fence, clocks: Clocks, seed: str,
    lasting: Callable[[float], float], figures: Callable[[str], None],
) -> None:  # fmt: skip
    seconds = lasting(30)
    with told(chaos := Chaos(stage, network, engine, seed, fence.server.port, fence.statement, clocks), seconds):
        chaos.start()
        chaos.play(seconds)
        took = chaos.settle()
        chaos.rests(2 * LEASE)
        for machine in chaos.machines.values():
            assert threads(machine.host) <= MOST_THREADS, f"{threads(machine.host)} threads of {machine.id}"
        for machine in chaos.machines.values():
            machine.quit()
    figures(f"{judged(chaos, fence, seconds)}, {chaos.on_the_wires()}, one primary {took:.1f} s after calm")


def test_the_checker_finds_two_primaries_where_nothing_forbids_them(
    stage: Stage, network: Network | None, fence: Fence
) -> None:
    """By the members' view alone each side of a partition has a primary: real intervals that overlap are found. The
    fence lets through only the one with the higher token."""
    if network is None:
        pytest.skip("network namespaces are not permitted")
    chaos = Chaos(stage, network, None, "", fence.server.port, fence.statement)
    try:
        chaos.start()
        (first,) = chaos.believers()
        others = [id for id in chaos.machines if id != first]
        former = chaos.machines[first].host
        network.split([first], others)
        chaos.machines[_promoted(chaos, others)].host.wait_for(work="accepted")
        since = former.mark()
        former.wait_for(since, work="refused")
        network.heal()
        chaos.settle()
    finally:
        chaos.end()
    found = violations(chaos.history(), fence.writes(), chaos.began)
    assert len(found) == 1 and found[0].startswith("both primary"), found


def _promoted(chaos: Chaos, ids: list[str]) -> str:
    """Which of them became primary, waiting for it."""
    promoted = eventually(
        lambda: [id for id in ids if chaos.machines[id].host.said(callback="promote")], "one of them is promoted"
    )
    return str(promoted[0])
