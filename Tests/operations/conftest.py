"""Services in a cluster, and a load balancer in front of them: real programs on loopback."""

from __future__ import annotations

import http.client
import os
import pathlib
import re
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[1]
sys.path.insert(0, str(TOP / "Tests"))

from harness.process import eventually, free_port  # noqa: E402

COMMAND = os.environ.get("MUSTER_COMMAND", str(TOP / "out/bin/muster"))
LIBRARY = os.environ.get("MUSTER_LIBRARY", str(TOP / "out/lib/libmuster.so.0"))


class Service:
    def __init__(self, node_id: str, node_port: int, port: int, process: subprocess.Popen[bytes]) -> None:
        self.id, self.node_port, self.port, self.process = node_id, node_port, port, process


class Town:
    """A cluster of services, by their names."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.cluster = f"town-{uuid.uuid4().hex[:12]}"
        self.services: dict[str, Service] = {}
        self.others: list[subprocess.Popen[Any]] = []
        self.seed = free_port()

    def start(self, node_id: str, port: int | None = None) -> Service:
        node_port = self.seed if not self.services else free_port()
        port = port or free_port()
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("MUSTER_")},
            "MUSTER_LIBRARY": LIBRARY, "PYTHONPATH": str(TOP / "bindings/python/src"),
        }  # fmt: skip
        process = subprocess.Popen(
            [sys.executable, str(HERE / "app.py"), self.cluster, node_id, str(node_port), f"127.0.0.1:{self.seed}",
             str(port)], cwd=self.folder, env=environment)  # fmt: skip
        self.services[node_id] = Service(node_id, node_port, port, process)
        eventually(lambda: answers(port), f"{node_id} answers")
        return self.services[node_id]

    def trio(self) -> None:
        """Three of them, `a` the primary, in line after that."""
        self.start("a")
        eventually(lambda: answers(self.services["a"].port, "/primary"), "a leads")
        for node_id in "bc":
            self.start(node_id)

    def kill(self, node_id: str) -> None:
        service = self.services.pop(node_id)
        service.process.kill()
        service.process.wait(20)

    def written(self, name: str = "posts") -> list[str]:
        """What the services wrote down, in order."""
        place = self.folder / name
        return place.read_text().splitlines() if place.exists() else []

    def program(self, *words: object) -> subprocess.Popen[Any]:
        """Starts another program, which ends with the test."""
        process = subprocess.Popen([str(word) for word in words], cwd=self.folder)
        self.others.append(process)
        return process

    def config(self, name: str, changes: dict[str, str]) -> pathlib.Path:
        """The example of the documentation, with the ports and paths of this test."""
        text = (TOP / "docs/operations" / name).read_text()
        for old, new in changes.items():
            assert old in text, old
            text = text.replace(old, new)
        place = self.folder / name
        place.write_text(text)
        return place

    def end(self) -> None:
        # In good order where they will: nginx ends its workers itself.
        for process in self.others:
            process.terminate()
        for process in [*self.others, *(service.process for service in self.services.values())]:
            try:
                process.wait(5 if process in self.others else 0)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(20)


def answers(port: int, path: str = "/") -> str | None:
    """Who answers 200; nobody is None."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        link.request("GET", path)
        answer = link.getresponse()
        text = answer.read().decode().strip()
        return text if answer.status == 200 else None
    except (OSError, http.client.HTTPException):
        return None
    finally:
        link.close()


def post(port: int, wish: str, path: str = "/") -> tuple[int, str]:
    """The status, and who has done it."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        link.request("POST", path, wish)
        answer = link.getresponse()
        return answer.status, answer.read().decode().strip()
    finally:
        link.close()


class Traffic:
    """Asks all the time, and keeps when who answered."""

    def __init__(self, port: int, path: str = "/") -> None:
        self.port, self.path = port, path
        self.found: list[tuple[float, str | None]] = []
        self.is_over = False
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self) -> None:
        while not self.is_over:
            who = answers(self.port, self.path)
            self.found.append((time.monotonic(), who))
            time.sleep(0.002)

    def end(self) -> None:
        self.is_over = True
        self.thread.join()

    def last(self, count: int = 1) -> list[str | None]:
        return [who for _, who in self.found[-count:]]

    def longest_gap(self) -> float:
        """Seconds between two good answers, at most."""
        times = [at for at, who in self.found if who]
        return max(later - earlier for earlier, later in zip(times, times[1:]))

    def failures(self) -> int:
        return sum(who is None for _, who in self.found)


@pytest.fixture
def town(tmp_path: pathlib.Path) -> Iterator[Town]:
    town = Town(tmp_path)
    yield town
    town.end()


@pytest.fixture
def traffic() -> Iterator[Callable[..., Traffic]]:
    made: list[Traffic] = []

    def traffic(port: int, path: str = "/") -> Traffic:
        made.append(Traffic(port, path))
        return made[-1]

    yield traffic
    for each in made:
        each.end()


def listening(config: str) -> dict[str, str]:
    """Another port for each that the example listens on."""
    return {match: f"127.0.0.1:{free_port()}" for match in re.findall(r"127\.0\.0\.1:80\d\d", config)}
