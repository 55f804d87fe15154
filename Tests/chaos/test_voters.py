"""Real hosts under `failover.authority=majority` and random faults: never two primaries, never a stale write, and one
primary afterwards. Every process has a clock that is off by as much as clocks may be."""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from typing import NamedTuple

import pytest
from chaos import LEASE
from fence import Fence
from judging import judged, told
from voters import VoterChaos

from harness.clocks import Clocks
from harness.network import Network
from harness.process import Stage


class Town(NamedTuple):
    ids: str
    """Of the hosts."""
    lists: list[str]
    """Of the voters, one after the other."""
    has_witness: bool
    seconds: float


TOWNS = {
    "three": Town("abc", ["abc"], False, 4),
    "two-and-a-witness": Town("ab", ["abw"], True, 4),
    "five": Town("abcde", ["abcde"], False, 4),
    "three-to-five-and-back": Town("abcde", ["abc", "abcd", "abcde", "abcd", "abc"], False, 7),
}


@pytest.mark.parametrize("name", TOWNS)
def test_one_primary_whatever_happens_to_the_voters(
    stage: Stage, network: Network | None, fence: Fence, clocks: Clocks, seed: str, tmp_path: pathlib.Path,
    lasting: Callable[[float], float], figures: Callable[[str], None], name: str,
) -> None:  # fmt: skip
    town = TOWNS[name]
    seconds = lasting(town.seconds)
    chaos = VoterChaos(stage, network, fence, clocks, seed, tmp_path, town.ids, town.lists, town.has_witness)
    with told(chaos, seconds):
        chaos.start()
        chaos.play(seconds)
        took = chaos.settle()
        chaos.all_vote()
        chaos.rests(2 * LEASE)
        chaos.lose_the_primary()
        for machine in chaos.machines.values():
            if machine.lives():
                machine.quit()
        chaos.quit_witness()
    figures(
        f"{judged(chaos, fence, seconds)}, {chaos.forgot} disks lost, {chaos.lists_used} lists of voters,"
        f" {chaos.on_the_wires()}, one primary {took:.1f} s after calm"
    )
