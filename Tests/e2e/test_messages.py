"""What hosts tell each other: to all, and to one."""

from __future__ import annotations

import signal
from collections import Counter
from typing import Any

import pytest
from harness.process import Host, Stage, eventually, throughout

KEY = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
INVALID, TIMEOUT, CLOSED, TOO_BIG, NO_MEMBER, UNWANTED, FULL = -1, -4, -5, -7, -14, -15, -16
MEGABYTE = 1 << 20


@pytest.fixture(params=["thread", "manual", "sealed"])
def options(request: pytest.FixtureRequest) -> dict[str, str]:
    """What must hold however callbacks are run, and with a key."""
    if request.param == "manual":
        return {"dispatch": "manual", "host.dispatch": "1", "host.messages": "1"}
    return {"host.messages": "1", **({"key": KEY} if request.param == "sealed" else {})}


def told(host: Host, **wanted: Any) -> list[Any]:
    return [line["text"] for line in host.said(**wanted) if "message" in line]


# -- to all


def test_a_broadcast_reaches_every_other_host_once(stage: Stage, options: dict[str, str]) -> None:
    a, b, c = stage.trio(**options)
    assert a.ask("broadcast greeting hello to you")["result"] == 0
    assert a.ask("broadcast - ")["result"] == 0
    for host in (b, c):
        host.wait_for(message="broadcast", sender="a", topic="greeting", text="hello to you", length=12)
        host.wait_for(message="broadcast", sender="a", topic="", length=0)
    throughout(
        lambda: len(b.said(message="broadcast")) == len(c.said(message="broadcast")) == 2
        and not a.said(message="broadcast"),
        "once each, and not to oneself", seconds=1.5,
    )  # fmt: skip


def test_every_one_of_many_broadcasts_arrives_in_calm(stage: Stage) -> None:
    a, b, c = stage.trio(**{"host.messages": "1"})
    for number in range(30):
        assert a.ask(f"broadcast - {number}")["result"] == 0
    wanted = Counter(str(number) for number in range(30))
    for host in (b, c):
        eventually(lambda host=host: Counter(told(host)) == wanted, "all of them")


def test_a_broadcast_at_the_limit_and_beyond(stage: Stage) -> None:
    a, b, c = stage.trio(**{"host.messages": "1"})
    assert a.ask("broadcast-many 1 512")["result"] == 0
    for host in (b, c):
        assert host.wait_for(message="broadcast", length=512)["whole"] == 1
    refusal = a.ask("broadcast-many 1 513")
    assert refusal["result"] == TOO_BIG and "512" in refusal["error"]
    assert a.ask("broadcast " + "t" * 64 + " x")["result"] == 0
    assert a.ask("broadcast " + "t" * 65 + " x")["result"] == INVALID
    assert a.ask("broadcast a\u0007 x")["result"] == INVALID


def test_whoever_has_too_much_to_tell_is_told_so(stage: Stage) -> None:
    a, b, _ = stage.trio(**{"host.messages": "1"})
    assert a.ask("broadcast-many 100 500")["refused"] > 0
    assert b.wait_for(message="broadcast")["whole"] == 1
    # It passes.
    eventually(lambda: a.ask("broadcast - last")["result"] == 0, "room again")
    b.wait_for(message="broadcast", text="last")


def test_last_words_arrive(stage: Stage) -> None:
    a, b, c = stage.trio(**{"host.messages": "1"})
    for number in range(10):
        assert a.ask(f"broadcast - {number}")["result"] == 0
    assert a.ask("leave 5000")["result"] == 0
    assert a.ask("broadcast - late")["result"] == CLOSED
    for host in (b, c):
        eventually(lambda host=host: len(told(host)) == 10, "all ten")


def test_a_host_that_takes_no_messages_hears_no_broadcast(stage: Stage) -> None:
    a, b, c = stage.trio()
    assert b.ask("listen 1")["result"] == 0
    assert a.ask("broadcast - one")["result"] == 0
    b.wait_for(message="broadcast", text="one")
    assert b.ask("listen 0")["result"] == 0
    assert a.ask("broadcast - two")["result"] == 0
    throughout(lambda: not b.said(text="two") and not told(c), "not told any more", seconds=1)


# -- to one


