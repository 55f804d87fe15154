"""What every engine must do for tasks, beyond test_rows.py: a row for each, which is claimed before a run begins."""
import random

import pytest
from client import Client, Reply, race
from conftest import Connect
from harness.process import eventually
from harness.proxy import Proxy, Weather, listen
from harness.servers import Etcd, MariaDB, PostgreSQL, Row, Server, SQLite
from schema import script

NONCE = f"{0x0123456789abcdef:016x}{0:016x}"


def test_a_row_is_removed_only_as_it_was_seen(engine: Server, connect: Connect, cluster: str) -> None:
    client = connect(engine.url, cluster)
    assert client.remove_task("1.a").answer == "conflict"
    assert client.write_task("-", "1 a 5 ada 00").answer == "applied"
    for stale in ("2.a", "1.b", f"{2**63}.a"):
        assert client.remove_task(stale).answer == "conflict"
    assert client.remove_task("1.a", "other").answer == "conflict"
    assert client.read_task().row == "1 a 5 ada 00"
    assert client.remove_task("1.a").answer == "applied"
    assert client.remove_task("1.a").answer == "conflict"
    assert client.read_task().answer == "nothing"
    # Nothing of the former one is left to go by.
    assert client.write_task("1.a", "2 b 5 ada 00").answer == "conflict"
    assert client.write_task("-", "1 b 5 ada 00").answer == "applied"


def test_others_list_what_was_applied(engine: Server, connect: Connect, cluster: str) -> None:
    writer, reader = connect(engine.url, cluster), connect(engine.url, cluster)
    assert reader.tasks() == []
    expected = "-"
    for version in range(1, 20):
        row = f"{version} {version:x} 5 ada {version:02x}"
        assert writer.write_task(expected, row).answer == "applied"
        assert reader.tasks() == [("t", row)]
        expected = f"{version}.{version:x}"


def test_the_longest_and_the_highest_may_stand_there(engine: Server, connect: Connect, cluster: str) -> None:
    client = connect(engine.url, cluster)
    name, holder = "\u00e4" * 32, "\u00f6" * 32
    data = random.randbytes(4096).hex()
    row = f"{2**63 - 1} ffffffffffffffff {2**63 - 1} {holder} {data}"
    assert client.write_task("-", row, name).answer == "applied"
    assert client.read_task(name).row == row
    assert client.tasks() == [(name, row)]
    assert client.write_task(f"{2**63 - 1}.ffffffffffffffff", "1 0 0 . -", name).answer == "applied"
    assert client.read_task(name).row == "1 0 0 . -"
    # A holder that is called what stands there for nobody.
    assert client.write_task("1.0", "2 0 0 - -", name).answer == "applied"
    assert client.read_task(name).row == "2 0 0 - -"


def test_what_cannot_stand_there_is_refused(engine: Server, connect: Connect, cluster: str) -> None:
    client = connect(engine.url, cluster)
    for refused in (
        client.write_task("-", f"1 a 5 ada {'00' * 4097}"), client.write_task("-", f"1 a 5 {'x' * 65} 00"),
        client.write_task("-", "1 a 5 ada 00", "x" * 65), client.read_task("x" * 65),
        client.remove_task("1.a", "x" * 65), client.reply(client.ask("task list - 1001")),
        client.reply(client.ask("task list - 0")),
    ):
        assert refused.answer == "failed"
        assert refused.error.startswith("badSettings: "), refused
    assert client.tasks() == []


def names() -> list[str]:
    """Of at most 64 bytes each, and every byte that may stand in a text is in one of them."""
    codes = [*range(0xc0), *range(0xc0, 0x800, 0x40), 0x800, *range(0x1000, 0x10000, 0x1000), 0xffff]
    codes += [0x10000, 0x40000, 0x80000, 0xc0000, 0x100000]
    found = [""]
    for letter in map(chr, codes):
        if len((found[-1] + letter).encode()) > 64:
            found.append("")
        found[-1] += letter
    assert len(set("".join(found).encode())) == 256 - 2 - 11
    return found


def spelled(name: str) -> str:
    return "".join(chr(byte) if chr(byte) in "abcdefghijklmnopqrstuvwxyz0123456789._-" else f"%{byte:02x}"
                   for byte in name.encode())


def test_names_are_compared_byte_by_byte(engine: Server, connect: Connect, cluster: str) -> None:
    client = connect(engine.url, cluster)
    # Of each two a collation may hold one for the other; the last one is two letters that look like one.
    all_names = [*names(), "a", "A", "\u00e4", "a ", "a\0", "%", "%25", "%61", "a%", "-", "_", ".", "a\u0308"]
    for index, name in enumerate(all_names):
        assert client.write_task("-", f"1 {index:x} 5 ada 00", name).answer == "applied", name
    for index, name in enumerate(all_names):
        assert client.read_task(name).row == f"1 {index:x} 5 ada 00"
    found = [name for name, _ in client.tasks()]
    assert found == sorted(all_names, key=spelled)
    # One by one, each behind the one before.
    alone = [client.tasks(after, 1)[0][0] for after in [None, *found[:-1]]]
    assert alone == found
    assert client.tasks(found[-1], 1) == []


