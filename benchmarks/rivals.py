"""Others that keep one of several processes in charge: keepalived, etcd, PostgreSQL's advisory locks. Three candidates
each, as their packages come, on this machine."""

from __future__ import annotations

import os
import pathlib
import selectors
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable

from machines import Machines
from stores import EtcdInside, PostgreSQL

SIZE = 3
ADDRESS = "10.77.0.100"


class Candidate:
    """A process that wants to be in charge. `output` says when it is, by a line with `word`."""

    def __init__(self, process: subprocess.Popen[bytes], output: subprocess.Popen[bytes], word: bytes) -> None:
        self.process, self._output, self._word = process, output, word
        assert output.stdout is not None
        self.stream = output.stdout
        os.set_blocking(self.stream.fileno(), False)
        self.in_charge_since = 0
        """When its word was read; CLOCK_MONOTONIC, nanoseconds."""

    def listen(self) -> None:
        data = os.read(self.stream.fileno(), 1 << 16)
        arrived = time.monotonic_ns()
        has_it = any(self._word in line and b"Deleted" not in line for line in data.splitlines())
        if has_it and not self.in_charge_since:
            self.in_charge_since = arrived

    def end(self) -> None:
        for process in {self.process, self._output}:
            process.kill()
            process.wait()


class Rivals:
    """Three candidates of one kind. Where one is struck, another one comes."""

    orderly = signal.SIGTERM
    """What makes one give its place to the next."""
    patience = 20.0

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self.candidates: list[Candidate] = []

    def candidate(self, number: int) -> Candidate:
        raise NotImplementedError

    def gather(self) -> None:
        for number in range(SIZE):
            self._add(number)
            # They come one after the other, so that there is a line.
            self.rest(0.3)
        self._await(lambda: any(candidate.in_charge_since for candidate in self.candidates))

    def _add(self, number: int) -> None:
        candidate = self.candidate(number)
        self.candidates.append(candidate)
        self._selector.register(candidate.stream, selectors.EVENT_READ, candidate)

    def rest(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._listen(left)

    def _listen(self, seconds: float) -> None:
        for key, _ in self._selector.select(seconds):
            key.data.listen()

    def _await(self, condition: Callable[[], bool]) -> bool:
        end = time.monotonic() + self.patience
        while not condition() and time.monotonic() < end:
            self._listen(0.1)
        return condition()

    def strike(self, candidate: Candidate, number: int) -> None:
        candidate.process.send_signal(number)

    def deposed(self, number: int) -> float | None:
        """Strikes who is in charge; the seconds until another is. None: not within `patience`."""
        chief = max(self.candidates, key=lambda candidate: candidate.in_charge_since)
        others = [candidate for candidate in self.candidates if candidate is not chief]
        struck = time.monotonic_ns()
        self.strike(chief, number)
        followed = self._await(lambda: any(candidate.in_charge_since > struck for candidate in others))
        took = max(candidate.in_charge_since for candidate in others) - struck
        place = self.candidates.index(chief)
        self._selector.unregister(chief.stream)
        self.candidates.remove(chief)
        self.bury(chief)
        self._add(place)
        self.candidates.insert(place, self.candidates.pop())
        self._await(lambda: any(candidate.in_charge_since for candidate in self.candidates))
        return took / 1e9 if followed else None

    def bury(self, candidate: Candidate) -> None:
        candidate.end()

    def end(self) -> None:
        for candidate in self.candidates:
            candidate.end()
        self._selector.close()


class Keepalived(Rivals):
    """VRRP on three machines of a network; who has the address is in charge. Nobody is displaced by an arrival."""

    def __init__(self, advert: str) -> None:
        super().__init__()
        self._machines = Machines(SIZE)
        self._advert = advert
        self._directory = pathlib.Path(tempfile.mkdtemp(prefix="bench-keepalived-"))
        for number in range(SIZE):
            (self._directory / f"{number}.conf").write_text(
                "global_defs {\n vrrp_version 3\n router_id m" + str(number) + "\n}\n"
                "vrrp_instance one {\n state BACKUP\n nopreempt\n interface eth0\n virtual_router_id 51\n"
                f" priority {200 - 2 * number}\n advert_int {advert}\n"
                f" virtual_ipaddress {{\n  {ADDRESS}/24\n }}\n}}\n"
            )

    def candidate(self, number: int) -> Candidate:
        inside = self._machines.inside(number)
        subprocess.run([*inside, "ip", "address", "delete", f"{ADDRESS}/24", "dev", "eth0"], capture_output=True)
        pids = [self._directory / f"{number}.{name}" for name in ("pid", "vrrp", "checkers")]
        for pid in pids:
            pid.unlink(missing_ok=True)
        # Its own process group, so that its child is struck too.
        output = subprocess.Popen([*inside, "ip", "-o", "monitor", "address"], stdout=subprocess.PIPE)
        keepalived = shutil.which("keepalived", path=os.environ["PATH"] + ":/usr/sbin")
        assert keepalived is not None
        words = [keepalived, "-n", "-P", "-f", str(self._directory / f"{number}.conf")]
        words += [f"--pid={pids[0]}", f"--vrrp_pid={pids[1]}", f"--checkers_pid={pids[2]}"]
        with (self._directory / "log").open("ab") as log:
            process = subprocess.Popen([*inside, *words], stdout=log, stderr=log, start_new_session=True)
        return Candidate(process, output, ADDRESS.encode())

    def strike(self, candidate: Candidate, number: int) -> None:
        # In good order the parent alone is told.
        if number == self.orderly:
            candidate.process.send_signal(number)
        else:
            os.killpg(candidate.process.pid, number)

    def bury(self, candidate: Candidate) -> None:
        try:
            os.killpg(candidate.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        candidate.end()

    def end(self) -> None:
        for candidate in self.candidates:
            self.bury(candidate)
        super().end()
        self._machines.end()
        shutil.rmtree(self._directory)


class EtcdLock(Rivals):
    """`etcdctl lock`: a session with a lease of two seconds, the shortest that etcd grants by default, and a queue of
    keys, as its election recipe has."""

    orderly = signal.SIGINT

    def __init__(self, server: EtcdInside) -> None:
        super().__init__()
        self._server = server

    def words(self) -> list[str]:
        return ["lock", "--ttl", "2", "bench-lock"]

    def candidate(self, number: int) -> Candidate:
        process = subprocess.Popen(self._server.control(*self.words()), stdout=subprocess.PIPE)
        return Candidate(process, process, b"bench-")


class EtcdElection(EtcdLock):
    """`etcdctl elect`: its session lasts for sixty seconds, and no option changes that."""

    patience = 70.0

    def words(self) -> list[str]:
        return ["elect", "bench-election", "candidate"]


class AdvisoryLock(Rivals):
    """Three sessions of psql that ask for the same advisory lock: whoever gets it is in charge."""

    def __init__(self, server: PostgreSQL) -> None:
        super().__init__()
        self._url = server.url

    def candidate(self, number: int) -> Candidate:
        binaries = PostgreSQL.binaries()
        process = subprocess.Popen(
            [f"{binaries}/psql", "-qAtX", self._url], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert process.stdin is not None
        process.stdin.write(b"SELECT 'locked', pg_advisory_lock(77);\n")
        process.stdin.flush()
        return Candidate(process, process, b"locked")
