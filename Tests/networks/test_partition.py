"""A network that falls into two and grows together again."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from conftest import IS_LONG
from harness.machines import agree_on_all, cluster, primaries
from harness.network import Network
from harness.process import Host, Stage, eventually, throughout

SECONDS = 120 if IS_LONG else 20


def starts(host: Host) -> dict[str, tuple[int, str]]:
    return {id: (member["generation"], member["instance"]) for id, member in host.members().items()}


@pytest.mark.parametrize(
    "tombstone_time",
    [
        "1h",
        pytest.param("10s", marks=pytest.mark.skipif(not IS_LONG, reason="with MUSTER_LONG=1: members are forgotten")),
    ],
)
def test_three_and_two(
    stage: Stage, network: Network, figures: Callable[[str], None], tombstone_time: str
) -> None:
    hosts = cluster(stage, network, "a", "b", "c", "d", "e", tombstone_time=tombstone_time)
    left, right = hosts[:3], hosts[3:]
    before = starts(hosts[0])
    marks = {host.id: host.mark() for host in hosts}
    until = time.monotonic() + SECONDS
    network.split([host.id for host in left], [host.id for host in right])
    for side, others in ((left, right), (right, left)):
        for host in side:
            for other in others:
                host.wait_for(marks[host.id], event="dead", member=other.id, seconds=10)
        stage.agree(*side)
    eventually(lambda: primaries(left) == ["a"] and primaries(right) == ["d"], "a primary on each side")
    throughout(
        lambda: primaries(left) == ["a"] and primaries(right) == ["d"], "each side keeps its primary",
        seconds=until - time.monotonic(),
    )  # fmt: skip
    assert hosts[3].token() > hosts[0].token(), "the later one"
    marks = {host.id: host.mark() for host in hosts}
    healed = time.monotonic()
    network.heal()
    leader = agree_on_all(stage, hosts, seconds=10)
    figures(f"equal views {time.monotonic() - healed:.1f} s after {SECONDS} s of partition")
    assert leader == "d", "the higher token stays"
    hosts[0].wait_for(marks["a"], callback="demote")
    for host in hosts:
        assert starts(host) == before, "all of them, none started anew"
        assert not host.said(marks[host.id], event="dead") and not host.said(marks[host.id], event="left")
    line = [0, 1, 2, 3, 4]
    eventually(lambda: sorted(host.ask("position primary")["position"] for host in hosts) == line, "one line")
