"""The results for people: a table for the terminal and one for the documentation."""

from __future__ import annotations

from typing import Any

CONTESTANTS = ["ours", "memberlist-lan", "memberlist-fast", "serf-lan", "kernel"]


def _figure(value: float) -> str:
    """Three digits that count, and no power of ten."""
    for least, digits in [(100, 0), (10, 1), (1, 2), (0.1, 3), (0.01, 4)]:
        if value >= least:
            return f"{value:.{digits}f}"
    return f"{value:.5f}"


def _cell(row: dict[str, Any], contestant: str) -> str:
    taken = row["ours"] if contestant == "ours" else row["peers"].get(contestant)
    if taken is None:
        return ""
    words = []
    if taken["n"]:
        words.append(f"{_figure(taken['median'])} / {_figure(taken['p99'])} ({taken['n']})")
    if taken.get("missed"):
        words.append(f"{taken['missed']} missed")
    if taken.get("false_deaths"):
        words.append(f"{taken['false_deaths']} false")
    return ", ".join(words)


def table(document: dict[str, Any]) -> str:
    lines = [["median / p99 (n)", "unit", *CONTESTANTS]]
    for row in document["rows"]:
        lines.append([row["row"], row["unit"], *(_cell(row, name) for name in CONTESTANTS)])
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    rows = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in lines]
    rows.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(rows)
