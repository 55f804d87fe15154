"""The C face of libmuster, as ctypes sees it.

Made from the library's sources by Tools/generate: edit those.
"""

from __future__ import annotations

import enum
import os
import pathlib
from ctypes import CDLL, CFUNCTYPE, POINTER, Structure
from ctypes import c_char_p, c_int, c_int32, c_int64, c_size_t, c_uint16, c_uint32, c_uint64, c_void_p
from typing import Any

VERSION = (0, 1, 0)


class Result(enum.IntEnum):
    """What a function that can fail returns."""

    OK = 0
    EMPTY = 1
    E_INVALID = -1
    E_NOMEM = -2
    E_SYSTEM = -3
    E_TIMEOUT = -4
    E_CLOSED = -5
    E_BUSY = -6
    E_TOOBIG = -7
    E_DUPLICATE = -8
    E_NO_CANDIDATE = -9
    E_NOT_PRIMARY = -10
    E_UNSUPPORTED = -11
    E_FORKED = -12
    E_HANDLE = -13
    E_NO_MEMBER = -14
    E_UNWANTED = -15
    E_FULL = -16
    E_PARTIAL = -17


class EventKind(enum.IntEnum):
    """What a cluster_event_t is about."""

    MEMBER_JOINED = 1
    MEMBER_CHANGED = 2
    MEMBER_SUSPECT = 3
    MEMBER_UNRESPONSIVE = 4
    MEMBER_RECOVERED = 5
    MEMBER_LEFT = 6
    MEMBER_DEAD = 7
    PROMOTED = 16
    DEMOTED = 17
    PRIMARY_CHANGED = 18
    POSITION_CHANGED = 19
    ROLE_PAUSED = 20
    DEMOTE_LATE = 21
    AUTHORITY = 22
    DUPLICATE = 32
    LEFT = 33
    ISOLATED = 34
    MINORITY = 35
    LOST = 48
    TASK = 64


class TaskNews(enum.IntEnum):
    """What a CLUSTER_EVENT_TASK tells of a task, as its value; its role is the name of the task, its detail the reason."""

    STARTED = 1
    STOPPED = 2
    FAILED = 3
    COMPLETED = 4
    DEAD = 5
    LOST = 6
    VETOED = 7
    SKIPPED = 8
    DIFFERS = 9
    WAITING = 10
    OVERLAP = 11
    STUCK = 12


class MemberState(enum.IntEnum):
    """How a member is."""

    ALIVE = 1
    SUSPECT = 2
    UNRESPONSIVE = 3
    LEFT = 4
    DEAD = 5


class LogLevel(enum.IntEnum):
    """How much a line of the log matters, the gravest first."""

    ERROR = 1
    WARNING = 2
    INFO = 3
    DEBUG = 4
    TRACE = 5


class Event(Structure):
    """Something that happened."""

    struct_size: int
    kind: int
    number: int
    member: bytes
    role: bytes
    value: int
    detail: bytes
    _fields_ = [
        ("struct_size", c_uint32),
        ("kind", c_uint32),
        ("number", c_uint64),
        ("member", c_char_p),
        ("role", c_char_p),
        ("value", c_uint64),
        ("detail", c_char_p),
    ]


class Member(Structure):
    """One member in a snapshot."""

    struct_size: int
    state: int
    generation: int
    incarnation: int
    id: bytes
    name: bytes
    address: bytes
    port: int
    reserved0: int
    is_self: int
    since_ms: int
    tags_json: bytes
    _fields_ = [
        ("struct_size", c_uint32),
        ("state", c_uint32),
        ("generation", c_uint64),
        ("incarnation", c_uint64),
        ("id", c_char_p),
        ("name", c_char_p),
        ("address", c_char_p),
        ("port", c_uint16),
        ("reserved0", c_uint16),
        ("is_self", c_uint32),
        ("since_ms", c_int64),
        ("tags_json", c_char_p),
    ]


class Message(Structure):
    """What the host of a member tells this one."""

    struct_size: int
    is_broadcast: int
    sender: bytes
    topic: bytes
    data: int
    length: int
    _fields_ = [
        ("struct_size", c_uint32),
        ("is_broadcast", c_uint32),
        ("sender", c_char_p),
        ("topic", c_char_p),
        ("data", c_void_p),
        ("length", c_uint64),
    ]


