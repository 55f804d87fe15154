"""The mail about tasks of docs/protocol.md, encoded by hand."""

from __future__ import annotations

import dataclasses
import enum
from typing import Any

from wire import Malformed, data, fields, fixed, nested, number


class Mail(enum.IntEnum):
    HELLO, OFFERS, HOLDINGS, READY, WITHDRAW, REPORT, RENEW, ORDER, READ, WRITE, KEPT = range(1, 12)
    WELCOME, ASSIGN, STOP, RENEWED, KEEP, TABLE, ANSWER, FOUND, WRITTEN = range(16, 25)
    ROWS = 32


class News(enum.IntEnum):
    RUNNING, STOPPED, FAILED, COMPLETED, BEGAN = range(1, 6)


class Verb(enum.IntEnum):
    PAUSE, RESUME, MOVE, RUN, FORGET = range(1, 6)


DONE, UNKNOWN_TASK, NO_CANDIDATE, TRY_AGAIN, NO_JOB, STILL_OFFERED = range(1, 7)
APPLIED, CONFLICT, FAILED, UNKNOWN = range(1, 5)
OFFERED, ASSIGNED, RUNNING, STOPPING, PAUSED, COMPLETED = range(1, 7)
TASK, JOB, DAEMON = range(1, 4)


def definition(name: str, kind: int = TASK, schedule: str = "", offered_at: int = 1, **more: Any) -> bytes:
    wanted = {"delivery": 1, "attempts": 3, "grace_ms": 10_000, "stop_ms": 20_000, "weight": 1, **more}
    labels = b"".join(nested(9, data(1, label)) for label in more.get("requires", ()))
    return (
        data(1, name) + number(2, kind) + data(3, schedule) + number(4, wanted["delivery"])
        + number(5, wanted["attempts"]) + number(6, wanted["grace_ms"]) + number(7, wanted["stop_ms"])
        + number(8, offered_at) + labels + number(13, wanted["weight"])
    )  # fmt: skip


def stamp(version: int, nonce: tuple[int, int] = (1, 2)) -> bytes:
    return number(1, version) + fixed(2, nonce[0]) + fixed(3, nonce[1])


def run(moment: int, attempt: int = 1, status: int = 1, node: str = "peer", instance: int = 1) -> bytes:
    return (
        number(1, moment) + fixed(2, 77) + number(3, attempt) + number(4, status) + data(5, node)
        + fixed(6, instance) + number(7, 5)
    )  # fmt: skip


def row(
    name: str, version: int = 1, *, paused: bool = False, begun: bytes = b"", epoch: int = 0, **more: Any
) -> bytes:  # fmt: skip
    return (
        nested(1, stamp(version)) + nested(2, definition(name, **more)) + data(3, more.get("schedule", ""))
        + number(4, paused) + number(6, 1) + number(9, epoch) + (nested(7, begun) if begun else b"")
    )  # fmt: skip


def mail(kind: Mail, count: int = 0, *, name: str = "", code: int = 0, text: str = "", flag: bool = False) -> bytes:
    """What most mails consist of."""
    return number(1, kind) + number(2, count) + data(7, name) + number(8, code) + data(9, text) + number(14, flag)


def hello(weight: int = 1, labels: tuple[str, ...] = (), rows_digest: int = 0) -> bytes:
    named = b"".join(nested(4, data(1, label)) for label in labels)
    return number(1, Mail.HELLO) + number(2, weight) + fixed(3, rows_digest) + named


def offers(*definitions: bytes) -> bytes:
    return number(1, Mail.OFFERS) + b"".join(nested(5, one) for one in definitions)


def holdings(*held: tuple[str, int]) -> bytes:
    return number(1, Mail.HOLDINGS) + b"".join(nested(6, data(1, name) + number(2, token)) for name, token in held)


def assign(definition: bytes, token: int) -> bytes:
    return number(1, Mail.ASSIGN) + number(2, token) + nested(5, definition)


def report(name: str, token: int, news: News, detail: str = "") -> bytes:
    return mail(Mail.REPORT, token, name=name, code=news, text=detail)


def write(count: int, wanted: bytes, expected: bytes = b"") -> bytes:
    return number(1, Mail.WRITE) + number(2, count) + (nested(12, expected) if expected else b"") + nested(13, wanted)


@dataclasses.dataclass(frozen=True)
class Said:
    """A mail as it was read: its numbers and texts, and the names of what it carries."""

    kind: Mail
    number: int = 0
    name: str = ""
    code: int = 0
    text: str = ""
    flag: bool = False
    names: tuple[str, ...] = ()
    """Of definitions, rows and entries of the table."""
    states: tuple[int, ...] = ()
    removed: tuple[str, ...] = ()

    @classmethod
    def decode(cls, raw: bytes) -> Said:
        found: dict[int, Any] = {}
        names: list[str] = []
        states: list[int] = []
        removed: list[str] = []
        for field, value in fields(raw):
            if field in (5, 16, 13):
                inner: dict[int, Any] = dict(fields(value))  # type: ignore[arg-type]
                names.append((dict(fields(inner[2])) if field == 13 else inner)[1].decode())  # type: ignore[union-attr]
                if field == 16:
                    states.append(inner.get(3, 0))
            elif field == 15:
                removed.append(dict(fields(value))[1].decode())  # type: ignore[arg-type, union-attr]
            else:
                found[field] = value
        if 1 not in found:
            raise Malformed("mail of no kind")
        return cls(
            Mail(found[1]), found.get(2, 0), found.get(7, b"").decode(), found.get(8, 0),
            found.get(9, b"").decode(), bool(found.get(14)), tuple(names), tuple(states), tuple(removed),
        )  # fmt: skip
