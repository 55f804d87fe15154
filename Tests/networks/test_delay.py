"""A long way between the members: what they say comes late and in another order."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from conftest import IS_LONG
from harness.machines import Watch, agree_on_all, primaries, start
from harness.network import Network
from harness.process import PATIENCE, Host, Line, Stage, eventually, throughout

IDS = ["a", "b", "c"]
SECONDS = 60 if IS_LONG else 12
PROXY = pathlib.Path(__file__).with_name("proxy.py")


class Detour:
    """The proxy on a machine of its own, the only way from one member to another."""

    def __init__(self, network: Network) -> None:
        self.address = network.machine("proxy")
        self.ports = {id: 7001 + index for index, id in enumerate(IDS)}
        routes = [f"{port}={network.machine(id)}:7000" for id, port in self.ports.items()]
        network.split(*([id] for id in IDS))
        self.process = subprocess.Popen(
            [*network.on("proxy"), sys.executable, str(PROXY), self.address, "150", "40", *routes],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def place(self, id: str) -> str:
        return f"{self.address}:{self.ports[id]}"

    def end(self) -> dict[str, int]:
        """Ends it; what it did."""
        out, _ = self.process.communicate("", timeout=PATIENCE)
        return dict(json.loads(out))


@pytest.fixture
def detour(network: Network) -> Iterator[Detour]:
    detour = Detour(network)
    yield detour
    if detour.process.poll() is None:
        detour.end()


def accused(watch: Watch) -> list[Line]:
    accusations = ("suspect", "unresponsive", "dead", "left", "duplicate")
    return [line for event in accusations for line in watch.said(event=event)]


def test_a_third_of_a_second_there_and_back(
    stage: Stage, network: Network, detour: Detour, figures: Callable[[str], None]
) -> None:
    """Longer than `probe_timeout`, shorter than `probe_interval`: nobody is accused of anything."""
    hosts: list[Host] = []
    for id in IDS:
        # Long enough to meet the others before a role is taken.
        options = {"advertise": detour.place(id), "failover.grace": "3s"}
        if hosts:
            options["seeds"] = detour.place("a")
        hosts.append(start(stage, network, id, "host.sample=1", "host.log=3", **options))
        hosts[0].wait_for(callback="promote")
        agree_on_all(stage, hosts, seconds=20)
    watch = Watch(hosts)
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        # News, so that there is something to overtake.
        for host in hosts:
            assert host.ask(f"tag time {time.monotonic()}")["result"] == 0
        throughout(lambda: not accused(watch), "nobody is accused", 0.5)
    watch.nobody_changed_roles()
    assert agree_on_all(stage, hosts, seconds=10) == "a"
    a, b, c = hosts
    at = a.kill()
    for host in (b, c):
        host.wait_for(event="dead", member="a", seconds=15)
    seen = [line["at"] - at for line in watch.said(event="dead", member="a")]
    eventually(lambda: primaries([b, c]) == ["b"], "the next is primary")
    done = detour.end()
    figures(f"{done}; the death of a process seen by both in {max(seen) / 1e9:.1f} s")
    assert done["datagrams"] > 10 * SECONDS and done["overtaken"] > 0 and done["connections"] > 0
