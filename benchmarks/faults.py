"""Members join, are killed and are stopped, until all the others have been told."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

from cluster import Cluster, Missed, gathered
from contestants import MEMBERLIST_FAST, MEMBERLIST_LAN, MUSTER, SERF_LAN, Contestant
from results import Pressure, Results

# Everybody gets the same time for a scene in each round, and begins anew until it is over: who is fast is measured
# more often.
SCENE_SECONDS = 5.0


class Size(NamedTuple):
    members: int
    rounds: int
    contestants: list[Contestant]
    rows: list[str]


# A peer's word for a stopped member is "dead": it has no other. Ours is "unresponsive". With the fast profile a hundred
# members of the peer do not settle on two cores: they keep suspecting each other (its row of boot-100 shows it).
SIZES = [
    Size(3, 4, [MUSTER, MEMBERLIST_LAN, MEMBERLIST_FAST, SERF_LAN], ["kill-detect-n", "stop-detect-n", "join-one-n"]),
    Size(20, 3, [MUSTER, MEMBERLIST_LAN, MEMBERLIST_FAST], ["kill-detect-n", "stop-detect-n"]),
    Size(50, 3, [MUSTER, MEMBERLIST_LAN, MEMBERLIST_FAST], ["kill-detect-n", "join-one-n"]),
    Size(100, 3, [MUSTER, MEMBERLIST_LAN], ["kill-detect-n"]),
    Size(100, 3, [MUSTER, MEMBERLIST_LAN, MEMBERLIST_FAST], ["boot-"]),
]
ROWS = [f"{row}{size.members}" for size in SIZES for row in size.rows]


def play(results: Results) -> None:
    for size in SIZES:
        if not results.wants(*(f"{row}{size.members}" for row in size.rows)):
            continue
        for number in range(size.rounds):
            # Nobody always has the machine as another has left it.
            turn = number % len(size.contestants)
            for contestant in size.contestants[turn:] + size.contestants[:turn]:
                try:
                    _play(contestant, size, results)
                except Missed as missed:
                    # This cluster is of no more use; the others still are.
                    print(missed, file=sys.stderr)


def _play(contestant: Contestant, size: Size, results: Results) -> None:
    if "boot-" in size.rows:
        with Cluster(contestant) as cluster:
            Play(cluster, size, results).boot()
    else:
        with gathered(contestant, size.members) as cluster:
            Play(cluster, size, results).strikes()


class Play:
    """One contestant's turn in one round."""

    def __init__(self, cluster: Cluster, size: Size, results: Results) -> None:
        self._cluster, self._size, self._results = cluster, size, results

    def boot(self) -> None:
        self._measure("boot-", lambda: self._cluster.boot(self._size.members))

    def strikes(self) -> None:
        if self._wants("kill-detect-n", "join-one-n"):
            self._again_and_again(self._kill)
        if self._wants("stop-detect-n"):
            self._again_and_again(self._stop)

    def _wants(self, *rows: str) -> bool:
        return self._results.wants(*(f"{row}{self._size.members}" for row in rows if row in self._size.rows))

    def _again_and_again(self, scene: Callable[[], None]) -> None:
        end = time.monotonic() + SCENE_SECONDS
        while time.monotonic() < end:
            self._cluster.rest(0.5, 1.0)
            scene()

    def _kill(self) -> None:
        self._strike("kill-detect-n", signal.SIGKILL, "dead")
        if self._cluster.contestant.obeys:
            self._measure("join-one-n", self._cluster.join_one)
        else:
            self._cluster.join_one()

    def _stop(self) -> None:
        self._strike("stop-detect-n", signal.SIGSTOP, "unresponsive", "dead")
        self._cluster.join_one()

    def _strike(self, row: str, number: signal.Signals, *words: str) -> None:
        victim = self._cluster.any()

        def scene() -> float:
            struck = self._cluster.strike(victim, number)
            return (self._cluster.all_told(victim, *words) - struck) / 1e9

        self._measure(row, scene)
        self._cluster.bury(victim)
        self._cluster.rest(0.5, 1.0)

    def _measure(self, row: str, scene: Callable[[], float]) -> None:
        if not self._wants(row):
            scene()
            return
        samples = self._results.of(f"{row}{self._size.members}", self._cluster.contestant.name)
        pressure, before = Pressure(), self._cluster.false_deaths
        try:
            samples.values.append(scene())
        except Missed:
            samples.missed += 1
            raise
        finally:
            samples.false_deaths += self._cluster.false_deaths - before
            samples.waiting += pressure.share()
