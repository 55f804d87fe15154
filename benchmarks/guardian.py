#!/usr/bin/env python3
"""How soon a primary that was killed, or frozen, is followed under authority `store`, with and without a guardian:
three processes on one machine; from the signal until `on_promote` runs in another one.

    benchmarks/guardian.py [--library out/lib] [--engine sqlite] [--runs 20]
"""

from __future__ import annotations

import argparse
import pathlib
import signal
import statistics
import sys
import tempfile
import time
from functools import partial
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "Tests"))

from harness.build import compile_c, library_directory  # noqa: E402
from harness.process import Host, Stage, eventually  # noqa: E402
from harness.servers import ENGINES, Server  # noqa: E402

PATIENCE = 60.0
CASES: dict[str, tuple[dict[str, Any], signal.Signals]] = {
    "killed, guardian, lease 9 s": ({"failover.lease": "9s", "failover.guardian": "on"}, signal.SIGKILL),
    "killed, guardian, lease 3 s": ({"failover.guardian": "on"}, signal.SIGKILL),
    "killed, guardian, fast": ({"profile": "fast", "failover.guardian": "on"}, signal.SIGKILL),
    "frozen, guardian, lease 3 s": ({"failover.guardian": "on"}, signal.SIGSTOP),
    "frozen, guardian, fast": ({"profile": "fast", "failover.guardian": "on"}, signal.SIGSTOP),
    "killed, alone, fast": ({"profile": "fast"}, signal.SIGKILL),
    "killed, alone, lease 3 s": ({}, signal.SIGKILL),
}


def settled(hosts: list[Host], primary: Host) -> None:
    """All know each other, their seats, and who leads."""
    ids = sorted(host.id for host in hosts)

    def is_told(host: Host) -> bool:
        seated = sorted(id for id, member in host.members().items() if member["seats"])
        return host.primary() == primary.id and seated == ids

    for host in hosts:
        eventually(partial(is_told, host), f"{host.id} knows the primary and all seats", PATIENCE)
    # A standby follows at once that has seen the lease held.
    time.sleep(1.0)


def promotions(hosts: list[Host], marks: list[int]) -> list[tuple[int, Host]]:
    """When, and who."""
    return [
        (line["at"], host)
        for host, mark in zip(hosts, marks, strict=True)
        for line in host.said(mark, callback="promote")
    ]


def play(
    program: pathlib.Path, engine: type[Server], options: dict[str, Any], number: signal.Signals, runs: int
) -> list[float]:
    stage = Stage(program)
    found: list[float] = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        server = engine(pathlib.Path(folder))
        try:
            server.start()
            leased: dict[str, Any] = {"failover.authority": "store", "failover.store": server.url, **options}
            hosts = [stage.start("n0", "role=primary", **leased)]
            hosts[0].wait_for(callback="promote", seconds=PATIENCE)
            for name in ("n1", "n2"):
                hosts.append(stage.start(name, "role=primary", seeds=hosts[:1], **leased))
            primary = hosts[0]
            for run in range(runs):
                settled(hosts, primary)
                rest = [host for host in hosts if host is not primary]
                marks = [host.mark() for host in rest]
                at = primary.send(number)
                ((when, next),) = eventually(partial(promotions, rest, marks), "somebody follows", PATIENCE)
                found.append((when - at) / 1e6)
                primary.end()
                primary = next
                hosts = [*rest, stage.start(f"n{run + 3}", "role=primary", seeds=rest[:1], **leased)]
        finally:
            stage.end()
            server.kill()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", default=str(ROOT / "out/lib"))
    parser.add_argument("--runs", type=int, default=20)
    engines = {engine.name: engine for engine in ENGINES}
    parser.add_argument("--engine", default="sqlite", choices=engines)
    parser.add_argument("--cases", default="", help="only those whose name has this in it")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        program = compile_c(
            ROOT / "Tests/e2e/host.c", pathlib.Path(folder) / "host", library_directory(arguments.library))
        print("| case | median ms | longest ms |\n|---|---|---|", flush=True)
        for name, (options, number) in CASES.items():
            if arguments.cases not in name:
                continue
            times = sorted(play(program, engines[arguments.engine], options, number, arguments.runs))
            print(f"| {name} | {statistics.median(times):.0f} | {times[-1]:.0f} |", flush=True)


if __name__ == "__main__":
    main()