def test_a_message_reaches_the_one_it_is_for(stage: Stage, options: dict[str, str]) -> None:
    a, b, c = stage.trio(**options)
    assert a.ask("send b 5000 subject some words")["result"] == 0
    b.wait_for(message="sent", sender="a", topic="subject", text="some words", length=10)
    assert b.ask("send a 5000 - ")["result"] == 0
    a.wait_for(message="sent", sender="b", topic="", length=0)
    assert not told(c)


@pytest.mark.parametrize("length", [65_000, 65_537, 300_000, MEGABYTE])
def test_a_long_message_arrives_whole(stage: Stage, options: dict[str, str], length: int) -> None:
    a, b, _ = stage.trio(**options)
    assert a.ask(f"send-many b 3 {length}")["result"] == 0
    eventually(lambda: len(b.said(message="sent", length=length, whole=1)) == 3, "three of them")


def test_one_byte_more_is_too_much(stage: Stage) -> None:
    a, b, _ = stage.trio(**{"host.messages": "1"})
    refusal = a.ask(f"send-many b 1 {MEGABYTE + 1}")
    assert refusal["result"] == TOO_BIG and str(MEGABYTE) in refusal["error"]


def test_messages_of_one_sender_keep_their_order(stage: Stage, options: dict[str, str]) -> None:
    a, b, c = stage.trio(**options)
    for host in (a, c):
        host.tell("send-many b 500")
    for host in (a, c):
        assert host.wait_for(reply="send-many")["result"] == 0
    for sender in ("a", "c"):
        wanted = [str(number) for number in range(500)]
        eventually(lambda sender=sender: len(told(b, sender=sender)) == 500, "all of them")
        assert told(b, sender=sender) == wanted


def test_to_oneself(stage: Stage) -> None:
    a = stage.start("a")
    assert a.ask("send a 1000 - x")["result"] == UNWANTED
    assert a.ask("listen 1")["result"] == 0
    assert a.ask("send a 1000 t hello")["result"] == 0
    a.wait_for(message="sent", sender="a", topic="t", text="hello")


def test_from_inside_a_callback(stage: Stage) -> None:
    """Both echo, from both sides at once: nobody waits for anybody's callback."""
    for options in ({}, {"dispatch": "manual", "host.dispatch": "1"}):
        a, b, _ = Stage.trio(stage, **{"host.messages": "2"}, **options)
        for host, other in ((a, b), (b, a)):
            host.tell(f"send-many {other.id} 50")
        for host in (a, b):
            assert host.wait_for(reply="send-many")["result"] == 0
            eventually(lambda host=host: len(host.said(callback="echoed", result=0)) == 50, "all sent back")
            eventually(lambda host=host: len(told(host, topic="echo")) == 50, "all have come back")
        stage.end()
        stage.hosts.clear()


def test_who_cannot_be_told(stage: Stage) -> None:
    a, b, c = stage.trio(**{"host.messages": "1"})
    absent = a.ask("send nobody 5000 - x")
    assert absent["result"] == NO_MEMBER and "nobody" in absent["error"]
    assert b.ask("leave 5000")["result"] == 0
    eventually(lambda: a.sees("a", "c"), "b has left")
    assert a.ask("send b 5000 - x")["result"] == NO_MEMBER
    c.kill()
    eventually(lambda: a.sees("a"), "c is dead")
    assert a.ask("send c 5000 - x")["result"] == NO_MEMBER
    assert a.ask("send a 0 - x")["result"] == INVALID
    assert a.ask("send a -2 - x")["result"] == INVALID


def test_a_host_without_a_callback_is_told_nothing(stage: Stage) -> None:
    a, b, _ = stage.trio()
    assert a.ask("send b 5000 - x")["result"] == UNWANTED
    assert b.ask("listen 1")["result"] == 0
    assert a.ask("send b 5000 - y")["result"] == 0
    # What waits for a callback that is taken away goes with it.
    b.wait_for(text="y")
    assert b.ask("listen 0")["result"] == 0
    assert a.ask("send b 5000 - z")["result"] == UNWANTED
    assert told(b) == ["y"]


def test_more_than_a_host_takes_is_refused_until_it_takes_more(stage: Stage) -> None:
    a, b, c = stage.trio(**{"host.messages": "1"})
    b.ask("hold 1")
    # One is inside the callback, and three find room.
    refusal = a.ask(f"send-many b 10 {MEGABYTE}")
    assert refusal["result"] == FULL and refusal["sent"] == 4
    # Others are not kept from it, nor is what is told to all.
    assert a.ask("send c 5000 - elsewhere")["result"] == 0
    assert a.ask("broadcast - everybody")["result"] == 0
    b.ask("hold 0")
    eventually(lambda: len(b.said(message="sent", whole=1)) == 4, "all that was taken")
    b.wait_for(message="broadcast", text="everybody")
    assert a.ask("send b 5000 - again")["result"] == 0
    b.wait_for(text="again")


