"""The results for people: as a table, and in the documentation."""

from __future__ import annotations

import pathlib
from typing import Any

from results import is_claims, is_console, is_takeover, is_tasks

CONTESTANTS = ["ours", "ours-frugal", "memberlist-lan", "memberlist-fast", "serf-lan", "kernel"]
BEGIN, END = "<!-- results -->", "<!-- end of results -->"


def _figure(value: float) -> str:
    """Three digits that count, and no power of ten."""
    for least, digits in [(100, 0), (10, 1), (1, 2), (0.1, 3), (0.01, 4)]:
        if value >= least:
            return f"{value:.{digits}f}"
    return f"{value:.5f}"


def _cell(row: dict[str, Any], contestant: str) -> str:
    return _words(row["ours"] if contestant == "ours" else row["peers"].get(contestant))


def _words(taken: dict[str, Any] | None) -> str:
    if taken is None:
        return ""
    words = []
    if taken["n"]:
        words.append(f"{_figure(taken['median'])} / {_figure(taken['p99'])} ({taken['n']})")
    if taken.get("missed"):
        words.append(f"{taken['missed']} missed")
    if taken.get("locked"):
        words.append(f"{taken['locked']} locked")
    if taken.get("false_deaths"):
        words.append(f"{taken['false_deaths']} false")
    return ", ".join(words)


def table(document: dict[str, Any]) -> str:
    lines = [["median / p99 (n)", "unit", *CONTESTANTS]]
    for row in document["rows"]:
        if not any(is_other(row["row"]) for is_other in (is_takeover, is_claims, is_tasks, is_console)):
            lines.append([row["row"], row["unit"], *(_cell(row, name) for name in CONTESTANTS)])
    return _drawn(lines)


def takeovers(document: dict[str, Any]) -> str:
    """Each peer beside what does the same by the same means; the ratio is that of the medians."""
    lines = [["median / p99 (n), seconds", "ours", "beside", "", "ratio"]]
    for row in document["rows"]:
        if not is_takeover(row["row"]):
            continue
        ours = _words(row["ours"])
        for name, taken in row["peers"].items() or [("", None)]:
            lines.append([row["row"], ours, name, _words(taken), _ratio(taken, row["ours"])])
            ours = ""
    return _drawn(lines)


def claims(document: dict[str, Any]) -> str:
    """How many a second; of those that were measured the least stands behind the median."""
    columns = ["ours", "fsync", "fdatasync", "own-client"]
    lines = [["median / least (n), a second", *columns]]
    for row in document["rows"]:
        if is_claims(row["row"]):
            taken = row["peers"] | {"ours": row["ours"]}
            lines.append([row["row"], *(_rate(taken.get(name)) for name in columns)])
    return _drawn(lines)


def tasks(document: dict[str, Any]) -> str:
    lines = [["median / p99 (n)", "unit", "ours", "with its coordinator"]]
    for row in document["rows"]:
        if is_tasks(row["row"]):
            with_coordinator = _words(row["peers"].get("with-coordinator"))
            lines.append([row["row"], row["unit"], _words(row["ours"]), with_coordinator])
    return _drawn(lines)


def console(document: dict[str, Any]) -> str:
    """Each load in a line; the ratio is that of the medians of the answers, to those of a console that nobody asks."""
    rows = {row["row"].removeprefix("console-"): row for row in document["rows"] if is_console(row["row"])}
    idle = rows.get("ack-idle", {}).get("ours")
    lines = [["console asked for", "answer, ms: median / p99 (n)", "to idle", "echo beside, ms", "between probes, s", "answered a second"]]
    for load in [name.removeprefix("ack-") for name in rows if name.startswith("ack-")]:
        ack, probe, rate = (rows.get(f"{what}-{load}", {}) for what in ("ack", "probe", "rate"))
        ours = ack.get("ours")
        lines.append([load, _words(ours), _ratio(ours, idle), _words(ack.get("peers", {}).get("kernel")),
                      _words(probe.get("ours")), _rate(rate.get("ours"))])  # fmt: skip
    return _drawn(lines)


def _rate(taken: dict[str, Any] | None) -> str:
    if not taken or not taken["n"]:
        return ""
    return f"{_figure(taken['median'])} / {_figure(taken['min'])} ({taken['n']})"


def _ratio(theirs: dict[str, Any] | None, ours: dict[str, Any] | None) -> str:
    if not theirs or not ours or not theirs["n"] or not ours["n"]:
        return ""
    return f"{theirs['median'] / ours['median']:.3g}"


def _drawn(lines: list[list[str]]) -> str:
    if len(lines) == 1:
        return ""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    rows = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in lines]
    rows.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(rows)


def circumstances(document: dict[str, Any]) -> str:
    machine = document["machine"]
    return (
        f"{document['date']}, commit {document['commit']}, {document['minutes']} minutes: {machine['processor']},\n"
        f"{machine['cores']} cores, {machine['memory_mb']} MB, Linux {machine['kernel']}, {machine['system']}. "
        f"Load before {document['load_before']:.1f}, after {document['load_after']:.1f}.\n"
        + ", ".join(f"{name} {version}" for name, version in document["peers"].items())
        + "."
    )


def write_into(page: pathlib.Path, document: dict[str, Any]) -> None:
    """Puts the results between the two marks of the page."""
    before, _, rest = page.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    tables = f"{table(document)}\n\n{takeovers(document)}\n\n{claims(document)}\n\n{tasks(document)}\n\n{console(document)}"
    page.write_text(f"{before}{BEGIN}\n{circumstances(document)}\n\n{tables}\n{END}{after}")
