"""Five hosts that share tasks, daemons and jobs, and the imps of chaos.py that break them."""

from __future__ import annotations

import pathlib
import random
import time
from collections.abc import Callable

from chaos import Chaos, Machine
from engines import Engine
from runs import Ledger, Turn, turns

from harness.clocks import Clocks
from harness.network import Network
from harness.process import Line, Stage, eventually, now_ns

AT_MOST_ONCE = [f"once-{number}" for number in range(25)]
AT_LEAST_ONCE = [f"sure-{number}" for number in range(20)]
GIVEN_UP = [f"twice-{number}" for number in range(5)]
"""At least once too, but tried no more than twice."""
JOBS = {
    **dict.fromkeys(AT_MOST_ONCE, "delivery=at_most_once"),
    **dict.fromkeys(AT_LEAST_ONCE, "attempts=1000"),
    **dict.fromkeys(GIVEN_UP, "attempts=2"),
}
TASKS, DAEMONS = ["task-0", "task-1", "task-2"], ["daemon-0", "daemon-1", "daemon-2"]
SCHEDULE = "every 1s misfire=all"
OTHERWISE = ["", ",weight=2", ",grace=30s", ",stop_timeout=5s"]
"""What a job is offered with when it is offered again: what was promised of its runs is promised still."""


