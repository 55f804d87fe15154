"""The ring of keys, and its change while the cluster runs (docs/protocol.md, section 18)."""

from __future__ import annotations

import dataclasses
import socket
from typing import Any

import pytest
from conftest import KEY, Town, place, state
from harness.process import Host, eventually, throughout
from keyring import add, fingerprint, name
from nacl.public import PrivateKey
from peer import Connection, Peer
from sealing import Stream
from wire import KeyOperation, KeyOutcome, KeyReply, KeyRequest, Kind, Message

NEW = bytes(range(100, 132))
THIRD = bytes(range(50, 82))
PARTIAL = -17


def ask(peer: Peer, host: Host, request: KeyRequest) -> KeyReply:
    message = peer.request(Message(Kind.KEYS, key_request=request), place(host))
    assert message.kind == Kind.KEYS_REPLY and message.sender is not None and message.sender.id == host.id
    assert message.key_reply is not None and len(message.key_reply.box) == 32
    return message.key_reply


def look(peer: Peer, host: Host) -> KeyReply:
    return ask(peer, host, KeyRequest())


def give(peer: Peer, host: Host, key: bytes) -> KeyReply:
    return ask(peer, host, add(key, look(peer, host).box))


def use(key: bytes) -> KeyRequest:
    return KeyRequest(KeyOperation.USE, fingerprint(key))


def remove(key: bytes) -> KeyRequest:
    return KeyRequest(KeyOperation.REMOVE, fingerprint(key))


def ring(*keys: bytes) -> tuple[int, ...]:
    return tuple(fingerprint(key) for key in keys)


def names(host: Host) -> list[dict[str, Any]]:
    answer = host.ask("keys 5000")
    assert answer["result"] == 0, answer
    return list(answer["json"]["keys"])


# -- what a node answers


def test_a_node_tells_its_ring_and_where_to_seal_a_key_to(sealed: Town) -> None:
    host = sealed.start("node")
    peer = sealed.member(host)
    reply = look(peer, host)
    assert reply.outcome == KeyOutcome.DONE
    assert reply.ring == ring(KEY)
    assert look(peer, host).box == reply.box


def test_a_member_rotates_the_key_of_a_node(sealed: Town) -> None:
    host = sealed.start("node")
    peer = sealed.member(host)
    for _ in range(2):  # each may be asked for again
        assert give(peer, host, NEW) == look(peer, host)
        assert look(peer, host).ring == ring(KEY, NEW)
    peer.set_keys(KEY, NEW)
    for _ in range(2):
        assert ask(peer, host, use(NEW)).ring == ring(NEW, KEY)
    peer.ping(place(host))  # sealed with the one, answered with the other
    peer.set_keys(NEW, KEY)
    for _ in range(2):
        assert ask(peer, host, remove(KEY)).ring == ring(NEW)
    peer.set_keys(NEW)
    peer.ping(place(host))
    assert state(host, "peer") == "alive"


def test_a_node_refuses_what_would_cut_it_off(sealed: Town) -> None:
    host = sealed.start("node")
    peer = sealed.member(host)
    assert ask(peer, host, use(NEW)) == dataclasses.replace(look(peer, host), outcome=KeyOutcome.MISSING)
    assert ask(peer, host, remove(KEY)) == dataclasses.replace(look(peer, host), outcome=KeyOutcome.SEALING)
    assert ask(peer, host, remove(NEW)).outcome == KeyOutcome.DONE
    for number in range(1, 8):
        assert give(peer, host, bytes([number]) * 32).outcome == KeyOutcome.DONE
    reply = give(peer, host, NEW)
    assert reply.outcome == KeyOutcome.FULL and len(reply.ring) == 8
    assert give(peer, host, bytes([7]) * 32).outcome == KeyOutcome.DONE


def test_a_key_is_taken_from_the_right_box_only(sealed: Town) -> None:
    host = sealed.start("node")
    peer = sealed.member(host)
    right = add(NEW, look(peer, host).box)
    wrong = [
        add(NEW, bytes(PrivateKey.generate().public_key)),
        dataclasses.replace(right, fingerprint=fingerprint(THIRD)),
        dataclasses.replace(right, sealed_key=b""),
        dataclasses.replace(right, sealed_key=bytes([right.sealed_key[0] ^ 1]) + right.sealed_key[1:]),
    ]
    for request in wrong:
        assert ask(peer, host, request).outcome == KeyOutcome.UNREADABLE
    for length in (79, 81):
        with pytest.raises((EOFError, ConnectionError)):
            ask(peer, host, dataclasses.replace(right, sealed_key=b"x" * length))
    assert look(peer, host).ring == ring(KEY)
    assert ask(peer, host, right).ring == ring(KEY, NEW)
    # Each box takes one key: who learns the key of the cluster later cannot read what was recorded.
    assert ask(peer, host, remove(NEW)).outcome == KeyOutcome.DONE
    assert ask(peer, host, right).outcome == KeyOutcome.UNREADABLE
    assert look(peer, host).ring == ring(KEY)


