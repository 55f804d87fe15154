"""Who is here: joining, waiting, lists of members, tags."""

from __future__ import annotations

import gc
import pathlib
import threading
import weakref

import pytest

import muster
from conftest import Join, StartPeer
from harness import until


def test_a_lone_node_knows_itself(join: Join) -> None:
    cluster = join(node_id="a", name="Anna")
    me = cluster.me
    assert (me.id, me.name, me.address, me.is_self) == ("a", "Anna", "127.0.0.1", True)
    assert me.state is muster.MemberState.ALIVE
    assert me.port > 0 and me.generation > 0 and 0 <= me.age < 10
    assert cluster.members() == [cluster.me] or cluster.members()[0].id == "a"


def test_processes_find_each_other(join: Join, peer: StartPeer) -> None:
    cluster = join(node_id="a")
    peer("b", [cluster.me.port])
    peer("c", [cluster.me.port])
    cluster.wait(3, timeout=10)
    assert [member.id for member in cluster.members()] == ["a", "b", "c"]
    assert [member.is_self for member in cluster.members()] == [True, False, False]
    assert [member["id"] for member in cluster.members_json()] == ["a", "b", "c"]


def test_a_killed_process_is_gone(join: Join, peer: StartPeer) -> None:
    cluster = join(node_id="a")
    other = peer("b", [cluster.me.port])
    cluster.wait(2, timeout=10)
    other.kill()
    until(lambda: len(cluster.members()) == 1, "the death of b")


def test_tags_spread(join: Join, peer: StartPeer) -> None:
    cluster = join(node_id="a")
    other = peer("b", [cluster.me.port])
    cluster.wait(2, timeout=10)
    other.order("set_tag", key="zone", value="north ☃")
    until(lambda: cluster.members()[1].tags == {"zone": "north ☃"}, "the tag of b")
    cluster.set_tag("color", "red")
    assert cluster.me.tags == {"color": "red"}
    cluster.delete_tag("color")
    cluster.delete_tag("never set")
    assert cluster.me.tags == {}


def test_members_are_values(join: Join) -> None:
    me = join().me
    assert hash(me) == hash(me)
    with pytest.raises(AttributeError):
        me.port = 1  # type: ignore[misc]


def test_options_from_a_file(name: str, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "node.toml"
    path.write_text(f'cluster = "{name}"\nnode_id = "from-file"\nport = 0\nmulticast = false\n')
    with muster.join(config=path) as cluster:
        assert cluster.me.id == "from-file"
    with muster.join(config=str(path), node_id="from-call") as cluster:
        assert cluster.me.id == "from-call"


def test_wait_ends_when_the_node_is_closed_elsewhere(join: Join) -> None:
    cluster = join()
    closer = threading.Thread(target=cluster.close)
    ended = []

    def wait() -> None:
        with pytest.raises(muster.Closed):
            cluster.wait(2)
        ended.append(True)

    waiter = threading.Thread(target=wait)
    waiter.start()
    closer.start()
    waiter.join(10)
    closer.join(10)
    assert ended == [True]


def test_closing_twice_is_harmless(join: Join) -> None:
    with join() as cluster:
        cluster.close()
    cluster.close()
    assert "closed" in repr(cluster)


def test_a_node_that_nobody_holds_is_closed(join: Join, name: str) -> None:
    other = join(node_id="a")
    cluster = muster.join(name, node_id="b", port=0, multicast=False, seeds=[f"127.0.0.1:{other.me.port}"])
    other.wait(2, timeout=10)
    gone = weakref.ref(cluster)
    del cluster
    gc.collect()
    assert gone() is None
    until(lambda: len(other.members()) == 1, "the end of b")