def test_clusters_never_meet(engine: Server, connect: Connect, cluster: str) -> None:
    others = [connect(engine.url, name) for name in (cluster.upper(), cluster + "/", cluster + "0", cluster[:-1])]
    client = connect(engine.url, cluster)
    for name in ("a", "t", "z"):
        assert client.write_task("-", "1 a 5 ada 00", name).answer == "applied"
    for other in others:
        assert other.read_task().answer == "nothing"
        assert other.tasks() == []
        assert other.remove_task("1.a").answer == "conflict"
        assert other.write_task("1.a", "2 b 5 bob 01").answer == "conflict"
        assert other.write_task("-", "1 c 5 bob 01").answer == "applied"
        assert other.tasks() == [("t", "1 c 5 bob 01")]
    assert client.tasks() == [(name, "1 a 5 ada 00") for name in ("a", "t", "z")]


def test_leases_members_and_tasks_never_meet(engine: Server, connect: Connect, cluster: str) -> None:
    client = connect(engine.url, cluster)
    assert client.write("-", "1 a 5 ada", "t").answer == "applied"
    assert client.exchange("t/7/1/a:1").row == "t/7/1/a:1"
    assert client.tasks() == []
    assert client.write_task("-", "1 b 6 bob 00").answer == "applied"
    assert client.write("1.a", "2 c 5 ada", "t").answer == "applied"
    assert client.remove_task("1.b").answer == "applied"
    assert client.read("t").row == "2 c 5 ada"
    assert client.members() == ["t/7/1/a:1"]


def test_many_are_listed_page_by_page(engine: Server, connect: Connect, cluster: str) -> None:
    client = connect(engine.url, cluster, 10_000)
    client.tasks()
    count = 2500
    rows: list[Row] = [(cluster, f"{index:04}.{spelled(chr(0xe0 + index % 16))}", str(index + 1), NONCE, "5", "ada", "07")
                       for index in range(count)]
    shuffled = random.sample(rows, count)
    engine.fill("task", [*shuffled, *((cluster + "0", *row[1:]) for row in shuffled[:3])])
    expected = [(f"{index:04}.{chr(0xe0 + index % 16)}", f"{index + 1} 0 5 ada 07") for index in range(count)]
    for most in (1000, 999, 250, 251):
        found: list[tuple[str, str]] = []
        while True:
            page = client.tasks(found[-1][0] if found else None, most)
            found += page
            if len(page) < most:
                break
        assert found == expected


def test_a_page_of_the_longest_rows_is_read(engine: Server, connect: Connect, cluster: str) -> None:
    client = connect(engine.url, cluster, 30_000)
    holder = "\u00e4" * 32
    rows = {f"{index:04}" + "\u00e4" * 30: f"1 a 5 {holder} {random.randbytes(4096).hex()}" for index in range(600)}
    numbers = [client.ask(f"task write {name.encode().hex()} - {row}") for name, row in rows.items()]
    assert {client.reply(number, 60).answer for number in numbers} == {"applied"}
    assert client.tasks() == list(rows.items())


# Races


def test_one_of_eight_wins_each_version(engine: Server, connect: Connect, cluster: str) -> None:
    clients = [connect(engine.url, cluster, 10_000) for _ in range(8)]
    expected = "-"
    for version in range(1, 16):

        def claim(index: int, client: Client) -> Reply:
            # One of them wants it gone, where there is something.
            if index == 7 and expected != "-":
                return client.remove_task(expected)
            return client.write_task(expected, f"{version} {index:x} {version} n{index} 00")

        winner = race(clients, claim)
        stands = clients[0].read_task()
        if winner == 7 and expected != "-":
            assert stands.answer == "nothing"
            expected = "-"
        else:
            assert stands.row == f"{version} {winner:x} {version} n{winner} 00"
            expected = f"{version}.{winner:x}"


# Troubles


