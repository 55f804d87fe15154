"""The voters' messages of docs/leases.md, encoded by hand, and a voter that grants what it may."""

from __future__ import annotations

import dataclasses
import hashlib
import time
from typing import Any

from wire import Malformed, data, fields, fixed, fnv1a, nested, number

LOOK, PREPARE, PROPOSE, RECALL = 1, 2, 3, 4
STATE, ACCEPTED, RECALLED, REFUSED = 1, 2, 3, 4
BY_BALLOT, HELD, SILENT, HOLD, LIST = 1, 2, 3, 4, 5


@dataclasses.dataclass(frozen=True)
class Row:
    holder: str = ""
    instance: int = 0
    epoch: int = 0
    version: int = 0
    nonce: tuple[int, int] = (0, 0)
    hold_ms: int = 0
    successors: tuple[str, ...] = ()
    target: str = ""
    paused: bool = False
    will: tuple[int, int] = (0, 0)

    def encoded(self) -> bytes:
        return (
            data(1, self.holder) + fixed(2, self.instance) + number(3, self.epoch) + number(4, self.version)
            + fixed(5, self.nonce[0]) + fixed(6, self.nonce[1]) + number(7, self.hold_ms)
            + b"".join(data(8, successor) for successor in self.successors) + data(9, self.target)
            + number(10, self.paused) + fixed(11, self.will[0]) + fixed(12, self.will[1])
        )  # fmt: skip

    @classmethod
    def decode(cls, raw: Any) -> Row:
        found: dict[int, Any] = {}
        successors: list[str] = []
        for field, value in fields(raw):
            if field == 8:
                successors.append(bytes(value).decode())
            else:
                found[field] = value
        return cls(
            found.get(1, b"").decode(), found.get(2, 0), found.get(3, 0), found[4], (found.get(5, 0), found.get(6, 0)),
            found[7], tuple(successors), found.get(9, b"").decode(), bool(found.get(10)),
            (found.get(11, 0), found.get(12, 0)),
        )  # fmt: skip


@dataclasses.dataclass(frozen=True, order=True)
class Ballot:
    counter: int = 0
    proposer: int = 0

    def encoded(self) -> bytes:
        return number(1, self.counter) + fixed(2, self.proposer)

    @classmethod
    def decode(cls, raw: Any) -> Ballot:
        found: dict[int, Any] = dict(fields(raw))
        return cls(found.get(1, 0), found.get(2, 0))


@dataclasses.dataclass(frozen=True)
class VoterList:
    number: int
    voters: tuple[str, ...]
    predecessor: int = 0

    def hash(self) -> int:
        def eight(value: int) -> bytes:
            return value.to_bytes(8, "little")

        raw = eight(self.number)
        for voter in sorted(self.voters, key=str.encode):
            raw += eight(len(voter.encode())) + voter.encode()
        return fnv1a(raw + eight(self.predecessor))

    def encoded(self) -> bytes:
        voters = b"".join(data(2, voter) for voter in sorted(self.voters, key=str.encode))
        return number(1, self.number) + voters + fixed(3, self.predecessor) + fixed(4, self.hash())


