"""Interfaces and addresses that come and go, and what the kernel says to those who send meanwhile."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import partial

from harness.machines import agree_on_all, cluster, start
from harness.network import Network
from harness.process import Host, Stage, eventually

IDS = ["a", "b", "c"]


def heals(stage: Stage, network: Network, hosts: list[Host]) -> None:
    for id in IDS:
        assert network.listens_for_datagrams(id, 7000), id
    before = [host.joined()["instance"] for host in hosts]
    agree_on_all(stage, hosts, seconds=15)
    for host in hosts:
        assert [member["instance"] for member in host.members().values()] == before


@contextlib.contextmanager
def until_they_lose_each_other(hosts: list[Host]) -> Iterator[None]:
    """The fault lasts until `b` holds the others to be dead, and they it."""
    a, b, c = hosts
    marks = {host: host.mark() for host in hosts}
    yield
    for host, member in ((a, "b"), (c, "b"), (b, "a"), (b, "c")):
        host.wait_for(marks[host], event="dead", member=member)


def test_the_cable_is_pulled_and_plugged_in(stage: Stage, network: Network) -> None:
    hosts = cluster(stage, network, *IDS)
    with until_they_lose_each_other(hosts):
        network.unplug("b")
    network.plug("b")
    heals(stage, network, hosts)


def test_the_interface_goes_down_and_up(stage: Stage, network: Network) -> None:
    """`b` is told that there is no route: ENETUNREACH."""
    hosts = cluster(stage, network, *IDS)
    with until_they_lose_each_other(hosts):
        network.down("b")
    network.up("b")
    heals(stage, network, hosts)


def test_the_address_is_taken_and_given_back(stage: Stage, network: Network) -> None:
    hosts = cluster(stage, network, *IDS)
    with until_they_lose_each_other(hosts):
        network.take_address("b")
    network.give_address("b")
    network.up("b")
    heals(stage, network, hosts)


def test_the_own_firewall_forbids_for_a_moment(stage: Stage, network: Network) -> None:
    """`b` is told that it may not send: EPERM."""
    hosts = cluster(stage, network, *IDS)
    network.rule("b", "output", "meta l4proto udp counter drop")
    # More than one ping of each kind: once is no moment.
    eventually(lambda: network.hits("b") > 5, "it was forbidden something, again and again")
    network.clear("b")
    heals(stage, network, hosts)


def unanswered(host: Host) -> int:
    return int(host.statistics()["membership"]["unanswered"])


def has_asked_in_vain(host: Host, before: int) -> bool:
    return unanswered(host) > before


def test_an_address_that_cannot_be_sent_to(stage: Stage, network: Network) -> None:
    """One node tells the others an address of another kind. That is its own fault, and harms nobody else."""
    hosts = cluster(stage, network, *IDS)
    before = {host.id: unanswered(host) for host in hosts}
    strange = start(stage, network, "x", seeds=network.address("a"), advertise="[fd77::9]:7000")
    for host in hosts:
        host.wait_for(event="joined", member="x")
    for host in hosts:
        eventually(partial(has_asked_in_vain, host, before[host.id]), f"{host.id} has tried to ask it")
    strange.end()
    heals(stage, network, hosts)
