"""Members and events, copied out of the library at once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from ctypes import string_at
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TypeVar

from . import _abi
from ._abi import EventKind, MemberState
from ._values import decoded

_Known = TypeVar("_Known", bound=IntEnum)


def _known(kinds: type[_Known], number: int) -> _Known | int:
    """The name of a number, or the number itself where a newer library has one more."""
    try:
        return kinds(number)
    except ValueError:
        return number


@dataclass(frozen=True)
class Member:
    """One member, as this node saw it when it was asked."""

    id: str
    """Unique in the cluster."""
    name: str
    """For people."""
    state: MemberState | int
    address: str
    """Numeric, without the port."""
    port: int
    """Of UDP and TCP alike."""
    is_self: bool
    """Whether this is the node that was asked."""
    age: float
    """How long it has been in this state, in seconds."""
    generation: int
    """Larger after each start of the member's process."""
    incarnation: int
    """Grows within one start when the member refutes a suspicion."""
    tags: Mapping[str, str] = field(default_factory=dict, hash=False)

    @classmethod
    def copy(cls, member: _abi.Member) -> Member:
        return cls(
            id=decoded(member.id),
            name=decoded(member.name),
            state=_known(MemberState, member.state),
            address=decoded(member.address),
            port=member.port,
            is_self=bool(member.is_self),
            age=member.since_ms / 1000,
            generation=member.generation,
            incarnation=member.incarnation,
            tags=json.loads(member.tags_json),
        )


@dataclass(frozen=True)
class Message:
    """What the program of a member told this one."""

    sender: str
    """Id of the member."""
    topic: str
    data: bytes
    is_broadcast: bool
    """Whether all were told, or this member only."""

    @classmethod
    def copy(cls, message: _abi.Message) -> Message:
        return cls(
            sender=decoded(message.sender),
            topic=decoded(message.topic),
            data=string_at(message.data, message.length),
            is_broadcast=bool(message.is_broadcast),
        )


@dataclass(frozen=True)
class Event:
    """Something that happened."""

    number: int
    """Events of one node are numbered from 1."""
    kind: EventKind | int
    """Ignore kinds that you do not know."""
    member: str
    """Id of the member concerned, "" where it is nobody."""
    role: str
    """Role of the seat concerned, "" where it is not about a seat."""
    value: int
    """Of a member its generation, of a primary its fencing token, of a position the rank; docs/json.md has it for
    each kind."""
    detail: str
    """The evidence, in words for people."""

    @classmethod
    def copy(cls, event: _abi.Event) -> Event:
        return cls(
            number=event.number,
            kind=_known(EventKind, event.kind),
            member=decoded(event.member),
            role=decoded(event.role),
            value=event.value,
            detail=decoded(event.detail),
        )