@pytest.mark.parametrize(
    ("name", "version", "nonce", "epoch", "holder", "data"),
    [("bad", "-1", NONCE, "5", "ada", "00"), ("bad", "1", "abc", "5", "ada", "00"), ("bad", "1", NONCE, "-5", "ada", "00"),
     ("bad", "1", NONCE, "5", "%", "00"), ("bad", "1", NONCE, "5", "Ada", "00"), ("bad", "1", NONCE, "5", "ada", "0"),
     ("bad", "1", NONCE, "5", "ada", "zz"), ("Bad", "1", NONCE, "5", "ada", "00"), ("b%", "1", NONCE, "5", "ada", "00"),
     ("b" * 65, "1", NONCE, "5", "ada", "00")],
)
def test_a_damaged_row_is_said(
    engine: Server, connect: Connect, cluster: str, name: str, version: str, nonce: str, epoch: str, holder: str,
    data: str,
) -> None:
    if isinstance(engine, Etcd) and data != "00":
        pytest.skip("any bytes are data there")
    client = connect(engine.url, cluster)
    assert client.write_task("-", "1 a 5 ada 00", "good").answer == "applied"
    engine.fill("task", [(cluster, name, version, nonce, epoch, holder, data)])
    if name == "bad":
        reply = client.read_task(name)
        assert reply.answer == "failed"
        assert reply.error == "schema: the row of the task holds what Muster did not write"
    reply = client.reply(client.ask("task list - 10"))
    assert reply.answer == "failed"
    assert reply.error == f"schema: the row of the task '{name}' holds what Muster did not write"
    # Another's is none the worse for it.
    assert client.read_task("good").row == "1 a 5 ada 00"
    assert client.write_task("1.a", "2 b 5 ada 00", "good").answer == "applied"


@pytest.mark.parametrize("sends", [True, False], ids=["answers-lost", "requests-lost"])
def test_a_cut_connection_leaves_it_unknown(engine: Server, connect: Connect, cluster: str, sends: bool) -> None:
    if isinstance(engine, SQLite):
        pytest.skip("SQLite has no server")
    proxy = Proxy(listen(None), ("127.0.0.1", engine.port))
    try:
        client = connect(engine.url.replace(str(engine.port), str(proxy.port)), cluster, 3000)
        direct = connect(engine.url, cluster)
        assert client.write_task("-", "1 a 5 ada 00").answer == "applied"
        for version, change in ((1, "write"), (2, "remove")):
            with proxy.under(Weather(asks=sends, answers=False)):
                words = f"{version}.a" + (f" {version + 1} a 5 ada 01" if change == "write" else "")
                swallowed = proxy.counts.get("swallowed", 0)
                number = client.ask(f"task {change} 74 {words}")
                if sends:
                    wait_until_gone(direct, f"{version} a 5")
                else:
                    wait_until_swallowed(proxy, swallowed)
                proxy.cut()
                reply = client.reply(number)
            assert reply.answer == "unknown", reply
            # Whoever reads it back, when the way is free again, knows.
            found = read_again(client)
            assert found.row.startswith(f"{version} a 5") is not sends, found
            if not sends:
                assert client.write_task(f"{version}.a", f"{version + 1} a 5 ada 01").answer == "applied"
        assert proxy.counts["cut"] >= 2
    finally:
        proxy.end()


def wait_until_gone(client: Client, row: str) -> None:
    """Until another row stands there, or none."""
    eventually(lambda: not client.read_task().row.startswith(row), "the request arrives", 10)


def wait_until_swallowed(proxy: Proxy, before: int) -> None:
    """Until a request has come no farther than the proxy."""
    eventually(lambda: proxy.counts.get("swallowed", 0) > before, "a request is on its way", 10)


def read_again(client: Client) -> Reply:
    """What stands there, as soon as the store is reached again."""

    def there() -> Reply | None:
        reply = client.read_task()
        return reply if reply.answer != "failed" else None

    return eventually(there, "the store is reached again", 20)  # type: ignore[no-any-return]


def test_a_frozen_server_is_answered_for_in_time(engine: Server, connect: Connect, cluster: str) -> None:
    if isinstance(engine, SQLite):
        pytest.skip("SQLite has no server")
    client = connect(engine.url, cluster, 1000)
    assert client.write_task("-", "1 1 1 ada 00").answer == "applied"
    engine.freeze()
    try:
        assert client.reply(client.ask("task write 74 1.1 2 2 1 ada 00"), 8).answer == "unknown"
        for words in ("task read 74", "task list - 10"):
            assert client.reply(client.ask(words), 8).answer == "failed"
    finally:
        engine.thaw()
    version, nonce = read_again(client).row.split()[:2]
    assert (version, nonce) in (("1", "1"), ("2", "2"))
    # The late one may come between.
    assert client.write_task(f"{version}.{nonce}", "9 9 1 bob 00").answer in ("applied", "conflict")