def test_a_plain_node_knows_nothing_of_keys(plain: Town) -> None:
    host = plain.start("node")
    peer = plain.member(host)
    for request in (KeyRequest(), add(NEW, bytes(PrivateKey.generate().public_key)), use(NEW)):
        with pytest.raises((EOFError, ConnectionError)):
            ask(peer, host, request)
    for command in (f"key-add {NEW.hex()} 1000", f"key-use {name(NEW)} 1000", "keys 1000"):
        answer = host.ask(command)
        assert answer["result"] == -11 and "plain" in answer["error"], command


def test_a_message_about_keys_without_a_question_ends_the_stream(sealed: Town) -> None:
    host = sealed.start("node")
    peer = sealed.member(host)
    with pytest.raises((EOFError, ConnectionError)):
        peer.request(Message(Kind.KEYS), place(host))
    with pytest.raises((EOFError, ConnectionError)):
        peer.request(Message(Kind.KEYS_REPLY, key_reply=KeyReply(KeyOutcome.DONE, (), b"x" * 32)), place(host))


# -- what a node asks


def test_a_node_rotates_the_key_of_the_members(sealed: Town) -> None:
    host = sealed.start("node")
    peer = sealed.member(host)
    since = peer.mark()
    assert host.ask(f"key-add {NEW.hex()} 5000")["result"] == 0
    assert peer.ring.keys == [KEY, NEW]
    request = peer.said(Kind.KEYS, "node", since)[-1].message.key_request
    assert request is not None and NEW not in request.encoded() and len(request.sealed_key) == 80
    both = {"holding": ["node", "peer"], "lacking": []}
    assert names(host) == [
        {"fingerprint": name(KEY), "sealing": ["node", "peer"], **both},
        {"fingerprint": name(NEW), "sealing": [], **both},
    ]
    assert host.ask(f"key-use {name(NEW)} 5000")["result"] == 0
    assert peer.ring.keys == [NEW, KEY]
    peer.ping(place(host))
    assert host.ask(f"key-remove {KEY.hex()} 5000")["result"] == 0
    assert peer.ring.keys == [NEW]
    peer.ping(place(host))
    assert names(host) == [{"fingerprint": name(NEW), "sealing": ["node", "peer"], **both}]
    assert host.said(event="suspect") == host.said(event="dead") == []


def test_what_was_recorded_under_a_former_key_opens_nothing(sealed: Town) -> None:
    host = sealed.start("node", **{"host.log": "2"})
    peer = sealed.member(host)
    recorded = [peer.send(Message(Kind.PING, 7 + number), place(host), "node") for number in range(3)]
    peer.ping(place(host))
    waiting = peer.connect(place(host), key=KEY)
    waiting.send(Message(Kind.SYNC, sender=peer.me, records=(peer.own,)))
    waiting.receive()
    for command in (f"key-add {NEW.hex()} 5000", f"key-use {name(NEW)} 5000", f"key-remove {name(KEY)} 5000"):
        assert host.ask(command)["result"] == 0
    # A stream that is open under the former key is closed at once, not when its patience ends.
    with pytest.raises((EOFError, ConnectionError)):
        waiting.send(Message(Kind.SYNC, sender=peer.me, records=(peer.own,)))
        waiting.receive()
    assert "forged" not in "".join(line["message"] for line in host.said(log="line"))
    since = peer.mark()
    for datagram in recorded:
        peer.udp.sendto(datagram, place(host))
    eventually(lambda: "forged" in "".join(line["message"] for line in host.said(log="line")), "they are refused")
    peer.ping(place(host))
    assert not [heard for heard in peer.said(Kind.ACK, since=since) if heard.message.sequence in (7, 8, 9)]
    for message in (Message(Kind.SYNC, sender=peer.me, records=(peer.own,)), Message(Kind.CHALLENGE, sender=peer.me)):
        stream = peer.connect(place(host), key=KEY)
        stream.send(message)
        with pytest.raises((EOFError, ConnectionError)):
            stream.receive()


def test_nothing_is_used_that_one_member_lacks(sealed: Town) -> None:
    host = sealed.start("node", key="", keys=f"{KEY.hex()} {NEW.hex()}")
    peer = sealed.member(host)
    answer = host.ask(f"key-use {name(NEW)} 5000")
    assert answer["result"] == PARTIAL
    assert "1 of 2 members" in answer["error"] and "peer lacks the key" in answer["error"], answer
    assert look(peer, host).ring == ring(KEY, NEW), "nothing was changed"
    assert host.ask(f"key-use {name(THIRD)} 5000")["result"] == -1, "nobody has it"


def test_no_key_is_removed_that_a_member_seals_with(sealed: Town) -> None:
    host = sealed.start("node", key="", keys=f"{NEW.hex()} {KEY.hex()}")
    peer = sealed.peer()
    peer.set_keys(KEY, NEW)
    peer.sync(place(host))
    eventually(lambda: state(host, "peer") == "alive", "it has joined")
    answer = host.ask(f"key-remove {name(KEY)} 5000")
    assert answer["result"] == PARTIAL and "peer seals with it" in answer["error"], answer
    assert look(peer, host).ring == ring(NEW, KEY)
    answer = host.ask(f"key-remove {name(NEW)} 5000")
    assert answer["result"] == -1 and "use another" in answer["error"], answer


