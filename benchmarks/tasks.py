"""Tasks: how soon another node has one, how long it takes to share out ten thousand, and what a thousand cost that do
nothing."""

from __future__ import annotations

import contextlib
import pathlib
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import NamedTuple

from cluster import Cluster, Missed
from contestants import PROGRAMS, tasker
from member import Member
from results import Results
from stores import directory

ROUNDS = 2
# How long each is played in each round; what has begun by then is played to its end.
SECONDS = 10.0
WINDOW = 30.0
SEEDS = "1..5"


class Authority(NamedTuple):
    name: str
    is_leased: bool
    options: list[str]


AUTHORITIES = [
    Authority("members", False, []),
    Authority("sqlite", True, []),
    Authority("sqlite-fast", True, ["profile=fast"]),
]
TAKEOVERS = [f"task-takeover-{authority.name}-n3" for authority in AUTHORITIES]
MOVES = [f"task-move-{authority.name}-n3" for authority in AUTHORITIES]
# By the words of the simulator: what is measured of each resolver.
STEPS = {"first": "resolve-10000", "lose": "resolve-leave-10000", "look": "resolve-again-10000"}
RESOLVERS = ["single", "least-loaded"]
RESOLVES = [f"{row}-{resolver}" for resolver in RESOLVERS for row in STEPS.values()]
IDLE = {"task": "t", "job": "s"}
ROWS = [*TAKEOVERS, *MOVES, *RESOLVES, *(f"{kind}-idle-{what}-1000" for kind in IDLE for what in ("cpu", "rss"))]


def play(results: Results) -> None:
    for number in range(ROUNDS):
        for authority in AUTHORITIES:
            for what, scene in [("takeover", _kill), ("move", _move)]:
                row = f"task-{what}-{authority.name}-n3"
                if not results.wants(row):
                    continue
                try:
                    with _trio(authority) as cluster:
                        end = time.monotonic() + SECONDS
                        while time.monotonic() < end:
                            results.add(row, *scene(cluster))
                except Missed as missed:
                    results.of(row, "ours").missed += 1
                    print(missed, file=sys.stderr)
    _resolve(results)
    for kind, letter in IDLE.items():
        if results.wants(f"{kind}-idle-cpu-1000", f"{kind}-idle-rss-1000"):
            _idle(results, kind, letter)


# -- another has it


@contextlib.contextmanager
def _trio(authority: Authority) -> Iterator[Cluster]:
    """Three members that offer one task, which one of them has."""
    with directory() as place:
        leased = ["failover.authority=store", f"failover.store=sqlite:{place}/tasks.db"] if authority.is_leased else []
        with Cluster(tasker(*leased, *authority.options)) as cluster:
            cluster.boot(3)
            for member in cluster.members.values():
                member.tell("o")
            cluster.wait(lambda: any(map(_began, cluster.members.values())), "somebody has it")
            yield cluster


def _began(member: Member) -> int:
    """When; 0: never."""
    return member.said.get(("began", "work"), 0)


def _coordinated(member: Member) -> int:
    return member.said.get(("coordinates", "self"), 0)


def _ready(cluster: Cluster) -> tuple[Member, list[Member]]:
    """The owner and the others, some time after what was before."""
    cluster.rest(0.5, 1.0)
    members = list(cluster.members.values())
    owner = max(members, key=_began)
    others = [member for member in members if member is not owner]
    for member in others:
        member.said.pop(("began", "work"), None)
    return owner, others


def _kill(cluster: Cluster) -> tuple[str, float]:
    """The seconds until the start callback runs elsewhere, and whether the coordinator died with the owner. A new
    member takes the place of the former one."""
    owner, others = _ready(cluster)
    is_coordinator = owner is max(cluster.members.values(), key=_coordinated)
    struck = cluster.strike(owner, signal.SIGKILL)
    cluster.wait(lambda: any(map(_began, others)), "another has it")
    took = (max(map(_began, others)) - struck) / 1e9
    cluster.bury(owner)
    cluster.join_one()
    next(reversed(cluster.members.values())).tell("o")
    return "with-coordinator" if is_coordinator else "ours", took


def _move(cluster: Cluster) -> tuple[str, float]:
    """The seconds from the call, in any member, until the start callback runs elsewhere: the stop is waited for."""
    _, others = _ready(cluster)
    asking = random.choice(list(cluster.members.values()))
    asking.said.pop(("asking", "self"), None)
    asking.tell("m")
    cluster.wait(lambda: any(map(_began, others)) and ("asking", "self") in asking.said, "another has it")
    return "ours", (max(map(_began, others)) - asking.said["asking", "self"]) / 1e9


# -- sharing out


def _resolve(results: Results) -> None:
    if not results.wants(*RESOLVES):
        return
    for line in subprocess.check_output(
        [PROGRAMS / "simulate", "--scenario", "sharing", "--seeds", SEEDS], text=True
    ).splitlines():
        resolver, step, microseconds, *_ = line.split()
        row = f"{STEPS[step]}-{resolver}"
        if results.wants(row):
            results.add(row, "ours", int(microseconds) / 1e3)


# -- doing nothing


def _idle(results: Results, kind: str, letter: str) -> None:
    """What each of three members takes more when all offer a thousand, and one of them has them all."""
    try:
        with Cluster(tasker()) as cluster:
            cluster.boot(3)
            members = list(cluster.members.values())
            cluster.rest(5, 6)
            before = _taken(cluster)
            for member in members:
                member.tell(letter)
            cluster.wait(lambda: any(("thousand", "self") in member.said for member in members), "one has them all")
            cluster.rest(5, 6)
            after = _taken(cluster)
            for id, (cpu, memory) in after.items():
                for what, value in [("cpu", cpu - before[id][0]), ("rss", memory - before[id][1])]:
                    row = f"{kind}-idle-{what}-1000"
                    if results.wants(row):
                        results.add(row, "ours", value)
    except Missed as missed:
        print(missed, file=sys.stderr)


def _taken(cluster: Cluster) -> dict[str, tuple[float, float]]:
    """Of each member: milliseconds of a processor in a second, megabytes."""
    began = time.monotonic()
    before = {member.id: member.cpu_ns() for member in cluster.members.values()}
    cluster.rest(WINDOW, WINDOW)
    seconds = time.monotonic() - began
    return {
        member.id: ((member.cpu_ns() - before[member.id]) / 1e6 / seconds, member.resident_bytes() / 1e6)
        for member in cluster.members.values()
    }
