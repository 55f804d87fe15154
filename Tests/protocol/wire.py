"""The messages of docs/muster.proto, encoded by hand, and the hash that digests and cluster tags are made of."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterator
from typing import Any

# -- Protocol Buffers

Value = int | bytes


class Malformed(Exception):
    """The bytes are no message."""


def varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value) if value else b""


def fixed(field: int, value: int) -> bytes:
    return varint(field << 3 | 1) + value.to_bytes(8, "little") if value else b""


def nested(field: int, value: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(value)) + value


def data(field: int, value: bytes | str) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return nested(field, raw) if raw else b""


def fields(raw: bytes) -> Iterator[tuple[int, Value]]:
    """Each field's number and value; 32-bit fields, which no message has, are skipped."""
    at = 0

    def take(count: int) -> bytes:
        nonlocal at
        if count > len(raw) - at:
            raise Malformed("truncated")
        at += count
        return raw[at - count : at]

    def take_varint() -> int:
        value = shift = 0
        while True:
            byte = take(1)[0]
            value |= (byte & 0x7F) << shift
            if value >= 1 << 64:
                raise Malformed("a varint of more than 64 bits")
            if byte < 0x80:
                return value
            shift += 7

    while at < len(raw):
        key = take_varint()
        match key & 7:
            case 0:
                yield key >> 3, take_varint()
            case 1:
                yield key >> 3, int.from_bytes(take(8), "little")
            case 2:
                yield key >> 3, take(take_varint())
            case 5:
                take(4)
            case other:
                raise Malformed(f"wire type {other}")


# -- the messages


class Kind(enum.IntEnum):
    PING, ACK, PING_REQUEST, GOSSIP, CHECK, CHECKED, BEACON, NACK = range(1, 9)
    CHALLENGE, ANSWER, SYNC, SYNC_REPLY, LINK, LINKED, COMPARE, DIFFERENCE, OFFER, ACCEPTED = range(16, 26)
    DELIVER, DELIVERED = range(32, 34)
    KEYS, KEYS_REPLY = 40, 41
    VOTE, VOTED = 48, 49
    TASKS = 56


class Finding(enum.IntEnum):
    NOTHING, REFUSED, ANSWERED, KERNEL_ONLY, SILENCE = range(5)


class Receipt(enum.IntEnum):
    NONE, TAKEN, UNWANTED, FULL, STRANGER, OUTDATED = range(6)


class Status(enum.IntEnum):
    ALIVE, SUSPECT, UNRESPONSIVE, DEAD, LEFT = range(1, 6)

    @property
    def is_present(self) -> bool:
        return self <= Status.UNRESPONSIVE


class Evidence(enum.IntEnum):
    NONE, SILENCE, KERNEL_ONLY, CONNECTION_REFUSED, SUSPICION_EXPIRED, SUPERSEDED, FAREWELL, DUPLICATE = range(8)


class SeatState(enum.IntEnum):
    STANDBY, PRIMARY, YIELDING = range(1, 4)


@dataclasses.dataclass(frozen=True)
class Identity:
    id: str
    generation: int
    nonce: int

    def encoded(self) -> bytes:
        return data(1, self.id) + fixed(2, self.generation) + fixed(3, self.nonce)

    @classmethod
    def decode(cls, raw: Any) -> Identity:
        found: dict[int, Any] = dict(fields(raw))
        return cls(found.get(1, b"").decode(), found.get(2, 0), found.get(3, 0))

    @property
    def age(self) -> tuple[int, int]:
        """Of two starts of one id the one with the greater pair is the younger."""
        return self.generation, self.nonce


