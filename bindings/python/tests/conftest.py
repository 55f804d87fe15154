from __future__ import annotations

import os
import pathlib
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

# The library that "make lib" has made, unless another one is named.
BUILT = pathlib.Path(__file__).parents[3] / "out" / "lib" / "libmuster.so.0"
if BUILT.exists():
    os.environ.setdefault("MUSTER_LIBRARY", str(BUILT))

import muster  # noqa: E402
from harness import QUICK, Peer  # noqa: E402

Join = Callable[..., muster.Cluster]
StartPeer = Callable[..., Peer]


@pytest.fixture
def name() -> str:
    """The name of a cluster that no other test has."""
    return f"test-{uuid.uuid4().hex}"


@pytest.fixture
def join(name: str) -> Iterator[Join]:
    """Joins the test's cluster in this process."""
    made: list[muster.Cluster] = []

    def join(**options: Any) -> muster.Cluster:
        made.append(muster.join(**{**QUICK, "cluster": name, **options}))
        return made[-1]

    yield join
    for cluster in made:
        cluster.close()


@pytest.fixture
def peer(name: str) -> Iterator[StartPeer]:
    """Joins the test's cluster in a process of its own."""
    started: list[Peer] = []

    def peer(node_id: str, seeds: list[int], role: str | None = None, **options: Any) -> Peer:
        started.append(Peer(name, node_id, seeds, role, **options))
        return started[-1]

    yield peer
    for each in started:
        each.kill()
