"""Nodes that grant each other the lease (authority `majority`), and the imps that break them."""

from __future__ import annotations

import contextlib
import os
import pathlib
import random
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable

from chaos import ROLE, Chaos, Machine
from fence import Fence

from harness import state
from harness.clocks import Clocks
from harness.detour import Detour, Storm, why_not
from harness.network import Network
from harness.process import PATIENCE, Stage, eventually, free_port

MUSTER = os.environ.get("MUSTER_COMMAND", str(pathlib.Path(__file__).resolve().parents[2] / "out/bin/muster"))
WITNESS = "w"


class Witness:
    """`muster witness`, from start to start."""

    def __init__(self, chaos: VoterChaos) -> None:
        self.id, self._chaos = WITNESS, chaos
        self._prefix: list[str] = []
        self._address, self._port = "127.0.0.1", free_port()
        if chaos.network is not None:
            self._address, self._port = chaos.network.machine(self.id), 7000
            self._prefix = chaos.network.on(self.id)
        self.process: subprocess.Popen[str] | None = None

    @property
    def address(self) -> str:
        return f"{self._address}:{self._port}"

    def start(self) -> None:
        chaos = self._chaos
        flags = {
            "cluster": chaos.stage.name, "node-id": self.id, "bind": self._address, "port": str(self._port),
            "insecure": "true", "multicast": "false", "control": str(chaos.folder / "w.sock"),
            "failover-voters": chaos.voters, "failover-lease": f"{chaos.lease:.0f}s",
            "state-dir": str(chaos.folder / self.id),
            "seeds": ",".join(machine.address for machine in chaos.machines.values()),
        }  # fmt: skip
        words = [word for name, value in flags.items() for word in (f"--{name}", value)]
        self.process = subprocess.Popen(
            [*self._prefix, *chaos.clock_of(self.id), MUSTER, "witness", "--log-level", "error", *words],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            env={key: value for key, value in os.environ.items() if not key.startswith("MUSTER_")},
        )  # fmt: skip

    def send(self, number: signal.Signals) -> None:
        assert self.process is not None
        assert self.process.poll() is None, f"the witness ended by itself: {self.process.communicate()}"
        self.process.send_signal(number)

    def end(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()


class VoterChaos(Chaos):
    """Hosts for one role; some of them vote. Each has a `state_dir` below the folder."""

    name = "voters"

    def __init__(
        self, stage: Stage, network: Network | None, fence: Fence | None, clocks: Clocks | None, seed: str,
        folder: pathlib.Path, ids: str, lists: list[str], has_witness: bool = False,
    ) -> None:  # fmt: skip
        """`lists`: those of the voters, one after the other, of which the first is in force."""
        self.ids, self.folder = tuple(ids), folder
        self._lists, self._in_force = lists, 1
        port, statement = (fence.server.port, fence.statement) if fence is not None else (None, "")
        options = {"failover.authority": "majority", "failover.lease": f"{self.lease:.0f}s"}
        super().__init__(stage, network, None, seed, port, statement, clocks, **options)
        self.witness = Witness(self) if has_witness else None
        self.forgot = 0
        """How often a voter lost its `state_dir`."""
        self._memory = threading.Lock()
        self.detour = Detour(network, self._everybody) if network is not None and not why_not() else None

    @property
    def _everybody(self) -> list[str]:
        """On the network."""
        return [*self.ids, *([WITNESS] if self.witness is not None else [])]

    def on_the_wires(self) -> str:
        if self.detour is None:
            return "no storms"
        detour = self.detour
        return f"{detour.carried} packets in storms, {detour.doubled} of them twice, {detour.overtaken} overtaken"

    # -- who votes

    @property
    def voters(self) -> str:
        """The option, with its whole history."""
        return "; ".join(",".join(voters) for voters in self._lists[: self._in_force])

    @property
    def lists_used(self) -> int:
        return self._in_force

    @property
    def _voters(self) -> str:
        return self._lists[self._in_force - 1]

    def options_of(self, machine: Machine) -> dict[str, str]:
        more = {"failover.voters": self.voters, "state_dir": str(self.folder / machine.id)}
        if self.witness is not None:
            more["seeds"] = ",".join(
                [*(other.address for other in self.machines.values() if other is not machine), self.witness.address]
            )
        return {**self.options, **more}

    def _remembers(self, id: str, listed: int = 1, settled: int = 0) -> bool:
        """Whether a voter has on its disk what it must not forget, and votes under this list."""
        for file in (self.folder / id).glob("*.state"):
            # It may be replaced meanwhile.
            with contextlib.suppress(FileNotFoundError):
                memory = state.read(file)
                found = memory.lists.get(ROLE, (0, 0))
                return memory.epochs.get(ROLE, 0) > 0 and found[0] >= listed and found[1] >= settled
        return False

    def _between(self, machine: Machine | Witness, chance: random.Random) -> None:
        """Now and then a voter loses its disk while it is away: one at a time, and the next when that one has been
        told what it had forgotten. A new voter has nothing to remember yet."""
        is_wanted = chance.random() < 0.25
        with self._memory:
            others = [id for id in self._voters if id != machine.id]
            if is_wanted and machine.id in self._voters and all(map(self._remembers, others)):
                self.forgot += 1
                self.note(f"{machine.id} loses its memory")
                # One that ended soon after its start may have none.
                with contextlib.suppress(FileNotFoundError):
                    shutil.rmtree(self.folder / machine.id)

    def all_vote(self) -> None:
        """Waits until every voter votes under the list in force, and knows that it is in use."""
        for id in self._voters:
            eventually(
                lambda: self._remembers(id, self._in_force, self._in_force),
                f"{id} votes under list {self._in_force}", 60,
            )  # fmt: skip

    # -- before and after

    def start(self) -> None:
        if self.witness is not None:
            self.witness.start()
        super().start()

    def end(self) -> None:
        super().end()
        if self.witness is not None:
            self.witness.end()
        if self.detour is not None:
            self.detour.end()

    def lose_the_primary(self) -> None:
        """The one that leads in calm is killed; one of the others follows, and writes."""
        (first,) = self.believers()
        others = [machine.host for machine in self.machines.values() if machine.id != first]
        marks = {host.id: host.mark() for host in others}
        self.note(f"{first} killed in calm")
        self.machines[first].kill()
        eventually(lambda: any(host.said(marks[host.id], work="accepted") for host in others), "another writes")

    def quit_witness(self) -> None:
        """In good order, without a word."""
        if self.witness is not None:
            self.witness.send(signal.SIGTERM)
            assert self.witness.process is not None
            _, errors = self.witness.process.communicate(timeout=PATIENCE)
            assert self.witness.process.returncode == 0 and not errors, errors

    # -- the imps

    def _imps(self) -> list[Callable[[random.Random], None]]:
        imps: list[Callable[[random.Random], None]] = [self._hosts, self._operators, self._wires]
        # Of two hosts and a witness two imps at a time break as many as there are.
        imps.append(self._witness if self.witness is not None else self._standbys)
        if len(self._lists) > 1:
            imps.append(self._changes)
        return imps

    def _standbys(self, chance: random.Random) -> None:
        """Somebody stands still, whatever becomes of the primary meanwhile."""
        machine, length = chance.choice(list(self.machines.values())), self._length(chance)
        if not machine.hand.acquire(blocking=False):
            return
        try:
            self._strike(machine, "stop", length, chance)
        finally:
            machine.hand.release()

    def _witness(self, chance: random.Random) -> None:
        assert self.witness is not None
        deed, length = chance.choice(["kill", "stop", "stop and kill"]), self._length(chance)
        if deed != "kill":
            with self._for("the witness stopped", length):
                self.witness.send(signal.SIGSTOP)
        if deed == "stop":
            return self.witness.send(signal.SIGCONT)
        self.note("the witness killed")
        self.witness.end()
        time.sleep(chance.uniform(0, 2))
        self._between(self.witness, chance)
        self.witness.start()
        self.note("the witness started")

    def _wires(self, chance: random.Random) -> None:
        machine, length = self._victim(chance), self._length(chance)
        everybody = self._everybody
        others = [id for id in everybody if id != machine.id]
        deed = chance.choice(["alone", "alone", "halves", "mute", "deaf", "loss", "storm", "storm", "late"])
        storm = Storm(delay=chance.choice([0.01, 0.1, 0.5, 2.5]), doubles=chance.choice([0.1, 0.5]))
        some = chance.sample(everybody, len(everybody) // 2)
        if self.network is None or deed == "late":
            return self._write_late(machine, length, chance)
        if deed == "storm":
            if self.detour is None:
                return self._write_late(machine, length, chance)
            with self.detour.under(storm), self._for(f"{storm}", length):
                return None
        if deed == "loss":
            for id in everybody:
                self.network.rule(id, "input", 'iifname "eth0" numgen random mod 100 < 25 counter drop')
            with self._for("a quarter of all packets lost", length):
                pass
            for id in everybody:
                self.network.clear(id)
            return None
        if deed == "alone":
            with self._for(f"{machine.id} parted from {others}", length):
                self.network.split([machine.id], others)
        elif deed == "halves":
            rest = [id for id in everybody if id not in some]
            with self._for(f"{some} parted from {rest}", length):
                self.network.split(some, rest)
        elif deed == "mute":
            with self._for(f"nobody hears {machine.id}", length):
                self.network.cut([machine.id], others)
        else:
            with self._for(f"{machine.id} hears nobody", length):
                self.network.cut(others, [machine.id])
        self.network.heal()

    def _changes(self, chance: random.Random) -> None:
        """When every voter votes under the present list, the operator appends the next and restarts all nodes with it,
        the new voter first."""
        if self._in_force == len(self._lists):
            return
        self.all_vote()
        with self._memory:
            # Somebody may have lost it just now.
            if not all(map(self._remembers, self._voters)):
                return
            former = self._voters
            self._in_force += 1
            voters = self._voters
        self.note(f"the voters shall be {voters}")
        rest = [machine for machine in self.machines.values() if machine.id in former or machine.id not in voters]
        chance.shuffle(rest)
        for machine in [machine for machine in self.machines.values() if machine not in rest] + rest:
            with machine.hand:
                if chance.random() < 0.5:
                    self.note(f"{machine.id} killed for the voters {voters}")
                    machine.kill()
                else:
                    self.note(f"{machine.id} ends for the voters {voters}")
                    machine.tell("leave 3000")
                    machine.quit()
                machine.host.end()
                machine.start()
                eventually(lambda: machine.host.said(reply="joined"), f"{machine.id} joins")
            time.sleep(chance.uniform(0, 0.5))
