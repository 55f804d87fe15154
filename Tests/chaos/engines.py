"""The stores of these tests: the servers of Tests/harness, each reached through proxies of a host's own."""

from __future__ import annotations

import contextlib
import pathlib
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator

from harness.servers import Etcd, Server, SQLite
from harness.servers import MariaDB as MariaDB
from harness.servers import PostgreSQL as PostgreSQL

Fault = Callable[[], contextlib.AbstractContextManager[object]]


class EtcdMember(Etcd):
    """One of several that keep the same data."""

    members: list[EtcdMember]

    def start(self) -> None:
        here, peer = f"http://127.0.0.1:{self.port}", f"http://127.0.0.1:{self.peer}"
        others = ",".join(f"m{member.port}=http://127.0.0.1:{member.peer}" for member in self.members)
        self.process = self.spawn(
            "etcd", "--name", f"m{self.port}", "--data-dir", str(self.directory / "data"),
            "--listen-client-urls", here, "--advertise-client-urls", here, "--listen-peer-urls", peer,
            "--initial-advertise-peer-urls", peer, "--initial-cluster", others,
        )  # fmt: skip

    def wait_until_it_serves(self) -> None:
        self.wait_until(self.control("get", "nothing"))


class Engine:
    """A store with all its servers. `ports` are those that the servers listen on, `url` a way in by other ports."""

    name = ""
    kind: type[Server]
    is_http = False

    def __init__(self, directory: pathlib.Path) -> None:
        self.servers: list[Server] = [self.kind(directory)]

    def start(self) -> None:
        for server in self.servers:
            server.start()

    @property
    def ports(self) -> list[int]:
        return [server.port for server in self.servers]

    def url(self, ports: list[int]) -> str:
        """That of the server itself, with another port."""
        return self.servers[0].url.replace(str(self.servers[0].port), str(ports[0]))

    def end(self) -> None:
        for server in self.servers:
            server.kill()

    # -- what may befall it

    @contextlib.contextmanager
    def stopped(self, server: Server) -> Iterator[None]:
        """Its processes do not run for a while."""
        server.freeze()
        try:
            yield
        finally:
            server.thaw()

    @contextlib.contextmanager
    def dead(self, server: Server) -> Iterator[None]:
        """It is killed, and started again after a while."""
        server.kill()
        try:
            yield
        finally:
            server.start()

    def faults(self, chance: random.Random) -> list[tuple[str, Fault]]:
        server = chance.choice(self.servers)
        return [
            (f"{server.name} stopped", lambda: self.stopped(server)),
            (f"{server.name} killed", lambda: self.dead(server)),
        ]


class PostgreSQLEngine(Engine):
    name = "postgresql"
    kind = PostgreSQL


class MariaDBEngine(Engine):
    name = "mariadb"
    kind = MariaDB

    def url(self, ports: list[int]) -> str:
        return super().url(ports) + ";CONN_TIMEOUT=2;READ_TIMEOUT=2;WRITE_TIMEOUT=2"


class EtcdEngine(Engine):
    """Three members; one of them or all may fail."""

    name = "etcd"
    kind = EtcdMember
    is_http = True

    def __init__(self, directory: pathlib.Path) -> None:
        members: list[EtcdMember] = []
        for number in range(3):
            place = directory / str(number)
            place.mkdir()
            members.append(EtcdMember(place))
        for member in members:
            member.members = members
        self.members = members
        self.servers = list(members)

    def start(self) -> None:
        super().start()
        for member in self.members:
            member.wait_until_it_serves()

    def url(self, ports: list[int]) -> str:
        return "etcd://" + ",".join(f"127.0.0.1:{port}" for port in ports)

    @contextlib.contextmanager
    def all_stopped(self) -> Iterator[None]:
        with contextlib.ExitStack() as stack:
            for server in self.servers:
                stack.enter_context(self.stopped(server))
            yield

    @contextlib.contextmanager
    def all_dead(self) -> Iterator[None]:
        with contextlib.ExitStack() as stack:
            for server in self.servers:
                stack.enter_context(self.dead(server))
            yield

    def faults(self, chance: random.Random) -> list[tuple[str, Fault]]:
        # The leader is one in three of them.
        together = [("all of etcd stopped", self.all_stopped), ("all of etcd killed", self.all_dead)]
        return [*super().faults(chance), *together]


class EtcdWithPassword(Engine):
    """One member, where each connection begins with a login."""

    name = "etcd-with-password"
    kind = Etcd

    def url(self, ports: list[int]) -> str:
        return f"etcd://root:secret@127.0.0.1:{ports[0]}"


class SQLiteEngine(Engine):
    """A file: nothing to kill or to cut off. Somebody else may hold it locked."""

    name = "sqlite"
    kind = SQLite

    @property
    def ports(self) -> list[int]:
        return []

    def url(self, ports: list[int]) -> str:
        return self.servers[0].url

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        path = self.servers[0].directory / "leases.db"
        database = sqlite3.connect(path, timeout=20, isolation_level=None)
        # Who does not get the lock in all this time lets it be: the hosts are busy with the file.
        with contextlib.suppress(sqlite3.OperationalError):
            database.execute("BEGIN EXCLUSIVE")
        try:
            yield
        finally:
            database.close()

    @contextlib.contextmanager
    def locked_by_a_stopped_process(self) -> Iterator[None]:
        """One that is killed in the end, in the midst of a transaction that has written."""
        text = (
            "import sqlite3, sys, time\n"
            "database = sqlite3.connect(sys.argv[1], timeout=20, isolation_level=None)\n"
            "database.execute('BEGIN IMMEDIATE')\n"
            "database.execute('UPDATE muster_lease SET epoch = epoch + 1000')\n"
            "print('locked', flush=True)\n"
            "time.sleep(1000)\n"
        )
        path = self.servers[0].directory / "leases.db"
        process = subprocess.Popen([sys.executable, "-c", text, str(path)], stdout=subprocess.PIPE)
        try:
            assert process.stdout is not None
            process.stdout.readline()
            process.send_signal(signal.SIGSTOP)
            yield
        finally:
            process.kill()
            process.communicate()

    def faults(self, chance: random.Random) -> list[tuple[str, Fault]]:
        return [("file locked", self.locked), ("file locked by one who is killed", self.locked_by_a_stopped_process)]


ENGINES: list[type[Engine]] = [SQLiteEngine, PostgreSQLEngine, EtcdEngine, MariaDBEngine]
