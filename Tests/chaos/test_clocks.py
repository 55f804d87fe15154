"""What a lease assumes of clocks is assumed for a reason. Where rates are off by no more than that, see the tests by
chance: every process of theirs has a clock of its own."""

from __future__ import annotations

import contextlib
import pathlib
from collections.abc import Iterator

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


def both_lead(chaos: Chaos, cut_off: contextlib.AbstractContextManager[object]) -> list[str]:
    """Who leads by a clock at half speed is cut off, and trusts itself for longer than the others wait."""
    chaos.rates = {SLOW: HALF_SPEED, "b": 0, "c": 0}
    try:
        chaos.start()
        slow, others = chaos.machines[SLOW].host, [chaos.machines[id].host for id in ("b", "c")]
        if chaos.believers() != [SLOW]:
            assert others[0].ask(f"promote {ROLE} {SLOW} 10000")["result"] == 0
        chaos.rests(2 * LEASE)
        assert chaos.believers() == [SLOW]
        marks = {host.id: host.mark() for host in [slow, *others]}
        with cut_off:
            eventually(lambda: any(host.said(marks[host.id], callback="promote") for host in others), "another leads")
            slow.wait_for(marks[SLOW], callback="demote")
    finally:
        chaos.end()
    return overlaps(chaos.history(), chaos.began)


@pytest.mark.parametrize("engine", [PostgreSQLEngine], indirect=True)
def test_a_holder_at_half_speed_is_caught_beside_a_store(
    stage: Stage, network: Network | None, engine: Engine, clocks: Clocks
) -> None:
    chaos = Chaos(stage, network, engine, "", clocks=clocks)

    @contextlib.contextmanager
    def cut_off() -> Iterator[None]:
        (proxy,) = chaos.machines[SLOW].store
        with proxy.under(Weather(asks=False, answers=False, accepts=False)):
            yield

    (found,) = both_lead(chaos, cut_off())
    assert f" {SLOW}/" in found


def test_a_holder_at_half_speed_is_caught_among_voters(
    stage: Stage, network: Network | None, clocks: Clocks, tmp_path: pathlib.Path
) -> None:
    if network is None:
        pytest.skip("network namespaces are not permitted")
    chaos = VoterChaos(stage, network, None, clocks, "", tmp_path, "abc", ["abc"])

    @contextlib.contextmanager
    def cut_off() -> Iterator[None]:
        network.split([SLOW], ["b", "c"])
        yield
        network.heal()

    (found,) = both_lead(chaos, cut_off())
    assert f" {SLOW}/" in found