@dataclasses.dataclass(frozen=True)
class Seat:
    role: str
    state: SeatState = SeatState.STANDBY
    position: int = 0
    number: int = 0
    is_unready: bool = False
    has_yielded: bool = False
    token: int = 0
    highest_token: int = 0
    target: int = 0
    pauses: int = 0
    authority: int = 0

    def encoded(self) -> bytes:
        return (
            data(1, self.role) + number(2, self.state) + number(3, self.position) + number(4, self.number)
            + number(5, self.is_unready) + number(6, self.has_yielded) + number(7, self.token)
            + number(8, self.highest_token) + fixed(9, self.target) + number(10, self.pauses)
            + number(11, self.authority)
        )  # fmt: skip

    @classmethod
    def decode(cls, raw: Any) -> Seat:
        found: dict[int, Any] = dict(fields(raw))
        return cls(
            found[1].decode(), SeatState(found.get(2, 1)), found.get(3, 0), found.get(4, 0), bool(found.get(5)),
            bool(found.get(6)), found.get(7, 0), found.get(8, 0), found.get(9, 0), found.get(10, 0),
            found.get(11, 0),
        )  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Record:
    identity: Identity
    incarnation: int = 0
    status: Status = Status.ALIVE
    address: bytes = b""
    port: int = 0
    name: str = ""
    # Key, value and, where it is not 0, the version.
    tags: tuple[tuple[Any, ...], ...] = ()
    seats: tuple[Seat, ...] = ()
    version: int = 0
    accuser: str = ""
    evidence: Evidence = Evidence.NONE

    def encoded(self) -> bytes:
        return (
            nested(1, self.identity.encoded()) + number(2, self.incarnation) + number(3, self.status)
            + data(4, self.address) + number(5, self.port) + data(6, self.name)
            + b"".join(
                nested(7, data(1, tag[0]) + data(2, tag[1]) + number(3, tag[2] if len(tag) > 2 else 0))
                for tag in self.tags
            )
            + b"".join(nested(8, seat.encoded()) for seat in self.seats)
            + number(9, self.version) + data(10, self.accuser) + number(11, self.evidence)
        )  # fmt: skip

    @classmethod
    def decode(cls, raw: Any) -> Record:
        found: dict[int, Any] = {}
        tags: list[tuple[Any, ...]] = []
        seats: list[Seat] = []
        for field, value in fields(raw):
            if field == 7:
                tag: dict[int, Any] = dict(fields(value))  # type: ignore[arg-type]
                version = (tag[3],) if 3 in tag else ()
                tags.append((tag.get(1, b"").decode(), tag.get(2, b"").decode(), *version))
            elif field == 8:
                seats.append(Seat.decode(value))
            else:
                found[field] = value
        if 1 not in found:
            raise Malformed("a record of nobody")
        return cls(
            Identity.decode(found[1]), found.get(2, 0), Status(found.get(3, 1)), found.get(4, b""), found.get(5, 0),
            found.get(6, b"").decode(), tuple(tags), tuple(seats), found.get(9, 0), found.get(10, b"").decode(),
            Evidence(found.get(11, 0)),
        )  # fmt: skip

    def but(self, **changes: Any) -> Record:
        return dataclasses.replace(self, **changes)

    def verdict(self, status: Status, accuser: str, evidence: Evidence = Evidence.SILENCE) -> Record:
        """What somebody else says about this start, without the attributes."""
        return Record(self.identity, self.incarnation, status, accuser=accuser, evidence=evidence)


class KeyOperation(enum.IntEnum):
    LOOK, ADD, USE, REMOVE = range(4)


class KeyOutcome(enum.IntEnum):
    DONE, FULL, MISSING, SEALING, UNREADABLE = range(5)


@dataclasses.dataclass(frozen=True)
class KeyRequest:
    operation: KeyOperation = KeyOperation.LOOK
    fingerprint: int = 0
    sealed_key: bytes = b""

    def encoded(self) -> bytes:
        return number(1, self.operation) + fixed(2, self.fingerprint) + data(3, self.sealed_key)

    @classmethod
    def decode(cls, raw: Any) -> KeyRequest:
        found: dict[int, Any] = dict(fields(raw))
        return cls(KeyOperation(found.get(1, 0)), found.get(2, 0), found.get(3, b""))


@dataclasses.dataclass(frozen=True)
class KeyReply:
    outcome: KeyOutcome
    ring: tuple[int, ...]
    box: bytes

    def encoded(self) -> bytes:
        return (
            number(1, self.outcome) + b"".join(fixed(2, fingerprint) for fingerprint in self.ring) + data(3, self.box)
        )

    @classmethod
    def decode(cls, raw: Any) -> KeyReply:
        found: dict[int, Any] = {}
        ring: list[Any] = []
        for field, value in fields(raw):
            if field == 2:
                ring.append(value)
            else:
                found[field] = value
        return cls(KeyOutcome(found.get(1, 0)), tuple(ring), found.get(3, b""))


@dataclasses.dataclass(frozen=True)
class UserMessage:
    sequence: int
    topic: str = ""
    data: bytes = b""
    origin: Identity | None = None

    def encoded(self) -> bytes:
        return (
            (nested(1, self.origin.encoded()) if self.origin else b"") + number(2, self.sequence)
            + data(3, self.topic) + data(4, self.data)
        )  # fmt: skip

    @classmethod
    def decode(cls, raw: Any) -> UserMessage:
        found: dict[int, Any] = dict(fields(raw))
        origin = Identity.decode(found[1]) if 1 in found else None
        return cls(found[2], found.get(3, b"").decode(), found.get(4, b""), origin)


