"""Hosts with a guardian each (`failover.guardian=on`), and the imp that breaks guardians, and hosts with them."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections.abc import Callable, Iterable, Iterator

from chaos import Chaos, Machine
from checker import Interval, proven
from voters import VoterChaos

from harness.guardians import guardians

# How long a host may stand still while it leads: some stops are shorter, some longer.
UNRESPONSIVE = 1.0


class Guarded(Chaos):
    lease = 3.0
    soon = 0.25 * lease
    """Sooner than a lease runs out after its holder has last believed in it: who holds one trusts it for 7/10 of it,
    and others wait for the whole, each by a clock that is off by 1/100 at most."""
    good_ends = (0, -signal.SIGKILL)
    """A primary that stands still while it leaves may be ended by its guardian."""
    _begun = 0
    """Of the plays, those in which a primary was killed whose guardian may prove it."""

    def options_of(self, machine: Machine) -> dict[str, str]:
        more = {"failover.guardian": "on", "failover.unresponsive_after": f"{UNRESPONSIVE * 1000:.0f}ms"}
        return {**super().options_of(machine), **more}

    @property
    def title(self) -> str:
        return f"guarded-{super().title}"

    def start(self) -> None:
        self.targets: list[str] = []
        """The primaries that were killed while their guardians were unhurt and nothing else was under way: most of them
        must be proved dead."""
        self._under_way: list[str] = []
        super().start()

    # -- what guardians did

    def proofs(self) -> list[tuple[Interval, Interval]]:
        """Each primary that was proved dead, and who followed it by that."""
        starts = (host for machine in self.machines.values() for host in machine.starts)
        return proven({f"{host.id}/{host.pid}": list(host.lines) for host in starts}, int(self.soon * 1e9))

    def targets_proven(self) -> int:
        """How many of the targets were proved dead."""
        dead = {former.who for former, _ in self.proofs()}
        return sum(target in dead for target in self.targets)

    def ended_by_guardians(self) -> int:
        """How many hosts were killed, and not by an imp."""
        return sum(
            sum(host.process.poll() == -signal.SIGKILL for host in machine.starts) - machine.kills
            for machine in self.machines.values()
        )

    # -- the imps

    def play(self, seconds: float) -> None:
        """A run in which no guardian had to prove anything would tell nothing of them: then a primary dies while all else
        is well."""
        super().play(seconds)
        chance = random.Random(f"{self.seed}/calm")
        for _ in range(5):
            if self.proofs():
                return
            self.settle()
            if machine := self._primary():
                self._alone(machine, 0, chance)
        self.settle()

    def settle(self) -> float:
        for machine in self.machines.values():
            if not machine.lives():
                self._start_anew(machine)
        return super().settle()

    @contextlib.contextmanager
    def _for(self, deed: str, seconds: float) -> Iterator[None]:
        self._under_way.append(deed)
        try:
            with super()._for(deed, seconds):
                yield
        finally:
            self._under_way.remove(deed)

    def _imps(self) -> list[Callable[[random.Random], None]]:
        return [*super()._imps(), self._guardians]

    def _strike(self, machine: Machine, deed: str, length: float, chance: random.Random) -> None:
        if machine.lives():
            super()._strike(machine, deed, length, chance)
        if not machine.lives():
            self._start_anew(machine)

    def _start_anew(self, machine: Machine) -> None:
        """Its guardian has ended it, as nobody else may."""
        status = machine.host.process.returncode
        assert status == -signal.SIGKILL, f"{machine.id} ended by itself, with {status}"
        self.note(f"{machine.id} was killed by its guardian")
        machine.host.end()
        machine.start()
        self.note(f"{machine.id} started")

    def _guardians(self, chance: random.Random) -> None:
        deeds = [self._alone, self._alone, self._without, self._blind, self._together, self._asleep, self._late]
        machine, deed, length = self._victim(chance), chance.choice(deeds), self._length(chance)
        if self._begun < self.plays:
            self._begun = self.plays
            machine, deed = self._primary() or machine, self._alone
        with machine.hand:
            if machine.lives():
                deed(machine, length, chance)
            if not machine.lives():
                self._start_anew(machine)

    def _alone(self, machine: Machine, length: float, chance: random.Random) -> None:
        if machine is self._primary() and not self._under_way and guardians(machine.host):
            self.targets.append(f"{machine.id}/{machine.host.pid}")
        self._strike(machine, "kill", length, chance)

    def _without(self, machine: Machine, length: float, chance: random.Random) -> None:
        self.note(f"the guardian of {machine.id} killed")
        _send(guardians(machine.host), signal.SIGKILL)

    def _blind(self, machine: Machine, length: float, chance: random.Random) -> None:
        watchers = guardians(machine.host)
        with self._for(f"the guardian of {machine.id} stopped", length):
            _send(watchers, signal.SIGSTOP)
        _send(watchers, signal.SIGCONT)

    def _together(self, machine: Machine, length: float, chance: random.Random) -> None:
        self.note(f"the guardian of {machine.id} killed")
        _send(guardians(machine.host), signal.SIGKILL)
        self._strike(machine, "kill", length, chance)

    def _asleep(self, machine: Machine, length: float, chance: random.Random) -> None:
        """As when the whole machine stands still, and one of the two is the first to wake."""
        processes = [machine.host.pid, *guardians(machine.host)]
        with self._for(f"{machine.id} and its guardian stopped", length):
            _send(processes, signal.SIGSTOP)
        chance.shuffle(processes)
        for process in processes:
            _send([process], signal.SIGCONT)
            time.sleep(chance.uniform(0, 0.05))

    def _late(self, machine: Machine, length: float, chance: random.Random) -> None:
        """The proof comes late, when another may lead, or the same node again."""
        watchers = guardians(machine.host)
        _send(watchers, signal.SIGSTOP)
        machine.kill()
        is_back = chance.random() < 0.5
        if is_back:
            self._start_again(machine)
        with self._for(f"the guardian of {machine.id}, which was killed, stopped", length):
            pass
        _send(watchers, signal.SIGCONT)
        if not is_back:
            self._start_again(machine)

    def _start_again(self, machine: Machine) -> None:
        machine.host.end()
        machine.start()
        self.note(f"{machine.id} started")


class GuardedVoters(Guarded, VoterChaos):
    """Guardians that show their proof to voters."""

    def _imps(self) -> list[Callable[[random.Random], None]]:
        # So that a majority of them is mostly there.
        return [imp for imp in super()._imps() if imp != self._standbys]


def _send(processes: Iterable[int], number: signal.Signals) -> None:
    """To those of them that still are."""
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, number)
