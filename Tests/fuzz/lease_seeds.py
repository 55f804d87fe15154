"""Inputs that have to do with leases: what voters say, what etcd answers, what a node remembers; see seeds.py."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import votes
import wills
from harness import state
from wire import data, fixed, nested, number

BETWEEN_PIECES = b"\xc0\xc1"


def joined(*pieces: bytes) -> bytes:
    return BETWEEN_PIECES.join(pieces)


# -- pieces of the voting target: VotingTarget.swift

ASK, ANSWER, STRAY_ANSWER, WRITE_ROW, LOOK, PASS_TIME = 0, 2, 3, 4, 5, 6
THREE = votes.VoterList(1, ("a", "b", "c"))
FOUR = votes.VoterList(2, ("a", "b", "c", "d"), THREE.hash())
ROW = votes.Row("b", 2, 8, 3, (4, 5), 1000, ("a", "c"))
ROWS = {
    "held": ROW,
    "handed-over": votes.Row("c", 3, 9, 4, (6, 7), 1000, ("a",), "c"),
    "given-back": votes.Row("", 0, 9, 4, (6, 7), 1000),
    "petition": votes.Row("b", 2, 8, 5, (6, 7), 1000, ("a",), "a", True),
    "willed": votes.Row("c", 3, 8, 5, (6, 7), 1000, will=(8, 9)),
    "last": votes.Row("b", (1 << 64) - 1, (1 << 53) - 1, (1 << 64) - 1, (0, 1), 3_600_000),
}


def letters() -> tuple[dict[str, votes.Request], dict[str, votes.Reply]]:
    def request(kind: int, list: votes.VoterList = THREE, **more: Any) -> votes.Request:
        return votes.Request(kind, 1, "b", 2, list.encoded(), settled_list=1, **more)

    ballot = votes.Ballot(2, 9)
    requests = {
        "look": request(votes.LOOK),
        "trial": request(votes.PREPARE, ballot=ballot, changes_holder=True, trial=True),
        "prepare": request(votes.PREPARE, ballot=ballot, changes_holder=True),
        "recall": request(votes.RECALL),
        "next-list": request(votes.PROPOSE, FOUR, ballot=ballot, row=ROW),
    }
    requests |= {f"propose-{name}": request(votes.PROPOSE, ballot=ballot, row=row) for name, row in ROWS.items()}
    requests["shown"] = request(votes.PREPARE, ballot=votes.Ballot(3, 9), changes_holder=True, secret=(8, 9))
    requests["shown-wrong"] = request(votes.PREPARE, ballot=votes.Ballot(3, 9), changes_holder=True, secret=(9, 8))
    emptied = votes.Row("", 0, 8, 6, (10, 11), 1000)
    requests["emptied"] = request(votes.PROPOSE, ballot=votes.Ballot(3, 9), row=emptied, secret=(8, 9))
    requests["repair"] = request(votes.PROPOSE, ballot=ballot, row=ROW, repair=True)
    replies = {
        "empty": votes.Reply(votes.STATE, 1, "a"),
        "state": votes.Reply(votes.STATE, 1, "a", ballot, ROW, ballot, 8),
        "accepted": votes.Reply(votes.ACCEPTED, 1, "a", version=4),
        "recalled": votes.Reply(votes.RECALLED, 1, "b", epoch=8, remembers=True),
        "forgot": votes.Reply(votes.RECALLED, 1, "c"),
    }
    for refusal in (votes.BY_BALLOT, votes.HELD, votes.SILENT, votes.HOLD, votes.LIST):
        for size, value in (("", 7), ("-for-ever", (1 << 64) - 1)):
            replies[f"refused-{refusal}{size}"] = votes.Reply(votes.REFUSED, 1, "a", refusal=refusal, value=value)
    return requests, replies


def voting() -> dict[str, bytes]:
    def piece(kind: int, encoded: bytes = b"") -> bytes:
        return bytes([kind]) + encoded

    requests, replies = letters()
    found = {f"ask-{name}": piece(ASK, request.encoded()) for name, request in requests.items()}
    found |= {f"answer-{name}": joined(piece(LOOK), piece(ANSWER, reply.encoded())) for name, reply in replies.items()}
    found |= {f"row-{name}": piece(WRITE_ROW, row.encoded()) for name, row in ROWS.items()}
    later = piece(PASS_TIME, bytes([60]))
    ballot = votes.Ballot(1, 9)
    states = [piece(ANSWER, votes.Reply(votes.STATE, 1, voter, ballot, ROW, ballot, 8).encoded()) for voter in "abc"]
    accepted = [piece(ANSWER, votes.Reply(votes.ACCEPTED, 1, voter, version=4).encoded()) for voter in "abc"]
    told = [votes.Reply(votes.RECALLED, round, voter, epoch=8, remembers=True) for round in (1, 2) for voter in "bc"]
    found |= {
        "round": joined(
            piece(ASK, requests["prepare"].encoded()), piece(ASK, requests["propose-held"].encoded()), later,
            piece(ASK, requests["propose-handed-over"].encoded()),
        ),
        "given-back": joined(
            piece(ASK, requests["prepare"].encoded()), piece(ASK, requests["propose-willed"].encoded()),
            piece(ASK, requests["shown-wrong"].encoded()), piece(ASK, requests["shown"].encoded()),
            piece(ASK, requests["emptied"].encoded()),
        ),
        "read": joined(piece(LOOK), *states),
        "write": joined(piece(LOOK), *states, piece(WRITE_ROW, ROW.encoded()), *states, *states, *accepted, later),
        "recall": joined(later, *(piece(STRAY_ANSWER, reply.encoded()) for reply in told)),
        "silence": joined(piece(WRITE_ROW, ROW.encoded()), later, later, piece(LOOK), later, later),
    }  # fmt: skip
    return found


# -- what guardians send: WillTarget.swift


def letters_of_guardians() -> dict[str, bytes]:
    letter = wills.Letter("orders", 7, "b", 2, (8, 9), "primary")
    long = wills.Letter("orders", 7, "ü" * 32, (1 << 64) - 1, (8, 9), "r" * 64)
    found = {"letter": letter.encoded(), "receipt": letter.receipt(), "long": long.encoded()}
    found["other"] = wills.Letter("red", 7, "b", 2, (8, 9), "primary").encoded()
    return found | {"no-role": letter.encoded().removesuffix(b"primary")}


# -- what StateTarget.swift puts into a whole file, and files as they are


def states() -> dict[str, bytes]:
    def body(file: bytes) -> bytes:
        return file[16:-8]

    plain = state.State("orders", "a", True, 1000, {"primary": 5 << 16}, ["127.0.0.1:7878", "[::1]:7878"])
    voters = b"".join(data(4, voter) for voter in "abc")
    lists = number(3, 2) + voters + fixed(5, THREE.hash()) + number(6, 1)
    ballots = nested(7, data(1, "primary") + number(2, 8) + lists)
    crowded = [f"role-{count:03}" for count in range(70)]
    return {
        "file": state.encode(plain),
        "plain": body(state.encode(plain)),
        "bare": body(state.encode(state.State("orders", "a"))),
        "voter": body(state.encode(plain)) + ballots,
        "nameless-voter": body(state.encode(plain)) + nested(7, data(1, "primary") + number(3, 1) + nested(4, b"")),
        "crowded": body(state.encode(state.State("orders", "a", tokens={role: 1 for role in crowded}))),
        "many-ballots": body(state.encode(plain)) + b"".join(
            nested(7, data(1, role) + number(3, 1) + data(4, "a")) for role in crowded),
    }  # fmt: skip


# -- what etcd's gateway answers


def base64(value: bytes) -> str:
    return b64encode(value).decode()


def answers() -> dict[str, bytes]:
    header = {"cluster_id": "14841639068965178418", "revision": "7", "raft_term": "2"}

    def held(value: bytes) -> dict[str, str]:
        key = base64(b"muster_lease/orders/primary")
        return {"key": key, "create_revision": "2", "mod_revision": "7", "version": "6", "value": base64(value)}

    def member(id: str, value: str) -> dict[str, str]:
        key = base64(b"muster_member/orders/" + id.encode())
        return {"key": key, "mod_revision": "7", "value": base64(value.encode())}

    members = [member("a", ENTRIES["plain"].partition(" ")[2]), member("b%c3%bc", "1 2"), member("%", "00 1 x")]
    found: dict[str, Any] = {
        "none": {"header": header},
        "written": {"header": header, "succeeded": True, "responses": [{"response_put": {"header": header}}]},
        "conflict": {"header": header},
        "members": {
            "header": header, "succeeded": True,
            "responses": [{"response_range": {"header": {}, "kvs": members, "count": "3"}}],
        },
        "refused": {"error": "etcdserver: permission denied", "message": "etcdserver: permission denied", "code": 7},
        "token": {"header": header, "token": "sssvIpwfnLAcWAQH.9"},
        "damaged": {"header": header, "kvs": [held(b"x")], "count": "1"},
    }  # fmt: skip
    task = b"7 000000000000000400000000000000ff 8 b {}"
    found["task"] = {"header": header, "kvs": [held(task) | {"key": base64(b"muster_task/orders/mail")}], "count": "1"}
    for name, row in ROWS.items():
        found[f"lease-{name}"] = {"header": header, "kvs": [held(row.encoded())], "count": "1"}
    texts = {name: json.dumps(answer, separators=(",", ":")).encode() for name, answer in found.items()}
    return texts | {"deep": b"[" * 40 + b"]" * 40, "number": b"1e999", "escapes": b'{"count":"\\u0000\\ud800"}'}


ENTRIES = {
    "plain": "a 00000000000000ff 7 127.0.0.1:7878",
    "spelled": "%41%c3%bc ffffffffffffffff 9223372036854775807 [fe80::1%eth0]:1",
    "later": "a 00000000000000ff 7 127.0.0.1:7878 more",
    "broken": "%4 0x 18446744073709551616 ",
}


def responses() -> dict[str, bytes]:
    def response(body: bytes, *lines: str, status: str = "200 OK", version: str = "1.1") -> bytes:
        return "\r\n".join([f"HTTP/{version} {status}", *lines, "", ""]).encode() + body

    found = {
        name: response(body, "Content-Type: application/json", f"Content-Length: {len(body)}")
        for name, body in answers().items()
    }
    chunks = b"3\r\n{\"a\r\n4;x=y\r\n\":1}\r\n0\r\n\r\n"
    return found | {
        "chunked": response(chunks, "Transfer-Encoding: chunked"),
        "too-much": response(chunks + b"HTTP/1.1 200 OK", "Transfer-Encoding: chunked"),
        "until-the-end": response(b"{}", version="1.0"),
        "closing": response(b"{}", "Content-Length: 2", "Connection: close"),
        "both": response(chunks, "Content-Length: 2", "Transfer-Encoding: gzip, chunked"),
        "twice": response(b"ab", "Content-Length: 1", "Content-Length: 2"),
        "huge": response(b"", "Content-Length: 99999999999"),
        "huge-chunk": response(b"7fffffffffffffff\r\n", "Transfer-Encoding: chunked"),
        "unauthorized": response(b"Unauthorized\n", "Content-Length: 13", status="401 Unauthorized"),
        "other": b"SSH-2.0-OpenSSH\r\n\r\n",
    }


def words_of_answers() -> dict[str, bytes]:
    """Heads, keys, and whole values."""
    heads = ["HTTP/1.1 200 OK", "Content-Length: ", "Transfer-Encoding: chunked", "Connection: close", "\r\n"]
    keys = ["header", "revision", "count", "kvs", "key", "value", "mod_revision", "responses", "response_range"]
    words = heads + [f'"{key}":' for key in keys] + [f'"{base64(row.encoded())}"' for row in ROWS.values()]
    return {f"word_{number}": word.encode() for number, word in enumerate(words)}
