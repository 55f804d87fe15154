"""Cables that carry one way only."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.machines import Watch, agree_on_all, cluster, primaries
from harness.network import Network
from harness.process import Host, Stage, eventually, throughout


@pytest.mark.parametrize("mute, deaf", [("a", "b"), ("b", "a")])
def test_one_way_between_two(
    stage: Stage, network: Network, figures: Callable[[str], None], mute: str, deaf: str
) -> None:
    """A third member hears both and is heard by both."""
    hosts = cluster(stage, network, "a", "b", "c")
    watch = Watch(hosts)
    network.cut([mute], [deaf])
    watch.stays_calm(6)
    assert network.lost() > 5
    figures(f"{watch.count('suspect')} times suspected, {watch.count('unresponsive')} times unresponsive")
    network.heal()
    assert agree_on_all(stage, hosts, seconds=10) == "a"
    watch.nobody_died()


@pytest.mark.parametrize("mute", ["a", "c"])
def test_member_that_hears_all_and_is_heard_by_nobody(stage: Stage, network: Network, mute: str) -> None:
    """It is silent for the others and dies; what it believes of them reaches nobody."""
    one, others, hosts = parted(stage, network, mute)
    watch = Watch(others)
    network.cut([mute], [host.id for host in others])
    buried_by_each_other(one, others)
    leader = others[0].id
    eventually(lambda: primaries(others) == [leader], "the first of those that hear each other is primary")
    network.heal()
    agree_on_all(stage, hosts, seconds=10)
    assert {line["member"] for line in watch.said(event="dead")} == {mute}


@pytest.mark.parametrize("deaf", ["a", "c"])
def test_member_that_is_heard_by_all_and_hears_nobody(
    stage: Stage, network: Network, figures: Callable[[str], None], deaf: str
) -> None:
    """It accuses everybody, and everybody hears it."""
    one, others, hosts = parted(stage, network, deaf)
    watch = Watch(others)
    network.cut([host.id for host in others], [deaf])
    buried_by_each_other(one, others)
    leader = others[0].id
    throughout(lambda: primaries(others) in ([], [leader]), "nobody else of them", seconds=3)
    assert primaries(others) == [leader]
    accused = [line for line in watch.said(event="suspect") if line["member"] != deaf]
    figures(f"the others heard {len(accused)} times that one of them is suspected")
    network.heal()
    agree_on_all(stage, hosts, seconds=10)
    assert {line["member"] for line in watch.said(event="dead")} == {deaf}


def parted(stage: Stage, network: Network, id: str) -> tuple[Host, list[Host], list[Host]]:
    """This one of three, the two others, and all of them."""
    hosts = cluster(stage, network, "a", "b", "c")
    return next(host for host in hosts if host.id == id), [host for host in hosts if host.id != id], hosts


def buried_by_each_other(one: Host, others: list[Host]) -> None:
    for host in others:
        host.wait_for(event="dead", member=one.id)
        one.wait_for(event="dead", member=host.id)
