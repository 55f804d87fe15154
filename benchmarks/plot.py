"""The results as a picture: a line a row, a mark a contestant, a tail from the median to the p99."""

from __future__ import annotations

import pathlib
from typing import Any

import matplotlib
from matplotlib.figure import Figure
from results import CLAIMS, is_claims

MARKS = {
    "ours": ("o", "#c22f1d"), "ours-frugal": ("<", "#e0897f"), "memberlist-lan": ("s", "#2b5d8a"), "memberlist-fast": ("^", "#5fa1d0"),
    "serf-lan": ("D", "#7a9a3c"), "kernel": ("|", "#333333"), "keepalived-1s": ("v", "#8a5a2b"),
    "keepalived-fast": ("v", "#d09a5f"), "advisory-lock": ("p", "#6a3d8a"), "etcd-lock": ("h", "#2b8a7a"),
    "etcd-elect": ("h", "#1a4a42"), "own-client": ("P", "#2b5d8a"),
    "with-coordinator": ("x", "#c22f1d"), "fsync": ("|", "#333333"), "fdatasync": ("|", "#999999"),
}  # fmt: skip
PANELS = [
    ("seconds", {"s"}), ("idle, per member: bytes/s, packets/s, CPU ms/s, MB", {"B/s", "1/s", "ms/s", "MB"}),
    ("microseconds a call", {"us"}), ("milliseconds", {"ms"}), ("claims a second", {CLAIMS}),
]  # fmt: skip


def _kind(row: dict[str, Any]) -> str:
    """To which panel it belongs."""
    return CLAIMS if is_claims(row["row"]) else str(row["unit"])


def draw(document: dict[str, Any], path: pathlib.Path) -> None:
    panels = [(title, [row for row in document["rows"] if _kind(row) in units]) for title, units in PANELS]
    panels = [(title, rows) for title, rows in panels if rows]
    # Text stays text, and the same results make the same file.
    matplotlib.rcParams |= {"svg.fonttype": "none", "svg.hashsalt": "muster", "font.size": 9}
    height = 1.2 + 0.32 * sum(len(rows) + 2 for _, rows in panels)
    figure = Figure(figsize=(8, height), layout="constrained")
    ratios = {"height_ratios": [len(rows) + 1 for _, rows in panels]}
    axes = figure.subplots(len(panels), squeeze=False, gridspec_kw=ratios)
    for axis, (title, rows) in zip(axes[:, 0], panels):
        for place, row in enumerate(rows):
            for name, taken in ({"ours": row["ours"]} | row["peers"]).items():
                if taken and taken["n"]:
                    mark, colour = MARKS[name]
                    axis.plot([taken["median"], taken["p99"]], [place, place], color=colour, linewidth=1)
                    axis.plot(taken["median"], place, mark, color=colour, label=name)
        axis.set(xscale="log", xlabel=title, yticks=range(len(rows)), yticklabels=[row["row"] for row in rows])
        axis.invert_yaxis()
        axis.grid(axis="x", linewidth=0.3)
        axis.spines[["top", "right"]].set_visible(False)
    seen = {label: line for axis in axes[:, 0] for line, label in zip(*axis.get_legend_handles_labels())}
    figure.legend([seen[name] for name in MARKS if name in seen], [name for name in MARKS if name in seen],
                  loc="outside upper center", ncols=len(seen), frameon=False)  # fmt: skip
    figure.savefig(path, metadata={"Date": None})
