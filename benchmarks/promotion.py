"""How soon a killed primary is replaced, beside the machine's own limit, taken between the runs."""

from __future__ import annotations

import signal
import subprocess

from cluster import Cluster
from contestants import MEGABYTES, MUSTER_WITH_ROLE, PROGRAMS
from member import Member
from results import Results

ROWS = ["limit-eof", "promote-n3"]
CLUSTERS = 5
KILLS = 5


def play(results: Results) -> None:
    if not results.wants(*ROWS):
        return
    for _ in range(CLUSTERS):
        with Cluster(MUSTER_WITH_ROLE) as cluster:
            cluster.boot(3)
            for _ in range(KILLS):
                # kill -9 of a process until the kernel closes the other end of its TCP connection
                limit = subprocess.check_output([str(PROGRAMS / "limit"), str(MEGABYTES), "1"])
                if results.wants("limit-eof"):
                    results.add("limit-eof", "kernel", int(limit) / 1e9)
                seconds = _replace_primary(cluster)
                if results.wants("promote-n3"):
                    results.add("promote-n3", "ours", seconds)


def _promoted(member: Member) -> int:
    """When; 0: never."""
    return member.said.get(("promoted", "self"), 0)


def _replace_primary(cluster: Cluster) -> float:
    """Kills the primary; the seconds until on_promote has run in another process. A new member takes the place."""
    cluster.wait(lambda: any(_promoted(member) for member in cluster.members.values()), "a primary")
    cluster.rest(0.5, 1.0)
    primary = max(cluster.members.values(), key=_promoted)
    standbys = [member for member in cluster.members.values() if member is not primary]
    struck = cluster.strike(primary, signal.SIGKILL)
    cluster.wait(lambda: any(_promoted(member) > struck for member in standbys), "a new primary")
    promoted = max(_promoted(member) for member in standbys)
    cluster.bury(primary)
    cluster.rest(0.5, 1.0)
    cluster.join_one()
    return (promoted - struck) / 1e9
