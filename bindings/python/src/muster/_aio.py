"""Events for asyncio."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator

from ._errors import Closed
from ._node import _PAUSE, Node
from ._records import Event
from ._waiting import Waiter


async def events(node: Node) -> AsyncIterator[Event]:
    """The node's events, until it has left or is closed, or wakeup() is called."""
    is_readable = False
    while True:
        try:
            event = node.take()
        except Closed:
            return
        if event is not None:
            is_readable = False
            yield event
        elif node.waiter.take_wakeup():
            return
        elif is_readable:
            # Something waits for the thread of the callbacks, which is busy with another.
            await asyncio.sleep(_PAUSE)
            is_readable = False
        else:
            await _readable(node.waiter)
            is_readable = True


async def _readable(waiter: Waiter) -> None:
    loop = asyncio.get_running_loop()
    is_readable = asyncio.Event()
    # A loop has one reader for each descriptor, and others may wait for the same node.
    copies = [os.dup(waiter.events), os.dup(waiter.wakeups)]
    try:
        for copy in copies:
            loop.add_reader(copy, is_readable.set)
        await is_readable.wait()
    finally:
        for copy in copies:
            loop.remove_reader(copy)
            os.close(copy)
