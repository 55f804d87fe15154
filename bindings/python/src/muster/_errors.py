"""What a call raises when it fails: one exception for each result of the library."""

from __future__ import annotations

from typing import Any

from ._abi import Result, lib


class Error(Exception):
    """A call failed.

    ``code`` is the library's result (a bare number where this release does not know it), and
    ``detail`` says for people what was wrong.
    """

    code: int
    detail: str

    def __init__(self, code: int, detail: str = "") -> None:
        self.code = Result(code) if code in Result.__members__.values() else code
        self.detail = detail or lib.cluster_strerror(code).decode()
        super().__init__(self.detail)

    def __str__(self) -> str:
        return self.detail

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (int(self.code), self.detail)


class Invalid(Error, ValueError):
    """An argument or option is wrong; the detail names it."""


class NoMemory(Error, MemoryError):
    """Out of memory."""


class System(Error, OSError):
    """A call to the system failed; the detail has its text."""


class Timeout(Error, TimeoutError):
    """The time was up first."""


class Closed(Error):
    """The node or the seat is closed, or the node has left."""


class Busy(Error):
    """In use; or not allowed from inside a callback of the same node."""


class TooBig(Error):
    """Larger than a limit; the detail names the limit."""


class Duplicate(Error):
    """This node was refused: its id is in use by a live member."""


class NoCandidate(Error):
    """Nobody could take the seat or the task."""


class NotPrimary(Error):
    """This node is not the primary."""


class Unsupported(Error):
    """Not in this release or not with these options."""


class Forked(Error):
    """Called in a process that was forked after the library was in use."""


class NoMember(Error):
    """Nobody of that id can be reached; nothing was sent."""


class Unwanted(Error):
    """The program of that member takes no messages."""


class Full(Error):
    """Too much is waiting, here or there; nothing was sent, try again."""


class Partial(Error):
    """Not all present members have done it; the detail names them. It may be asked for again."""


class BadHandle(Error):
    """The library does not know the handle. No call of this package should ever raise it."""


_CLASSES: dict[int, type[Error]] = {
    Result.E_INVALID: Invalid,
    Result.E_NOMEM: NoMemory,
    Result.E_SYSTEM: System,
    Result.E_TIMEOUT: Timeout,
    Result.E_CLOSED: Closed,
    Result.E_BUSY: Busy,
    Result.E_TOOBIG: TooBig,
    Result.E_DUPLICATE: Duplicate,
    Result.E_NO_CANDIDATE: NoCandidate,
    Result.E_NOT_PRIMARY: NotPrimary,
    Result.E_UNSUPPORTED: Unsupported,
    Result.E_FORKED: Forked,
    Result.E_HANDLE: BadHandle,
    Result.E_NO_MEMBER: NoMember,
    Result.E_UNWANTED: Unwanted,
    Result.E_FULL: Full,
    Result.E_PARTIAL: Partial,
}


def check(code: int) -> int:
    """Returns a result that is no failure, and raises one that is.

    To be called right after the library, on the same thread: the detail is that of the thread's
    last failure.
    """
    if code >= 0:
        return code
    detail = lib.cluster_last_error().decode("utf-8", "replace")
    raise _CLASSES.get(code, Error)(code, detail)
