"""Waiting for events in poll(2) and not in the library: there Ctrl-C is heard, and asyncio can wait
in the same way."""

from __future__ import annotations

import os
import select
import weakref


class Waiter:
    """What says that events wait, and what ends a wait without one."""

    def __init__(self, events: int) -> None:
        # A copy of the node's descriptor: the number of the original may be another file's as soon as
        # the node is closed, while a thread is only about to wait for it.
        self.events = os.dup(events)
        self.wakeups, self._wake = os.pipe()
        os.set_blocking(self.wakeups, False)
        os.set_blocking(self._wake, False)
        self.shown = select.epoll()
        self.shown.register(self.events, select.EPOLLIN)
        self.close = weakref.finalize(self, _close, (self.events, self.wakeups, self._wake))
        self.close.atexit = False

    def wait(self, seconds: float | None, *, events: bool = True) -> bool:
        """Waits for a wake-up, and for events too unless told otherwise; False when the time is up, or
        a day, since poll(2) counts milliseconds in 32 bits."""
        poll = select.poll()
        poll.register(self.wakeups, select.POLLIN)
        if events:
            poll.register(self.events, select.POLLIN)
        return bool(poll.poll(None if seconds is None else min(seconds, 86400) * 1000))

    def show_early(self, waits: bool) -> None:
        """Whether what is shown to the host is readable without the node: for an event that was taken already.
        There is always room in the pipe, or a wake-up waits."""
        if waits:
            self.shown.register(self._wake, select.EPOLLOUT)
        else:
            self.shown.unregister(self._wake)

    def wake(self) -> None:
        """Ends one wait, the present one or the next. For signal handlers too."""
        try:
            os.write(self._wake, b"!")
        except BlockingIOError:
            pass  # as many wake-ups are waiting as a pipe can hold

    def take_wakeup(self) -> bool:
        try:
            return bool(os.read(self.wakeups, 1 << 16))
        except BlockingIOError:
            return False


def _close(descriptors: tuple[int, ...]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
