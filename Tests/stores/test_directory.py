"""What every engine must do besides: a directory in which members find each other."""
import threading

import pytest
from client import Client
from conftest import Connect
from harness.servers import PostgreSQL, Server, SQLite
from schema import script


def test_nobody_stands_there_at_first(engine: Server, connect: Connect, cluster: str) -> None:
    assert connect(engine.url, cluster).members() == []


def test_who_announces_itself_is_found(engine: Server, connect: Connect, cluster: str) -> None:
    ada, bob = connect(engine.url, cluster), connect(engine.url, cluster)
    # What was announced is in the same answer.
    assert ada.exchange("ada/7/1/10.0.0.1:7000").row == "ada/7/1/10.0.0.1:7000"
    assert bob.exchange("bob/9/1/[fe80::1%eth0]:7000").row == "ada/7/1/10.0.0.1:7000 bob/9/1/[fe80::1%eth0]:7000"
    assert ada.members() == ["ada/7/1/10.0.0.1:7000", "bob/9/1/[fe80::1%eth0]:7000"]


def test_the_last_announcement_counts(engine: Server, connect: Connect, cluster: str) -> None:
    ada = connect(engine.url, cluster)
    highest = f"{2**64 - 1}/{2**63 - 1}"
    for entry in ("ada/7/1/a:1", "ada/7/2/a:1", "ada/7/2/a:1", "ada/7/3/b:1", "ada/1/1/c:1", f"ada/{highest}/d:1"):
        assert ada.exchange(entry).row == entry


def test_an_entry_is_removed_only_as_it_was_seen(engine: Server, connect: Connect, cluster: str) -> None:
    ada, bob = connect(engine.url, cluster), connect(engine.url, cluster)
    ada.exchange("ada/7/2/a:1")
    for other in ("ada/7/1/a:1", "ada/8/2/a:1", "ADA/7/2/a:1", "bob/7/2/a:1"):
        assert bob.exchange("-", other).row == "ada/7/2/a:1"
    bob.exchange("bob/9/1/b:1")
    assert ada.exchange("-", "bob/9/1/b:1", "ada/7/2/a:1").row == ""
    assert bob.exchange("bob/9/2/b:1", "ada/7/2/a:1").row == "bob/9/2/b:1"


@pytest.mark.parametrize("other", ["ADA", "\u00e4da", "a'da", "ada%", "a\\da", 'a"da', "x" * 64])
def test_names_are_compared_byte_by_byte(engine: Server, connect: Connect, cluster: str, other: str) -> None:
    ada = connect(engine.url, cluster)
    ada.exchange("ada/7/1/a:1")
    assert sorted(ada.exchange(f"{other}/8/1/b:1").row.split()) == sorted(["ada/7/1/a:1", f"{other}/8/1/b:1"])
    assert ada.exchange("-", f"{other}/8/1/b:1").row == "ada/7/1/a:1"


def test_clusters_never_meet(engine: Server, connect: Connect, cluster: str) -> None:
    others = [connect(engine.url, name) for name in (cluster.upper(), cluster + "/", cluster + "0", cluster[:-1])]
    connect(engine.url, cluster).exchange("ada/7/1/a:1")
    for other in others:
        assert other.exchange("-", "ada/7/1/a:1").row == ""
    assert connect(engine.url, cluster).members() == ["ada/7/1/a:1"]


def test_leases_and_members_never_meet(engine: Server, connect: Connect, cluster: str) -> None:
    ada = connect(engine.url, cluster)
    assert ada.write("-", "1 a 5 ada", "ada").answer == "applied"
    assert ada.exchange("ada/7/1/a:1").row == "ada/7/1/a:1"
    assert ada.exchange("-", "ada/7/1/a:1").row == ""
    assert ada.read("ada").row == "1 a 5 ada"


