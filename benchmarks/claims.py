"""How many claims a second one node gets out of each store, one after the other: a row of a task is compared and set.
Beside it, taken in turns: how often 4 KB are written and brought to the same disk, with the file's times and without, and
what the database's own client gets out of a plain UPDATE of one such row."""

from __future__ import annotations

import contextlib
import os
import pathlib
import re
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator

from contestants import PROGRAMS
from network import Network
from results import CLAIMS, Pressure, Results
from stores import EtcdInside, MariaDB, PostgreSQLBySocket, directory, running

STORES = ["sqlite", "postgresql", "etcd", "mariadb"]
ROWS = [f"{CLAIMS}-{store}" for store in STORES]
ROUNDS = 5
SECONDS = 2

Rate = Callable[[], float]
# As the columns of a row of a task.
_UPDATE = "UPDATE muster_task SET version = version + 1, data = '{data}' WHERE cluster = 'bench' AND name = 'claimed'"
_DATA = "5a" * 256


def play(results: Results) -> None:
    for store in STORES:
        row = f"{CLAIMS}-{store}"
        if not results.wants(row):
            continue
        with _contestants(store) as turns:
            for number in range(ROUNDS):
                # Nobody always has the machine as another has left it.
                for name, rate in turns[number % len(turns) :] + turns[: number % len(turns)]:
                    pressure = Pressure()
                    results.add(row, name, rate())
                    results.of(row, name).waiting += pressure.share()


@contextlib.contextmanager
def _contestants(store: str) -> Iterator[list[tuple[str, Rate]]]:
    with contextlib.ExitStack() as stack:
        place = stack.enter_context(directory())
        inside: list[str] = []
        clients: list[tuple[str, Rate]] = []
        if store == "sqlite":
            url = f"sqlite:{place}/tasks.db"
            clients = [("own-client", lambda: _sqlite(place / "tasks.db"))]
        elif store == "postgresql":
            postgresql = PostgreSQLBySocket(place)
            stack.enter_context(running(postgresql))
            url = postgresql.url
            clients = [("own-client", lambda: _pgbench(postgresql))]
        elif store == "etcd":
            network = Network()
            stack.callback(network.end)
            inside, url = network.inside, EtcdInside.URL
            stack.enter_context(running(EtcdInside(place, inside)))
        else:
            mariadb = MariaDB(place)
            stack.enter_context(running(mariadb))
            url = mariadb.url
        ours = stack.enter_context(_ours(url, inside))
        # Makes the row that the others update.
        ours()
        limits = [("fsync", lambda: _synced(place, os.fsync)), ("fdatasync", lambda: _synced(place, os.fdatasync))]
        yield [("ours", ours), *limits, *clients]


@contextlib.contextmanager
def _ours(url: str, inside: list[str]) -> Iterator[Rate]:
    command = [*inside, str(PROGRAMS / "store-driver"), url, "bench", "10000"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as driver:
        asked, answers = driver.stdin, driver.stdout
        assert asked is not None and answers is not None
        if (opened := answers.readline()) != "open\n":
            raise SystemExit(f"store-driver: {opened}")

        def rate() -> float:
            asked.write(f"claims {SECONDS * 1000}\n")
            _, answer, found, error = answers.readline().rstrip("\n").split("\t")
            if answer != "claims":
                raise SystemExit(f"store-driver: {answer}: {error}")
            count, nanoseconds = found.split()
            return int(count) * 1e9 / int(nanoseconds)

        yield rate
        asked.close()


def _repeated(once: Callable[[], object]) -> float:
    began, count = time.perf_counter(), 0
    while (took := time.perf_counter() - began) < SECONDS:
        once()
        count += 1
    return count / took


def _synced(place: pathlib.Path, sync: Callable[[int], None]) -> float:
    """4 KB written over and over, and each time brought to the disk. No store that keeps its word is faster for one that
    waits for each."""
    page = os.urandom(4096)
    file = os.open(place / "limit", os.O_WRONLY | os.O_CREAT, 0o600)
    try:

        def write() -> None:
            os.pwrite(file, page, 0)
            sync(file)

        write()
        return _repeated(write)
    finally:
        os.close(file)


def _sqlite(path: pathlib.Path) -> float:
    """Python's client, with the same care for the loss of power."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA synchronous = EXTRA")
        statement = _UPDATE.format(data=_DATA)
        return _repeated(lambda: database.execute(statement))


def _pgbench(server: PostgreSQLBySocket) -> float:
    script = server.directory / "update.sql"
    script.write_text(_UPDATE.format(data=_DATA) + ";\n")
    said = subprocess.run(
        [f"{server.binaries()}/pgbench", "-n", "-c", "1", "-T", str(SECONDS), "-f", str(script), "-h",
         str(server.directory), "-p", str(server.port), "-U", "muster", "postgres"],
        env={**os.environ, "PGPASSWORD": "secret"}, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    found = re.search(r"^tps = ([0-9.]+)", said, re.M)
    if found is None:
        raise SystemExit(f"pgbench: {said}")
    return float(found[1])
