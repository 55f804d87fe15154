"""A detour through user space for whatever the machines of a network send each other: datagrams and the packets of
connections come late, twice, and in another order, with the addresses that they were sent with.

Each machine has a second interface, whose packets this process reads and writes (tun). Routes lead there in a storm
only: else the kernel carries everything, as where there is no detour.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import heapq
import itertools
import os
import random
import select
import socket
import struct
import threading
import time
from collections.abc import Iterator

from .network import Network
from .proxy import namespace_of, set_namespace

_DEVICE = "/dev/net/tun"
_INTERFACE = "detour"
_TUNSETIFF = 0x400454CA
_IFF_TUN, _IFF_NO_PI = 0x0001, 0x1000


@dataclasses.dataclass(frozen=True)
class Storm:
    delay: float
    """Each packet comes up to so many seconds later: those that follow may overtake it."""
    doubles: float = 0.0
    """How many of them come twice, each of the two in its time."""


def why_not() -> str:
    """Why there can be no detour here, as in many containers; empty where there can."""
    try:
        os.close(os.open(_DEVICE, os.O_RDWR | os.O_CLOEXEC))
    except OSError as error:
        return f"{_DEVICE}: {error.strerror}"
    return ""


def _tun(namespace: str) -> int:
    """A device in a network namespace, where it stays; by a thread that ends there."""
    found: list[int] = []

    def make() -> None:
        set_namespace(f"/run/netns/{namespace}")
        device = os.open(_DEVICE, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH22x", _INTERFACE.encode(), _IFF_TUN | _IFF_NO_PI))
        found.append(device)

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    assert found, f"no device for {namespace}"
    return found[0]


class Detour:
    def __init__(self, network: Network, names: list[str]) -> None:
        """Among these machines, each with an address of IPv4."""
        self._network, self._names = network, names
        self._devices: dict[bytes, int] = {}
        """By address."""
        for name in names:
            device = _tun(namespace_of(network.on(name)))
            self._devices[socket.inet_aton(network.address(name))] = device
            network.ip(name, "link", "set", _INTERFACE, "up")
            # What was sent by one way may be answered by the other.
            for which in ("all", "eth0", _INTERFACE):
                network.run(name, "sysctl", "-qw", f"net.ipv4.conf.{which}.rp_filter=0")
        self.storm = Storm(0)
        self.carried = self.doubled = self.overtaken = 0
        self._waiting: list[tuple[float, int, int, bytes]] = []
        """What comes when, the number in which it came, to which device."""
        self._numbers = itertools.count()
        self._latest: dict[int, int] = {}
        self._wake, self._waker = os.pipe()
        self._is_over = False
        self._carrier = threading.Thread(target=self._carry, daemon=True)
        self._carrier.start()

    @contextlib.contextmanager
    def under(self, storm: Storm) -> Iterator[None]:
        """All packets between these machines take the detour. What is on its way at the end still arrives in its time."""
        self.storm = storm
        self._route("add")
        try:
            yield
        finally:
            self._route("delete")

    def _route(self, verb: str) -> None:
        for name, other in itertools.permutations(self._names, 2):
            self._network.ip(name, "route", verb, f"{self._network.address(other)}/32", "dev", _INTERFACE)

    def _carry(self) -> None:
        devices = list(self._devices.values())
        while not self._is_over:
            now = time.monotonic()
            while self._waiting and self._waiting[0][0] <= now:
                self._hand_over(*heapq.heappop(self._waiting)[1:])
            pause = max(0.0, self._waiting[0][0] - now) if self._waiting else None
            ready, _, _ = select.select([*devices, self._wake], [], [], pause)
            for device in set(ready) - {self._wake}:
                with contextlib.suppress(BlockingIOError):
                    while True:
                        self._take(os.read(device, 1 << 16))

    def _take(self, packet: bytes) -> None:
        # The kernel talks of IPv6 by itself.
        sink = self._devices.get(packet[16:20]) if packet[0] >> 4 == 4 else None
        if sink is None:
            return
        number, storm = next(self._numbers), self.storm
        copies = 2 if random.random() < storm.doubles else 1
        self.carried += 1
        self.doubled += copies - 1
        for _ in range(copies):
            due = time.monotonic() + random.uniform(0, storm.delay)
            heapq.heappush(self._waiting, (due, number, sink, packet))

    def _hand_over(self, number: int, sink: int, packet: bytes) -> None:
        self.overtaken += number < self._latest.get(sink, 0)
        self._latest[sink] = max(number, self._latest.get(sink, 0))
        # A machine that takes nothing now loses it, as it would from a cable.
        with contextlib.suppress(OSError):
            os.write(sink, packet)

    def end(self) -> None:
        self._is_over = True
        os.write(self._waker, b"x")
        self._carrier.join()
        for descriptor in [*self._devices.values(), self._wake, self._waker]:
            os.close(descriptor)
