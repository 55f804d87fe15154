"""What a lease assumes of clocks is assumed for a reason. Where rates are off by no more than that, see the tests by
chance: every process of theirs has a clock of its own."""

from __future__ import annotations

import contextlib
import pathlib

import pytest
from chaos import LEASE, ROLE, Chaos
from checker import overlaps
from engines import Engine, PostgreSQLEngine
from voters import VoterChaos

from harness.clocks import Clocks
from harness.network import Network
from harness.process import Stage, eventually
from harness.proxy import Weather

HALF_SPEED = -500
SLOW = "a"


def both_lead(chaos: Chaos, network: Network | None) -> list[str]:
    """Who leads by a clock at half speed is cut off, and trusts itself for longer than the others wait."""
    if network is None:
        pytest.skip("network namespaces are not permitted")
    chaos.rates = {SLOW: HALF_SPEED, "b": 0, "c": 0}
    try:
        chaos.start()
        slow, others = chaos.machines[SLOW].host, [chaos.machines[id].host for id in ("b", "c")]
        if chaos.believers() != [SLOW]:
            assert others[0].ask(f"promote {ROLE} {SLOW} 10000")["result"] == 0
        chaos.rests(2 * LEASE)
        assert chaos.believers() == [SLOW]
        marks = {host.id: host.mark() for host in [slow, *others]}
        with contextlib.ExitStack() as stack:
            for proxy in chaos.machines[SLOW].store:
                stack.enter_context(proxy.under(Weather(asks=False, answers=False, accepts=False)))
            # Else the others would tell it that one of them leads.
            network.split([SLOW], ["b", "c"])
            eventually(lambda: any(host.said(marks[host.id], callback="promote") for host in others), "another leads")
            slow.wait_for(marks[SLOW], callback="demote")
    finally:
        chaos.end()
    return overlaps(chaos.history(), chaos.began)


@pytest.mark.parametrize("engine", [PostgreSQLEngine], indirect=True)
def test_a_holder_at_half_speed_is_caught_beside_a_store(
    stage: Stage, network: Network | None, engine: Engine, clocks: Clocks
) -> None:
    (found,) = both_lead(Chaos(stage, network, engine, "", clocks=clocks), network)
    assert f" {SLOW}/" in found


def test_a_holder_at_half_speed_is_caught_among_voters(
    stage: Stage, network: Network | None, clocks: Clocks, tmp_path: pathlib.Path
) -> None:
    (found,) = both_lead(VoterChaos(stage, network, None, clocks, "", tmp_path, "abc", ["abc"]), network)
    assert f" {SLOW}/" in found
