#!/usr/bin/env python3
"""Measures this library beside its peers, in turns, on this machine.

    bench.py [--rows kill-detect-n3,idle-bytes-n3]

With all rows it writes benchmarks/results and the figures in docs/benchmarks.md, which says what each row is; with
some it only prints them.
"""

from __future__ import annotations

import argparse
import json
import pathlib

import claims
import console
import faults
import idle
import listing
import machine
import plot
import promotion
import report
import takeover
import tasks
from results import Results

ROOT = pathlib.Path(__file__).resolve().parents[1]
FAMILIES = [promotion, takeover, faults, idle, listing, claims, tasks, console]
ROWS = [row for family in FAMILIES for row in family.ROWS]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default="", help="separated by commas: " + ", ".join(ROWS))
    arguments = parser.parse_args()
    wanted = [row for row in arguments.rows.split(",") if row]
    unknown = [row for row in wanted if row not in ROWS]
    if unknown:
        parser.error(f"no such row: {', '.join(unknown)}")

    results = Results(wanted or ROWS)
    facts = machine.before()
    for family in FAMILIES:
        family.play(results)
    document = facts | machine.after(facts) | {"rows": results.rows()}
    print(report.table(document))
    print(report.takeovers(document))
    print(report.claims(document))
    print(report.tasks(document))
    print(report.console(document))
    print(report.circumstances(document))
    if not wanted:
        directory = ROOT / "benchmarks" / "results"
        directory.mkdir(exist_ok=True)
        (directory / "latest.json").write_text(json.dumps(document, indent=1) + "\n")
        plot.draw(document, directory / "latest.svg")
        report.write_into(ROOT / "docs" / "benchmarks.md", document)


if __name__ == "__main__":
    main()
