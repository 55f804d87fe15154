"""One process that is a member, and what it has said."""

from __future__ import annotations

import os
import subprocess
import time

from contestants import Contestant, Place


class Member:
    def __init__(self, contestant: Contestant, place: Place, inside: list[str]) -> None:
        self.place = place
        self.id = place.id
        self._contestant = contestant
        self._process = subprocess.Popen(
            [*inside, *contestant.command(place)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._input = self._process.stdin
        self.output = self._process.stdout
        os.set_blocking(self.output.fileno(), False)
        self._rest = b""
        self.view: set[str] = set()
        """The other members that it sees."""
        self.changed_at = 0
        """When its view was changed last."""
        self.said: dict[tuple[str, str], int] = {}
        """When it said a word about a member, or about itself, for the first time."""

    @property
    def pid(self) -> int:
        return self._process.pid

    def tell(self, letter: str) -> None:
        self._input.write(letter.encode())
        self._input.flush()

    def listen(self) -> list[str]:
        """Takes what it has said since; whom it has newly called dead."""
        dead = []
        data = os.read(self.output.fileno(), 1 << 20)
        arrived = time.monotonic_ns()
        if not data:
            raise SystemExit(f"{self.id} of {self._contestant.name} has ended by itself")
        *texts, self._rest = (self._rest + data).split(b"\n")
        for text in texts:
            line = self._contestant.read(text, arrived)
            if line is None:
                continue
            who = "self" if line.who == self.id else line.who
            self.said.setdefault((line.word, who), line.at)
            if who == "self":
                continue
            if line.word == "joined":
                self.view.add(who)
            elif line.word in ("dead", "left"):
                self.view.discard(who)
                if line.word == "dead":
                    dead.append(who)
            else:
                continue
            self.changed_at = line.at
        return dead

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()

    # -- what the system says about it

    def cpu_ns(self) -> int:
        """The time that all its threads have run, user and system: the process's own clock (clock_getcpuclockid),
        which counts finer than the ticks in /proc."""
        return time.clock_gettime_ns(~self.pid << 3 | 2)

    def resident_bytes(self) -> int:
        with open(f"/proc/{self.pid}/status") as status:
            line = next(line for line in status if line.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024
