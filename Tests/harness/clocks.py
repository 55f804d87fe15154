"""Clocks that are wrong, for one process each."""

from __future__ import annotations

import pathlib

from .build import TOP, compile_preload


class Clocks:
    """How far off a clock may be is what the rules of leases assume: 10 of 1000 parts."""

    most = 10

    def __init__(self, folder: pathlib.Path) -> None:
        self._shim = compile_preload(TOP / "Tests/harness/clock_rate.c", folder / "clock_rate.so")

    def words(self, rate: int) -> list[str]:
        """What is put before a command to give its library a clock that is off by so many of 1000 parts."""
        return ["env", f"LD_PRELOAD={self._shim}", f"CLOCK_RATE={rate}"]
