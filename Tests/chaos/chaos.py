"""Three hosts, a store, a network, and imps that break them: what they do follows from a seed, when exactly it happens
does not."""

from __future__ import annotations

import collections
import contextlib
import itertools
import pathlib
import random
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator

from checker import Interval, intervals
from engines import Engine

from harness.clocks import Clocks
from harness.network import Network
from harness.process import PATIENCE, Host, Stage, eventually, free_port, now_ns
from harness.proxy import Proxy, Weather, listen, namespace_of

ROLE = "primary"
LEASE = 1.0
IDS = ("a", "b", "c")


class Machine:
    """One node from start to start, with its own way to the store and to the fenced table."""

    def __init__(self, chaos: Chaos, id: str, engine: Engine | None, fence_port: int | None) -> None:
        self.id, self._chaos = id, chaos
        self._prefix: list[str] = []
        self._address, self._port = "127.0.0.1", free_port()
        namespace = None
        if chaos.network is not None:
            self._address, self._port = chaos.network.machine(id), 7000
            self._prefix = chaos.network.on(id)
            namespace = namespace_of(self._prefix)
        self.store = [Proxy(listen(namespace), ("127.0.0.1", port)) for port in (engine.ports if engine else [])]
        self.fence = Proxy(listen(namespace), ("127.0.0.1", fence_port)) if fence_port is not None else None
        self.url = engine.url([proxy.port for proxy in self.store]) if engine else ""
        self.starts: list[Host] = []
        self.kills = 0
        self.hand = threading.Lock()
        """Of whoever ends and starts it: one at a time."""

    @property
    def address(self) -> str:
        return f"{self._address}:{self._port}"

    @property
    def host(self) -> Host:
        return self.starts[-1]

    def start(self) -> None:
        """A new process of this node."""
        chaos = self._chaos
        words = chaos.clock_of(self.id)
        if self.fence is not None:
            words += ["env", f"FENCE_DATABASE={chaos.fence_url(self.fence.port)}", f"FENCE_ROLE={chaos.stage.name}"]
            words.append(f"FENCE_STATEMENT={chaos.statement}")
        options = {
            "bind": self._address, "port": str(self._port), "insecure": "true", "failover.grace": "300ms",
            "seeds": ",".join(machine.address for machine in chaos.machines.values() if machine is not self),
            **chaos.options_of(self),
        }  # fmt: skip
        if self.url:
            lease = f"{chaos.lease:.0f}s"
            options |= {"failover.authority": "store", "failover.store": self.url, "failover.lease": lease}
        self.starts.append(
            chaos.stage.start(
                self.id, *chaos.arguments, "host.log=3", prefix=[*self._prefix, *words], **options,
            )
        )  # fmt: skip
        chaos.has_started(self)

    def tell(self, command: str) -> None:
        """Waits for no answer, and for nobody who is gone."""
        with contextlib.suppress(BrokenPipeError, ValueError):
            self.host.tell(command)

    def quit(self) -> None:
        """Its host ends in good order."""
        self.host.tell("quit")
        self.host.process.wait(PATIENCE)
        self.ended_well()

    def ended_well(self) -> None:
        """Its host, which is over, was not ended by a fault, and has written nothing but its lines."""
        process = self.host.process
        assert process.stderr is not None
        errors = process.stderr.read()
        is_well = process.returncode in self._chaos.good_ends and not errors
        assert is_well, f"{self.id} ended with {process.returncode}: {errors}"

    def kill(self) -> None:
        self.kills += 1
        self.host.kill()

    def lives(self) -> bool:
        return self.host.process.poll() is None

    def end(self) -> None:
        for proxy in [*self.store, *([self.fence] if self.fence else [])]:
            proxy.end()


