"""Clustering inside your process: who is here, who leads.

    with muster.join("orders") as cluster:
        seat = cluster.role("primary")

        @seat.on_promote
        def promoted(token):
            ...
"""

from ._abi import EventKind, LogLevel, MemberState, Result, TaskNews, lib as _lib
from ._cluster import Cluster, join
from ._errors import (
    BadHandle,
    Busy,
    Closed,
    Duplicate,
    Error,
    Forked,
    Full,
    Invalid,
    NoCandidate,
    NoMember,
    NoMemory,
    NotPrimary,
    Partial,
    System,
    Timeout,
    TooBig,
    Unsupported,
    Unwanted,
)
from ._http import HttpAnswer
from ._records import Event, Member, Message
from ._seat import Seat
from ._tasks import Run, Stop, Task, TaskStatus

__version__: str = _lib.cluster_version_text().decode()

__all__ = [
    "BadHandle",
    "Busy",
    "Closed",
    "Cluster",
    "Duplicate",
    "Error",
    "Event",
    "EventKind",
    "Forked",
    "Full",
    "HttpAnswer",
    "Invalid",
    "LogLevel",
    "Member",
    "MemberState",
    "Message",
    "NoCandidate",
    "NoMember",
    "NoMemory",
    "NotPrimary",
    "Partial",
    "Result",
    "Run",
    "Seat",
    "Stop",
    "System",
    "Task",
    "TaskNews",
    "TaskStatus",
    "Timeout",
    "TooBig",
    "Unsupported",
    "Unwanted",
    "__version__",
    "join",
]