def test_many_small_ones_are_bounded_too(stage: Stage) -> None:
    a, b, _ = stage.trio(**{"host.messages": "1"})
    b.ask("hold 1")
    refusal = a.ask("send-many b 10000")
    assert refusal["result"] == FULL and 8000 < refusal["sent"] <= 8192
    b.ask("hold 0")
    eventually(lambda: len(told(b)) == refusal["sent"], "all that was taken")


def test_a_stopped_process_does_not_answer_and_what_was_given_up_does_not_overtake(stage: Stage) -> None:
    a, b, _ = stage.trio(**{"host.messages": "1"})
    assert a.ask("send b 5000 - before")["result"] == 0
    b.freeze()
    try:
        late = a.ask("send b 300 - given-up")
        assert late["result"] == TIMEOUT and "may have arrived" in late["error"]
        waiting = a.tell("send b 20000 - after")
    finally:
        b.send(signal.SIGCONT)
    assert a.wait_for(waiting, reply="send")["result"] == 0
    b.wait_for(text="after")
    throughout(lambda: told(b)[-1] == "after", "nothing behind it", seconds=0.5)
    assert told(b) in (["before", "after"], ["before", "given-up", "after"])


def test_a_death_ends_the_wait_for_an_answer(stage: Stage) -> None:
    a, b, c = stage.trio(**{"host.messages": "1"})
    b.freeze()
    since = a.tell("send b -1 - x")
    eventually(lambda: a.said(event="unresponsive", member="b") or a.said(event="suspect", member="b"), "silence")
    b.kill()
    assert a.wait_for(since, reply="send")["result"] in (TIMEOUT, NO_MEMBER)


def test_no_more_than_so_many_wait_at_a_time(stage: Stage, options: dict[str, str]) -> None:
    a, b, c = stage.trio(**options)
    b.freeze()
    try:
        a.ask("send-threads b 70")
        eventually(lambda: len(a.said(threaded="b", result=FULL)) == 6, "six have no place")
        assert a.ask("send c 5000 - x")["result"] == FULL
    finally:
        b.send(signal.SIGCONT)
    eventually(lambda: len(a.said(threaded="b", result=0)) == 64, "all others had one")
    eventually(lambda: len(b.said(message="sent", topic="threads")) == 64, "each once")
    assert a.ask("send c 5000 - x")["result"] == 0


def test_leaving_ends_the_waits_of_other_threads(stage: Stage, options: dict[str, str]) -> None:
    a, b, _ = stage.trio(**options)
    b.freeze()
    a.ask("send-threads b 5")
    assert a.ask("leave 5000")["result"] == 0
    eventually(lambda: len(a.said(threaded="b")) == 5, "all five have ended")
    assert {line["result"] for line in a.said(threaded="b")} == {CLOSED}, a.said(threaded="b")


def test_right_after_joining(stage: Stage) -> None:
    """Whom a new member knows need not know the new member yet: the message waits for the news."""
    a, b, c = stage.trio(**{"host.messages": "1"})
    for number in range(5):
        d = stage.start(f"d{number}", seeds=[a], **{"host.messages": "1"})
        d.ask("wait 4 10000")
        for host in (a, b, c):
            assert d.ask(f"send {host.id} 5000 - {number}")["result"] == 0
            host.wait_for(sender=d.id, text=str(number))
        assert d.ask("leave 5000")["result"] == 0


# -- and membership


def test_members_stay_what_they_are_under_a_flood(stage: Stage) -> None:
    a, b, c = stage.trio(**{"host.messages": "1"})
    for host, command in ((a, f"send-many b 400 {MEGABYTE}"), (b, f"send-many c 400 {MEGABYTE}"),
                          (c, "broadcast-many 100 512")):  # fmt: skip
        host.tell(command)
    for host, reply in ((a, "send-many"), (b, "send-many"), (c, "broadcast-many")):
        # A host that is slower than the network is told more than it takes.
        assert host.wait_for(reply=reply, seconds=120)["result"] in (0, FULL)
    for host in (a, b, c):
        assert not host.said(event="dead") and not host.said(event="left")
    stage.agree(a, b, c)