@dataclasses.dataclass(frozen=True)
class VoterMail:
    """A question to a voter, or an answer: `votes` has the bytes."""

    role: str
    data: bytes = b""

    def encoded(self) -> bytes:
        return data(1, self.role) + data(2, self.data)

    @classmethod
    def decode(cls, raw: Any) -> VoterMail:
        found: dict[int, Any] = dict(fields(raw))
        return cls(found[1].decode(), found.get(2, b""))


@dataclasses.dataclass(frozen=True)
class Message:
    kind: int
    sequence: int = 0
    digest: int = 0
    target: Identity | None = None
    finding: Finding = Finding.NOTHING
    records: tuple[Record, ...] = ()
    sender: Identity | None = None
    port: int = 0
    parts: tuple[int, ...] = ()
    broadcasts: tuple[UserMessage, ...] = ()
    message: UserMessage | None = None
    receipt: Receipt = Receipt.NONE
    key_request: KeyRequest | None = None
    key_reply: KeyReply | None = None
    voting: VoterMail | None = None
    tasks: bytes = b""
    clock: int = 0
    release: str = ""
    padding: int = 0
    """So many bytes that say nothing."""

    def encoded(self) -> bytes:
        return (
            number(1, self.kind) + number(2, self.sequence) + fixed(3, self.digest)
            + (nested(4, self.target.encoded()) if self.target else b"") + number(5, self.finding)
            + (nested(7, self.sender.encoded()) if self.sender else b"") + number(8, self.port)
            + data(9, b"".join(part.to_bytes(8, "little") for part in self.parts))
            + b"".join(nested(6, record.encoded()) for record in self.records)
            + (nested(12, self.key_request.encoded()) if self.key_request else b"")
            + (nested(13, self.key_reply.encoded()) if self.key_reply else b"")
            + b"".join(nested(14, broadcast.encoded()) for broadcast in self.broadcasts)
            + (nested(15, self.message.encoded()) if self.message else b"") + number(16, self.receipt)
            + (nested(17, self.voting.encoded()) if self.voting else b"") + data(18, self.tasks)
            + fixed(19, self.clock) + data(20, self.release.encode()) + data(21, bytes(self.padding))
        )  # fmt: skip

    @classmethod
    def decode(cls, raw: bytes) -> Message:
        found: dict[int, Any] = {}
        records: list[Record] = []
        broadcasts: list[UserMessage] = []
        for field, value in fields(raw):
            if field == 6:
                records.append(Record.decode(value))
            elif field == 14:
                broadcasts.append(UserMessage.decode(value))
            else:
                found[field] = value
        if not found.get(1):
            raise Malformed("a message of no kind")
        return cls(
            found[1], found.get(2, 0), found.get(3, 0), Identity.decode(found[4]) if 4 in found else None,
            Finding(found.get(5, 0)), tuple(records), Identity.decode(found[7]) if 7 in found else None,
            found.get(8, 0), tuple(
                int.from_bytes(found.get(9, b"")[at : at + 8], "little") for at in range(0, len(found.get(9, b"")), 8)
            ), tuple(broadcasts), UserMessage.decode(found[15]) if 15 in found else None, Receipt(found.get(16, 0)),
            KeyRequest.decode(found[12]) if 12 in found else None,
            KeyReply.decode(found[13]) if 13 in found else None,
            VoterMail.decode(found[17]) if 17 in found else None, found.get(18, b""),
            found.get(19, 0), found.get(20, b"").decode(), len(found.get(21, b"")),
        )  # fmt: skip


# -- FNV-1a


def fnv1a(raw: bytes) -> int:
    value = 0xCBF29CE484222325
    for byte in raw:
        value = (value ^ byte) * 0x100000001B3 % (1 << 64)
    return value


PARTS = 64


def parts(records: list[Record]) -> tuple[int, ...]:
    """The digests of the parts of a view."""
    sorted_in: list[list[Record]] = [[] for _ in range(PARTS)]
    for record in records:
        sorted_in[fnv1a(record.identity.id.encode()) % PARTS].append(record)
    return tuple(digest(some) for some in sorted_in)


def digest(records: list[Record]) -> int:
    """The digest of a view that holds these, the own record among them."""
    total = 0
    for record in records:
        if record.status.is_present:
            numbers = (record.identity.generation, record.identity.nonce, record.incarnation)
            total ^= fnv1a(
                record.identity.id.encode()
                + b"".join(value.to_bytes(8, "little") for value in numbers)
                + bytes([record.status])
                + record.version.to_bytes(8, "little")
            )
    return total
