"""The texts of docs/fencing.md do what the page says: they are run as they stand there."""

from __future__ import annotations

import os
import pathlib
import random
import subprocess
import sys
from collections.abc import Iterator

import pytest
from checker import Write, stale_writes
from engines import MariaDB, PostgreSQL
from fence import Fence, snippets

from harness.build import FLAGS
from harness.process import eventually
from harness.serving import serving

# Token and whether it is taken, one after the other.
TURNS = [(5, True), (5, True), (7, True), (6, False), (5, False), (7, True), (8, True), (1, False)]


def test_postgresql(fence: Fence, fence_server: PostgreSQL) -> None:
    script = [f"PREPARE write (text, bigint, text, text) AS {fence.statement}"]
    script += [f"EXECUTE write ('primary', {token}, 'id', 'turn {turn}')" for turn, (token, _) in enumerate(TURNS)]
    binaries = PostgreSQL.binaries()
    done = subprocess.run(
        [f"{binaries}/psql", "-AtX", fence_server.url, *(word for text in script for word in ("-c", text))],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    rows = [line for line in done.stdout.splitlines() if line.startswith("INSERT")]
    assert rows == [f"INSERT 0 {int(accepted)}" for _, accepted in TURNS]
    assert fence.writes() == [Write(f"turn {turn}", token) for turn, (token, taken) in enumerate(TURNS) if taken]
    # Another role has tokens of its own.
    fence_server.sql(f"{script[0]}; EXECUTE write ('other', 1, 'another', 'x')")
    assert fence.writes()[-1] == Write("x", 1)


@pytest.fixture(scope="module")
def mariadb() -> Iterator[MariaDB]:
    with serving(MariaDB) as server:
        yield server


@pytest.fixture
def mariadb_tables(mariadb: MariaDB) -> MariaDB:
    tables, _ = snippets("MariaDB, MySQL", "sql")
    mariadb.sql(
        "USE muster; DROP TABLE IF EXISTS fence, orders, audit", tables,
        "CREATE TABLE audit (number bigint AUTO_INCREMENT PRIMARY KEY, token bigint, state text)",
        *(f"CREATE TRIGGER after_{deed} AFTER {deed} ON orders FOR EACH ROW"
          " INSERT INTO audit (token, state) VALUES (new.token, new.state)" for deed in ("INSERT", "UPDATE")),
    )  # fmt: skip
    return mariadb


def turn_in_mariadb(token: int, state: str) -> str:
    write = snippets("MariaDB, MySQL", "sql")[1]
    return f"SET @role = 'primary', @token = {token}, @id = 'id', @state = '{state}';\n{write}"


def audited(server: MariaDB) -> list[Write]:
    lines = server.sql("USE muster; SELECT state, token FROM audit ORDER BY number").splitlines()
    return [Write(who, int(token)) for who, token in (line.split("\t") for line in lines)]


def test_mariadb(mariadb_tables: MariaDB) -> None:
    turns = "".join(turn_in_mariadb(token, f"turn {turn}") for turn, (token, _) in enumerate(TURNS))
    answers = mariadb_tables.sql("USE muster;\n" + turns).split()
    assert answers == [str(int(accepted)) for _, accepted in TURNS]
    taken = [Write(f"turn {turn}", token) for turn, (token, accepted) in enumerate(TURNS) if accepted]
    assert audited(mariadb_tables) == taken


def test_mariadb_with_several_at_once(mariadb_tables: MariaDB) -> None:
    server = mariadb_tables
    server.sql("USE muster;\n" + turn_in_mariadb(1, "first"))
    tokens = [random.randrange(round_, round_ + 10) for round_ in range(2, 100) for _ in range(4)]
    turns = [turn_in_mariadb(token, f"w{token}") for token in tokens]
    scripts = ["USE muster;\n" + "".join(turns[client::4]) for client in range(4)]
    command = ["mariadb", "--no-defaults", "-uroot", f"--socket={server.directory}/socket", "-N"]
    clients = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in scripts]
    for client, script in zip(clients, scripts, strict=True):
        assert client.stdin is not None
        client.stdin.write(script)
        client.stdin.close()
    answers: list[str] = []
    for client in clients:
        assert client.stdout is not None
        answers += client.stdout.read().split()
        assert client.wait() == 0
    writes = audited(server)
    assert stale_writes(writes) == []
    assert len(answers) == len(tokens) and answers.count("1") == len(writes) - 1
    assert "0" in answers and writes[-1].token == max(tokens)