class Run(Structure):
    """One run of a job."""

    struct_size: int
    attempt: int
    name: bytes
    occurrence: bytes
    moment_ms: int
    token: int
    _fields_ = [
        ("struct_size", c_uint32),
        ("attempt", c_uint32),
        ("name", c_char_p),
        ("occurrence", c_char_p),
        ("moment_ms", c_int64),
        ("token", c_uint64),
    ]


EventFn = CFUNCTYPE(None, POINTER(Event), c_void_p)
MessageFn = CFUNCTYPE(None, c_void_p, POINTER(Message), c_void_p)
LogFn = CFUNCTYPE(None, c_int, c_char_p, c_void_p)
FailoverPromoteFn = CFUNCTYPE(None, c_void_p, c_uint64, c_void_p)
FailoverWarningFn = CFUNCTYPE(None, c_void_p, c_int32, c_void_p)
FailoverDemoteFn = CFUNCTYPE(None, c_void_p, c_uint64, c_void_p)
TaskStartFn = CFUNCTYPE(c_int, c_void_p, c_char_p, c_uint64, c_void_p)
TaskStopFn = CFUNCTYPE(None, c_void_p, c_char_p, c_uint64, c_void_p)
JobFn = CFUNCTYPE(c_int, c_void_p, POINTER(Run), c_void_p)
ResolverFn = CFUNCTYPE(c_int, c_void_p, c_char_p, POINTER(c_int32), c_uint32, c_void_p)


def _load() -> CDLL:
    """The library named by MUSTER_LIBRARY, else the one beside this file, else the system's."""
    named = os.environ.get("MUSTER_LIBRARY")
    if named:
        return CDLL(named)
    beside = pathlib.Path(__file__).with_name("libmuster.so.0")
    return CDLL(str(beside) if beside.exists() else "libmuster.so.0")