@pytest.mark.parametrize("silence", ["closes", "never answers"])
def test_a_member_that_does_not_answer_is_named(sealed: Town, silence: str) -> None:
    host = sealed.start("node", key="", keys=f"{KEY.hex()} {NEW.hex()}")
    mute, peer = sealed.member(host, "mute"), sealed.member(host)
    if silence == "closes":
        mute.answers = lambda message, sender: message.kind != Kind.KEYS
    else:
        mute.is_stalled = True
    for command in (f"key-add {THIRD.hex()}", f"key-use {name(KEY)}", f"key-remove {name(NEW)}"):
        answer = host.ask(f"{command} 20000")
        assert answer["result"] == PARTIAL, answer
        assert "1 of 3 members" in answer["error"] and "mute did not answer" in answer["error"], answer
    assert peer.ring.keys == [KEY, THIRD], "adding a key harms nobody"
    assert look(peer, host).ring == ring(KEY, NEW, THIRD)
    keys = host.ask("keys 20000")["json"]
    assert keys["unreachable"] == ["mute"]
    assert [key["lacking"] for key in keys["keys"]] == [[], ["peer"], []]


def test_a_member_that_is_lost_in_the_middle_is_named_and_the_rest_goes_on(sealed: Town) -> None:
    host = sealed.start("node", key="", keys=f"{KEY.hex()} {NEW.hex()}")
    lost, peer = sealed.member(host, "lost"), sealed.member(host)
    for each in (lost, peer):
        each.set_keys(KEY, NEW)
    # It says that it has the key, and is gone when it is to use it.
    lost.answers = lambda message, sender: not (
        message.key_request and message.key_request.operation == KeyOperation.USE
    )
    answer = host.ask(f"key-use {name(NEW)} 5000")
    assert answer["result"] == PARTIAL, answer
    assert "1 of 3" in answer["error"] and "the others have" in answer["error"] and "lost did not" in answer["error"]
    assert peer.ring.keys == [NEW, KEY] and lost.ring.keys == [KEY, NEW]
    lost.ping(place(host))
    lost.answers = lambda message, sender: True
    assert host.ask(f"key-use {name(NEW)} 5000")["result"] == 0, "asked for again"
    assert lost.ring.keys == [NEW, KEY]


def test_a_member_that_lacks_the_sealing_key_is_reached_under_another(sealed: Town) -> None:
    host = sealed.start("node")
    peer = sealed.member(host)
    # As after a restart with the former option.
    assert give(peer, host, NEW).outcome == KeyOutcome.DONE
    assert ask(peer, host, use(NEW)).outcome == KeyOutcome.DONE
    assert [key["lacking"] for key in names(host)] == [["peer"], []]
    assert host.ask(f"key-add {NEW.hex()} 5000")["result"] == 0
    assert peer.ring.keys == [KEY, NEW]
    assert host.ask(f"key-use {name(NEW)} 5000")["result"] == 0
    assert peer.ring.keys == [NEW, KEY]


@pytest.mark.parametrize(
    "lie", [lambda reply: dataclasses.replace(reply, ring=tuple(range(1, 10))),
            lambda reply: dataclasses.replace(reply, box=b"short")],
    ids=["nine keys", "no public key"],
)  # fmt: skip
def test_what_no_member_would_answer_is_no_answer(sealed: Town, lie: Any) -> None:
    host = sealed.start("node")
    peer = sealed.member(host)
    peer.key_replies = lie
    answer = host.ask(f"key-add {NEW.hex()} 5000")
    assert answer["result"] == PARTIAL and "peer did not answer" in answer["error"]


def test_a_public_key_that_anybody_could_open_is_not_sealed_to(sealed: Town) -> None:
    host = sealed.start("node")
    peer = sealed.member(host)
    peer.key_replies = lambda reply: dataclasses.replace(reply, box=bytes(32))
    answer = host.ask(f"key-add {NEW.hex()} 5000")
    assert answer["result"] == PARTIAL and "peer could not read" in answer["error"]
    assert peer.ring.keys == [KEY]


def test_a_stranger_without_a_key_of_the_ring_learns_nothing(sealed: Town) -> None:
    host = sealed.start("node")
    sealed.member(host)
    stream = sealed.peer("stranger", key=NEW).connect(place(host))
    stream.send(Message(Kind.KEYS, key_request=KeyRequest(), sender=sealed.peers[-1].me))
    with pytest.raises((EOFError, ConnectionError)):
        stream.receive()
    plain = socket.create_connection(place(host), timeout=5)
    stranger = Connection(plain, Stream(True, sealed.stage.name))
    with pytest.raises((EOFError, ConnectionError)):
        stranger.send(Message(Kind.KEYS, key_request=KeyRequest(), sender=sealed.peers[-1].me))
        stranger.receive()
    throughout(lambda: state(host, "stranger") is None, "it is no member", 0.3)
