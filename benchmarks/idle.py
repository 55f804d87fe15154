"""What a cluster costs in which nothing happens."""

from __future__ import annotations

import contextlib
import sys
import time
from typing import NamedTuple

from cluster import Cluster, Missed, gathered
from contestants import (
    MEMBERLIST_FAST, MEMBERLIST_LAN, MUSTER_AS_INSTALLED, MUSTER_FRUGAL, SERF_LAN, Contestant,
)  # fmt: skip
from results import Results


class Watch(NamedTuple):
    members: int
    windows: int
    seconds: float
    together: list[Contestant]
    """All are watched at the same time: a second of idling hardly loads the machine, and all see the same one."""


# Longer than the distance between two full exchanges of the view: by default 30 s, and ours ten times that while nothing
# happens.
WATCHES = [
    Watch(3, 1, 340.0, [MUSTER_AS_INSTALLED, MUSTER_FRUGAL, MEMBERLIST_LAN, MEMBERLIST_FAST, SERF_LAN]),
    Watch(50, 1, 340.0, [MUSTER_AS_INSTALLED, MEMBERLIST_LAN]),
]
ROWS = ["idle-bytes-n3", "idle-bytes-n50", "idle-packets-n3", "idle-cpu-n3", "rss-n3"]


def play(results: Results) -> None:
    for watch in WATCHES:
        if not results.wants(*(row for row in ROWS if row.endswith(f"-n{watch.members}"))):
            continue
        for _ in range(watch.windows):
            try:
                _watch(watch, results)
            except Missed as missed:
                print(missed, file=sys.stderr)


def _watch(watch: Watch, results: Results) -> None:
    with contextlib.ExitStack() as stack:
        clusters = [stack.enter_context(gathered(contestant, watch.members)) for contestant in watch.together]
        for cluster in clusters:
            # Until what was said at the start has been passed on.
            cluster.rest(5, 6)
        meters = [Meter(cluster, results) for cluster in clusters]
        time.sleep(watch.seconds)
        for meter in meters:
            meter.read()


class Meter:
    def __init__(self, cluster: Cluster, results: Results) -> None:
        self._cluster, self._results = cluster, results
        self._began = time.monotonic()
        self._sent = cluster.network.sent()
        self._cpu = {member.id: member.cpu_ns() for member in cluster.members.values()}

    def read(self) -> None:
        seconds = time.monotonic() - self._began
        size = len(self._cluster.members)
        bytes_sent, packets_sent = self._cluster.network.sent()
        self._add("idle-bytes-n", (bytes_sent - self._sent[0]) / size / seconds)
        self._add("idle-packets-n", (packets_sent - self._sent[1]) / size / seconds)
        for member in self._cluster.members.values():
            self._add("idle-cpu-n", (member.cpu_ns() - self._cpu[member.id]) / 1e6 / seconds)
            self._add("rss-n", member.resident_bytes() / 1e6)

    def _add(self, row: str, value: float) -> None:
        row = f"{row}{len(self._cluster.members)}"
        if self._results.wants(row):
            self._results.add(row, self._cluster.contestant.name, value)
