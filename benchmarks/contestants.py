"""Who is compared: how a member of each is started, and how it says what it sees."""

from __future__ import annotations

import dataclasses
import pathlib
import re
from collections.abc import Callable
from typing import NamedTuple

# Where the programs are that `make bench` builds.
PROGRAMS = pathlib.Path(__file__).resolve().parents[1] / "out" / "bench"

# What a victim has touched when it is killed. The kernel frees it before it closes the sockets.
MEGABYTES = 64


class Place(NamedTuple):
    """What one member is told about itself."""

    id: str
    port: int
    seed: int | None
    """The port of the member through which it joins."""


class Line(NamedTuple):
    """Something that a member said: `joined`, `dead` and so on about another member, or about itself."""

    at: int
    """CLOCK_MONOTONIC, nanoseconds."""
    word: str
    who: str


@dataclasses.dataclass(frozen=True)
class Contestant:
    name: str
    command: Callable[[Place], list[str]]
    read: Callable[[bytes, int], Line | None]
    """Of a line of output and the time at which it came; None where it says nothing that matters."""
    obeys: bool = True
    """Whether it waits for the letter that tells it to join, and grows when it is told to."""


def _said(text: bytes, arrived: int) -> Line:
    at, word, who = text.decode().split()
    return Line(int(at), word, who)


def _muster(*options: str, program: str = "host") -> Callable[[Place], list[str]]:
    def command(place: Place) -> list[str]:
        words = [str(PROGRAMS / program), str(MEGABYTES), "cluster=bench", f"node_id={place.id}", f"port={place.port}"]
        seed = [f"seeds=127.0.0.1:{place.seed}"] if place.seed is not None else []
        return [*words, *seed, *options]

    return command


def _memberlist(profile: str) -> Callable[[Place], list[str]]:
    def command(place: Place) -> list[str]:
        seed = f"127.0.0.1:{place.seed}" if place.seed is not None else ""
        return [str(PROGRAMS / "memberlist"), "member", profile, str(MEGABYTES), place.id, str(place.port), seed]

    return command


def _serf(place: Place) -> list[str]:
    # It does not read its input, so it is told by the kernel when the benchmark is gone.
    words = ["setpriv", "--pdeathsig", "KILL", "serf", "agent", f"-node={place.id}", f"-bind=127.0.0.1:{place.port}"]
    seed = [f"-join=127.0.0.1:{place.seed}"] if place.seed is not None else []
    return [*words, f"-rpc-addr=127.0.0.1:{place.port + 10000}", *seed]


_SERF_WORDS = {"Join": "joined", "Failed": "dead", "Leave": "left"}


def _serf_said(text: bytes, arrived: int) -> Line | None:
    found = re.search(r"serf: EventMember(Join|Failed|Leave): (\S+)", text.decode(errors="replace"))
    if found is None:
        return Line(arrived, "up", "self") if b"Serf agent running!" in text else None
    return Line(arrived, _SERF_WORDS[found[1]], found[2])


# Every option that matters is at its default. Multicast is off where peers, which have none, are to be joined through
# one seed; where idling is measured it is on, as it is installed.
MUSTER = Contestant("ours", _muster("multicast=false"), _said)
MUSTER_AS_INSTALLED = Contestant("ours", _muster(), _said)
MUSTER_FRUGAL = Contestant("ours-frugal", _muster("profile=frugal"), _said)
MUSTER_WITH_ROLE = Contestant("ours", _muster("multicast=false", "role=primary", "failover.grace=200ms"), _said)


def candidate(*options: str) -> Contestant:
    """Ours, for one role, with these options."""
    return Contestant("ours", _muster("multicast=false", "role=primary", "failover.grace=200ms", *options), _said)


def tasker(*options: str) -> Contestant:
    """Ours with tasks."""
    return Contestant("ours", _muster("multicast=false", *options, program="tasker"), _said)


MEMBERLIST_LAN = Contestant("memberlist-lan", _memberlist("lan"), _said)
MEMBERLIST_FAST = Contestant("memberlist-fast", _memberlist("fast"), _said)
SERF_LAN = Contestant("serf-lan", _serf, _serf_said, obeys=False)
