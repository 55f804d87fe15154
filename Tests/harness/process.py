"""Drives `host` processes: what they say is kept line by line, and every wait has a deadline."""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

Line = dict[str, Any]

# Long enough for a machine that is busy with other things; a test that passes never waits for it.
PATIENCE = 20.0


def now_ns() -> int:
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC)


def eventually(condition: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """Asks again and again until the answer is true; the answer. Fails when the time is up."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.01)


def throughout(condition: Callable[[], Any], what: str, seconds: float) -> None:
    """Asks for so long, and fails as soon as the answer is false: for what must never happen."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert condition(), what
        time.sleep(0.02)


# A byte for each port: who has locked it may use the port, until its process ends. Suites run beside each other.
_ports = open(f"{tempfile.gettempdir()}/muster-test-ports-{os.getuid()}", "ab")  # noqa: SIM115


def free_port() -> int:
    """A number that is free for UDP and TCP, that no other run of tests is given meanwhile, and that is below those which
    the kernel gives out by itself."""
    for _ in range(1000):
        port = random.randrange(20000, 32000)
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
            fcntl.lockf(_ports, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
            datagrams.bind(("127.0.0.1", port))
            with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as streams:
                streams.bind(("127.0.0.1", port))
                return port
    raise AssertionError("no port is free")


def is_stopped(pid: int) -> bool:
    """Whether all its threads stand still: one may run on for a moment after the signal."""
    tasks = pathlib.Path(f"/proc/{pid}/task")
    return all(" T " in (task / "stat").read_text().rpartition(")")[2][:3] for task in tasks.iterdir())


def children(pid: int) -> list[int]:
    """The processes that this one started and that are not over yet."""
    try:
        text = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [int(word) for word in text.split()]


class Host:
    """One process that joined a cluster."""

    def __init__(self, program: pathlib.Path, arguments: list[str], prefix: list[str] | None = None) -> None:
        self.lines: list[Line] = []
        # Empty for a random one.
        self.id = next(word.removeprefix("node_id=") for word in arguments if word.startswith("node_id="))
        self._news = threading.Condition()
        self._is_over = False
        environment = {key: value for key, value in os.environ.items() if not key.startswith("MUSTER_")}
        self.process = subprocess.Popen(
            [*(prefix or []), str(program), *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._asked = itertools.count()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for text in self.process.stdout:
            line = json.loads(text)
            with self._news:
                self.lines.append(line)
                self._news.notify_all()
        with self._news:
            self._is_over = True
            self._news.notify_all()

    @property
    def pid(self) -> int:
        return self.process.pid

    # -- what it said

    def mark(self) -> int:
        """A place in its lines, for `wait_for(since=...)`."""
        with self._news:
            return len(self.lines)

    def said(self, since: int = 0, **wanted: Any) -> list[Line]:
        """The lines with these values, so far."""
        with self._news:
            return [line for line in self.lines[since:] if all(line.get(key) == value for key, value in wanted.items())]

    def wait_for(self, since: int = 0, seconds: float = PATIENCE, **wanted: Any) -> Line:
        """The first line with these values, waiting for it."""
        deadline = time.monotonic() + seconds
        with self._news:
            while True:
                for line in self.lines[since:]:
                    if all(line.get(key) == value for key, value in wanted.items()):
                        return line
                left = deadline - time.monotonic()
                if left <= 0 or self._is_over:
                    reason = "it ended" if self._is_over else f"not within {seconds} s"
                    errors = self.process.stderr.read() if self._is_over and self.process.stderr else ""
                    tail = "\n".join(json.dumps(line) for line in self.lines[-40:])
                    raise AssertionError(f"{self.id} never said {wanted}: {reason}\n{tail}\n{errors}")
                self._news.wait(left)

    # -- what it is told

    def tell(self, command: str) -> int:
        """Gives a command; the place in its lines from which the answer is to be expected."""
        assert self.process.stdin is not None
        since = self.mark()
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return since

    def ask(self, command: str, seconds: float = PATIENCE) -> Line:
        """Gives a command and waits for its answer."""
        since = self.tell(command)
        return self.wait_for(since, seconds, reply=command.split(" ")[0])

    def joined(self) -> Line:
        return dict(self.wait_for(reply="joined")["json"])

    @property
    def port(self) -> int:
        return int(self.joined()["port"])

    @property
    def address(self) -> str:
        return f"{self.joined()['address']}:{self.port}"

    def members(self) -> dict[str, Line]:
        answer = self.ask("members")
        return {member["id"]: member for member in answer.get("json", [])}

    def sees(self, *ids: str) -> bool:
        """Whether its list has these members, all of them alive, and no others."""
        members = self.members()
        return sorted(members) == sorted(ids) and all(member["state"] == "alive" for member in members.values())

    def is_primary(self, role: str = "primary") -> bool:
        return bool(self.ask(f"is-primary {role}")["primary"])

    def token(self, role: str = "primary") -> int:
        answer = self.ask(f"token {role}")
        assert answer["result"] == 0, answer
        return int(answer["token"])

    def primary(self, role: str = "primary") -> str | None:
        answer = self.ask(f"primary {role}")
        assert answer["result"] == 0, answer
        return answer["json"]["id"] if answer["json"] else None

    def statistics(self) -> Line:
        return dict(self.ask("stats")["json"])

    def sees_leased(self, role: str, holder: str) -> bool:
        """Whether it has read in the register that this one holds the lease: not what members say."""
        return bool(self.statistics()["leases"][role]["holder"] == holder)

    # -- the process

    def send(self, number: signal.Signals) -> int:
        """Sends a signal to this process; when, on the clock of its lines."""
        at = now_ns()
        os.kill(self.pid, number)
        return at

    def kill(self) -> int:
        at = self.send(signal.SIGKILL)
        self.process.wait(PATIENCE)
        return at

    def freeze(self) -> int:
        at = self.send(signal.SIGSTOP)
        eventually(lambda: is_stopped(self.pid), f"{self.id} stands still")
        return at

    def go_first(self) -> None:
        """From now on its threads have the processor as soon as they want it, whatever else the machine does; where that
        is not permitted, it does without."""
        for task in pathlib.Path(f"/proc/{self.pid}/task").iterdir():
            with contextlib.suppress(PermissionError):
                os.sched_setscheduler(int(task.name), os.SCHED_FIFO, os.sched_param(1))

    def kill_when_joined(self) -> None:
        self.joined()
        self.kill()

    def quit(self) -> int:
        """Ends it in good order; its exit status. Nothing but its lines may have been written."""
        self.tell("quit")
        assert self.process.stdin is not None and self.process.stderr is not None
        status = self.process.wait(PATIENCE)
        assert self.process.stderr.read() == ""
        return status

    def end(self) -> None:
        """Whatever became of it, it is over afterwards, and so are its children."""
        if self.process.poll() is None:
            for child in children(self.pid):
                os.kill(child, signal.SIGKILL)
            self.process.kill()
            self.process.wait()
        self._reader.join(PATIENCE)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                try:
                    stream.close()
                except BrokenPipeError:
                    pass

    # -- what the system says about it

    def memory_kb(self) -> int:
        text = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(next(line.split()[1] for line in text.splitlines() if line.startswith("RssAnon:")))

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/fd"))


class Stage:
    """The hosts of one test. Every test has a cluster name, ports and a multicast group of its own."""

    def __init__(self, program: pathlib.Path) -> None:
        self.program = program
        self.name = f"e2e-{os.getpid()}-{random.getrandbits(48):x}"
        self.hosts: list[Host] = []

    def start(
        self, id: str, *arguments: str, seeds: list[Host] | str = "", prefix: list[str] | None = None,
        **options: Any,
    ) -> Host:  # fmt: skip
        """Starts a host. Options with a dot are given as plain arguments."""
        chosen = {"cluster": self.name, "port": "0", "multicast": "false", "node_id": id, **options}
        if seeds:
            chosen["seeds"] = seeds if isinstance(seeds, str) else ",".join(seed.address for seed in seeds)
        words = [f"{key}={value}" for key, value in chosen.items()]
        host = Host(self.program, [*words, *arguments], prefix)
        self.hosts.append(host)
        return host

    def trio(self, *arguments: str, **options: Any) -> tuple[Host, Host, Host]:
        """Three hosts that know each other; `a` took its seats first, then `b`, then `c`."""
        a = self.start("a", *arguments, **options)
        if any(word.startswith("role=") for word in arguments):
            a.wait_for(callback="promote")
        b = self.start("b", *arguments, seeds=[a], **options)
        self.agree(a, b)
        c = self.start("c", *arguments, seeds=[a], **options)
        self.agree(a, b, c)
        return a, b, c

    def agree(self, *hosts: Host, seconds: float = PATIENCE) -> None:
        """Waits until each of these sees all of these, and nobody else."""
        ids = [host.id for host in hosts]
        for host in hosts:
            eventually(partial(host.sees, *ids), f"{host.id} sees {ids}", seconds)

    def end(self) -> None:
        for host in self.hosts:
            host.end()
