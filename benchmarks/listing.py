"""The member list as JSON. The members are real, and all but the one that is asked live in one process."""

from __future__ import annotations

import contextlib
import subprocess

from contestants import PROGRAMS
from network import Network
from results import Results

SIZES = [100, 1000]
CALLS = 100
ROWS = [f"{row}{size}" for row in ["members-json-n", "members-json-changed-n"] for size in SIZES]
COMMANDS = {"ours": [str(PROGRAMS / "crowd")], "memberlist-lan": [str(PROGRAMS / "memberlist"), "crowd"]}


def play(results: Results) -> None:
    for size in SIZES:
        if not results.wants(f"members-json-n{size}", f"members-json-changed-n{size}"):
            continue
        for name, command in COMMANDS.items():
            times = _times(command, size)
            # The peer keeps nothing between two calls: whether something has changed makes no difference to it.
            for row, kind in [("members-json-n", "same"), ("members-json-changed-n", "changed")]:
                if results.wants(f"{row}{size}"):
                    for value in times.get(kind, times["same"]):
                        results.add(f"{row}{size}", name, value / 1e3)


def _times(command: list[str], size: int) -> dict[str, list[int]]:
    """Nanoseconds by kind of call."""
    times: dict[str, list[int]] = {}
    network = Network()
    with contextlib.ExitStack() as stack:
        stack.callback(network.end)

        def start(first: int, count: int, total: int) -> subprocess.Popen[str]:
            numbers = [str(number) for number in (first, count, total, CALLS)]
            process = stack.enter_context(
                subprocess.Popen(
                    [*network.inside, *command, *numbers], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
                )
            )
            stack.callback(process.kill)
            assert process.stdout is not None
            if process.stdout.readline() != "up\n":
                raise SystemExit(f"{command} {numbers} did not come up")
            return process

        start(0, size - 1, size - 1)
        asked = start(size - 1, 1, size)
        assert asked.stdin is not None and asked.stdout is not None
        asked.stdin.write("l")
        asked.stdin.flush()
        for line in asked.stdout:
            kind, number = line.split()
            if kind == "bytes":
                break
            times.setdefault(kind, []).append(int(number))
    return times
