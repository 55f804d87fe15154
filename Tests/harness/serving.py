"""Servers for fixtures: each runs until the tests with it have ended."""

from __future__ import annotations

import contextlib
import pathlib
import tempfile
from collections.abc import Iterator
from typing import TypeVar

import pytest

from .servers import Server

Kind = TypeVar("Kind", bound=Server)


@contextlib.contextmanager
def directory(name: str) -> Iterator[pathlib.Path]:
    """Not below pytest's own, which the servers' users may not enter."""
    with tempfile.TemporaryDirectory(prefix=f"{name}-", ignore_cleanup_errors=True) as path:
        pathlib.Path(path).chmod(0o755)
        yield pathlib.Path(path)


def skip_without(kind: type[Server]) -> None:
    missing = kind.missing()
    if missing:
        pytest.skip(f"{missing} is not installed: apt install {kind.package}")


@contextlib.contextmanager
def serving(kind: type[Kind]) -> Iterator[Kind]:
    skip_without(kind)
    with directory(kind.name) as path:
        server = kind(path)
        try:
            server.start()
            yield server
        finally:
            server.kill()
