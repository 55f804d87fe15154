"""Values on their way to the library and back: text, times, numbers, JSON."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from ctypes import byref, c_char_p, c_void_p, cast
from typing import Any

from ._abi import Result, lib
from ._errors import Invalid

_LONGEST = 2**31 - 1


def encoded(text: str, what: str) -> bytes:
    """Text as the library takes it. C would end it at a zero byte without a word."""
    if not isinstance(text, str):
        raise TypeError(f"{what} must be str, not {type(text).__name__}")
    if "\0" in text:
        raise Invalid(Result.E_INVALID, f"{what} contains a zero byte")
    return text.encode()


def octets(data: bytes | bytearray | memoryview) -> bytes:
    """Data as the library takes it."""
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise TypeError(f"data must be bytes, not {type(data).__name__}")
    return bytes(data)


def decoded(text: bytes) -> str:
    return text.decode("utf-8", "replace")


def milliseconds(timeout: float | None) -> int:
    """A timeout in seconds, or None for no limit, as the library takes it; rounded up."""
    if timeout is None:
        return -1
    if not timeout >= 0:
        raise Invalid(Result.E_INVALID, f"timeout is {timeout}; allowed are 0 or more seconds, or None")
    return min(math.ceil(min(timeout, _LONGEST) * 1000), _LONGEST)


def unsigned(number: int, what: str) -> int:
    """A number that fits where C has 32 bits. ctypes would cut it without a word."""
    if not 0 <= number < 2**32:
        raise Invalid(Result.E_INVALID, f"{what} is {number}; allowed are 0 to {2**32 - 1}")
    return number


def take_text(fill: Callable[[Any], object]) -> str:
    """Text that the library hands over; `fill` calls the function with the place for it."""
    place = c_void_p()
    fill(byref(place))
    try:
        return decoded(cast(place, c_char_p).value or b"")
    finally:
        lib.cluster_free(place)


def take_json(fill: Callable[[Any], object]) -> Any:
    return json.loads(take_text(fill))


class Deadline:
    """When a wait of so many seconds ends; None is never."""

    def __init__(self, timeout: float | None) -> None:
        milliseconds(timeout)
        self._end = None if timeout is None or timeout > _LONGEST else time.monotonic() + timeout

    def left(self, at_most: float | None = None) -> float | None:
        """The seconds left, 0 when the time is up; never more than `at_most`."""
        if self._end is None:
            return at_most
        left = max(0.0, self._end - time.monotonic())
        return left if at_most is None else min(left, at_most)
