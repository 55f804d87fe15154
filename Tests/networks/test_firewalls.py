"""Firewalls: those that let one protocol through only, and those that lie."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import pytest

from harness.machines import Watch, agree_on_all, cluster
from harness.network import Network
from harness.process import Host, Stage, eventually

IDS = ["c", "a", "b"]
# All the links of `c`, the primary, go to its port, since it has the greatest id.
REFUSE = "tcp dport 7000 counter reject with tcp reset"
NO_ICMP = "meta l4proto icmp drop"


def with_links(stage: Stage, network: Network) -> list[Host]:
    hosts = cluster(stage, network, *IDS)
    eventually(lambda: links_stand(network), "links stand")
    wait_for_silence(network)
    return hosts


def links_stand(network: Network) -> bool:
    return all(network.connections(id) == len(IDS) - 1 for id in IDS)


def wait_for_silence(network: Network) -> None:
    """What was said to establish the links has been answered, and nobody says more."""
    said, since = "", 0.0

    def is_silent() -> bool:
        nonlocal said, since
        former, said = said, "".join(network.said(id) for id in IDS)
        if said != former:
            since = time.monotonic()
        return time.monotonic() - since > 0.5

    eventually(is_silent, "half a second in which nothing is said on the links")


def reset(network: Network, *ids: str) -> None:
    for id in ids:
        if not network.reset_connections(id):
            pytest.skip("this kernel does not reset connections by command")


def nothing_happens(watch: Watch, hosts: list[Host], seconds: float) -> None:
    watch.stays_calm(seconds)
    for host in hosts:
        eventually(partial(host.sees, *IDS), f"{host.id} sees all alive")


def test_connections_that_are_reset(stage: Stage, network: Network) -> None:
    """As by a firewall that has lost its memory. The kernels accept new ones."""
    hosts = with_links(stage, network)
    watch = Watch(hosts)
    for _ in range(3):
        eventually(lambda: links_stand(network), "links stand")
        reset(network, "c", "a")
        watch.stays_calm(1)
    eventually(lambda: links_stand(network), "links stand again")
    nothing_happens(watch, hosts, 0)


def test_a_living_member_s_port_refuses(stage: Stage, network: Network) -> None:
    """Its links stand; new connections are refused, as if nobody listened."""
    hosts = with_links(stage, network)
    watch = Watch(hosts)
    refuse_for("c", network)
    nothing_happens(watch, hosts, 5)
    network.clear("c")
    assert agree_on_all(stage, hosts, seconds=10) == "c"


def test_a_living_member_s_port_refuses_and_its_links_are_reset(stage: Stage, network: Network) -> None:
    """What the kernel of a dead process would say, while its datagrams say that it lives: they come in the time that they
    usually take. Who waited for the processor just then might be late."""
    hosts = with_links(stage, network)
    hosts[0].go_first()
    watch = Watch(hosts)
    refuse_for("c", network)
    reset(network, "c")
    eventually(lambda: network.hits("c") > 0, "somebody was refused")
    nothing_happens(watch, hosts, 2)
    network.clear("c")
    assert agree_on_all(stage, hosts, seconds=10) == "c"


def refuse_for(id: str, network: Network) -> None:
    network.rule(id, "input", REFUSE, NO_ICMP)
    network.rule(id, "output", NO_ICMP)


def a_death_is_seen(stage: Stage, network: Network, hosts: list[Host]) -> None:
    """Behind these firewalls too, and all is well when they are gone."""
    c, a, b = hosts
    c.kill()
    for host in (a, b):
        host.wait_for(event="dead", member="c", seconds=10)
    eventually(a.is_primary, "the next is primary")
    for id in IDS:
        network.clear(id)
    assert agree_on_all(stage, [a, b], seconds=10) == "a"


def test_no_datagrams_at_all(stage: Stage, network: Network, figures: Callable[[str], None]) -> None:
    """Whoever answers over TCP lives. A death is seen too, though the observers cannot be asked."""
    hosts = cluster(stage, network, *IDS)
    watch = Watch(hosts)
    for id in IDS:
        network.rule(id, "input", "meta l4proto udp counter drop")
    nothing_happens(watch, hosts, 6)
    figures(f"{watch.count('suspect')} times suspected, {watch.count('unresponsive')} times unresponsive")
    assert all(network.hits(id) > 5 for id in IDS)
    a_death_is_seen(stage, network, hosts)


def test_no_connections_at_all(stage: Stage, network: Network, figures: Callable[[str], None]) -> None:
    """Neither new ones nor those that stand. Whoever answers over UDP lives, and silence is death."""
    hosts = cluster(stage, network, *IDS)
    watch = Watch(hosts)
    for id in IDS:
        network.rule(id, "input", "meta l4proto tcp counter drop")
    # Where the kernel can: links that are cut off without a word to the other end.
    network.reset_connections("c")
    nothing_happens(watch, hosts, 6)
    figures(f"{watch.count('suspect')} times suspected, {watch.count('unresponsive')} times unresponsive")
    # Whom a link was taken from without a word is asked for a new connection only now and then.
    eventually(lambda: all(network.hits(id) > 0 for id in IDS), "connections to all of them were tried")
    a_death_is_seen(stage, network, hosts)
