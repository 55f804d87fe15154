"""The detour does to datagrams what it says, and nothing else."""

from __future__ import annotations

import socket
import threading

import pytest

from harness.detour import Detour, Storm, why_not
from harness.network import Network
from harness.proxy import namespace_of, set_namespace

COUNT = 200


def _bound(network: Network, name: str) -> socket.socket:
    """A socket for datagrams on a machine."""
    found: list[socket.socket] = []

    def make() -> None:
        set_namespace(f"/run/netns/{namespace_of(network.on(name))}")
        found.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        found[0].bind((network.address(name), 7000))
        found[0].settimeout(1.0)

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    return found[0]


def _heard(listener: socket.socket) -> list[tuple[int, str]]:
    """What comes until nothing comes for a second: its number, and from where."""
    found: list[tuple[int, str]] = []
    while True:
        try:
            data, (address, _) = listener.recvfrom(100)
        except TimeoutError:
            return found
        found.append((int(data), str(address)))


def test_datagrams_come_late_twice_and_in_another_order(network: Network | None) -> None:
    if network is None:
        pytest.skip("network namespaces are not permitted")
    if why_not():
        pytest.skip(f"no detour can be made: {why_not()}")
    for name in "ab":
        network.machine(name)
    detour = Detour(network, ["a", "b"])
    try:
        with _bound(network, "a") as sender, _bound(network, "b") as listener:
            def send() -> list[int]:
                for number in range(COUNT):
                    sender.sendto(str(number).encode(), (network.address("b"), 7000))
                heard = _heard(listener)
                assert {address for _, address in heard} == {network.address("a")}
                return [number for number, _ in heard]

            assert send() == list(range(COUNT)) and detour.carried == 0
            with detour.under(Storm(delay=0.3, doubles=0.3)):
                numbers = send()
            assert sorted(set(numbers)) == list(range(COUNT))
            assert len(numbers) == COUNT + detour.doubled and detour.doubled > 0
            assert numbers != sorted(numbers) and detour.overtaken > 0
            assert send() == list(range(COUNT)) and detour.carried == COUNT
    finally:
        detour.end()