def test_eight_announce_themselves_at_once(engine: Server, connect: Connect, cluster: str) -> None:
    clients = [connect(engine.url, cluster, 10_000) for _ in range(8)]

    def announce(index: int, asked: Client) -> None:
        for counter in range(1, 6):
            assert asked.exchange(f"m{index}/{index}/{counter}/a:{index}").answer == "members"

    threads = [threading.Thread(target=announce, args=pair) for pair in enumerate(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert clients[0].members() == [f"m{index}/{index}/5/a:{index}" for index in range(8)]


def test_a_thousand_are_read_and_no_more(engine: Server, connect: Connect, cluster: str) -> None:
    ada = connect(engine.url, cluster, 10_000)
    ada.members()
    address = "h" * 512
    # The longest that may stand there: 64 bytes that are three each in a store.
    names = [f"{index:04}" + "\u00e4" * 30 for index in range(1003)]
    engine.fill("member", [(cluster, name.replace("\u00e4", "%c3%a4"), f"{7:016x}", "1", address) for name in names])
    assert ada.members() == [f"{name}/7/1/{address}" for name in names[:1000]]


def test_what_muster_did_not_write_is_passed_over(engine: Server, connect: Connect, cluster: str) -> None:
    ada = connect(engine.url, cluster)
    ada.exchange("ada/7/1/a:1")
    good = "0000000000000007"
    engine.fill("member", [
        (cluster, "b%", good, "1", "b:1"), (cluster, "b%ff", good, "1", "b:1"), (cluster, "c", "7", "1", "b:1"),
        (cluster, "d", "000000000000000x", "1", "b:1"), (cluster, "e", good, "-1", "b:1"),
        (cluster, "f", good, "1", ""), (cluster, "g", good, "1", "b 1"), (cluster, "h", good, "1", "b{1"),
        (cluster, "%0a", good, "1", "b:1"), (cluster, "y" * 65, good, "1", "b:1"), (cluster, "z", good, "1", "z:1"),
    ])
    assert ada.members() == ["ada/7/1/a:1", "z/7/1/z:1"]


def test_an_entry_that_cannot_stand_there_is_refused(engine: Server, connect: Connect, cluster: str) -> None:
    ada = connect(engine.url, cluster)
    for entry in ("ada/7/1/a'b", f"ada/7/{2**63}/a:1", f"{'x' * 65}/7/1/a:1", f"ada/7/1/{'a' * 513}"):
        assert ada.exchange(entry).error.startswith("badSettings: ")
    assert ada.members() == []


def test_a_frozen_server_is_answered_for_in_time(engine: Server, connect: Connect, cluster: str) -> None:
    if isinstance(engine, SQLite):
        pytest.skip("SQLite has no server")
    ada = connect(engine.url, cluster, 1000)
    ada.exchange("ada/7/1/a:1")
    engine.freeze()
    try:
        for _ in range(3):
            assert ada.reply(ada.ask("exchange ada/7/2/a:1"), 8).answer == "failed"
    finally:
        engine.thaw()
    ada.eventually("nothing")
    assert ada.exchange("ada/7/3/a:1").row == "ada/7/3/a:1"


def test_a_restarted_server_is_found_again(engine: Server, connect: Connect, cluster: str) -> None:
    ada = connect(engine.url, cluster)
    ada.exchange("ada/7/1/a:1")
    engine.kill()
    engine.start()
    assert ada.exchange("bob/7/1/b:1").row == "ada/7/1/a:1 bob/7/1/b:1"


# A database that was made before there was a table of members.


def test_a_missing_table_of_members_is_made(engine: Server, connect: Connect, cluster: str) -> None:
    engine.make_tables(script(engine, "muster_member"))
    ada = connect(engine.url, cluster)
    assert ada.write("-", "1 a 5 ada").answer == "applied"
    assert ada.exchange("ada/7/1/a:1").row == "ada/7/1/a:1"
    assert ada.read().row == "1 a 5 ada"


def test_eight_make_the_table_of_members_at_once(engine: Server, connect: Connect, cluster: str) -> None:
    engine.make_tables(script(engine, "muster_member"))
    clients = [connect(engine.url, cluster, 10_000) for _ in range(8)]
    assert {asked.read().answer for asked in clients} == {"nothing"}
    numbers = [asked.ask(f"exchange m{index}/1/1/a:1") for index, asked in enumerate(clients)]
    for asked, number in zip(clients, numbers):
        reply = asked.reply(number)
        assert reply.answer == "members", reply
    assert len(clients[0].members()) == 8


def test_leases_do_without_the_table_of_members(engine: Server, connect: Connect, cluster: str) -> None:
    engine.make_tables(script(engine, "muster_member"))
    try:
        ada = connect(engine.url, cluster, 2000, "no-tables")
        assert ada.write("-", "1 a 5 ada").answer == "applied"
        for version in range(1, 5):
            reply = ada.exchange("ada/7/1/a:1")
            assert reply.answer == "failed"
            assert reply.error.startswith("schema: the table muster_member is missing; `muster store schema --for ")
            # On the same connection.
            before = ada.sockets()
            assert ada.write(f"{version}.a", f"{version + 1} a 5 ada").answer == "applied"
            assert ada.sockets() == before
    finally:
        engine.make_tables(script(engine))


def test_a_user_who_may_not_make_it_is_told(engine: Server, connect: Connect, cluster: str) -> None:
    if not isinstance(engine, PostgreSQL):
        pytest.skip("needs users with few rights")
    engine.make_tables(script(engine, "muster_member"))
    engine.sql("CREATE ROLE teller LOGIN PASSWORD 'secret'",
               "GRANT SELECT, INSERT, UPDATE ON muster_lease TO teller", "GRANT SELECT ON muster_schema TO teller")
    try:
        teller = connect(engine.url.replace("muster:", "teller:"), cluster)
        reply = teller.exchange("ada/7/1/a:1")
        assert reply.error.startswith("schema: the table muster_member is missing and cannot be made (permission denied")
        assert teller.write("-", "1 a 5 ada").answer == "applied"
    finally:
        engine.sql("DROP OWNED BY teller", "DROP ROLE teller")
        engine.make_tables(script(engine))
