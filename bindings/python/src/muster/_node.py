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
        """Where this fails, the handle is still to be closed."""
        self.handle = handle
        self.is_closed = False
        self.is_forked = False
        self.inside: int | None = None
        """The thread inside a callback; there is never more than one."""
        self.seats: dict[str, Seat] = {}
        self.opening = threading.Lock()
        self._ending = threading.RLock()
        self._hooks: set[Hook[Any]] = set()
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
        self.waiter = Waiter(check(lib.cluster_event_fd(handle)))
        self._early: Event | None = None
        self._is_dispatching = threading.Event()
        self._thread = threading.Thread(target=self._run_callbacks, name="muster", daemon=False)
        self._thread.start()
        self._is_dispatching.wait()
        if level is not None:
            # A node that is refused at once hears of it as one refused later does: by an event.
            with contextlib.suppress(Duplicate):
                self._log_hook.set(_log.write, lambda fn: check(lib.cluster_on_log(handle, level, fn, None)))
        _lifetime.opened(self)

    def hook(self, prototype: Any, translate: Any) -> Hook[Any]:
        """A place for a callback, kept until it is dropped or the node has ended."""
        hook: Hook[Any] = Hook(self, prototype, translate)
        self._hooks.add(hook)
        return hook

    def drop(self, *hooks: Hook[Any]) -> None:
        """The library calls these no more. Whoever takes one out ends it: the node may be closing on another
        thread."""
        for hook in hooks:
            with contextlib.suppress(KeyError):
                self._hooks.remove(hook)
                hook.end()

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
        if self._early is not None:
            with self.opening:
                early, self._early = self._early, None
                if early is not None:
                    self.waiter.show_early(False)
                    return early
        return self._take()

    def fileno(self) -> int:
        """Readable while events wait."""
        self.check()
        with self.opening, contextlib.suppress(Closed, Duplicate):
            if self._early is None:
                # Only a host that takes events is shown them on the descriptor once it has callbacks as well.
                self._early = self._take()
                if self._early is not None:
                    self.waiter.show_early(True)
        return self.waiter.shown.fileno()

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
        # A call that waits runs callbacks itself, under whatever locks its caller holds, unless another thread
        # dispatches. From this first one on, when no callback is registered yet, the library knows that one does.
        lib.cluster_dispatch(self.handle, 0)
        self._is_dispatching.set()
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
            self.drop(*list(self._hooks))
            _lifetime.ended(self)

    def collect(self) -> None:
        """Ends a node that nobody holds any more. That comes to light on any thread and under any lock, in the
        middle of one of its own callbacks too, and the end waits for these: nobody waits for it here. Nor does
        the exit wait for this thread, but for the end itself."""
        if not self.is_closed and not self.is_forked:
            threading.Thread(target=self.close, name="muster-close", daemon=True).start()

    def disown(self) -> None:
        """In a forked child: the node is the parent's."""
        self.is_forked = True
        self.inside = None
        self.waiter.close()