@pytest.fixture(scope="module")
def writers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """How a file is written to in each language: the command, to which the file and the token are given."""
    folder = tmp_path_factory.mktemp("writers")
    (python,) = snippets("A file", "python")
    (shell,) = snippets("A file", "sh")
    (c,) = snippets("A file", "c")
    (folder / "writer.py").write_text(
        python + "\n\nimport sys\n\n"
        "sys.exit(0 if fenced_write(sys.argv[1], int(sys.argv[2]), sys.stdin.buffer.read()) else 1)\n"
    )
    (folder / "writer.sh").write_text(shell + '\nfenced_write "$1" "$2"\n')
    (folder / "writer.c").write_text(
        c + "\n#include <stdlib.h>\n\nint main(int argc, char **argv) {\n"
        "    static char text[1 << 20];\n"
        "    size_t length = fread(text, 1, sizeof text, stdin);\n"
        "    int result = argc == 3 ? fenced_write(argv[1], strtoull(argv[2], NULL, 10), text, length) : -1;\n"
        "    return result == 1 ? 0 : result == 0 ? 1 : 2;\n}\n"
    )
    program = folder / "writer"
    subprocess.run([os.environ.get("CC", "gcc"), *FLAGS, str(folder / "writer.c"), "-o", str(program)], check=True)
    return {
        "shell": ["sh", str(folder / "writer.sh")], "python": [sys.executable, str(folder / "writer.py")],
        "c": [str(program)],
    }  # fmt: skip


def text_of(token: int) -> str:
    """So long that half of it would show."""
    return f"{token}\n" * 20000


@pytest.mark.parametrize("language", ["shell", "python", "c"])
def test_a_file(language: str, writers: dict[str, list[str]], tmp_path: pathlib.Path) -> None:
    path = tmp_path / "state"
    for turn, (token, accepted) in enumerate(TURNS):
        text = f"turn {turn}"
        before = path.read_text() if path.exists() else ""
        done = subprocess.run([*writers[language], str(path), str(token)], input=text, text=True, check=False)
        assert done.returncode == (0 if accepted else 1)
        assert path.read_text() == (text if accepted else before)
    assert sorted(place.name for place in tmp_path.iterdir()) == ["state", "state.lock", "state.token"]
    # What cannot be written is not said to be.
    done = subprocess.run([*writers[language], str(tmp_path / "none/state"), "9"], input="x", text=True, check=False,
                          capture_output=True)  # fmt: skip
    assert done.returncode != 0


def test_a_file_written_by_all_at_once(writers: dict[str, list[str]], tmp_path: pathlib.Path) -> None:
    path = tmp_path / "state"
    tokens = [random.randrange(round_, round_ + 6) for round_ in range(1, 21) for _ in writers]
    seen: list[int] = []

    def look() -> bool:
        """Whether all are over."""
        if path.exists():
            text = path.read_text()
            token = int(text.split("\n", 1)[0])
            assert text == text_of(token), "torn"
            seen.append(token)
        return all(process.poll() is not None for process in running)

    accepted: list[int] = []
    for place in range(0, len(tokens), 6):
        batch = tokens[place : place + 6]
        running = []
        for number, token in enumerate(batch):
            command = list(writers.values())[number % 3]
            # Its own, also where two have the same token: a text must not change while it is read.
            source = tmp_path / f"text-{place + number}"
            source.write_text(text_of(token))
            running.append(subprocess.Popen([*command, str(path), str(token)], stdin=source.open()))
        eventually(look, "all have written")
        accepted += [token for token, process in zip(batch, running, strict=True) if process.returncode == 0]
        assert all(process.returncode in (0, 1) for process in running)
    look()
    assert seen == sorted(seen), "a reader has seen a lower token after a higher"
    assert seen[-1] == max(tokens) and max(tokens) in accepted
    assert len(accepted) < len(tokens), "some came too late"
