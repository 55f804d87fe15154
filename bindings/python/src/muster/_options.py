"""Options as Python spells them, turned into the library's keys and texts."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from ctypes import byref, c_void_p
from datetime import timedelta
from typing import Union

from ._abi import Result, lib
from ._errors import Invalid, check
from ._values import encoded

Value = Union[str, int, float, bool, timedelta, "os.PathLike[str]", "list[str]", "tuple[str, ...]", None]
"""What an option may be: a number or text as docs/options.md has it, a truth value, a duration, a
path, a list of texts; None is an option that is not set."""


@contextmanager
def options(config: str | os.PathLike[str] | None, given: Mapping[str, Value]) -> Iterator[c_void_p]:
    """The library's options for a node: those of the file, and over them those given."""
    made = c_void_p()
    check(lib.cluster_options_new(byref(made)))
    try:
        if config is not None:
            check(lib.cluster_options_load_file(made, encoded(os.fspath(config), "config")))
        for key, value in given.items():
            if value is None:
                continue
            if key == "dispatch":
                raise Invalid(Result.E_INVALID, "option 'dispatch' is set by this package, to 'manual'")
            name, shown = encoded(_key(made, key), "key"), encoded(text(value), f"option '{key}'")
            check(lib.cluster_options_set(made, name, shown))
        # A thread of the library that enters an interpreter which is ending would take it down.
        check(lib.cluster_options_set(made, b"dispatch", b"manual"))
        yield made
    finally:
        lib.cluster_options_free(made)


def _key(made: c_void_p, name: str) -> str:
    """The option of this name, or the one that has a dot for the first underscore."""
    dotted = name.replace("_", ".", 1)
    return dotted if not _exists(made, name) and _exists(made, dotted) else name


def _exists(made: c_void_p, key: str) -> bool:
    value = c_void_p()
    code: int = lib.cluster_options_get(made, encoded(key, "key"), byref(value))
    lib.cluster_free(value)
    return code >= 0


def text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, timedelta):
        return f"{value // timedelta(milliseconds=1)}ms"
    if isinstance(value, (list, tuple)):
        return ",".join(value)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    return str(value)
