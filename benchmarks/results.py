"""What was measured, row by row, and what is said about it: median, p99, how many, how many missed."""

from __future__ import annotations

import math
import pathlib
import statistics
import time
from typing import Any

# By a row's name without its number of members.
UNITS = {
    "limit-eof": "s", "promote-n": "s", "kill-detect-n": "s", "stop-detect-n": "s", "join-one-n": "s", "boot-": "s",
    "idle-bytes-n": "B/s", "idle-packets-n": "1/s", "idle-cpu-n": "ms/s", "rss-n": "MB",
    "members-json-n": "us", "members-json-changed-n": "us",
}  # fmt: skip

# How a primary loses the role, in the rows of takeover.py.
TAKEOVERS = ["killed", "frozen", "switch"]

# What is compared and set before a run of a task, in the rows of claims.py.
CLAIMS = "claims"


# Rows of tasks.py, by the beginnings of their names.
TASKS = {
    "task-takeover-": "s", "task-move-": "s", "resolve-": "ms", "task-idle-cpu-": "ms/s", "job-idle-cpu-": "ms/s",
    "task-idle-rss-": "MB", "job-idle-rss-": "MB",
}  # fmt: skip


# Rows of console.py, by the beginnings of their names.
CONSOLE = {"console-ack-": "ms", "console-probe-": "s", "console-rate-": "1/s"}


def is_console(row: str) -> bool:
    return row.startswith(tuple(CONSOLE))


def is_tasks(row: str) -> bool:
    return row.startswith(tuple(TASKS))


def is_claims(row: str) -> bool:
    return row.partition("-")[0] == CLAIMS


def is_takeover(row: str) -> bool:
    return row.partition("-")[0] in TAKEOVERS


def unit(row: str) -> str:
    if is_takeover(row):
        return "s"
    if is_claims(row):
        return "1/s"
    for family in (TASKS, CONSOLE):
        for beginning, unit in family.items():
            if row.startswith(beginning):
                return unit
    return UNITS[row.rstrip("0123456789")]


class Samples:
    def __init__(self) -> None:
        self.values: list[float] = []
        self.waiting: list[float] = []
        self.missed = 0
        self.locked = 0
        """A process that was stopped had a file locked that the others need: what is measured could not happen."""
        self.false_deaths = 0

    def summary(self) -> dict[str, Any]:
        summary: dict[str, Any] = {"n": len(self.values)}
        if self.values:
            ordered = sorted(self.values)
            summary |= {
                "median": statistics.median(ordered),
                # Of fewer than a hundred values it is the largest.
                "p99": ordered[math.ceil(0.99 * len(ordered)) - 1],
                "min": ordered[0],
                "max": ordered[-1],
            }
        if self.missed:
            summary["missed"] = self.missed
        if self.locked:
            summary["locked"] = self.locked
        if self.false_deaths:
            summary["false_deaths"] = self.false_deaths
        if self.waiting:
            summary["cpu_waiting"] = round(statistics.median(self.waiting), 3)
        return summary


class Results:
    def __init__(self, rows: list[str]) -> None:
        self.wanted = rows
        self._samples: dict[str, dict[str, Samples]] = {}

    def wants(self, *rows: str) -> bool:
        return any(row in self.wanted for row in rows)

    def of(self, row: str, contestant: str) -> Samples:
        return self._samples.setdefault(row, {}).setdefault(contestant, Samples())

    def add(self, row: str, contestant: str, value: float) -> None:
        self.of(row, contestant).values.append(value)

    def rows(self) -> list[dict[str, Any]]:
        rows = []
        for row in self.wanted:
            taken = {name: samples.summary() for name, samples in self._samples.get(row, {}).items()}
            rows.append({"row": row, "unit": unit(row), "ours": taken.pop("ours", None), "peers": taken})
        return rows


class Pressure:
    """For how much of the time some process that could run had to wait for a processor."""

    def __init__(self) -> None:
        self._began, self._before = time.monotonic(), self._total()

    @staticmethod
    def _total() -> float | None:
        """Seconds since the machine was started; None where the kernel does not count them."""
        try:
            words = pathlib.Path("/proc/pressure/cpu").read_text().split()
        except OSError:
            return None
        return int(words[4].removeprefix("total=")) / 1e6

    def share(self) -> list[float]:
        """Since this was made; empty where it is not known."""
        after = self._total()
        if after is None or self._before is None:
            return []
        return [(after - self._before) / max(time.monotonic() - self._began, 1e-9)]