def test_acknowledged_claims_survive_a_killed_server(engine: Server, connect: Connect, cluster: str) -> None:
    client = connect(engine.url, cluster)
    assert client.write_task("-", "1 1 1 ada 00").answer == "applied"
    numbers = [client.ask(f"task write 74 {v}.{v:x} {v + 1} {v + 1:x} 1 ada 00") for v in range(1, 1000)]
    assert client.reply(numbers[20]).answer == "applied"
    engine.kill()
    engine.start()
    answers = [client.reply(number).answer for number in numbers if number != numbers[20]]
    applied = 1 + 1 + answers.count("applied")
    version = int(read_again(client).row.split()[0])
    # What was not acknowledged may have happened: one write, since each needs the one before.
    assert applied <= version <= applied + 1, (applied, version)


# A database that was made before there was a table of tasks.


def test_a_missing_table_is_made(engine: Server, connect: Connect, cluster: str) -> None:
    for ask in ("task read 74", "task list - 10", "task remove 74 1.a", "task write 74 - 1 a 5 ada 00"):
        engine.make_tables(script(engine, "muster_task"))
        client = connect(engine.url, cluster)
        assert client.write("-", "1 a 5 ada").answer == "applied"
        assert client.reply(client.ask(ask)).answer in ("nothing", "rows", "conflict", "applied")
        assert (client.read_task().answer == "row") is ask.startswith("task write")
        assert client.read().row == "1 a 5 ada"


def test_eight_make_the_table_at_once(engine: Server, connect: Connect, cluster: str) -> None:
    engine.make_tables(script(engine, "muster_task"))
    clients = [connect(engine.url, cluster, 10_000) for _ in range(8)]
    assert {client.read().answer for client in clients} == {"nothing"}
    numbers = [client.ask(f"task write 74 - 1 {index:x} 5 n{index} 00") for index, client in enumerate(clients)]
    answers = [client.reply(number).answer for client, number in zip(clients, numbers)]
    assert sorted(answers) == ["applied"] + ["conflict"] * 7
    assert clients[0].read_task().row == f"1 {answers.index('applied'):x} 5 n{answers.index('applied')} 00"


def test_leases_do_without_the_table(engine: Server, connect: Connect, cluster: str) -> None:
    engine.make_tables(script(engine, "muster_task"))
    try:
        client = connect(engine.url, cluster, 2000, "no-tables")
        assert client.write("-", "1 a 5 ada").answer == "applied"
        for version, ask in enumerate(
            ("task read 74", "task list - 10", "task remove 74 1.a", "task write 74 - 1 a 5 ada 00"), 1
        ):
            reply = client.reply(client.ask(ask))
            assert reply.answer == "failed"
            assert reply.error.startswith("schema: the table muster_task is missing; `muster store schema --for ")
            # On the same connection.
            before = client.sockets()
            assert client.write(f"{version}.a", f"{version + 1} a 5 ada").answer == "applied"
            assert client.sockets() == before
    finally:
        engine.make_tables(script(engine))


def test_a_user_who_may_not_make_it_is_told(engine: Server, connect: Connect, cluster: str) -> None:
    if not isinstance(engine, (PostgreSQL, MariaDB)):
        pytest.skip("needs users with few rights")
    engine.make_tables(script(engine, "muster_task"))
    user = "clerk@'127.0.0.1'" if isinstance(engine, MariaDB) else "clerk"
    first = ("USE muster",) if isinstance(engine, MariaDB) else ()
    login = "IDENTIFIED BY" if isinstance(engine, MariaDB) else "LOGIN PASSWORD"
    engine.sql(*first, f"CREATE {'USER' if first else 'ROLE'} {user} {login} 'secret'",
               *(f"GRANT {rights} TO {user}" for rights in (
                   "SELECT, INSERT, UPDATE ON muster_lease", "SELECT ON muster_schema")))
    try:
        url = engine.url.replace("UID=muster", "UID=clerk").replace("muster:", "clerk:")
        clerk = connect(url, cluster)
        assert clerk.write("-", "1 a 5 ada").answer == "applied"
        for reply in (clerk.read_task(), clerk.write_task("-", "1 a 5 ada 00")):
            assert reply.answer == "failed"
            assert "denied" in reply.error, reply
        # The rights that a node needs, and no more.
        engine.make_tables(script(engine))
        engine.sql(*first, *(f"GRANT {rights} TO {user}" for rights in (
            "SELECT, INSERT, UPDATE ON muster_lease", "SELECT ON muster_schema",
            "SELECT, INSERT, UPDATE ON muster_task")))
        assert clerk.write_task("-", "1 a 5 ada 00").answer == "applied"
        assert clerk.write_task("1.a", "2 b 5 ada 00").answer == "applied"
        assert clerk.tasks() == [("t", "2 b 5 ada 00")]
        reply = clerk.remove_task("2.b")
        assert reply.answer == "failed" and "denied" in reply.error, reply
    finally:
        engine.sql(*first, *(("DROP OWNED BY clerk",) if not first else ()),
                   f"DROP {'USER' if first else 'ROLE'} {user}")
        engine.make_tables(script(engine))