class TaskChaos(Chaos):
    ids = ("a", "b", "c", "d", "e")
    arguments = ()

    def __init__(
        self, stage: Stage, network: Network | None, engine: Engine | None, seed: str, clocks: Clocks | None = None,
        *, folder: pathlib.Path | None = None, is_cut_off: bool = False,
    ) -> None:  # fmt: skip
        """Without an engine the members decide; where a folder is given, all of them vote, and keep what they voted
        there. `is_cut_off`: without either, and parted from each other all the same."""
        self.folder, self.is_cut_off = folder, is_cut_off
        options = {"tasks.resolver": "least-loaded", "failover.unresponsive_after": "2s"}
        super().__init__(stage, network, engine, seed, None, "", clocks, **options)
        self.ledger = Ledger()

    def options_of(self, machine: Machine) -> dict[str, str]:
        if self.folder is None:
            return self.options
        return {
            **self.options, "failover.authority": "majority", "failover.voters": ",".join(self.ids),
            "failover.lease": f"{self.lease:.0f}s", "state_dir": str(self.folder / machine.id),
        }  # fmt: skip

    @property
    def is_exclusive(self) -> bool:
        """Whether a lease decides."""
        return self.engine is not None or self.folder is not None

    def has_started(self, machine: Machine) -> None:
        machine.tell("behave run-ms 150")
        machine.tell("behave stop-ms 20")
        for name, options in JOBS.items():
            machine.tell(f"job {name} {options} {SCHEDULE}")
        for name in TASKS:
            machine.tell(f"offer {name}")
            machine.tell(f"task-sample {name}")
        for name in DAEMONS:
            machine.tell(f"daemon {name}")
            machine.tell(f"task-sample {name}")

    # -- what is looked at

    def read(self) -> Ledger:
        for machine in self.machines.values():
            for host in machine.starts:
                self.ledger.read(f"{host.id}/{host.pid}", host.lines)
        return self.ledger

    def turns(self, name: str) -> list[Turn]:
        """Of a task, on all hosts."""
        halts: dict[str, list[int]] = {}
        for at, deed in self.deeds:
            id, _, what = deed.partition(" ")
            if what.startswith("stopped for"):
                halts.setdefault(id, []).append(at)
        found = []
        for machine in self.machines.values():
            for host in machine.starts:
                lines = list(host.lines)
                # Who has a task has something to say every 100 ms.
                over = now_ns() if host.process.poll() is None else lines[-1]["at"] if lines else 0
                found += turns(f"{host.id}/{host.pid}", name, lines, halts.get(host.id, []), over)
        return found

    def settle(self) -> float:
        """Waits until each task runs on one host, and all agree which; how many seconds it took."""
        began = time.monotonic()
        names = [*TASKS, *DAEMONS, *JOBS]

        def seen() -> list[dict[str, Line]]:
            answers = [machine.host.ask("tasks 5000") for machine in self.machines.values()]
            return [{entry["name"]: entry for entry in answer.get("json", [])} for answer in answers]

        def is_settled() -> bool:
            views = seen()
            for name in names:
                entries = [view.get(name, {}) for view in views]
                if any(entry.get("state") == "paused" for entry in entries):
                    self.machines[self.ids[0]].host.ask(f"task-resume {name} 5000")
                if {entry.get("state") for entry in entries} != {"running"}:
                    return False
                if len({entry["owner"] for entry in entries}) != 1:
                    return False
            return all(self.holders(name) == [views[0][name]["owner"]] for name in names)

        eventually(is_settled, "each task runs on one host", 60)
        return time.monotonic() - began

    def holders(self, name: str) -> list[str]:
        """The hosts that say it is theirs."""
        return [id for id, machine in self.machines.items() if machine.host.ask(f"task-mine {name}")["mine"]]

    def fail_runs(self) -> None:
        """Has runs fail until one was tried again: that is left to no chance."""
        for machine in self.machines.values():
            machine.tell("behave run-code 1")
        eventually(lambda: any(run.attempt > 1 for run in self.read().runs.values()), "a run is tried again")
        self._undo()

    def catch_up(self, until: int, patience: float) -> float:
        """Waits until each job has come so far (milliseconds since 1970); how many seconds it took. They make up for
        every moment, and a store may be slower than they are, and was away."""
        began = time.monotonic()

        def behind() -> list[str]:
            ledger = self.read()
            far = {**ledger.done, **{job: ledger.begun.get(job, 0) for job in AT_MOST_ONCE}}
            return [job for job in JOBS if far.get(job, 0) < until]

        deadline = began + patience
        while late := behind():
            assert time.monotonic() < deadline, f"jobs that did not catch up: {late}"
            time.sleep(0.2)
        return time.monotonic() - began

    # -- the imps

    def _imps(self) -> list[Callable[[random.Random], None]]:
        # By the members' view alone nothing is promised to the two sides of a partition, nor where many die at once.
        if self.is_exclusive or self.is_cut_off:
            return super()._imps()
        return [self._hosts, self._operators]

    def _wires(self, chance: random.Random) -> None:
        if self.engine is not None or self.network is None:
            return super()._wires(chance)
        length, some = self._length(chance), chance.sample(self.ids, chance.choice([1, 1, 2]))
        rest = [id for id in self.ids if id not in some]
        deed = chance.choice(["parted from", "not heard by", "hearing nothing of"])
        if deed == "parted from" or self.is_cut_off:
            self.network.split(some, rest)
        elif deed == "not heard by":
            self.network.cut(some, rest)
        else:
            self.network.cut(rest, some)
        with self._for(f"{some} {deed} {rest}", length):
            pass
        self.network.heal()

    def _undo(self) -> None:
        for machine in self.machines.values():
            machine.tell("behave run-code 0")

    def _victim(self, chance: random.Random) -> Machine:
        """The coordinator now and then."""
        anybody = chance.choice(list(self.machines.values()))
        is_wanted = chance.random() < 0.4
        coordinator = self.read().coordinator if is_wanted else None
        return self.machines[coordinator] if coordinator is not None else anybody

    def _hosts(self, chance: random.Random) -> None:
        super()._hosts(chance)
        if not self.is_exclusive:
            self.stage.agree(*(machine.host for machine in self.machines.values()))
            self.note("all are there")

    def _operators(self, chance: random.Random) -> None:
        asked = chance.choice(list(self.machines.values()))
        target, name = chance.choice(["-", *self.ids]), chance.choice([*JOBS, *TASKS, *DAEMONS])
        deeds = ["pause", "move", "move", "run", "fail", "runs fail", "withdraw", "withdraw"]
        deed, length = chance.choice(deeds), self._length(chance)
        if deed == "pause":
            with self._for(f"{name} paused by {asked.id}", length):
                asked.tell(f"task-pause {name} 1000")
            for machine in self.machines.values():
                machine.tell(f"task-resume {name} 1000")
        elif deed == "move":
            self.note(f"{asked.id} moves {name} to {target}")
            asked.tell(f"task-move {name} {target} 1000")
        elif deed == "run":
            job = chance.choice(list(JOBS))
            self.note(f"{asked.id} runs {job}")
            asked.tell(f"task-run {job} 1000")
        elif deed == "fail":
            task = chance.choice([*TASKS, *DAEMONS])
            self.note(f"{task} fails, if it is on {asked.id}")
            asked.tell(f"task-fail {task} by chance")
        elif deed == "withdraw":
            self._withdraw(asked, chance.choice(list(JOBS)), chance.choice(OTHERWISE), length)
        else:
            with self._for(f"runs on {asked.id} fail", length):
                asked.tell("behave run-code 1")
            asked.tell("behave run-code 0")

    def _withdraw(self, machine: Machine, job: str, more: str, length: float) -> None:
        """Nobody restarts the host meanwhile, so that all offer all again in the calm."""
        with machine.hand:
            with self._for(f"{machine.id} does not offer {job}", length):
                machine.tell(f"task-close {job}")
            self.note(f"{machine.id} offers {job} with {JOBS[job]}{more}")
            machine.tell(f"job {job} {JOBS[job]}{more} {SCHEDULE}")
