"""Real hosts with guardians under random faults: what these prove never makes two primaries, and makes one soon."""

from __future__ import annotations

import pathlib
from collections.abc import Callable

import pytest
from chaos import LEASE, write_down
from engines import Engine, PostgreSQLEngine, SQLiteEngine
from fence import Fence
from guarded import Guarded, GuardedVoters
from judging import judged, told

from harness.clocks import Clocks
from harness.network import Network
from harness.process import Stage

STORES: list[type[Engine]] = [SQLiteEngine, PostgreSQLEngine]


@pytest.mark.parametrize("engine", STORES, ids=[engine.name for engine in STORES], indirect=True)
def test_one_primary_whatever_happens_to_guardians(
    stage: Stage, network: Network | None, engine: Engine, fence: Fence, clocks: Clocks, seed: str,
    lasting: Callable[[float], float], figures: Callable[[str], None],
) -> None:  # fmt: skip
    seconds = lasting(3)
    chaos = Guarded(stage, network, engine, seed, fence.server.port, fence.statement, clocks)
    figures(_played(chaos, fence, seconds))


@pytest.mark.parametrize("ids", ["abc", "abcde"])
def test_one_primary_whatever_voters_are_shown(
    stage: Stage, network: Network | None, fence: Fence, clocks: Clocks, seed: str, tmp_path: pathlib.Path,
    lasting: Callable[[float], float], figures: Callable[[str], None], ids: str,
) -> None:  # fmt: skip
    seconds = lasting(3)
    if len(ids) > 3 and seconds < 10:
        pytest.skip("five voters take longer: give --seconds")
    chaos = GuardedVoters(stage, network, fence, clocks, seed, tmp_path, ids, [ids])
    figures(_played(chaos, fence, seconds))


def _played(chaos: Guarded, fence: Fence, seconds: float) -> str:
    with told(chaos, seconds):
        chaos.start()
        chaos.play(seconds)
        proofs, ended = chaos.proofs(), chaos.ended_by_guardians()
        targets, hit = len(chaos.targets), chaos.targets_proven()
        took = chaos.settle()
        chaos.rests(2 * LEASE)
        for machine in chaos.machines.values():
            machine.quit()
    text = judged(chaos, fence, seconds)
    assert proofs, f"no guardian proved anything; see {write_down(chaos)}"
    # One may be late for what began just after the kill; most are not.
    assert targets < 4 or 2 * hit >= targets, f"{hit} of {targets} targets proved dead; see {write_down(chaos)}"
    return (
        f"{text}, {chaos.on_the_wires()}, {len(proofs)} followed by a proof,"
        f" {hit} of {targets} targets among them, {ended} ended by guardians, one primary {took:.1f} s after calm"
    )
