"""What the tests share: nodes in other processes, and waits that have an end."""

from __future__ import annotations

import json
import os
import pathlib
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

TESTS = pathlib.Path(__file__).parent
LONGEST = 10.0
"""Seconds that any single thing may take."""

# Loopback only, no multicast, ports that are free, and no long grace: tests meet nobody but each other.
QUICK: dict[str, Any] = {"port": 0, "multicast": False, "failover_grace": 200, "log_level": "error"}

Found = TypeVar("Found")


def until(look: Callable[[], Found], what: str = "the condition") -> Found:
    """Looks again and again until there is something true."""
    end = time.monotonic() + LONGEST
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < end, f"{what} did not come true in {LONGEST} s"
        time.sleep(0.005)


def environment() -> dict[str, str]:
    """A child's environment, in which it finds the package that is tested here."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def run(script: str, *arguments: str, timeout: float = LONGEST) -> subprocess.CompletedProcess[str]:
    """Runs a script in a process of its own, to its end."""
    return subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", script, *arguments],
        capture_output=True, text=True, timeout=timeout, env=environment(),
    )  # fmt: skip


class Peer:
    """A node in a process of its own."""

    def __init__(
        self, cluster: str, node_id: str, seeds: list[int], role: str | None, **options: Any
    ) -> None:
        self.id = node_id
        seeds_text = ",".join(f"127.0.0.1:{port}" for port in seeds)
        options = {**QUICK, "cluster": cluster, "node_id": node_id, "seeds": seeds_text or None, **options}
        self.process = subprocess.Popen(
            [sys.executable, str(TESTS / "peer.py"), json.dumps({"role": role, "options": options})],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment(),
        )  # fmt: skip
        self._told: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._kept: list[dict[str, Any]] = []
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self.port: int = self.expect("joined")["port"]

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._told.put(json.loads(line))

    def expect(self, what: str) -> dict[str, Any]:
        """The next thing that the peer tells, which must be this."""
        told = self._told.get(timeout=LONGEST)
        assert told["what"] == what, told
        return told

    def hear(self, what: str) -> dict[str, Any]:
        """The next thing of this kind that the peer tells. What it tells before is kept for later."""
        for index, told in enumerate(self._kept):
            if told["what"] == what:
                return self._kept.pop(index)
        while True:
            told = self._told.get(timeout=LONGEST)
            assert told["what"] != "failed", told
            if told["what"] == what:
                return told
            self._kept.append(told)

    def order(self, do: str, **more: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"do": do, **more}) + "\n")
        self.process.stdin.flush()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self._listener.join(LONGEST)
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()
