"""Clustering inside your process: who is here, who leads.

    with muster.join("orders") as cluster:
        seat = cluster.role("primary")

        @seat.on_promote
        def promoted(token):
            ...
"""

from ._abi import EventKind, LogLevel, MemberState, Result, lib as _lib
from ._cluster import Cluster, join
from ._errors import (
    BadHandle,
    Busy,
    Closed,
    Duplicate,
    Error,
    Forked,
    Invalid,
    NoCandidate,
    NoMemory,
    NotPrimary,
    Partial,
    System,
    Timeout,
    TooBig,
    Unsupported,
)
from ._records import Event, Member
from ._seat import Seat

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
    "Invalid",
    "LogLevel",
    "Member",
    "MemberState",
    "NoCandidate",
    "NoMemory",
    "NotPrimary",
    "Partial",
    "Result",
    "Seat",
    "System",
    "Timeout",
    "TooBig",
    "Unsupported",
    "__version__",
    "join",
]
