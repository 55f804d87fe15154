"""One place where the library calls a function of the host."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Callable, Generic, TypeVar

from ._log import logger

if TYPE_CHECKING:
    from ._node import Node

_Function = TypeVar("_Function", bound=Callable[..., object])


class Hook(Generic[_Function]):
    """A callback and the C function that stands for it.

    The C function stays the same while callbacks come and go: a callback may put another in its own
    place, and must not free the code that it is called from.
    """

    def __init__(self, node: Node, prototype: Any, translate: Callable[..., tuple[Any, ...]]) -> None:
        self._node = node
        self._translate = translate
        self._function: _Function | None = None
        self._none = prototype()
        self._entrance = prototype(self._enter)

    def set(self, function: _Function | None, register: Callable[[Any], object]) -> None:
        """Puts a function in place of the one before, None for no more; `register` tells the library."""
        if function is not None and not callable(function):
            raise TypeError(f"a callback must be callable, not {type(function).__name__}")
        before, self._function = self._function, function
        try:
            register(self._none if function is None else self._entrance)
        except BaseException:
            self._function = before
            raise

    def entrance(self, function: _Function) -> Any:
        """The C function that calls this one from now on."""
        self._function = function
        return self._entrance

    def end(self) -> None:
        """The node has ended: nothing enters any more. What a callback held is free, and so is the node,
        with its descriptors, without the help of the garbage collector."""
        self._function = None
        del self._node

    def _enter(self, *arguments: Any) -> int:
        """Returns 0 where all went well, for those that are asked."""
        function = self._function
        if function is None:
            return 1
        outer, self._node.inside = self._node.inside, threading.get_ident()
        try:
            function(*self._translate(*arguments))
            return 0
        except BaseException:
            # There is no Python above to raise it to, and the next callback is none the worse.
            logger.exception("a callback raised an exception")
            return 1
        finally:
            self._node.inside = outer
