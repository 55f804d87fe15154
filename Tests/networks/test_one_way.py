"""Cables that carry one way only."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from harness.machines import Watch, agree_on_all, cluster, primaries
from harness.network import Network
from harness.process import Stage, eventually


@pytest.mark.parametrize("mute, deaf", [("a", "b"), ("b", "a")])
def test_one_way_between_two(
    stage: Stage, network: Network, figures: Callable[[str], None], mute: str, deaf: str
) -> None:
    """A third member hears both and is heard by both."""
    hosts = cluster(stage, network, "a", "b", "c")
    watch = Watch(hosts)
    network.cut([mute], [deaf])
    time.sleep(6)
    assert network.lost() > 5
    figures(f"{watch.count('suspect')} times suspected, {watch.count('unresponsive')} times unresponsive")
    watch.nobody_died()
    watch.nobody_changed_roles()
    network.heal()
    assert agree_on_all(stage, hosts, seconds=10) == "a"
    watch.nobody_died()


def test_member_that_hears_all_and_is_heard_by_nobody(stage: Stage, network: Network) -> None:
    """It is silent for the others and dies; what it believes of them reaches nobody."""
    hosts = a, b, c = cluster(stage, network, "a", "b", "c")
    watch = Watch([a, b])
    network.cut(["c"], ["a", "b"])
    for host in (a, b):
        host.wait_for(event="dead", member="c", seconds=10)
    stage.agree(a, b)
    for id in ("a", "b"):
        c.wait_for(event="dead", member=id, seconds=20)
    eventually(c.is_primary, "c has nobody that it hears an answer from")
    assert {line["member"] for line in watch.said(event="dead")} == {"c"}
    watch.nobody_changed_roles()
    network.heal()
    agree_on_all(stage, hosts, seconds=10)
    assert {line["member"] for line in watch.said(event="dead")} == {"c"}


def test_member_that_is_heard_by_all_and_hears_nobody(
    stage: Stage, network: Network, figures: Callable[[str], None]
) -> None:
    """It accuses everybody, and everybody hears it."""
    hosts = a, b, c = cluster(stage, network, "a", "b", "c")
    watch = Watch([a, b])
    network.cut(["a", "b"], ["c"])
    for id in ("a", "b"):
        c.wait_for(event="dead", member=id, seconds=20)
    for host in (a, b):
        host.wait_for(event="dead", member="c", seconds=20)
    time.sleep(3)
    accused = [line for line in watch.said(event="suspect") if line["member"] != "c"]
    figures(f"a and b heard {len(accused)} times that one of them is suspected")
    assert {line["member"] for line in watch.said(event="dead")} == {"c"}
    assert primaries([a, b]) == ["a"]
    network.heal()
    agree_on_all(stage, hosts, seconds=10)
    assert {line["member"] for line in watch.said(event="dead")} == {"c"}
