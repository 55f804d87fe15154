#!/usr/bin/env python3
"""Follows the links of all pages: each leads to a file, and to a heading where it names one."""
from __future__ import annotations

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

CODE = re.compile(r"```.*?```|~~~.*?~~~", re.S)
LINK = re.compile(r"\]\(([^)\s]+)\)|\b(?:src|srcset)=\"([^\"]+)\"")
HEADING = re.compile(r"^#+ +(.*?)\s*$", re.M)


def pages() -> list[pathlib.Path]:
    """Those that belong to the project, not to what was built or fetched."""
    found = [*ROOT.glob("*.md")]
    for folder in ("docs", "bindings", "Tests", "benchmarks", "examples", "packaging"):
        found += (ROOT / folder).rglob("*.md")
    return sorted(found)


def anchors(page: pathlib.Path) -> set[str]:
    """What GitHub makes of the headings, and those that the page names itself."""
    prose = CODE.sub("", page.read_text())
    found = set(re.findall(r'<a id="([^"]+)">', prose))
    for heading in HEADING.findall(prose):
        text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)
        anchor = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
        number, free = 0, anchor
        while free in found:
            number += 1
            free = f"{anchor}-{number}"
        found.add(free)
    return found


def faults() -> list[str]:
    found = []
    for page in pages():
        text = re.sub(r"`[^`\n]*`", "", CODE.sub("", page.read_text()))
        for link in (first or second for first, second in LINK.findall(text)):
            if re.match(r"\w+:", link):
                continue
            name, _, anchor = link.partition("#")
            place = page.parent / name if name else page
            if not place.exists():
                found.append(f"{page.relative_to(ROOT)}: {link} leads nowhere")
            elif anchor and place.suffix == ".md" and anchor not in anchors(place):
                found.append(f"{page.relative_to(ROOT)}: {link} names no heading")
    return found


if __name__ == "__main__":
    broken = faults()
    print("\n".join([*broken, f"{len(pages())} pages looked at, {len(broken)} links broken"]))
    sys.exit(1 if broken else 0)
