"""A network without IPv4."""

from __future__ import annotations

import pytest

from harness.machines import agree_on_all, cluster, primaries
from harness.network import Network
from harness.process import Stage, eventually

pytestmark = pytest.mark.parametrize("network", [6], indirect=True)


@pytest.mark.parametrize("bind", ["own", "::"])
def test_members_meet_and_take_over(stage: Stage, network: Network, bind: str) -> None:
    options = {"seeds": "[fd77::1]:7000", "key": "ab" * 32, "insecure": "false"}
    hosts = a, b, c = cluster(stage, network, "a", "b", "c", **options, **({} if bind == "own" else {"bind": bind}))
    for host in hosts:
        assert {id: member["address"] for id, member in host.members().items()} == {
            id: network.address(id) for id in ("a", "b", "c")
        }
    a.kill()
    for host in (b, c):
        host.wait_for(event="dead", member="a")
    eventually(lambda: primaries([b, c]) == ["b"], "b takes over")


def test_a_partition_heals(stage: Stage, network: Network) -> None:
    hosts = a, b, c = cluster(stage, network, "a", "b", "c", seeds="[fd77::1]:7000")
    network.split(["a"], ["b", "c"])
    for host in (b, c):
        host.wait_for(event="dead", member="a")
    a.wait_for(event="dead", member="b")
    a.wait_for(event="dead", member="c")
    network.heal()
    agree_on_all(stage, hosts, seconds=10)
