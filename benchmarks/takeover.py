"""How soon another is in charge, under each authority, beside what does the same by the same means: the primary of
three is killed or frozen, or a chosen standby is promoted by hand."""

from __future__ import annotations

import contextlib
import pathlib
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from cluster import Cluster, Missed
from contestants import candidate
from member import Member
from network import Network
from results import TAKEOVERS, Results
from rivals import AdvisoryLock, EtcdElection, EtcdLock, Keepalived, Rivals
from stores import EtcdInside, PostgreSQLBySocket, directory, running

ROUNDS = 2
# How long a contestant plays a scene in each round; what has begun by then is played to its end.
SECONDS = {"killed": 10.0, "frozen": 10.0, "switch": 4.0}
SIGNALS = {"killed": signal.SIGKILL, "frozen": signal.SIGSTOP}


class Pairing(NamedTuple):
    """Ours under one authority with one profile, and who is to be compared with it."""

    name: str
    store: str
    options: list[str]
    rivals: list[str]
    silence: float = 0.0
    """How many seconds after its start a member votes for certain, where the members do."""
    look: float = 0.0
    """How many seconds after a change all have looked at a lease that lasts for 9 s."""


GUARDIAN = "failover.guardian=on"
PAIRINGS = [
    Pairing("members", "", [], ["keepalived-1s"]),
    Pairing("members-fast", "", ["profile=fast"], ["keepalived-fast"]),
    Pairing("sqlite", "sqlite", [], []),
    Pairing("sqlite-fast", "sqlite", ["profile=fast"], []),
    Pairing("postgresql", "postgresql", [], ["advisory-lock"]),
    Pairing("postgresql-fast", "postgresql", ["profile=fast"], []),
    Pairing("etcd", "etcd", [], ["etcd-lock", "etcd-elect"]),
    Pairing("etcd-fast", "etcd", ["profile=fast"], []),
    Pairing("majority", "voters", [], [], 3.5),
    Pairing("majority-fast", "voters", ["profile=fast"], [], 1.5),
    Pairing("sqlite-guardian", "sqlite", [GUARDIAN], []),
    Pairing("sqlite-guardian-fast", "sqlite", [GUARDIAN, "profile=fast"], []),
    Pairing("postgresql-guardian", "postgresql", [GUARDIAN], ["advisory-lock"], look=1.5),
    Pairing("etcd-guardian", "etcd", [GUARDIAN], ["etcd-lock"]),
    Pairing("majority-guardian", "voters", [GUARDIAN], [], 3.5),
    Pairing("majority-guardian-fast", "voters", [GUARDIAN, "profile=fast"], [], 1.5),
]
VOTERS = "m000,m001,m002"
ROWS = [f"{scene}-{pairing.name}-n3" for scene in TAKEOVERS for pairing in PAIRINGS]


def play(results: Results) -> None:
    for number in range(ROUNDS):
        for scene in TAKEOVERS:
            for pairing in PAIRINGS:
                row = f"{scene}-{pairing.name}-n3"
                if not results.wants(row):
                    continue
                turns = [("ours", _ours(pairing, scene)), *((name, _rival(name, scene)) for name in pairing.rivals)]
                # Nobody always has the machine as another has left it.
                for name, begin in turns[number % len(turns) :] + turns[: number % len(turns)]:
                    _again_and_again(begin, SECONDS[scene], results, row, name)


Scene = Callable[[], float | None]
Stage = contextlib.AbstractContextManager[Scene]


def _again_and_again(begin: Stage, seconds: float, results: Results, row: str, name: str) -> None:
    """One contestant plays one scene. None: what was waited for did not come."""
    samples = results.of(row, name)
    try:
        with begin as scene:
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                took = scene()
                if took is None:
                    samples.missed += 1
                    return
                samples.values.append(took)
    except Locked as locked:
        samples.locked += 1
        print(locked, file=sys.stderr)
    except Missed as missed:
        samples.missed += 1
        print(missed, file=sys.stderr)


# -- ours


