"""Judges what hosts said of tasks and jobs: which runs began and ended where, and when a task was on which host.

A host writes a line before and after each run, each in one write to a pipe: what one that is killed has said is there.
"""

from __future__ import annotations

import collections
import dataclasses
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from checker import Interval, intervals, overlaps, seconds, stale_tokens

Line = dict[str, Any]

# cluster_task_news
DEAD, LOST, VETOED = 5, 6, 7


@dataclasses.dataclass
class Run:
    job: str
    occurrence: str
    attempt: int
    who: str
    """A start of a node: a restarted one is another."""
    token: int
    begin: int
    end: int | None = None
    """None: nobody knows whether it ended."""
    code: int | None = None

    @property
    def moment(self) -> int:
        """In milliseconds since 1970."""
        return int(self.occurrence.partition("-")[0])

    @property
    def is_scheduled(self) -> bool:
        """Otherwise somebody asked for it by hand."""
        return int(self.occurrence.partition("-")[2], 16) != 0


class Turn(NamedTuple):
    """A task ran on a host: from when its start callback had returned until its stop callback had, or until the host
    said that it had failed, after which no callback comes."""

    who: str
    begin: int
    end: int
    token: int


class Ledger:
    """All that is known of the runs, read line by line."""

    def __init__(self) -> None:
        self.runs: dict[tuple[str, str, str, int], Run] = {}
        self.begun: dict[str, int] = {}
        """The last scheduled moment of each job that began."""
        self.done: dict[str, int] = {}
        """The last scheduled moment of each job that is dealt with: it succeeded, or was given up."""
        self.dead: set[tuple[str, int]] = set()
        """Job and moment of those that were given up."""
        self.news: collections.Counter[int] = collections.Counter()
        self.samples: dict[tuple[str, str], list[Line]] = {}
        """By host and task."""
        self.coordinator: str | None = None
        self._places: dict[str, int] = {}

    def read(self, who: str, lines: list[Line]) -> None:
        """What is new among the lines of a host."""
        place, end = self._places.get(who, 0), len(lines)
        for line in lines[place:end]:
            self._read(who, line)
        self._places[who] = end

    def _read(self, who: str, line: Line) -> None:
        word = line.get("task")
        if word == "run":
            run = Run(line["name"], line["occurrence"], line["attempt"], who, line["token"], line["at"])
            self.runs[who, run.job, run.occurrence, run.attempt] = run
            if run.is_scheduled:
                self.begun[run.job] = max(self.begun.get(run.job, 0), run.moment)
        elif word == "run-done":
            run = self.runs[who, line["name"], line["occurrence"], line["attempt"]]
            run.end, run.code = line["at"], line["code"]
            if run.code == 0 and run.is_scheduled:
                self.done[run.job] = max(self.done.get(run.job, 0), run.moment)
        elif line.get("event") == "task":
            self.news[line["value"]] += 1
            if line["value"] == DEAD and (found := re.search(r"the run of (\d+) ", line["detail"])):
                job, moment = line["role"], int(found[1])
                self.dead.add((job, moment))
                self.done[job] = max(self.done.get(job, 0), moment)
        elif "sample" in line and line.get("name"):
            self.samples.setdefault((who, line["name"]), []).append(line)
        elif line.get("event") == "promoted" and line.get("role") == "muster.tasks":
            self.coordinator = who.partition("/")[0]

    # -- runs

    def begun_twice(self, jobs: Iterable[str], since: int) -> list[str]:
        """Each occurrence of one of these jobs that began more than once."""
        return self._twice(jobs, since, lambda run: (run.job, run.occurrence))

    def attempted_twice(self, jobs: Iterable[str], since: int) -> list[str]:
        """Each attempt at an occurrence of one of these jobs that was made more than once."""
        return self._twice(jobs, since, lambda run: (run.job, run.occurrence, run.attempt))

    def _twice(self, jobs: Iterable[str], since: int, key: Any) -> list[str]:
        names, found = set(jobs), collections.defaultdict(list)
        for run in self.runs.values():
            if run.job in names:
                found[key(run)].append(run)
        return [
            f"{what} began {len(runs)} times: " + ", ".join(_told(run, since) for run in runs)
            for what, runs in found.items()
            if len(runs) > 1
        ]

    def unaccounted(self, job: str, until: int, every: int = 1000) -> list[str]:
        """Each scheduled moment from the first on that neither succeeded nor was given up."""
        scheduled = [run for run in self.runs.values() if run.job == job and run.is_scheduled]
        if not scheduled:
            return [f"{job} never ran"]
        succeeded = {run.moment for run in scheduled if run.code == 0}
        begun = {run.moment for run in scheduled}
        return [
            f"{job}: the moment {moment} " + ("began and never succeeded" if moment in begun else "never began")
            for moment in range(min(begun), until + 1, every)
            if moment not in succeeded and (job, moment) not in self.dead
        ]

    # -- tasks

    def trusting(self, name: str) -> list[Interval]:
        """When which host said that the task was its own."""
        return [
            interval
            for (who, task), lines in self.samples.items()
            if task == name
            for interval in intervals(who, lines)
        ]

    def shared(self, name: str, since: int) -> list[str]:
        """Each two hosts that had a task at once, and each token that did not grow."""
        history = self.trusting(name)
        return [f"{name}: {text}" for text in overlaps(history, since) + stale_tokens(history, since)]


def _told(run: Run, since: int) -> str:
    end = "?" if run.end is None else seconds(run.end, since)
    return f"{run.who} {seconds(run.begin, since)}-{end} attempt {run.attempt} token {run.token} code {run.code}"


def turns(who: str, name: str, lines: Iterable[Line], halts: Iterable[int], over: int) -> list[Turn]:
    """The turns of a task on a host, each cut off where the host was made to stand still: what it does after it woke is
    for `trusting` to tell. `over`: when the host was gone."""
    found: list[Turn] = []
    began: Line | None = None

    def close(at: int) -> None:
        if began is not None:
            ends = [at, over, *(halt for halt in halts if halt > began["at"])]
            found.append(Turn(who, began["at"], min(ends), began["token"]))

    for line in lines:
        if line.get("name") != name:
            continue
        if line.get("task") == "start-done":
            began = line
        elif line.get("task") in ("stop-done", "fail"):
            close(line["at"])
            began = None
    close(over)
    return found


def at_once(name: str, all_turns: Iterable[Turn], since: int) -> list[str]:
    """Each two turns on different hosts at the same time."""
    history = [Interval(*turn) for turn in all_turns]
    return [f"{name} {text.replace('both primary', 'ran on two hosts')}" for text in overlaps(history, since)]
