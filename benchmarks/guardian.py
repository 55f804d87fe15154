#!/usr/bin/env python3
"""How soon a primary that was killed, or frozen, is followed under a lease, with and without a guardian: three
processes on one machine, which under authority `majority` are the voters too; from the signal until `on_promote` runs
in another one.

    benchmarks/guardian.py [--library out/lib] [--engine sqlite|...|majority] [--runs 20]
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


def lease(options: dict[str, Any]) -> float:
    return float(options.get("failover.lease", "1s" if "profile" in options else "3s").removesuffix("s"))


def promotions(hosts: list[Host], marks: list[int]) -> list[tuple[int, Host]]:
    """When, and who."""
    return [
        (line["at"], host)
        for host, mark in zip(hosts, marks, strict=True)
        for line in host.said(mark, callback="promote")
    ]


def play(
    program: pathlib.Path, engine: type[Server] | None, options: dict[str, Any], number: signal.Signals, runs: int
) -> list[float]:
    """Without an engine the hosts themselves vote."""
    stage = Stage(program)
    found: list[float] = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        server = engine(pathlib.Path(folder)) if engine else None

        def start(name: str, seeds: list[Host]) -> Host:
            leased: dict[str, Any] = {"failover.authority": "majority", "failover.voters": "n0,n1,n2"}
            if server:
                leased = {"failover.authority": "store", "failover.store": server.url}
            else:
                leased["state_dir"] = f"{folder}/{name}"
            return stage.start(name, "role=primary", seeds=seeds[:1], **leased, **options)

        try:
            if server:
                server.start()
            hosts: list[Host] = []
            for name in ("n0", "n1", "n2"):
                hosts.append(start(name, hosts))
            ((_, primary),) = eventually(partial(promotions, hosts, [0, 0, 0]), "one leads", PATIENCE)
            for run in range(runs):
                if not server:
                    # A voter that was started is silent for a lease, and what it would say counts.
                    time.sleep(1.1 * lease(options))
                settled(hosts, primary)
                rest = [host for host in hosts if host is not primary]
                marks = [host.mark() for host in rest]
                at = primary.send(number)
                ((when, next),) = eventually(partial(promotions, rest, marks), "somebody follows", PATIENCE)
                found.append((when - at) / 1e6)
                former = primary.id
                primary.end()
                primary = next
                hosts = [*rest, start(f"n{run + 3}" if server else former, rest)]
        finally:
            stage.end()
            if server:
                server.kill()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", default=str(ROOT / "out/lib"))
    parser.add_argument("--runs", type=int, default=20)
    engines: dict[str, type[Server] | None] = {engine.name: engine for engine in ENGINES} | {"majority": None}
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
