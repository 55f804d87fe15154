"""Packets that are lost by chance."""

from __future__ import annotations

import time
from collections.abc import Callable

from conftest import IS_LONG
from harness.machines import Watch, agree_on_all, cluster
from harness.network import Network
from harness.process import Stage

SECONDS = 300 if IS_LONG else 60


def test_a_quarter_of_all_packets_lost(stage: Stage, network: Network, figures: Callable[[str], None]) -> None:
    """In both directions of every cable, so that nearly every second question stays without an answer."""
    ids = ["a", "b", "c", "d", "e"]
    hosts = cluster(stage, network, *ids)
    watch = Watch(hosts)
    for id in ids:
        network.rule(id, "input", 'iifname "eth0" numgen random mod 100 < 25 counter drop')
    time.sleep(SECONDS)
    lost = [network.hits(id) for id in ids]
    for id in ids:
        network.clear(id)
    assert min(lost) > SECONDS, "the loss was there"
    agree_on_all(stage, hosts, seconds=20)
    events = ", ".join(f"{event} {watch.count(event)}" for event in ("suspect", "unresponsive", "recovered", "dead"))
    figures(f"{SECONDS} s, {sum(lost)} packets lost; reported by all five together: {events}")
    watch.nobody_died()
    watch.nobody_changed_roles()
