"""Interfaces and addresses that come and go, and what the kernel says to those who send meanwhile."""

from __future__ import annotations

import time
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


def test_the_cable_is_pulled_and_plugged_in(stage: Stage, network: Network) -> None:
    hosts = cluster(stage, network, *IDS)
    network.unplug("b")
    time.sleep(3)
    network.plug("b")
    heals(stage, network, hosts)


def test_the_interface_goes_down_and_up(stage: Stage, network: Network) -> None:
    """`b` is told that there is no route: ENETUNREACH."""
    hosts = cluster(stage, network, *IDS)
    network.down("b")
    time.sleep(3)
    network.up("b")
    heals(stage, network, hosts)


def test_the_address_is_taken_and_given_back(stage: Stage, network: Network) -> None:
    hosts = cluster(stage, network, *IDS)
    network.take_address("b")
    time.sleep(3)
    network.give_address("b")
    network.up("b")
    heals(stage, network, hosts)


def test_the_own_firewall_forbids_for_a_moment(stage: Stage, network: Network) -> None:
    """`b` is told that it may not send: EPERM."""
    hosts = cluster(stage, network, *IDS)
    network.rule("b", "output", "meta l4proto udp counter drop")
    time.sleep(0.5)
    eventually(lambda: network.hits("b") > 0, "it was forbidden something")
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
