"""A host that vanishes: not even its kernel says a word."""

from __future__ import annotations

from collections.abc import Callable

from harness.machines import Watch, agree_on_all, cluster, primaries
from harness.network import Network
from harness.process import Stage, eventually, now_ns

# Three times what the simulator says of 99 in 100.
BOUND = 8.0


def test_the_primary_s_host_vanishes(stage: Stage, network: Network, figures: Callable[[str], None]) -> None:
    hosts = a, b, *others = cluster(stage, network, "a", "b", "c", "d", "e")
    rest = hosts[1:]
    watch, token = Watch(rest), a.token()
    at = now_ns()
    network.unplug("a")
    for host in rest:
        host.wait_for(event="dead", member="a", seconds=BOUND)
    eventually(lambda: primaries(rest) == ["b"] and all(host.primary() == "b" for host in rest), "the next is primary")
    stage.agree(*rest)
    seen = [line["at"] - at for line in watch.said(event="dead", member="a")]
    figures(f"declared dead by all four in {max(seen) / 1e9:.1f} s")
    assert {line["member"] for line in watch.said(event="dead")} == {"a"}
    assert [line["by"] for line in watch.said(callback="promote")] == ["b"]
    assert b.token() > token
    network.plug("a")
    assert agree_on_all(stage, hosts, seconds=15) == "b", "the higher token"
