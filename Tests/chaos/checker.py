"""Judges a history: who believed itself primary when, under which token, and what the fenced table took.

Times are CLOCK_MONOTONIC, one clock for all processes of a machine. An answer of `failover_is_primary` was given at
some moment between the two times around it, so an interval reaches from the end of the first yes to the beginning of
the last: where two overlap, two processes have believed it at once, however busy the machine was.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any, NamedTuple

Line = dict[str, Any]


class Interval(NamedTuple):
    """One process believed itself primary, without a break that it noticed."""

    who: str
    """A start of a node: a restarted one is another."""
    begin: int
    end: int
    token: int


class Write(NamedTuple):
    """The fenced table took a write. A list of them is in the order in which it did."""

    who: str
    token: int


def intervals(who: str, lines: Iterable[Line]) -> list[Interval]:
    """Of the samples that one process told, also one that was killed in the midst of it."""
    found: list[Interval] = []
    token = begin = end = 0

    def close() -> None:
        if token and begin < end:
            found.append(Interval(who, begin, end, token))

    for line in lines:
        if line.get("sample") not in ("changed", "token", "held"):
            continue
        if line["sample"] != "held":
            # The former answer was last given at the sample before.
            end = max(end, line["previous"])
            close()
            token = line["token"] if line["primary"] else 0
            begin = end = line["answered"]
        end = max(end, line["asked"])
    close()
    return found


def proven(lives: dict[str, list[Line]], bound: int) -> list[tuple[Interval, Interval]]:
    """Each process that believed itself primary to its last moment, and the one that followed it within the bound:
    sooner than any lease can run out, so that somebody has proved it dead."""
    history = [found for who, lines in lives.items() for found in intervals(who, lines)]
    history.sort(key=lambda interval: interval.begin)
    pairs = []
    for who, lines in lives.items():
        samples = [line for line in lines if line.get("sample") in ("changed", "token", "held")]
        if not samples or not samples[-1]["primary"]:
            continue
        own = [found for found in history if found.who == who]
        later = [found for found in history if own and found.begin >= own[-1].end and found.who != who]
        if later and later[0].begin - own[-1].end < bound:
            pairs.append((own[-1], later[0]))
    return pairs


def seconds(nanoseconds: int, since: int) -> str:
    return f"{(nanoseconds - since) / 1e9:.4f}"


def told(interval: Interval, since: int) -> str:
    return f"{interval.who} {seconds(interval.begin, since)}-{seconds(interval.end, since)} token {interval.token}"


def overlaps(history: Iterable[Interval], since: int = 0) -> list[str]:
    """Each two processes that believed it at once."""
    ordered = sorted(history, key=lambda interval: interval.begin)
    found = []
    for place, former in enumerate(ordered):
        for later in itertools.takewhile(lambda other: other.begin < former.end, ordered[place + 1 :]):
            if later.who != former.who:
                found.append(f"both primary: {told(former, since)} and {told(later, since)}")
    return found


def stale_tokens(history: Iterable[Interval], since: int = 0) -> list[str]:
    """Each process that was primary after another without a higher token, or with another's."""
    ordered = sorted(history, key=lambda interval: interval.begin)
    found = []
    highest: Interval | None = None
    for interval in ordered:
        if highest is not None:
            grows = interval.token > highest.token or interval.token == highest.token and interval.who == highest.who
            if not grows:
                found.append(f"the token does not grow: {told(highest, since)}, then {told(interval, since)}")
        if highest is None or interval.token > highest.token:
            highest = interval
    return found


def stale_writes(writes: Iterable[Write]) -> list[str]:
    """Each write that was accepted after one with a higher token, or with the token of another."""
    found = []
    owners: dict[int, str] = {}
    highest = 0
    for number, write in enumerate(writes):
        owner = owners.setdefault(write.token, write.who)
        if owner != write.who:
            found.append(f"write {number} of {write.who} has the token {write.token} of {owner}")
        if write.token < highest:
            found.append(f"write {number} of {write.who} has the token {write.token}, after {highest}")
        highest = max(highest, write.token)
    return found


def violations(history: list[Interval], writes: Iterable[Write] = (), since: int = 0) -> list[str]:
    return overlaps(history, since) + stale_tokens(history, since) + stale_writes(writes)
