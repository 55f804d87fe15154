"""What ends the nodes of a process that does not end them itself: its exit, and fork()."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

from ._abi import Result
from ._errors import Closed

if TYPE_CHECKING:
    from ._node import Node

_open: set[Node] = set()
_is_over = False


def opened(node: Node) -> None:
    _open.add(node)
    if _is_over:
        # Nobody would end it, and its thread would keep the process.
        node.close()
        raise Closed(Result.E_CLOSED, "the interpreter is ending")


def ended(node: Node) -> None:
    _open.discard(node)


def _close_all() -> None:
    global _is_over
    _is_over = True
    for node in list(_open):
        node.close()


def _disown_all() -> None:
    for node in list(_open):
        node.disown()
    _open.clear()


# Before the interpreter waits for its threads, one of which waits for each node's callbacks. The
# functions of atexit are called after that; concurrent.futures stands before the same choice.
_register: Any = getattr(threading, "_register_atexit")
_register(_close_all)
os.register_at_fork(after_in_child=_disown_all)
