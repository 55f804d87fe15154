"""The stores that leases and tasks are kept in: the servers of Tests/harness, where a cluster in a network of its own reaches
them."""

from __future__ import annotations

import contextlib
import pathlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "Tests"))

from harness.servers import Etcd  # noqa: E402
from harness.servers import MariaDB as MariaDB  # noqa: E402
from harness.servers import PostgreSQL as PostgreSQL  # noqa: E402
from harness.servers import Server  # noqa: E402


class EtcdInside(Etcd):
    """One member without passwords, whose hashes would take more time than the rest; in a network namespace."""

    URL = "etcd://127.0.0.1:2379"

    def __init__(self, directory: pathlib.Path, inside: list[str]) -> None:
        super().__init__(directory)
        self.port, self.peer = 2379, 2380
        self._inside = inside

    def start(self) -> None:
        here, peer = f"http://127.0.0.1:{self.port}", f"http://127.0.0.1:{self.peer}"
        self.process = self.spawn(
            "etcd", "--data-dir", str(self.directory / "data"), "--listen-client-urls", here,
            "--advertise-client-urls", here, "--listen-peer-urls", peer,
            "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}",
        )  # fmt: skip
        self.wait_until(self.control("get", "nothing"))

    def spawn(self, *command: str, user: str | None = None) -> subprocess.Popen[bytes]:
        return super().spawn(*self._inside, *command, user=user)

    def control(self, *words: str, login: bool = False) -> list[str]:
        return [*self._inside, *super().control(*words, login=login)]


class PostgreSQLBySocket(PostgreSQL):
    """Reached by its socket in the file system, which is the same in all network namespaces."""

    def start(self) -> None:
        super().start()
        self.url = f"postgresql://muster:secret@/postgres?host={self.directory}&port={self.port}"


@contextlib.contextmanager
def directory() -> Iterator[pathlib.Path]:
    """One that the users of the servers may enter."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="bench-"))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def running(server: Server) -> Iterator[None]:
    try:
        server.start()
        yield
    finally:
        server.kill()
