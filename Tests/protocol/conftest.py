from __future__ import annotations

import pathlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from harness.fixtures import add_library_option as pytest_addoption  # noqa: E402, F401
from harness.fixtures import host_program, library, stage  # noqa: E402, F401
from harness.process import Host, Stage, eventually  # noqa: E402
from peer import Peer  # noqa: E402

KEY = bytes(range(32))


class Town:
    """A real node, `node`, and Python peers that are members with it; sealed where there is a key."""

    def __init__(self, stage: Stage, key: bytes | None) -> None:  # noqa: F811
        self.stage = stage
        self.key = key
        self.peers: list[Peer] = []

    def start(self, id: str = "node", *arguments: str, **options: Any) -> Host:
        options = {"bind": "127.0.0.1", **options}
        if self.key:
            options = {"key": self.key.hex(), **options}
        return self.stage.start(id, *arguments, **options)

    def peer(self, id: str = "peer", **more: Any) -> Peer:
        """A peer that knows nobody."""
        more = {"key": self.key, **more}
        peer = Peer(id, more.pop("cluster", self.stage.name), **more)
        self.peers.append(peer)
        return peer

    def member(self, host: Host, id: str = "peer", **more: Any) -> Peer:
        """A peer that has joined."""
        peer = self.peer(id, **more)
        peer.sync(place(host))
        eventually(lambda: state(host, id) == "alive", f"{host.id} lists {id}")
        host.wait_for(event="joined", member=id)
        self.prove(peer, host)
        return peer

    def prove(self, peer: Peer, host: Host) -> None:
        """The node asks the peer, whose answer shows that it is no replay: from then on its datagrams count."""
        peer.ping(place(host))
        if self.key:
            peer.wait(lambda: peer.answered, "the node asks")
            peer.ping(place(host))

    def end(self) -> None:
        for peer in self.peers:
            peer.end()


def place(host: Host) -> tuple[str, int]:
    return "127.0.0.1", host.port


def state(host: Host, id: str) -> str | None:
    """How the host lists the member; None where it does not."""
    member = host.members().get(id)
    return member["state"] if member else None


@pytest.fixture
def make_town(stage: Stage) -> Iterator[Callable[[bytes | None], Town]]:  # noqa: F811
    towns: list[Town] = []

    def make(key: bytes | None) -> Town:
        towns.append(Town(stage, key))
        return towns[-1]

    yield make
    for town in towns:
        town.end()


@pytest.fixture(params=["plain", "sealed"])
def town(request: pytest.FixtureRequest, make_town: Callable[[bytes | None], Town]) -> Town:
    """What must hold in both modes."""
    return make_town(KEY if request.param == "sealed" else None)


@pytest.fixture
def plain(make_town: Callable[[bytes | None], Town]) -> Town:
    return make_town(None)


@pytest.fixture
def sealed(make_town: Callable[[bytes | None], Town]) -> Town:
    return make_town(KEY)
