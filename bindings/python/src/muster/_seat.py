"""This node's candidacy in a role."""

from __future__ import annotations

from ctypes import byref, c_uint32, c_uint64, c_void_p
from types import TracebackType
from typing import TYPE_CHECKING, Any, Callable, Optional, TypeVar

from . import _abi
from ._abi import Result, lib
from ._errors import Closed
from ._records import Member
from ._values import encoded, milliseconds, take_json

if TYPE_CHECKING:
    from ._cluster import Cluster

Changed = TypeVar("Changed", bound=Optional[Callable[[int], object]])
Warned = TypeVar("Warned", bound=Optional[Callable[[float], object]])


class Seat:
    """A place in the line for one role: one seat of a role is the primary, the others stand by.

    Made by ``cluster.role(name)``, kept by the cluster, and given up by ``close()``.
    """

    def __init__(self, cluster: Cluster, role: str) -> None:
        self.role = role
        self._cluster = cluster
        self._node = node = cluster._node
        place = c_void_p()
        try:
            node.call(lib.failover_open, encoded(role, "role"), byref(place))
        except BaseException:
            lib.failover_close(place)  # Ctrl-C may be heard when it is taken already
            raise
        self.handle = place.value or 0
        self._is_closed = False
        self._promote = node.hook(_abi.FailoverPromoteFn, lambda seat, token, user: (token,))
        self._demote = node.hook(_abi.FailoverDemoteFn, lambda seat, token, user: (token,))
        self._warning = node.hook(_abi.FailoverWarningFn, lambda seat, remaining, user: (remaining / 1000,))

    def __repr__(self) -> str:
        return f"<muster.Seat {self.role!r}>"

    # -- Callbacks ---------------------------------------------------------------------------------

    def on_promote(self, function: Changed) -> Changed:
        """Has the function called with the fencing token when this seat becomes primary; at once if it
        is. It takes the place of the one before, None unregisters. Also a decorator.

        Callbacks run one at a time, on a thread of this package. ``leave()``, ``step_down()``, ``promote()``,
        ``close()`` and unregistering wait for them, and are not for callers that hold a lock which a callback
        takes. What callbacks raise goes to the log.
        """
        self._promote.set(function, lambda fn: self._call(lib.failover_on_promote, fn, None))
        return function

    def on_demote(self, function: Changed) -> Changed:
        """Has the function called with the token that this seat had when it is primary no longer. On a
        planned change the next primary waits until it returns, up to failover.demote_timeout."""
        self._demote.set(function, lambda fn: self._call(lib.failover_on_demote, fn, None))
        return function

    def on_warning(self, function: Warned) -> Warned:
        """Has the function called with the seconds left when half of the trust in being primary has run
        out and was not renewed: the process, its machine or its network does not keep up."""
        self._warning.set(function, lambda fn: self._call(lib.failover_on_warning, fn, None))
        return function

    # -- Questions ---------------------------------------------------------------------------------

    @property
    def is_primary(self) -> bool:
        """Whether this seat is the primary now. Never a stale yes, and fast enough to be asked before
        every write; no when the node is closed."""
        return bool(lib.failover_is_primary(self.handle))

    @property
    def remaining(self) -> float:
        """How many seconds ``is_primary`` would still be true if nothing more were heard; 0 when it is
        not."""
        return int(lib.failover_remaining_ms(self.handle)) / 1000

    @property
    def token(self) -> int:
        """The fencing token of the primary that this seat is; raises NotPrimary when it is none."""
        token = c_uint64()
        self._call(lib.failover_token, byref(token))
        return token.value

    @property
    def position(self) -> int | None:
        """The rank in the line: 0 the primary, 1 the next; None while it is not in the line yet."""
        position = c_uint32()
        return position.value if self._call(lib.failover_position, byref(position)) == Result.OK else None

    @property
    def primary(self) -> Member | None:
        """The member that is primary of this role, None when nobody is."""
        primary = self.primary_json()
        if primary is None:
            return None
        return next((member for member in self._cluster.members() if member.id == primary["id"]), None)

    def primary_json(self) -> Any:
        """The same with all the library knows about it, parsed from JSON: its token and seats too."""
        return take_json(lambda place: self._call(lib.failover_primary_json, place))

    def guarantee(self) -> dict[str, Any]:
        """What is promised of this role under the options in force, and what is not."""
        guarantee: dict[str, Any] = take_json(lambda place: self._call(lib.failover_guarantee_json, place))
        return guarantee

    # -- Actions -----------------------------------------------------------------------------------

    def step_down(self, timeout: float | None = 30) -> None:
        """Hands the seat to the next in the line and goes to the end of it. Returns when another seat
        is primary; ``timeout`` is in seconds, None for no limit. Ctrl-C is heard when it returns."""
        self._call(lib.failover_step_down, milliseconds(timeout))

    def promote(self, target: str | Member, timeout: float | None = 30) -> None:
        """Has this member of the line promoted, wherever the primary is: its demote callback returns
        first. Returns when the member is primary; ``timeout`` is in seconds, None for no limit. Works
        while the role is paused."""
        target = target.id if isinstance(target, Member) else target
        self._call(lib.failover_promote, encoded(target, "target"), milliseconds(timeout))

    def set_ready(self, ready: bool) -> None:
        """Says whether this program is fit to lead. A seat that is not ready keeps its place and is passed
        over; a primary that becomes unready hands over as soon as another is ready."""
        self._call(lib.failover_set_ready, int(ready))

    def decline(self) -> None:
        """Refuses the role, in a promote callback or later: it goes to the next, and this seat is passed
        over for a while, longer with each time."""
        self._call(lib.failover_decline)

    def pause(self) -> None:
        """Pauses the role in the whole cluster: until ``resume()`` nobody is promoted by itself, and the
        primary keeps the role even where it is unresponsive."""
        self._call(lib.failover_pause)

    def resume(self) -> None:
        """Ends what ``pause()`` began, on any seat of the role."""
        self._call(lib.failover_resume)

    def close(self) -> None:
        """Gives the seat up; a primary is replaced as if it had left. Harmless the second time."""
        node = self._node
        if self._is_closed or node.is_closed or node.is_forked:
            return
        node.check_outside()
        with node.opening:
            is_mine = node.seats.pop(self.role, None) is self
        self._is_closed = True
        if is_mine:  # and no other thread's, nor that of a node which is closing
            lib.failover_close(self.handle)
            node.drop(self._promote, self._demote, self._warning)

    def __enter__(self) -> Seat:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _call(self, function: Any, *arguments: Any) -> int:
        if self._is_closed:
            self._node.check()
            raise Closed(Result.E_CLOSED, "the seat is closed")
        return self._node.call_on(self.handle, function, *arguments)
