"""One exception for each result."""

from __future__ import annotations

import pickle
from collections.abc import Callable

import pytest

import muster
from conftest import Join
from harness import until
from muster import Result, _errors


def test_every_failure_has_a_class_of_its_own() -> None:
    failures = {result for result in Result if result < 0}
    assert set(_errors._CLASSES) == failures
    assert len(set(_errors._CLASSES.values())) == len(failures)


@pytest.mark.parametrize("code", [result for result in Result if result < 0])
def test_an_error_has_code_and_text(code: Result) -> None:
    kind = _errors._CLASSES[code]
    error = kind(code, "what was wrong")
    assert isinstance(error, muster.Error)
    assert (error.code, error.detail, str(error)) == (code, "what was wrong", "what was wrong")
    assert str(kind(code))
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), copy.code, str(copy)) == (kind, code, "what was wrong")


def test_a_failure_of_a_newer_library_is_an_error_too() -> None:
    error = muster.Error(-99)
    assert error.code == -99 and str(error)


def test_kin() -> None:
    assert issubclass(muster.Invalid, ValueError)
    assert issubclass(muster.Timeout, TimeoutError)
    assert issubclass(muster.NoMemory, MemoryError)
    assert issubclass(muster.System, OSError)


def test_timeout(join: Join) -> None:
    with pytest.raises(TimeoutError, match="1 of 2"):
        join().wait(2, timeout=0.3)


def test_invalid(join: Join) -> None:
    cluster = join()
    for wrong in (-1, float("nan")):
        with pytest.raises(muster.Invalid, match="timeout"):
            cluster.wait(1, timeout=wrong)
    for number in (-1, 2**32):
        with pytest.raises(muster.Invalid, match="members"):
            cluster.wait(number)
    with pytest.raises(muster.Invalid, match="key"):
        cluster.set_tag("", "v")
    with pytest.raises(muster.Invalid, match="zero byte"):
        cluster.set_tag("k", "a\0b")
    with pytest.raises(TypeError):
        cluster.set_tag("k", 1)  # type: ignore[arg-type]
    cluster.wait(1, timeout=float("inf"))


def test_too_big(join: Join) -> None:
    cluster = join()
    with pytest.raises(muster.TooBig):
        cluster.set_tag("k", "v" * 60_000)
    with pytest.raises(muster.Error):
        cluster.role("r" * 65)


def test_not_primary_and_no_candidate(join: Join) -> None:
    cluster = join(failover_grace="1h")
    seat = cluster.role()
    with pytest.raises(muster.NotPrimary):
        seat.token
    with pytest.raises(muster.NotPrimary):
        seat.step_down()
    lone = join(cluster=f"{cluster.me.id}-other").role()
    until(lambda: lone.is_primary, "the promotion")
    with pytest.raises(muster.NoCandidate):
        lone.step_down()


def test_closed(join: Join) -> None:
    cluster = join()
    seat = cluster.role()
    cluster.leave()
    left: list[Callable[[], object]] = [
        cluster.members, lambda: cluster.wait(1), cluster.leave, lambda: cluster.role("other")
    ]  # fmt: skip
    for call in left:
        with pytest.raises(muster.Closed):
            call()
    cluster.close()
    closed: list[Callable[[], object]] = [
        cluster.members, cluster.poll, cluster.wakeup, cluster.role, lambda: seat.token
    ]  # fmt: skip
    for call in closed:
        with pytest.raises(muster.Closed):
            call()
    assert not seat.is_primary
    seat.close()


def test_a_second_node_with_the_same_id_is_refused(join: Join) -> None:
    other = join(node_id="other")
    seeds = [f"127.0.0.1:{other.me.port}"]
    first = join(node_id="twin", seeds=seeds)
    other.wait(2, timeout=10)
    second = join(node_id="twin", seeds=seeds)

    def is_refused() -> bool:
        event = second.poll(1)
        return event is not None and event.kind is muster.EventKind.DUPLICATE

    until(is_refused, "the refusal")
    with pytest.raises(muster.Duplicate):
        second.members()
    assert [member.id for member in first.members()] == ["other", "twin"]


def test_the_port_of_another(join: Join) -> None:
    port = join().me.port
    with pytest.raises(muster.System):
        join(port=port, port_range=1)
