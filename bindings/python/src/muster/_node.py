"""One node's handle, and all that must end with it."""

from __future__ import annotations

import contextlib
import threading
from ctypes import POINTER, byref
from typing import TYPE_CHECKING, Any

from . import _abi, _lifetime, _log
from ._abi import LogLevel, Result, lib
from ._errors import BadHandle, Busy, Closed, Duplicate, Forked, check
from ._hook import Hook
from ._offers import Offers
from ._records import Event, Message
from ._values import Deadline
from ._waiting import Waiter

if TYPE_CHECKING:
    from ._seat import Seat

_PAUSE = 0.01
"""Seconds. How long the descriptor is not asked after it was readable for nothing."""


class Node:
    """What stands behind a Cluster and its seats. It does not know the Cluster, which can therefore
    be collected, and ends the node then."""

    def __init__(self, handle: int, level: LogLevel | None) -> None:
        self.handle = handle
        self.is_closed = False
        self.is_forked = False
        self.inside: int | None = None
        """The thread inside a callback; there is never more than one."""
        self.seats: dict[str, Seat] = {}
        self.opening = threading.Lock()
        self._ending = threading.RLock()
        self._hooks: list[Hook[Any]] = []
        self.event_hook: Hook[Any] = self.hook(
            _abi.EventFn, lambda event, user: (Event.copy(event.contents),)
        )
        self.message_hook: Hook[Any] = self.hook(
            _abi.MessageFn, lambda node, message, user: (Message.copy(message.contents),)
        )
        self.resolver_hook: Hook[Any] = self.hook(
            _abi.ResolverFn, lambda node, text, owners, count, user: (text, owners, count)
        )
        self.offers = Offers(self)
        self._log_hook: Hook[Any] = self.hook(_abi.LogFn, lambda level, line, user: (level, line))
        try:
            self.waiter = Waiter(check(lib.cluster_event_fd(handle)))
            # Only a host that takes events is shown them on the descriptor once it has callbacks as well.
            self._early = self._take()
            if level is not None:
                # A node that is refused at once hears of it as one refused later does: by an event.
                with contextlib.suppress(Duplicate):
                    self._log_hook.set(
                        _log.write, lambda fn: check(lib.cluster_on_log(handle, level, fn, None))
                    )
            self._thread = threading.Thread(target=self._run_callbacks, name="muster", daemon=False)
            self._thread.start()
        except BaseException:
            lib.cluster_close(handle)
            raise
        _lifetime.opened(self)

    def hook(self, prototype: Any, translate: Any) -> Hook[Any]:
        """A place for a callback, kept as long as the node: a demotion may still be on its way to a seat
        that was closed."""
        hook: Hook[Any] = Hook(self, prototype, translate)
        self._hooks.append(hook)
        return hook

    # -- Calls -------------------------------------------------------------------------------------

    def call(self, function: Any, *arguments: Any) -> int:
        """Calls a function of the library on the node, and raises what it answers."""
        return self.call_on(self.handle, function, *arguments)

    def call_on(self, handle: int, function: Any, *arguments: Any) -> int:
        """The same on one of the node's seats."""
        self.check()
        try:
            return check(function(handle, *arguments))
        except BadHandle:
            self.check()  # another thread was quicker and has closed the node
            raise

    def check(self) -> None:
        if self.is_forked:
            raise Forked(Result.E_FORKED, "this process was forked after the node had joined")
        if self.is_closed:
            raise Closed(Result.E_CLOSED, "the node is closed")

    def check_outside(self) -> None:
        """Raises Busy on a thread that is inside one of the node's callbacks."""
        if self.inside == threading.get_ident():
            raise Busy(Result.E_BUSY, "called from inside a callback of this node")

    def check_outside_tasks(self) -> None:
        """The same inside the function of a task."""
        self.check_outside()
        self.offers.check_outside()

    # -- Events ------------------------------------------------------------------------------------

    def take(self) -> Event | None:
        """The next event if one waits."""
        self.check()
        early, self._early = self._early, None
        return early or self._take()

    def _take(self) -> Event | None:
        place = POINTER(_abi.Event)()
        if self.call(lib.cluster_next_event, 0, byref(place)) != Result.OK:
            return None
        try:
            return Event.copy(place.contents)
        finally:
            lib.cluster_event_free(place)

    def next(self, timeout: float | None) -> Event | None:
        """The next event; None when the time was up, or after a wake-up."""
        deadline = Deadline(timeout)
        is_readable = False
        while True:
            event = self.take()
            if event is not None or self.waiter.take_wakeup():
                return event
            if deadline.left() == 0:
                return None
            if is_readable:
                # Something waits for the thread of the callbacks, which is busy with another.
                self.waiter.wait(deadline.left(_PAUSE), events=False)
                is_readable = False
            else:
                is_readable = self.waiter.wait(deadline.left())

    def _run_callbacks(self) -> None:
        while lib.cluster_dispatch(self.handle, -1) >= 0:
            pass

    # -- End ---------------------------------------------------------------------------------------

    def close(self) -> None:
        """Ends the node and its threads. Harmless the second time and in a forked child."""
        if self.is_forked or self.is_closed:
            return
        self.check_outside_tasks()
        with self._ending:
            if self.is_closed:
                return
            # While the functions of its tasks end, nobody else has these tasks.
            self.offers.stop()
            self.is_closed = True
            lib.cluster_close(self.handle)
            self._thread.join()
            self.offers.end()
            with self.opening:
                for seat in self.seats.values():
                    lib.failover_close(seat.handle)
                self.seats.clear()
            for hook in self._hooks:
                hook.end()
            self._hooks.clear()
            _lifetime.ended(self)

    def collect(self) -> None:
        """Ends a node that nobody holds any more. That may come to light in the middle of one of its own
        callbacks, where the node cannot end."""
        try:
            self.check_outside_tasks()
        except Busy:
            threading.Thread(target=self.close, name="muster-close").start()
        else:
            self.close()

    def disown(self) -> None:
        """In a forked child: the node is the parent's."""
        self.is_forked = True
        self.inside = None
        self.waiter.close()
