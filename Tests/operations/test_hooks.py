"""What `muster run` starts on the primary: an address that moves, a PostgreSQL that is promoted."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator

import pytest
from conftest import COMMAND, TOP, eventually, free_port
from harness.network import Network, why_not
from harness.servers import PostgreSQL

KNOCK = """
import socket
try:
    socket.create_connection(("10.77.0.100", 9), 1)
except ConnectionRefusedError:
    raise SystemExit(0)
except OSError:
    raise SystemExit(1)
"""

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start(tmp_path: pathlib.Path) -> Iterator[Start]:
    """Starts `muster run` in a cluster of this test."""
    processes: list[subprocess.Popen[bytes]] = []
    cluster = f"hooks-{uuid.uuid4().hex[:12]}"
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MUSTER_")}

    def start(node_id: str, *words: object, before: list[str] = [], **how: object) -> subprocess.Popen[bytes]:
        flags = ["--cluster", cluster, "--node-id", node_id, "--control", f"/tmp/{cluster}-{node_id}.sock"]
        process = subprocess.Popen(
            [*before, COMMAND, "run", *flags, *map(str, words)], cwd=tmp_path,
            env=environment | {"PATH": f"{PostgreSQL.binaries()}:{os.environ['PATH']}"}, **how)  # type: ignore[call-overload]
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(20)


def test_the_address_is_where_the_primary_is(start: Start, tmp_path: pathlib.Path) -> None:
    if reason := why_not():
        pytest.skip(reason)
    secret = tmp_path / "key"
    secret.write_bytes(subprocess.check_output([COMMAND, "keygen"]))
    network = Network()

    def holders() -> list[str]:
        shown = ["ip", "-o", "address", "show", "to", "10.77.0.100"]
        return [name for name in "abc" if subprocess.check_output([*network.on(name), *shown])]

    def answers() -> bool:
        """Whether a machine that has no part in it gets an answer from there: nobody listens, says its kernel."""
        done = subprocess.run([*network.on("client"), sys.executable, "-c", KNOCK], check=False)
        return done.returncode == 0

    try:
        for name in ("a", "b", "c", "client"):
            network.machine(name)
        script = [TOP / "examples/address.sh", "10.77.0.100/24", "eth0"]
        nodes = {
            name: start(name, "--key-file", secret, "--", *script, before=network.on(name)) for name in "abc"
        }  # fmt: skip
        for how in ("terminate", "kill"):
            eventually(lambda: len(holders()) == 1 and answers(), "one machine has the address")
            holder = holders()[0]
            getattr(nodes[holder], how)()
            nodes.pop(holder).wait(30)
            eventually(lambda: holders() and holder not in holders(), f"another has it after {how}")
            if not shutil.which("arping"):
                network.ip("client", "neighbour", "flush", "dev", "eth0")  # which nobody has told
        eventually(lambda: holders() == list(nodes) and answers(), "the last one has it")
    finally:
        for process in nodes.values():
            process.terminate()
            process.wait(30)
        network.end()


def test_postgresql_is_promoted_and_stopped(start: Start, tmp_path: pathlib.Path) -> None:
    if PostgreSQL.missing() or os.geteuid() != 0:
        pytest.skip("no PostgreSQL, or not root")
    page = (TOP / "docs/comparison.md").read_text()
    scripts = [text for text in re.findall(r"```sh\n(.*?)```", page, re.S) if "pg_ctl" in text]
    assert len(scripts) == 1
    folder = pathlib.Path("/tmp") / f"hooks-{uuid.uuid4().hex[:12]}"
    folder.mkdir()
    server = PostgreSQL(folder)
    try:
        server.start()
        server.kill()
        (server.data / "standby.signal").touch()
        server.start()
        recovering = lambda: (server.data / "standby.signal").exists()  # noqa: E731
        assert recovering()
        lead = folder / "lead-postgresql"
        lead.write_text(scripts[0])
        lead.chmod(0o755)
        node = start(
            "a", "--port", free_port(), "--grace", "60s", "--failover-demote-timeout", "70s", "--", lead, server.data,
            user="postgres", group="postgres", extra_groups=[])  # fmt: skip
        eventually(lambda: not recovering(), "it was promoted")
        node.terminate()
        assert node.wait(60) == 0
        assert server.process is not None and server.process.wait(20) == 0
    finally:
        if server.process is not None and server.process.poll() is None:
            server.kill()
        subprocess.run(["rm", "-rf", folder], check=True)
