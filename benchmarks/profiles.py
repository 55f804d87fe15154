#!/usr/bin/env python3
"""What each profile costs and how soon it notices: three real nodes, each on a machine of its own (a network namespace).

    benchmarks/profiles.py out/lib [repetitions]

Prints the table of docs/profiles.md, and writes it there.
"""

from __future__ import annotations

import json
import pathlib
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "Tests"))

from harness.build import compile_c  # noqa: E402
from harness.machines import cluster  # noqa: E402
from harness.network import Network  # noqa: E402
from harness.process import Host, Stage, eventually  # noqa: E402

PROFILES = ("local", "lan", "wan", "fast", "frugal")
IDLE_SECONDS = 20
PATIENCE = 90


def sent(network: Network, id: str) -> tuple[int, int]:
    """Bytes and packets that a machine has sent, the headers of Ethernet, IP, UDP and TCP among them."""
    command = [*network.on(id), "ip", "-s", "-j", "link", "show", "eth0"]
    counts = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)[0]["stats64"]["tx"]
    return counts["bytes"], counts["packets"]


def seconds(since: int, line: dict[str, int]) -> float:
    return (line["at"] - since) / 1e9


def play(program: pathlib.Path, profile: str, found: dict[str, list[float]]) -> None:
    network = Network()
    stage = Stage(program)
    try:
        a, b, c = cluster(stage, network, "a", "b", "c", profile=profile)
        time.sleep(3)
        before = [sent(network, id) for id in "abc"]
        time.sleep(IDLE_SECONDS)
        for (bytes_before, packets_before), id in zip(before, "abc", strict=True):
            bytes_now, packets_now = sent(network, id)
            found["bytes"].append((bytes_now - bytes_before) / IDLE_SECONDS)
            found["packets"].append((packets_now - packets_before) / IDLE_SECONDS)

        at, since = c.send(signal.SIGSTOP), a.mark()
        found["stopped"].append(seconds(at, a.wait_for(since, PATIENCE, event="unresponsive", member="c")))
        c.send(signal.SIGCONT)
        a.wait_for(since, PATIENCE, event="recovered", member="c")

        at, since = a.send(signal.SIGSTOP), b.mark()
        found["primary"].append(seconds(at, b.wait_for(since, PATIENCE, callback="promote")))
        a.send(signal.SIGCONT)
        eventually(lambda: [host.id for host in (a, b, c) if host.is_primary()] == ["b"], "one primary", PATIENCE)
        stage.agree(a, b, c)

        since = a.mark()
        at = c.send(signal.SIGKILL)
        found["killed"].append(seconds(at, a.wait_for(since, PATIENCE, event="dead", member="c")))

        since = a.mark()
        at = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
        network.unplug("b")
        found["silent"].append(seconds(at, a.wait_for(since, PATIENCE, event="dead", member="b")))
    finally:
        for host in stage.hosts:
            host.kill()
        network.end()


def cell(values: list[float], unit: str) -> str:
    if unit != "s":
        return f"{statistics.median(values):.0f}"
    return f"{words(statistics.median(values))} ({words(max(values))})"


def words(duration: float) -> str:
    return f"{duration * 1000:.0f} ms" if duration < 1 else f"{duration:.1f} s"


def main() -> None:
    library = pathlib.Path(sys.argv[1]).resolve()
    repetitions = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    rows = {
        "bytes": ("bytes a second", ""), "packets": ("packets a second", ""),
        "killed": ("a killed process is known to be dead", "s"),
        "stopped": ("a stopped process is known to be unresponsive", "s"),
        "primary": ("a stopped primary is replaced", "s"), "silent": ("one of two whose host fell silent is dead", "s"),
    }  # fmt: skip
    results: dict[str, dict[str, list[float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        program = compile_c(ROOT / "Tests/e2e/host.c", pathlib.Path(folder) / "host", library)
        for profile in PROFILES:
            found = results[profile] = {row: [] for row in rows}
            for _ in range(repetitions):
                play(program, profile, found)
    lines = ["| | " + " | ".join(f"`{profile}`" for profile in PROFILES) + " |", "|---" * (len(PROFILES) + 1) + "|"]
    for row, (title, unit) in rows.items():
        lines.append(f"| {title} | " + " | ".join(cell(results[profile][row], unit) for profile in PROFILES) + " |")
    text = "\n".join(lines)
    print(text)
    page = ROOT / "docs/profiles.md"
    page.write_text(re.sub(r"(?s)(<!-- results -->\n).*(\n<!-- end -->)", rf"\g<1>{text}\g<2>", page.read_text()))


if __name__ == "__main__":
    main()
