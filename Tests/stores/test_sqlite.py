"""What only a file can do."""
import os
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Connect


def test_a_locked_file_is_answered_for_in_time(connect: Connect, tmp_path: Path) -> None:
    client = connect(f"sqlite:{tmp_path}/leases.db", "alpha", 1000)
    assert client.write("-", "1 1 1 ada").answer == "applied"
    with sqlite3.connect(tmp_path / "leases.db", isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        start = time.monotonic()
        wrote = client.write("1.1", "2 2 1 ada")
        assert wrote.answer == "failed"
        assert wrote.error.startswith("busy: ")
        assert client.read().answer == "failed"
        assert time.monotonic() - start < 4
        other.execute("ROLLBACK")
    assert client.write("1.1", "2 2 1 ada").answer == "applied"


def test_whoever_waits_for_the_file_takes_the_first_gap(connect: Connect, tmp_path: Path) -> None:
    """However long it has waited: SQLite's own wait looks each 100 ms by then, and finds one gap in five."""
    client = connect(f"sqlite:{tmp_path}/leases.db", "alpha", 20_000)
    assert client.write("-", "1 1 1 ada").answer == "applied"
    rounds, gaps = 10, 0
    with sqlite3.connect(tmp_path / "leases.db", isolation_level=None) as other:
        for version in range(1, rounds + 1):
            other.execute("BEGIN EXCLUSIVE")
            number = client.ask(f"write primary {version}.1 {version + 1} 1 1 ada")
            time.sleep(0.3)
            while client.lines.empty():
                other.execute("ROLLBACK")
                time.sleep(0.02)
                other.execute("BEGIN EXCLUSIVE")
                gaps += 1
                time.sleep(0.13)
            other.execute("ROLLBACK")
            assert client.reply(number).answer == "applied"
    # A machine with much to do may miss some.
    assert gaps <= 2 * rounds, f"{gaps} gaps for {rounds} writes"


def test_urls_with_three_slashes_are_absolute(connect: Connect, tmp_path: Path) -> None:
    assert connect(f"sqlite://{tmp_path}/leases.db").write("-", "1 1 1 ada").answer == "applied"
    assert connect(f"sqlite:{tmp_path}/leases.db").read().row == "1 1 1 ada"


def test_a_file_that_was_deleted_is_not_written_on(connect: Connect, tmp_path: Path) -> None:
    client = connect(f"sqlite:{tmp_path}/leases.db")
    assert client.write("-", "1 1 1 ada").answer == "applied"
    os.rename(tmp_path / "leases.db", tmp_path / "old.db")
    # Not in the file that nobody else sees: what stands at the path is what counts.
    assert client.write("1.1", "2 2 1 ada").answer == "conflict"
    assert client.read().answer == "nothing"


@pytest.mark.parametrize(
    ("place", "words"),
    [("", "is a directory"), ("/none/leases.db", "cannot be opened"), ("/text", "no SQLite database")],
)
def test_what_is_no_database_is_said(connect: Connect, tmp_path: Path, place: str, words: str) -> None:
    (tmp_path / "text").write_text("This is no database, but it is long enough to be taken for one." * 20)
    reply = connect(f"sqlite:{tmp_path}{place}").write("-", "1 1 1 ada")
    assert reply.answer == "failed"
    assert words in reply.error


def test_tables_of_another_version_are_refused(connect: Connect, tmp_path: Path) -> None:
    connect(f"sqlite:{tmp_path}/leases.db").read()
    with sqlite3.connect(tmp_path / "leases.db") as other:
        other.execute("UPDATE muster_schema SET version = 2")
    reply = connect(f"sqlite:{tmp_path}/leases.db").write("-", "1 1 1 ada")
    assert reply.answer == "failed"
    assert reply.error.startswith("schema: the tables are of version 2")


def test_tables_are_not_made_unasked(connect: Connect, tmp_path: Path) -> None:
    reply = connect(f"sqlite:{tmp_path}/leases.db", "alpha", 1000, "no-tables").read()
    assert reply.answer == "failed"
    assert "are missing" in reply.error and "muster store schema --for sqlite" in reply.error


@pytest.mark.parametrize("column", ["data = 'zz'", "data = ''", "data = x'00'", "version = 9", "nonce = ''"])
def test_a_damaged_row_is_said(connect: Connect, tmp_path: Path, column: str) -> None:
    client = connect(f"sqlite:{tmp_path}/leases.db")
    client.write("-", "1 1 1 ada")
    with sqlite3.connect(tmp_path / "leases.db") as other:
        other.execute(f"UPDATE muster_lease SET {column}")
    reply = client.read()
    assert reply.answer == "failed"
    assert reply.error.startswith("schema: ")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=128k", "none"]
    made = subprocess.run([*mount, str(tmp_path)], check=False, capture_output=True)
    if made.returncode:
        pytest.skip("no right to mount")
    yield tmp_path
    subprocess.run(["umount", "-l", tmp_path], check=True)


def test_a_full_disk_is_said(connect: Connect, small_disk: Path) -> None:
    client = connect(f"sqlite:{small_disk}/leases.db")
    assert client.write("-", "1 1 1 ada").answer == "applied"
    with (small_disk / "ballast").open("wb", buffering=0) as ballast, pytest.raises(OSError):
        while True:
            ballast.write(b"x" * 4096)
    reply = client.write("1.1", "2 2 1 ada")
    assert reply.answer in ("failed", "unknown")
    assert "no space is left" in reply.error
    (small_disk / "ballast").unlink()
    assert client.write("1.1", "2 2 1 ada").answer == "applied"


def test_a_file_that_may_not_be_written_is_said(connect: Connect, small_disk: Path) -> None:
    client = connect(f"sqlite:{small_disk}/leases.db")
    assert client.write("-", "1 1 1 ada").answer == "applied"
    client.close()
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    client = connect(f"sqlite:{small_disk}/leases.db")
    assert client.read().row == "1 1 1 ada"
    reply = client.write("1.1", "2 2 1 ada")
    assert reply.answer == "failed"
    assert "cannot be written" in reply.error


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_acknowledged_writes_survive_killed_clients(connect: Connect, tmp_path: Path, mode: str) -> None:
    url = f"sqlite:{tmp_path}/leases.db"
    with sqlite3.connect(tmp_path / "leases.db") as other:
        assert other.execute(f"PRAGMA journal_mode = {mode}").fetchone() == (mode,)
    expected, version = "-", 0
    for _ in range(5):
        client = connect(url)
        last = [client.ask(f"write primary {expected} {version + 1} 1 1 ada")]
        last += [client.ask(f"write primary {v}.1 {v + 1} 1 1 ada") for v in range(version + 1, version + 400)]
        assert client.reply(last[10]).answer == "applied"
        client.process.kill()
        client.process.wait()
        acknowledged = version + 11
        found = int(connect(url).read().row.split()[0])
        assert found >= acknowledged
        version, expected = found, f"{found}.1"