@contextlib.contextmanager
def _ours(pairing: Pairing, scene: str) -> Iterator[Scene]:
    with contextlib.ExitStack() as stack:
        place = stack.enter_context(directory())
        url = ""
        if pairing.store == "sqlite":
            url = f"sqlite:{place}/leases.db"
        elif pairing.store == "postgresql":
            server = PostgreSQLBySocket(place)
            stack.enter_context(running(server))
            url = server.url
        elif pairing.store == "etcd":
            url = EtcdInside.URL
        leased = ["failover.authority=store", f"failover.store={url}"] if url else []
        if pairing.store == "voters":
            leased = ["failover.authority=majority", f"failover.voters={VOTERS}", f"state_dir={place}"]
        cluster = stack.enter_context(Cluster(candidate(*leased, *pairing.options)))
        if pairing.store == "etcd":
            stack.enter_context(running(EtcdInside(place, cluster.network.inside)))
        cluster.boot(3)
        trio = Trio(cluster, pairing.silence, pairing.look)
        yield trio.switch if scene == "switch" else lambda: trio.depose(SIGNALS[scene])


def _promoted(member: Member) -> int:
    """When; 0: never."""
    return member.said.get(("promoted", "self"), 0)


class Locked(Missed):
    """A process was stopped while it had a file locked that the others need."""


def holds_a_lock(pid: int) -> bool:
    """Whether the process has locked some file, as SQLite does: who only reads one holds up who would write to it."""
    locks = [line.split() for line in pathlib.Path("/proc/locks").read_text().splitlines()]
    return any(words[1:3] == ["POSIX", "ADVISORY"] and int(words[4]) == pid for words in locks)


class Trio:
    """Three members of ours, one of them primary. `silence`: they vote, and not sooner after a start. `look`: so long they
    are left alone besides."""

    def __init__(self, cluster: Cluster, silence: float, look: float) -> None:
        self._cluster, self._silence, self._look = cluster, silence, look
        cluster.wait(lambda: any(map(_promoted, cluster.members.values())), "a primary")

    def _ready(self) -> tuple[Member, list[Member]]:
        """The primary and the others, some time after what was before."""
        self._cluster.rest(self._look + 0.5, self._look + 1.0)
        members = list(self._cluster.members.values())
        primary = max(members, key=_promoted)
        return primary, [member for member in members if member is not primary]

    def depose(self, number: signal.Signals) -> float:
        """The seconds until on_promote has run in another process. A new member takes the place of the former one; where
        they vote, it is the same one again."""
        primary, standbys = self._ready()
        struck = self._cluster.strike(primary, number)
        try:
            self._cluster.wait(lambda: any(_promoted(member) > struck for member in standbys), "a new primary")
        except Missed as missed:
            if holds_a_lock(primary.pid):
                raise Locked(f"{missed}; the former one was stopped while it had the file locked") from missed
            raise
        promoted = max(map(_promoted, standbys))
        self._cluster.bury(primary)
        self._cluster.join_one(primary if self._silence else None)
        self._cluster.rest(self._silence, self._silence)
        return (promoted - struck) / 1e9

    def switch(self) -> float:
        """The seconds from the call in a standby, which asks for itself, until its on_promote has run."""
        _, standbys = self._ready()
        chosen = random.choice(standbys)
        for word in ("asking", "promoted"):
            chosen.said.pop((word, "self"), None)
        chosen.tell("p")
        self._cluster.wait(lambda: bool(_promoted(chosen)), "the chosen one is primary")
        return (_promoted(chosen) - chosen.said["asking", "self"]) / 1e9


# -- theirs


@contextlib.contextmanager
def _rival(name: str, scene: str) -> Iterator[Scene]:
    with contextlib.ExitStack() as stack:
        rivals = stack.enter_context(_started(name, stack.enter_context(directory())))
        rivals.gather()

        def play_once() -> float | None:
            rivals.rest(random.uniform(0.5, 1.0))
            return rivals.deposed(SIGNALS.get(scene, rivals.orderly))

        yield play_once


@contextlib.contextmanager
def _started(name: str, place: pathlib.Path) -> Iterator[Rivals]:
    with contextlib.ExitStack() as stack:
        if name == "advisory-lock":
            postgresql = PostgreSQLBySocket(place)
            stack.enter_context(running(postgresql))
            rivals: Rivals = AdvisoryLock(postgresql)
        elif name in ("etcd-lock", "etcd-elect"):
            network = Network()
            stack.callback(network.end)
            etcd = EtcdInside(place, network.inside)
            stack.enter_context(running(etcd))
            rivals = EtcdLock(etcd) if name == "etcd-lock" else EtcdElection(etcd)
        else:
            rivals = Keepalived("1" if name == "keepalived-1s" else "0.02")
        stack.callback(rivals.end)
        yield rivals