class Chaos:
    name = "members"
    ids: tuple[str, ...] = IDS
    lease = LEASE
    arguments: tuple[str, ...] = (f"role={ROLE}", "host.sample=2", "host.demote-ms=20")
    """Of every host."""
    good_ends: tuple[int, ...] = (0,)
    """The statuses with which a host may end that was asked to."""

    def __init__(
        self, stage: Stage, network: Network | None, engine: Engine | None, seed: str, fence_port: int | None = None,
        statement: str = "", clocks: Clocks | None = None, **options: str,
    ) -> None:  # fmt: skip
        self.stage, self.network, self.engine, self.seed = stage, network, engine, seed
        self.statement, self.options = statement, options
        self.machines: dict[str, Machine] = {}
        for id in self.ids:
            self.machines[id] = Machine(self, id, engine, fence_port)
        self.clocks = clocks
        self.rates: dict[str, int] = {}
        """How far off the clocks of nodes are, of 1000 parts, where that is not left to chance."""
        self._rates = random.Random(f"{seed}/rates")
        self.deeds: list[tuple[int, str]] = []
        """What was done, and when."""
        self.began = now_ns()
        self.plays = 0
        self._ends_at = 0.0
        self._failures: list[BaseException] = []

    @property
    def title(self) -> str:
        """Of its story."""
        return self.engine.name if self.engine else self.name

    @staticmethod
    def fence_url(port: int) -> str:
        return f"postgresql://muster:secret@127.0.0.1:{port}/postgres?connect_timeout=2"

    def options_of(self, machine: Machine) -> dict[str, str]:
        """Of the library, for its next start."""
        return self.options

    def clock_of(self, id: str) -> list[str]:
        """What is put before the next start of a node, so that its clock is off, by as much as clocks may be."""
        if self.clocks is None:
            return []
        rate = self.rates.get(id, self._rates.choice([-Clocks.most, 0, Clocks.most]))
        self.note(f"{id} is to have a clock that is off by {rate} of 1000")
        return self.clocks.words(rate)

    def note(self, deed: str) -> None:
        self.deeds.append((now_ns(), deed))

    # -- what is looked at

    def history(self) -> list[Interval]:
        return [
            interval
            for machine in self.machines.values()
            for host in machine.starts
            for interval in intervals(f"{host.id}/{host.pid}", list(host.lines))
        ]

    def believers(self) -> list[str]:
        return [machine.id for machine in self.machines.values() if machine.host.is_primary()]

    def story(self) -> str:
        """All that happened, in seconds: deeds and what the hosts said of roles."""
        lines = [(at, f"-- {deed}") for at, deed in self.deeds]
        for machine in self.machines.values():
            for host in machine.starts:
                for line in list(host.lines):
                    if line.get("sample") == "held" or line.get("work") == "accepted":
                        continue
                    words = " ".join(f"{key}={value}" for key, value in line.items() if key != "at")
                    lines.append((int(line["at"]), f"{host.id}/{host.pid} {words}"))
        return "\n".join(f"{(at - self.began) / 1e9:9.4f} {text}" for at, text in sorted(lines))

    def on_the_wires(self) -> str:
        """What the proxies of the store did, counted."""
        counts: collections.Counter[str] = collections.Counter()
        for machine in self.machines.values():
            for proxy in machine.store:
                counts.update(proxy.counts)
        return ", ".join(f"{number} {what}" for what, number in sorted(counts.items())) or "no wires"

    # -- before and after

    def start(self) -> None:
        for machine in self.machines.values():
            machine.start()
        self.settle()

    def has_started(self, machine: Machine) -> None:
        """A new process, which may not have joined yet."""

    def settle(self) -> float:
        """Waits until there is one primary, and all know it; how many seconds the first took. A lease, a look and the
        steps are less than two; a server that was killed has to come to itself, and the machine may be busy."""
        began = time.monotonic()
        eventually(lambda: len(self.believers()) == 1, "one primary")
        took = time.monotonic() - began
        for machine in self.machines.values():
            eventually(lambda: [machine.host.primary()] == self.believers(), f"{machine.id} knows who")
        return took

    def rests(self, seconds: float) -> None:
        """Waits until one and the same has been the only primary for so long: what an operator asked for just before
        the calm may still come."""
        leader, since = self.believers(), time.monotonic()

        def is_at_rest() -> bool:
            nonlocal leader, since
            now = self.believers()
            if now != leader or len(now) != 1:
                leader, since = now, time.monotonic()
            return time.monotonic() - since >= seconds

        eventually(is_at_rest, "one primary that stays")

    def end(self) -> None:
        for machine in self.machines.values():
            machine.end()

    # -- the imps

    def play(self, seconds: float) -> None:
        """Lets them loose for so long. All is whole again afterwards, as far as that is in their power."""
        self.plays += 1
        self._ends_at = time.monotonic() + seconds
        threads = [threading.Thread(target=self._imp, args=(imp,)) for imp in self._imps()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self._failures:
            raise self._failures[0]
        self._undo()
        self.note("calm")

    def _imps(self) -> list[Callable[[random.Random], None]]:
        imps: list[Callable[[random.Random], None]] = [self._hosts, self._operators, self._wires]
        return imps if self.engine is None else [*imps, self._store]

    def _undo(self) -> None:
        """Takes back what operators have ordered."""
        for machine in self.machines.values():
            machine.tell(f"ready {ROLE} 1")
            machine.tell(f"resume {ROLE}")

    def _imp(self, imp: Callable[[random.Random], None]) -> None:
        chance = random.Random(f"{self.seed}/{imp.__name__}/{self.plays}")
        try:
            while time.monotonic() < self._ends_at:
                time.sleep(chance.uniform(0.1, 2.5))
                imp(chance)
        except BaseException as error:
            self._failures.append(error)

    @contextlib.contextmanager
    def _for(self, deed: str, seconds: float) -> Iterator[None]:
        """Does a deed in the block, and waits before it leaves it. It is noted when it is done: what a host said before
        it was stopped, it has said before the note."""
        yield
        self.note(f"{deed} for {seconds:.2f} s")
        time.sleep(seconds)
        self.note(f"{deed} no more")

    def _length(self, chance: random.Random) -> float:
        """Shorter than the trust, about as long as the lease, or longer."""
        return chance.choice([chance.uniform(0.05, 0.6), chance.uniform(0.6, 1.3), chance.uniform(1.3, 4)]) * LEASE

    def _victim(self, chance: random.Random) -> Machine:
        """Mostly the primary."""
        anybody = chance.choice(list(self.machines.values()))
        return anybody if chance.random() < 0.3 else self._primary() or anybody

    def _primary(self) -> Machine | None:
        """As far as the samples tell it."""
        for machine in self.machines.values():
            last = next((line for line in reversed(machine.host.lines) if "primary" in line and "sample" in line), None)
            if last is not None and last["primary"]:
                return machine
        return None

    def _hosts(self, chance: random.Random) -> None:
        deed, length = chance.choice(["kill", "stop", "stop", "stop and kill", "leave"]), self._length(chance)
        machine = self._victim(chance)
        with machine.hand:
            self._strike(machine, deed, length, chance)

    def _strike(self, machine: Machine, deed: str, length: float, chance: random.Random) -> None:
        host = machine.host
        if not machine.lives():
            machine.ended_well()
            raise AssertionError(f"{machine.id} ended by itself")
        if deed == "stop":
            with self._for(f"{machine.id} stopped", length):
                host.send(signal.SIGSTOP)
            host.send(signal.SIGCONT)
            return
        if deed == "leave":
            self.note(f"{machine.id} leaves")
            machine.tell("leave 3000")
            machine.tell("quit")
            with contextlib.suppress(subprocess.TimeoutExpired):
                host.process.wait(chance.uniform(0.01, 8))
            if not machine.lives():
                machine.ended_well()
        elif deed == "stop and kill":
            with self._for(f"{machine.id} stopped", length):
                host.send(signal.SIGSTOP)
        if machine.lives():
            self.note(f"{machine.id} killed")
            machine.kill()
        host.end()
        time.sleep(chance.uniform(0, 2))
        self._between(machine, chance)
        machine.start()
        self.note(f"{machine.id} started")

    def _between(self, machine: Machine, chance: random.Random) -> None:
        """Between two starts of a node."""

    def _operators(self, chance: random.Random) -> None:
        asked = chance.choice(list(self.machines.values()))
        named = chance.choice(self.ids)
        command = chance.choice([f"promote {ROLE} {named} 1000", f"step-down {ROLE} 1000", "pause", "ready"])
        length = self._length(chance)
        if command == "pause":
            with self._for("role paused", length):
                asked.tell(f"pause {ROLE}")
            # All are told: who was asked may be gone.
            for machine in self.machines.values():
                machine.tell(f"resume {ROLE}")
        elif command == "ready":
            with self._for(f"{asked.id} not ready", length):
                asked.tell(f"ready {ROLE} 0")
            asked.tell(f"ready {ROLE} 1")
        else:
            self.note(f"{asked.id}: {command}")
            asked.tell(command)

    def _wires(self, chance: random.Random) -> None:
        length, machine = self._length(chance), self._victim(chance)
        deeds = ["split", "split"]
        if self.engine is not None and machine.store:
            deeds += ["cut", "weather", "weather", "weather", "cut off"]
        if machine.fence is not None:
            deeds.append("fence")
        deed = chance.choice(deeds)
        weather = chance.choice([
            Weather(delay=chance.uniform(0.01, 0.5)), Weather(hold=chance.uniform(0.1, 3)), Weather(answers=False),
            Weather(asks=False), Weather(accepts=False), Weather(delay=0.1, repeats=True),
        ])  # fmt: skip
        if weather.repeats and not (self.engine is not None and self.engine.is_http):
            weather = Weather(hold=weather.delay)
        if deed == "split" and self.network is not None:
            others = [id for id in self.ids if id != machine.id]
            with self._for(f"{machine.id} parted from {others}", length):
                self.network.split([machine.id], others)
            self.network.heal()
        elif deed == "cut":
            self.note(f"connections of {machine.id} to the store reset")
            for proxy in machine.store:
                proxy.cut()
        elif deed == "cut off":
            self._under([machine], Weather(asks=False, answers=False, accepts=False), length)
        elif deed == "weather":
            self._under([machine] if chance.random() < 0.7 else list(self.machines.values()), weather, length)
        elif deed == "fence":
            self._write_late(machine, length, chance)

    def _write_late(self, machine: Machine, length: float, chance: random.Random) -> None:
        if machine.fence is None:
            return
        with machine.fence.under(Weather(hold=chance.uniform(0.1, 2))), self._for(f"{machine.id} writes late", length):
            pass

    def _under(self, machines: list[Machine], weather: Weather, length: float) -> None:
        with contextlib.ExitStack() as stack:
            for proxy in itertools.chain.from_iterable(machine.store for machine in machines):
                stack.enter_context(proxy.under(weather))
            with self._for(f"{[machine.id for machine in machines]} to the store: {weather}", length):
                pass

    def _store(self, chance: random.Random) -> None:
        assert self.engine is not None
        time.sleep(chance.uniform(0, 3))
        name, fault = chance.choice(self.engine.faults(chance))
        length = self._length(chance)
        with fault(), self._for(name, length):
            pass


def write_down(chaos: Chaos) -> pathlib.Path:
    """Keeps the story of a run that went wrong."""
    path = pathlib.Path(tempfile.gettempdir()) / f"chaos-{chaos.title}-{chaos.seed}.txt"
    path.write_text(chaos.story())
    return path