_PROTOTYPES: list[tuple[str, Any, list[Any]]] = [
    ("cluster_version", c_uint32, []),
    ("cluster_version_text", c_char_p, []),
    ("cluster_strerror", c_char_p, [c_int]),
    ("cluster_last_error", c_char_p, []),
    ("cluster_free", None, [c_void_p]),
    ("cluster_options_new", c_int, [POINTER(c_void_p)]),
    ("cluster_options_set", c_int, [c_void_p, c_char_p, c_char_p]),
    ("cluster_options_get", c_int, [c_void_p, c_char_p, POINTER(c_void_p)]),
    ("cluster_options_load_file", c_int, [c_void_p, c_char_p]),
    ("cluster_options_free", None, [c_void_p]),
    ("cluster_join", c_int, [c_void_p, POINTER(c_void_p)]),
    ("cluster_wait", c_int, [c_void_p, c_uint32, c_int32]),
    ("cluster_leave", c_int, [c_void_p, c_int32]),
    ("cluster_close", None, [c_void_p]),
    ("cluster_self_json", c_int, [c_void_p, POINTER(c_void_p)]),
    ("cluster_set_tag", c_int, [c_void_p, c_char_p, c_char_p]),
    ("cluster_members", c_int, [c_void_p, POINTER(c_void_p)]),
    ("cluster_members_count", c_size_t, [c_void_p]),
    ("cluster_members_at", POINTER(Member), [c_void_p, c_size_t]),
    ("cluster_members_free", None, [c_void_p]),
    ("cluster_members_json", c_int, [c_void_p, POINTER(c_void_p)]),
    ("cluster_stats_json", c_int, [c_void_p, POINTER(c_void_p)]),
    ("cluster_event_fd", c_int, [c_void_p]),
    ("cluster_dispatch", c_int, [c_void_p, c_int32]),
    ("cluster_next_event", c_int, [c_void_p, c_int32, POINTER(POINTER(Event))]),
    ("cluster_event_free", None, [POINTER(Event)]),
    ("cluster_wakeup", None, [c_void_p]),
    ("cluster_on_event", c_int, [c_void_p, EventFn, c_void_p]),
    ("cluster_on_log", c_int, [c_void_p, c_int, LogFn, c_void_p]),
    ("cluster_broadcast", c_int, [c_void_p, c_char_p, c_void_p, c_size_t]),
    ("cluster_send", c_int, [c_void_p, c_char_p, c_char_p, c_void_p, c_size_t, c_int32]),
    ("cluster_on_message", c_int, [c_void_p, MessageFn, c_void_p]),
    ("failover_open", c_int, [c_void_p, c_char_p, POINTER(c_void_p)]),
    ("failover_close", None, [c_void_p]),
    ("failover_on_promote", c_int, [c_void_p, FailoverPromoteFn, c_void_p]),
    ("failover_on_demote", c_int, [c_void_p, FailoverDemoteFn, c_void_p]),
    ("failover_is_primary", c_int, [c_void_p]),
    ("failover_token", c_int, [c_void_p, POINTER(c_uint64)]),
    ("failover_position", c_int, [c_void_p, POINTER(c_uint32)]),
    ("failover_primary_json", c_int, [c_void_p, POINTER(c_void_p)]),
    ("failover_step_down", c_int, [c_void_p, c_int32]),
    ("failover_promote", c_int, [c_void_p, c_char_p, c_int32]),
    ("failover_set_ready", c_int, [c_void_p, c_int]),
    ("failover_pause", c_int, [c_void_p]),
    ("failover_resume", c_int, [c_void_p]),
    ("failover_decline", c_int, [c_void_p]),
    ("failover_remaining_ms", c_int32, [c_void_p]),
    ("failover_on_warning", c_int, [c_void_p, FailoverWarningFn, c_void_p]),
    ("failover_guarantee_json", c_int, [c_void_p, POINTER(c_void_p)]),
    ("cluster_task_offer", c_int, [c_void_p, c_char_p, c_char_p, TaskStartFn, TaskStopFn, c_void_p, POINTER(c_void_p)]),
    ("cluster_daemon", c_int, [c_void_p, c_char_p, c_char_p, TaskStartFn, TaskStopFn, c_void_p, POINTER(c_void_p)]),
    ("cluster_job_schedule", c_int, [c_void_p, c_char_p, c_char_p, c_char_p, JobFn, c_void_p, POINTER(c_void_p)]),
    ("cluster_task_close", None, [c_void_p]),
    ("cluster_task_is_mine", c_int, [c_void_p]),
    ("cluster_task_token", c_int, [c_void_p, POINTER(c_uint64)]),
    ("cluster_task_complete", c_int, [c_void_p]),
    ("cluster_task_fail", c_int, [c_void_p, c_char_p]),
    ("cluster_task_defer", c_int, [c_void_p]),
    ("cluster_task_finish", c_int, [c_void_p, c_char_p]),
    ("cluster_tasks_json", c_int, [c_void_p, c_int32, POINTER(c_void_p)]),
    ("cluster_task_pause", c_int, [c_void_p, c_char_p, c_int32]),
    ("cluster_task_resume", c_int, [c_void_p, c_char_p, c_int32]),
    ("cluster_task_move", c_int, [c_void_p, c_char_p, c_char_p, c_int32]),
    ("cluster_task_run", c_int, [c_void_p, c_char_p, c_int32]),
    ("cluster_task_forget", c_int, [c_void_p, c_char_p, c_int32]),
    ("cluster_task_set_resolver", c_int, [c_void_p, ResolverFn, c_void_p]),
    ("cluster_key_add", c_int, [c_void_p, c_char_p, c_int32]),
    ("cluster_key_use", c_int, [c_void_p, c_char_p, c_int32]),
    ("cluster_key_remove", c_int, [c_void_p, c_char_p, c_int32]),
    ("cluster_keys_json", c_int, [c_void_p, c_int32, POINTER(c_void_p)]),
    ("cluster_http_handle", c_int, [c_void_p, c_char_p, c_char_p, c_void_p, c_size_t, POINTER(c_uint32), POINTER(c_void_p), POINTER(c_void_p)]),
]


def _bind(library: CDLL) -> CDLL:
    """Checks that the library has the version of this file or a later one, then types its functions."""
    found = int(library.cluster_version())
    version = (found >> 16, found >> 8 & 0xFF, found & 0xFF)
    if version[0] != VERSION[0] or version < VERSION:
        raise ImportError(f"libmuster has version {version}, and {VERSION} or a later one is needed")
    for name, result, arguments in _PROTOTYPES:
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
    return library


lib = _bind(_load())
