"""The key of a cluster is changed while it runs."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import itertools
import os
import pathlib
import re
import signal
import threading
from typing import Any

import pytest
from harness.process import Host, Stage, eventually, throughout

KEYS = [bytes([number]) * 32 for number in range(1, 10)]
OLD, NEW = KEYS[0].hex(), base64.b64encode(KEYS[1]).decode()
PARTIAL = -17

# Messages all the time, so that none can get lost in a rotation unnoticed.
BUSY = {"bind": "127.0.0.1", "probe_interval": "50ms", "probe_timeout": "40ms", "sync_interval": "100ms"}
TROUBLE = ("suspect", "unresponsive", "dead", "left", "demoted", "primary-changed")


def name(key: bytes) -> str:
    return hashlib.blake2b(b"muster key fingerprint 1", key=key, digest_size=32).hexdigest()[:16]


def do(host: Host, command: str, key: str) -> None:
    answer = host.ask(f"{command} {key} 10000")
    assert answer["result"] == 0, answer


def keys(host: Host) -> dict[str, Any]:
    answer = host.ask("keys 10000")
    assert answer["result"] == 0, answer
    return dict(answer["json"])


class Chatter:
    """Every host says something new all the time."""

    def __init__(self, *hosts: Host) -> None:
        self.hosts = hosts
        self.said = 0
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._talk)

    def _talk(self) -> None:
        for number in itertools.count(1):
            for host in self.hosts:
                host.tell(f"tag count {number}")
            self.said = number
            if self._is_over.wait(0.01):
                return

    def __enter__(self) -> Chatter:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()


def test_the_key_of_a_busy_cluster_is_changed_and_nobody_notices(stage: Stage) -> None:
    hosts = stage.trio("role=primary", "host.sample=1", "host.log=2", key=KEYS[0].hex(), **BUSY)
    a, token = hosts[0], hosts[0].token()
    marks = [host.mark() for host in hosts]
    with Chatter(*hosts) as chatter:
        for number, (old, new) in enumerate(itertools.pairwise(KEYS)):
            # Each step at another member, each key named by itself or by its fingerprint.
            adds, uses, removes = (hosts[(number + shift) % 3] for shift in range(3))
            do(adds, "key-add", new.hex())
            do(uses, "key-use", name(new) if number % 2 else new.hex())
            do(removes, "key-remove", name(old))
            assert keys(a) == {
                "keys": [
                    {"fingerprint": name(new), "sealing": ["a", "b", "c"], "holding": ["a", "b", "c"], "lacking": []}
                ],
                "unreachable": [],
            }
        last = chatter.said + 5
        eventually(lambda: chatter.said > last, "the talk goes on")
    for host in hosts:
        counts = [int(member["tags"]["count"]) for member in host.members().values()]
        eventually(lambda host=host: all(  # type: ignore[misc]
            int(member["tags"]["count"]) >= last for member in host.members().values()), "all is heard")
        assert len(counts) == 3
    for host, since in zip(hosts, marks):
        assert [line for line in host.said(since) if line.get("event") in TROUBLE] == []
        assert [line for line in host.said(since) if line.get("log") or line.get("callback")] == []
        assert host.said(since, sample="changed") == []
    assert a.is_primary() and a.token() == token


def test_after_the_change_only_the_new_key_opens(stage: Stage) -> None:
    a, b, c = stage.trio(key=OLD, bind="127.0.0.1")
    do(a, "key-add", NEW)
    # While both open, a node with either order of the two may come.
    d = stage.start("d", seeds=[a], keys=f"{OLD},{NEW}", bind="127.0.0.1")
    stage.agree(a, b, c, d)
    do(b, "key-use", NEW)
    e = stage.start("e", seeds=[a], keys=f"{NEW},{OLD}", bind="127.0.0.1")
    stage.agree(a, b, c, d, e)
    do(c, "key-use", NEW)
    do(c, "key-remove", OLD)
    stranger = stage.start("x", seeds=[a, b], key=OLD, bind="127.0.0.1")
    stranger.joined()
    friend = stage.start("f", seeds=[a], key=NEW, bind="127.0.0.1")
    stage.agree(a, b, c, d, e, friend)
    throughout(lambda: a.sees("a", "b", "c", "d", "e", "f") and stranger.sees("x"), "it stays alone", seconds=1.5)
    # Who comes with both is one who seals with a key that is gone.
    both = stage.start("y", seeds=[a], keys=f"{OLD} {NEW}", bind="127.0.0.1")
    throughout(lambda: both.sees("y") and "y" not in a.members(), "so does that one", seconds=1.0)


def test_a_stopped_member_is_named_and_nothing_is_used_without_it(stage: Stage) -> None:
    a, b, c = stage.trio(key=OLD, bind="127.0.0.1")
    do(a, "key-add", NEW)
    c.freeze()
    for host in (a, b):
        answer = host.ask(f"key-use {NEW} 10000")
        assert answer["result"] == PARTIAL and "c did not answer" in answer["error"], answer
        assert "nothing was changed" in answer["error"]
    assert [key["sealing"] for key in keys(a)["keys"]] == [["a", "b"], []]
    assert keys(a)["unreachable"] == ["c"]
    c.send(signal.SIGCONT)
    stage.agree(a, b, c)
    do(a, "key-use", NEW)
    assert [(key["fingerprint"], key["sealing"]) for key in keys(b)["keys"]] == [
        (name(KEYS[1]), ["a", "b", "c"]), (name(KEYS[0]), []),
    ]  # fmt: skip


def test_a_key_is_added_to_those_who_answer_and_to_the_rest_later(stage: Stage) -> None:
    a, b, c = stage.trio(key=OLD, bind="127.0.0.1")
    c.freeze()
    answer = a.ask(f"key-add {NEW} 10000")
    assert answer["result"] == PARTIAL and "1 of 3" in answer["error"] and "c did not" in answer["error"], answer
    assert [key["holding"] for key in keys(b)["keys"]] == [["a", "b"], ["a", "b"]]
    c.send(signal.SIGCONT)
    stage.agree(a, b, c)
    eventually(lambda: [key["lacking"] for key in keys(b)["keys"]] in ([[], ["c"]], [[], []]), "it answers again")
    do(b, "key-add", NEW)
    do(a, "key-use", NEW)
    do(b, "key-remove", OLD)
    assert [key["holding"] for key in keys(c)["keys"]] == [["a", "b", "c"]]


def test_a_member_that_died_is_no_obstacle(stage: Stage) -> None:
    a, b, c = stage.trio(key=OLD, bind="127.0.0.1")
    do(a, "key-add", NEW)
    c.kill()
    a.wait_for(event="dead", member="c")
    b.wait_for(event="dead", member="c")
    do(b, "key-use", NEW)
    do(a, "key-remove", OLD)
    # It comes back with what its options say.
    again = stage.start("c", seeds=[a], key=NEW, bind="127.0.0.1")
    stage.agree(a, b, again)


def test_a_member_that_came_with_the_former_key_is_brought_back(stage: Stage) -> None:
    ring = {"keys": f"{NEW} {OLD}", "bind": "127.0.0.1"}
    a = stage.start("a", **ring)
    b = stage.start("b", seeds=[a], **ring)
    stage.agree(a, b)
    c = stage.start("c", seeds=[a], key=OLD, bind="127.0.0.1")
    # It is heard, and hears nothing.
    for host in (a, b):
        host.wait_for(event="dead", member="c")
    throughout(lambda: a.sees("a", "b") and b.sees("a", "b"), "the others do not suspect each other", seconds=1.0)
    do(c, "key-add", NEW)
    do(c, "key-use", NEW)
    stage.agree(a, b, c)
    do(a, "key-remove", OLD)
    assert [key["holding"] for key in keys(c)["keys"]] == [["a", "b", "c"]]
    assert a.said(event="suspect", member="b") == b.said(event="suspect", member="a") == []


def test_a_node_alone_changes_its_key(stage: Stage) -> None:
    a = stage.start("a", key=OLD, bind="127.0.0.1")
    do(a, "key-add", NEW)
    do(a, "key-use", NEW)
    do(a, "key-remove", OLD)
    b = stage.start("b", seeds=[a], key=NEW, bind="127.0.0.1")
    stage.agree(a, b)


def copies(host: Host, secret: bytes) -> int:
    """How often these bytes stand in the memory that the process may write."""
    count = 0
    with open(f"/proc/{host.pid}/maps") as maps, open(f"/proc/{host.pid}/mem", "rb") as memory:
        for start, end in re.findall(r"^([0-9a-f]+)-([0-9a-f]+) rw", maps.read(), flags=re.M):
            memory.seek(int(start, 16))
            with contextlib.suppress(OSError):
                count += memory.read(int(end, 16) - int(start, 16)).count(secret)
    return count


def test_a_key_that_is_removed_is_wiped_from_memory(stage: Stage) -> None:
    first, second, third = (os.urandom(32) for _ in range(3))
    hosts = stage.trio(key=first.hex(), bind="127.0.0.1")
    a, b, _ = hosts
    for old, new in ((first, second), (second, third)):
        do(a, "key-add", new.hex())
        do(a, "key-use", name(new))
        for host in hosts:
            assert copies(host, old) >= 1
        do(b, "key-remove", name(old))
        # What others opened under it may take a moment to end.
        for host in hosts:
            eventually(lambda host=host, old=old: copies(host, old) == 0, "it is gone")  # type: ignore[misc]


def test_a_key_file_holds_a_ring(stage: Stage, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"# sealing since May\n{NEW}\n{OLD}\n")
    a = stage.start("a", key_file=str(file), bind="127.0.0.1")
    b = stage.start("b", seeds=[a], keys=f"{OLD} {NEW}", bind="127.0.0.1")
    stage.agree(a, b)
    assert keys(b)["keys"] == [
        {"fingerprint": name(KEYS[1]), "sealing": ["a"], "holding": ["a", "b"], "lacking": []},
        {"fingerprint": name(KEYS[0]), "sealing": ["b"], "holding": ["a", "b"], "lacking": []},
    ]


def test_a_ninth_key_does_not_fit(stage: Stage) -> None:
    ring = ",".join(key.hex() for key in KEYS[:8])
    a = stage.start("a", keys=ring, bind="127.0.0.1")
    b = stage.start("b", seeds=[a], key=OLD, bind="127.0.0.1")
    stage.agree(a, b)
    answer = a.ask(f"key-add {KEYS[8].hex()} 10000")
    assert answer["result"] == -7 and "8 keys" in answer["error"], answer
    answer = b.ask(f"key-add {KEYS[8].hex()} 10000")
    assert answer["result"] == PARTIAL and "a has 8 keys already" in answer["error"], answer


@pytest.mark.parametrize("text", ["short", OLD[:-1], OLD + "0", NEW[:-1], NEW[:-2] + "==", "g" * 64, "0" * 15, "0" * 17])
def test_what_is_no_key_is_refused_and_not_shown(stage: Stage, text: str) -> None:
    a = stage.start("a", key=OLD, bind="127.0.0.1")
    for command in ("key-add", "key-use", "key-remove"):
        answer = a.ask(f"{command} {text} 1000")
        assert answer["result"] == -1 and text not in answer["error"], answer
    assert a.ask(f"key-add {name(KEYS[0])} 1000")["result"] == -1, "a fingerprint is no key"


def test_the_time_is_up(stage: Stage) -> None:
    a, b, c = stage.trio(key=OLD, bind="127.0.0.1")
    answer = a.ask(f"key-add {NEW} 0")
    assert answer["result"] == PARTIAL and "2 of 3" in answer["error"], answer
    assert a.ask(f"key-add {NEW} -2")["result"] == -1
    answer = a.ask("keys 0")
    assert answer["result"] == 0 and answer["json"]["unreachable"] == ["b", "c"]
    do(b, "key-add", NEW)
    do(c, "key-use", NEW)


def test_a_node_that_has_left_changes_nothing(stage: Stage) -> None:
    a = stage.start("a", key=OLD, bind="127.0.0.1")
    assert a.ask("leave 1000")["result"] == 0
    for command in (f"key-add {NEW} -1", f"key-use {OLD} -1", f"key-remove {NEW} -1", "keys -1"):
        assert a.ask(command)["result"] == -5, command
