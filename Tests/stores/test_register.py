"""What every engine must do for leases, beyond test_rows.py."""

import pytest
from client import Client, Reply, race
from conftest import Connect
from harness.servers import Server


def test_a_row_may_be_empty_or_large(engine: Server, connect: Connect, cluster: str) -> None:
    client = connect(engine.url, cluster)
    highest = 2**53 - 1
    version = 2**53 + 1
    assert client.write("-", f"{version} ffffffffffffffff {highest} {'x' * 64}").answer == "applied"
    assert client.write(f"{version - 1}.ffffffffffffffff", f"{version} a 1 y").answer == "conflict"
    assert client.write(f"{version}.ffffffffffffffff", f"{version + 1} 0 {highest} y").answer == "applied"
    assert client.read().row == f"{version + 1} 0 {highest} y"


@pytest.mark.parametrize("other", ["PRIMARY", "prim\u00e4ry", "pri'mary", "primary%", "pri\\mary", "pri/mary"])
def test_names_are_compared_byte_by_byte(engine: Server, connect: Connect, cluster: str, other: str) -> None:
    client = connect(engine.url, cluster)
    assert client.write("-", "1 a 5 ada").answer == "applied"
    assert client.read(other).answer == "nothing"
    assert client.write("-", "1 b 9 bob", other).answer == "applied"
    assert client.read().row == "1 a 5 ada"
    assert client.read(other).row == "1 b 9 bob"


def test_clusters_never_meet(engine: Server, connect: Connect, cluster: str) -> None:
    one, other = connect(engine.url, cluster), connect(engine.url, cluster.upper())
    assert one.write("-", "1 a 5 ada").answer == "applied"
    assert other.read().answer == "nothing"
    assert other.write("1.a", "2 b 6 bob").answer == "conflict"
    assert other.write("-", "1 c 9 bob").answer == "applied"
    assert one.read().row == "1 a 5 ada"


def test_one_of_eight_writers_wins_each_version(engine: Server, connect: Connect, cluster: str) -> None:
    rounds = 15
    clients = [connect(engine.url, cluster, 10_000) for _ in range(8)]
    expected = "-"
    for version in range(1, rounds + 1):

        def write(index: int, client: Client) -> Reply:
            return client.write(expected, f"{version} {index:x} {version} n{index}")

        winner = race(clients, write)
        assert clients[0].read().row == f"{version} {winner:x} {version} n{winner}"
        expected = f"{version}.{winner:x}"


def test_requests_are_answered_in_order(engine: Server, connect: Connect, cluster: str) -> None:
    client = connect(engine.url, cluster, 10_000)
    numbers = [client.ask("write primary - 1 1 1 ada")]
    numbers += [client.ask(f"write primary {v}.{v:x} {v + 1} {v + 1:x} 1 ada") for v in range(1, 20)]
    assert [client.reply(number).answer for number in numbers] == ["applied"] * 20
    assert client.read().row == "20 14 1 ada"