@dataclasses.dataclass(frozen=True)
class Request:
    kind: int
    number: int
    writer: str
    instance: int
    list: bytes
    ballot: Ballot = Ballot()
    changes_holder: bool = False
    trial: bool = False
    row: Row | None = None
    repair: bool = False
    settled_list: int = 0
    secret: tuple[int, int] = (0, 0)

    def encoded(self) -> bytes:
        return (
            number(1, self.number) + data(2, self.writer) + fixed(3, self.instance) + nested(4, self.list)
            + number(5, self.settled_list) + number(6, self.kind)
            + (nested(7, self.ballot.encoded()) if self.kind in (PREPARE, PROPOSE) else b"")
            + number(8, self.changes_holder) + number(9, self.trial)
            + (nested(10, self.row.encoded()) if self.row else b"") + number(11, self.repair)
            + fixed(12, self.secret[0]) + fixed(13, self.secret[1])
        )  # fmt: skip

    @classmethod
    def decode(cls, raw: bytes) -> Request:
        found: dict[int, Any] = dict(fields(raw))
        return cls(
            found[6], found.get(1, 0), found[2].decode(), found.get(3, 0), found[4],
            Ballot.decode(found[7]) if 7 in found else Ballot(), bool(found.get(8)), bool(found.get(9)),
            Row.decode(found[10]) if 10 in found else None, bool(found.get(11)), found.get(5, 0),
            (found.get(12, 0), found.get(13, 0)),
        )  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Reply:
    kind: int
    number: int
    voter: str
    accepted_ballot: Ballot | None = None
    accepted: Row | None = None
    promised: Ballot = Ballot()
    epoch: int = 0
    version: int = 0
    remembers: bool = False
    refusal: int = 0
    value: int = 0

    def encoded(self) -> bytes:
        return (
            number(1, self.number) + data(2, self.voter) + number(3, self.kind)
            + (nested(4, self.accepted_ballot.encoded()) if self.accepted_ballot else b"")
            + (nested(5, self.accepted.encoded()) if self.accepted else b"")
            + (nested(6, self.promised.encoded()) if self.kind == STATE else b"") + number(7, self.epoch)
            + number(8, self.version) + number(9, self.remembers) + number(10, self.refusal) + number(11, self.value)
        )  # fmt: skip

    @classmethod
    def decode(cls, raw: bytes) -> Reply:
        found: dict[int, Any] = dict(fields(raw))
        if 2 not in found or 3 not in found:
            raise Malformed("a reply of nobody, or of no kind")
        return cls(
            found[3], found.get(1, 0), found[2].decode(), Ballot.decode(found[4]) if 4 in found else None,
            Row.decode(found[5]) if 5 in found else None, Ballot.decode(found[6]) if 6 in found else Ballot(),
            found.get(7, 0), found.get(8, 0), bool(found.get(9)), found.get(10, 0), found.get(11, 0),
        )  # fmt: skip


def will(secret: tuple[int, int]) -> tuple[int, int]:
    """What a secret comes to: BLAKE2b with 16 bytes of output (RFC 7693)."""
    raw = b"".join(half.to_bytes(8, "big") for half in secret)
    found = hashlib.blake2b(b"muster will 1" + raw, digest_size=16).digest()
    return int.from_bytes(found[:8], "big"), int.from_bytes(found[8:], "big")


class Voter:
    """Keeps what docs/leases.md asks of a voter in one role, from its start on."""

    def __init__(self, id: str) -> None:
        self.id = id
        self.promised = Ballot()
        self.accepted: tuple[Ballot, Row] | None = None
        self.held_until = 0.0
        self.epoch = 0
        self.requests: list[Request] = []

    def answer(self, raw: bytes) -> bytes:
        request = Request.decode(raw)
        self.requests.append(request)
        return self._answer(request).encoded()

    def _state(self, request: Request) -> Reply:
        ballot, row = self.accepted or (None, None)
        return Reply(STATE, request.number, self.id, ballot, row, self.promised, self.epoch)

    def _refuse(self, request: Request, reason: int, value: int = 0) -> Reply:
        return Reply(REFUSED, request.number, self.id, refusal=reason, value=value)

    def _is_held_from(self, request: Request) -> bool:
        if self.accepted is None or time.monotonic() >= self.held_until:
            return False
        row = self.accepted[1]
        if request.secret != (0, 0) and will(request.secret) == row.will:
            return False
        return (row.holder, row.instance) != (request.writer, request.instance)

    def _answer(self, request: Request) -> Reply:
        if request.kind == RECALL:
            return Reply(RECALLED, request.number, self.id, remembers=True, epoch=self.epoch)
        if request.kind == LOOK:
            return self._state(request)
        if request.kind == PREPARE:
            if request.ballot < self.promised:
                return self._refuse(request, BY_BALLOT, self.promised.counter)
            if request.changes_holder and self._is_held_from(request):
                return self._refuse(request, HELD, int((self.held_until - time.monotonic()) * 1000))
            if not request.trial:
                self.promised = request.ballot
            return self._state(request)
        assert request.row is not None
        if request.ballot < self.promised:
            return self._refuse(request, BY_BALLOT, self.promised.counter)
        self.promised = request.ballot
        self.accepted = (request.ballot, request.row)
        self.held_until = time.monotonic() + request.row.hold_ms / 1000
        self.epoch = max(self.epoch, request.row.epoch)
        return Reply(ACCEPTED, request.number, self.id, version=request.row.version)
