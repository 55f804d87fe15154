"""How nodes find each other, and that those who must not meet never do."""

from __future__ import annotations

import random
import socket

from harness.process import Stage, eventually, free_port, throughout

KEY = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
OTHER_KEY = "ff" * 32


def multicast() -> dict[str, str]:
    """A group that no other test speaks to."""
    group = f"239.255.{random.randrange(1, 255)}.{random.randrange(1, 255)}"
    return {"multicast": "true", "multicast_group": group, "multicast_port": str(free_port()),
            "multicast_interface": "lo"}  # fmt: skip


def test_join_by_seed(stage: Stage) -> None:
    a = stage.start("a")
    b = stage.start("b", seeds=[a])
    c = stage.start("c", seeds=[b])
    stage.agree(a, b, c)
    assert b.wait_for(event="joined", member="a")["number"] >= 1
    for host in (a, b, c):
        assert host.quit() == 0


def test_join_by_seed_that_comes_later(stage: Stage) -> None:
    port = free_port()
    b = stage.start("b", seeds=f"127.0.0.1:{port}")
    b.joined()
    a = stage.start("a", port=str(port), port_range="1")
    stage.agree(a, b)


def test_join_by_seed_with_a_host_name(stage: Stage) -> None:
    a = stage.start("a")
    b = stage.start("b", seeds=f"localhost:{a.port}")
    stage.agree(a, b)


def test_join_by_multicast(stage: Stage) -> None:
    options = multicast()
    hosts = [stage.start(id, **options) for id in ("a", "b", "c")]
    stage.agree(*hosts)


def test_two_clusters_on_one_multicast_group_never_meet(stage: Stage) -> None:
    options = multicast()
    mine = [stage.start(id, **options) for id in ("a", "b")]
    theirs = [stage.start(id, **{**options, "cluster": stage.name + "-other"}) for id in ("x", "y")]
    stage.agree(*mine)
    stage.agree(*theirs)
    throughout(
        lambda: mine[0].sees("a", "b") and theirs[0].sees("x", "y"), "each sees its own cluster only", seconds=1.5
    )
    for host, stranger in [(mine[0], "x"), (mine[1], "y"), (theirs[0], "a"), (theirs[1], "b")]:
        assert not host.said(event="joined", member=stranger)


def test_another_cluster_as_seed_is_not_joined(stage: Stage) -> None:
    a = stage.start("a")
    x = stage.start("x", seeds=[a], cluster=stage.name + "-other")
    x.joined()
    throughout(lambda: a.sees("a") and x.sees("x"), "they stay alone", seconds=1.5)


def test_same_key_joins(stage: Stage) -> None:
    a = stage.start("a", key=KEY, bind="127.0.0.1")
    b = stage.start("b", seeds=[a], key=KEY, bind="127.0.0.1")
    stage.agree(a, b)
    assert b.ask("tag colour green")["result"] == 0
    eventually(lambda: a.members()["b"]["tags"] == {"colour": "green"}, "the tag has come")


def test_wrong_key_never_joins(stage: Stage) -> None:
    a = stage.start("a", key=KEY, bind="127.0.0.1")
    b = stage.start("b", seeds=[a], key=KEY, bind="127.0.0.1")
    stage.agree(a, b)
    x = stage.start("x", seeds=[a], key=OTHER_KEY, bind="127.0.0.1")
    x.joined()
    throughout(lambda: a.sees("a", "b") and x.sees("x"), "the stranger stays alone", seconds=1.5)


def test_no_key_and_a_key_never_meet(stage: Stage) -> None:
    a = stage.start("a", key=KEY, bind="127.0.0.1")
    x = stage.start("x", seeds=[a])
    x.joined()
    y = stage.start("y", key=KEY, bind="127.0.0.1", seeds=[x])
    y.joined()
    throughout(lambda: a.sees("a") and x.sees("x") and y.sees("y"), "they stay alone", seconds=1.5)


def test_port_0_takes_any_free_pair(stage: Stage) -> None:
    hosts = [stage.start(f"n{index}") for index in range(4)]
    ports = {host.port for host in hosts}
    assert len(ports) == 4 and 0 not in ports


def test_port_range_takes_the_next_free_pair(stage: Stage) -> None:
    base = free_port()
    a = stage.start("a", port=str(base), port_range="50")
    first = a.port
    assert base <= first < base + 50
    b = stage.start("b", port=str(first), port_range="50", seeds=[a])
    assert first < b.port < first + 50
    stage.agree(a, b)


def test_port_range_of_one_that_is_taken_is_refused(stage: Stage) -> None:
    a = stage.start("a")
    b = stage.start("b", port=str(a.port), port_range="1")
    failed = b.wait_for(failed="join")
    assert failed["result"] == -3 and str(a.port) in failed["error"]


def test_a_port_taken_for_udp_alone_is_passed_over(stage: Stage) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        a = stage.start("a", port=str(port), port_range="50")
        assert port < a.port < port + 50


def test_no_key_beyond_loopback_is_refused(stage: Stage) -> None:
    a = stage.start("a", bind="0.0.0.0")
    assert a.wait_for(failed="join")["result"] == -1


def test_many_join_through_one_seed(stage: Stage) -> None:
    a = stage.start("a")
    others = [stage.start(f"n{index}", seeds=[a]) for index in range(9)]
    stage.agree(a, *others)
