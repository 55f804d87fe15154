"""What is asked of a console, and whether its node is late for it: how soon a member answers others while its console is asked
for all that it gives, and how often it probes."""

from __future__ import annotations

import contextlib
import pathlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

from network import Network
from results import Results

ROOT = pathlib.Path(__file__).resolve().parents[1]
HERE = pathlib.Path(__file__).resolve().parent
COMMAND = ROOT / "out" / "bin" / "muster"

sys.path.append(str(ROOT / "Tests"))

from harness.certificates import Authority  # noqa: E402

ROUNDS = 3
SECONDS = 15.0
PORTS = {"plain": 7878, "tls": 7879}
# How far above a member's own port its console is.
ABOVE = 1000
# By the names of what asker.py and loader.py do; "idle" is nothing.
LOADS = ["idle", "metrics", "members", "mixed", "handshakes"]
ROWS = [f"console-{what}-{load}" for load in LOADS for what in ("ack", "probe", "rate") if (what, load) != ("rate", "idle")]


def play(results: Results) -> None:
    """In turns, so that all see the same machine."""
    for _ in range(ROUNDS):
        for load in LOADS:
            if results.wants(*(f"console-{what}-{load}" for what in ("ack", "probe", "rate"))):
                with _pair() as network:
                    _measure(results, network, load)


@contextlib.contextmanager
def _pair() -> Iterator[Network]:
    """Two members with consoles, one of which speaks TLS."""
    network = Network()
    running: list[subprocess.Popen[bytes]] = []
    with tempfile.TemporaryDirectory() as place:
        authority = Authority(pathlib.Path(place) / "ca")
        authority.issue("node", "DNS:localhost")
        secure = ["--http-certificate", authority.file("node.pem"), "--http-private-key", authority.file("node.key")]
        try:
            for number, (name, port) in enumerate(PORTS.items()):
                words = [COMMAND, "agent", "--cluster", "bench", "--node-id", name, "--port", str(port), "--multicast", "false",
                         "--http", f"127.0.0.1:{port + ABOVE}", *(secure if name == "tls" else []),
                         *(["--seeds", f"127.0.0.1:{PORTS['plain']}"] if number else [])]  # fmt: skip
                running.append(subprocess.Popen([*network.inside, *map(str, words)], stdout=subprocess.DEVNULL,
                                                env={"XDG_RUNTIME_DIR": place}))  # fmt: skip
            time.sleep(3)
            yield network
        finally:
            for process in running:
                process.kill()
                process.wait()
            network.end()


def _measure(results: Results, network: Network, load: str) -> None:
    port = PORTS["tls" if load == "handshakes" else "plain"]
    loader = None
    if load != "idle":
        loader = subprocess.Popen(
            [*network.inside, sys.executable, HERE / "loader.py", load, str(port + ABOVE), str(SECONDS + 3)],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        time.sleep(1.5)
    try:
        said = subprocess.check_output(
            [*network.inside, sys.executable, HERE / "asker.py", str(port), str(SECONDS)], text=True
        )
        for line in said.splitlines():
            who, value = line.split()
            if who == "probe":
                results.add(f"console-probe-{load}", "ours", float(value))
            else:
                results.add(f"console-ack-{load}", who, float(value))
        if loader is not None:
            rate, _ = loader.communicate()
            results.add(f"console-rate-{load}", "ours", float(rate))
    finally:
        if loader is not None:
            loader.kill()
            loader.wait()
