#!/usr/bin/env python3
"""Measures this library beside its peers, in turns, on this machine; prints a table and writes the results.

    bench.py [--rows kill-detect-n3,idle-bytes-n3] [--output DIRECTORY]

docs/benchmarks.md says what each row is.
"""

from __future__ import annotations

import argparse
import json
import pathlib

import faults
import idle
import listing
import machine
import promotion
import report
from results import Results

FAMILIES = [promotion, faults, idle, listing]
ROWS = [row for family in FAMILIES for row in family.ROWS]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default="", help="only these, separated by commas: " + ", ".join(ROWS))
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("out/bench"))
    arguments = parser.parse_args()
    wanted = [row for row in arguments.rows.split(",") if row] or ROWS
    unknown = [row for row in wanted if row not in ROWS]
    if unknown:
        parser.error(f"no such row: {', '.join(unknown)}")

    results = Results(wanted)
    facts = machine.before()
    for family in FAMILIES:
        family.play(results)
    facts |= machine.after(facts)

    document = facts | {"rows": results.rows()}
    arguments.output.mkdir(parents=True, exist_ok=True)
    (arguments.output / "latest.json").write_text(json.dumps(document, indent=1) + "\n")
    print(report.table(document))


if __name__ == "__main__":
    main()
