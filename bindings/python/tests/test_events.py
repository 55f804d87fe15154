"""Events: by for, async for, poll, callback and descriptor."""

from __future__ import annotations

import asyncio
import select
import threading
import time

import pytest

import muster
from conftest import Join, StartPeer
from harness import until
from muster import EventKind
from muster._abi import lib


def in_thread(body: object) -> threading.Thread:
    thread = threading.Thread(target=body)  # type: ignore[arg-type]
    thread.start()
    return thread


def test_for_ends_when_the_node_leaves(join: Join, peer: StartPeer) -> None:
    cluster = join(node_id="a")
    seen: list[muster.Event] = []
    loop = in_thread(lambda: seen.extend(cluster))
    other = peer("b", [cluster.me.port])
    cluster.wait(2, timeout=10)
    other.order("set_tag", key="k", value="v")
    until(lambda: any(event.kind is EventKind.MEMBER_CHANGED for event in seen), "the tag of b")
    other.order("leave")
    until(lambda: any(event.kind is EventKind.MEMBER_LEFT for event in seen), "the farewell of b")
    cluster.leave()
    loop.join(10)
    assert not loop.is_alive()
    about_b = [event.kind for event in seen if event.member == "b"]
    assert about_b[:3] == [EventKind.MEMBER_JOINED, EventKind.MEMBER_CHANGED, EventKind.MEMBER_LEFT]
    assert seen[-1].kind is EventKind.LEFT
    assert [event.number for event in seen] == sorted({event.number for event in seen})


def test_for_ends_when_the_node_is_closed(join: Join) -> None:
    cluster = join()
    loop = in_thread(lambda: list(cluster))
    cluster.close()
    loop.join(10)
    assert not loop.is_alive()
    assert list(cluster) == []


def test_poll_takes_one_event_or_none(join: Join, peer: StartPeer) -> None:
    cluster = join()
    assert cluster.poll() is None
    began = time.monotonic()
    assert cluster.poll(0.05) is None
    assert time.monotonic() - began >= 0.05
    peer("b", [cluster.me.port])
    event = cluster.poll(10)
    assert event is not None
    assert (event.kind, event.member) == (EventKind.MEMBER_JOINED, "b")
    assert hash(event) == hash(event)


def test_poll_on_a_node_that_has_left(join: Join) -> None:
    cluster = join()
    cluster.leave()
    event = cluster.poll(10)
    assert event is not None and event.kind is EventKind.LEFT
    with pytest.raises(muster.Closed):
        cluster.poll(10)


def test_wakeup_ends_one_wait(join: Join) -> None:
    cluster = join()
    cluster.wakeup()
    assert cluster.poll(None) is None
    assert cluster.poll(0.01) is None
    answers: list[object] = []
    waiter = in_thread(lambda: answers.append(cluster.poll(None)))
    cluster.wakeup()
    waiter.join(10)
    assert answers == [None]
    cluster.wakeup()
    assert list(cluster) == []


def test_a_callback_takes_events_too(join: Join, peer: StartPeer) -> None:
    cluster = join()
    seen: list[muster.Event] = []
    threads: set[str] = set()

    @cluster.on_event
    def listen(event: muster.Event) -> None:
        seen.append(event)
        threads.add(threading.current_thread().name)

    peer("b", [cluster.me.port])
    until(lambda: [event.member for event in seen] == ["b"], "the event")
    assert threads == {"muster"}
    assert cluster.on_event(None) is None
    other = peer("c", [cluster.me.port])
    cluster.wait(3, timeout=10)
    other.kill()
    until(lambda: len(cluster.members()) == 2, "the death of c")
    assert len(seen) == 1


def test_the_descriptor_is_readable_while_events_wait(join: Join, peer: StartPeer) -> None:
    cluster = join()
    poll = select.poll()
    poll.register(cluster.fileno(), select.POLLIN)
    assert not poll.poll(0)
    peer("b", [cluster.me.port])
    assert poll.poll(10_000)
    while cluster.poll():
        pass
    until(lambda: not poll.poll(0), "the end of events")
    cluster.close()
    with pytest.raises(muster.Closed):
        cluster.fileno()


def test_what_happens_while_joining_is_not_missed(
    join: Join, peer: StartPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a callback that is registered right after joining, and by a host that waits for the descriptor."""
    other = peer("b", [])
    descriptor = lib.cluster_event_fd

    def late(handle: int) -> int:
        assert lib.cluster_wait(handle, 2, 10_000) == 0
        return int(descriptor(handle))

    monkeypatch.setattr(lib, "cluster_event_fd", late)
    by_callback, by_descriptor = (join(seeds=f"127.0.0.1:{other.port}", log_level="info") for _ in range(2))
    seen: list[str] = []
    by_callback.on_event(lambda event: seen.append(event.member))
    until(lambda: "b" in seen, "the event")
    poll = select.poll()
    poll.register(by_descriptor.fileno(), select.POLLIN)
    assert poll.poll(10_000)
    assert "b" in [event.member for event in iter(by_descriptor.poll, None)]
    until(lambda: by_descriptor.poll() is None and not poll.poll(0), "the end of events")


def test_async_for(join: Join, peer: StartPeer) -> None:
    cluster = join()
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.001)
            ticks += 1

    async def collect() -> list[muster.Event]:
        return [event async for event in cluster]

    async def main() -> tuple[list[muster.Event], list[muster.Event]]:
        ticking = asyncio.ensure_future(tick())
        first, second = asyncio.ensure_future(collect()), asyncio.ensure_future(collect())
        await asyncio.to_thread(peer, "b", [cluster.me.port])
        await asyncio.to_thread(cluster.wait, 2, 10)
        await asyncio.to_thread(cluster.leave)
        both = await asyncio.wait_for(asyncio.gather(first, second), 10)
        ticking.cancel()
        return both[0], both[1]

    first, second = asyncio.run(main())
    kinds = [event.kind for event in sorted(first + second, key=lambda event: event.number)]
    assert kinds[0] is EventKind.MEMBER_JOINED
    assert kinds[-1] is EventKind.LEFT
    assert ticks > 10, "the loop stood still"


def test_async_for_ends_by_wakeup_and_by_cancellation(join: Join) -> None:
    cluster = join()

    async def collect() -> list[muster.Event]:
        return [event async for event in cluster]

    async def main() -> None:
        waiting = asyncio.ensure_future(collect())
        await asyncio.sleep(0)
        cluster.wakeup()
        assert await asyncio.wait_for(waiting, 10) == []
        waiting = asyncio.ensure_future(collect())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(main())


def test_a_busy_callback_does_not_make_waiting_busy(join: Join) -> None:
    """While a callback runs, others wait behind it; a thread that polls must not spin meanwhile."""
    cluster = join()
    seat = cluster.role()
    entered, leave = threading.Event(), threading.Event()

    @seat.on_promote
    def promoted(token: int) -> None:
        entered.set()
        leave.wait(10)

    cluster.on_event(lambda event: None)
    assert entered.wait(10)
    while cluster.poll(0.2):
        pass
    cluster.set_tag("k", "v")
    cluster.role("second")
    began = time.thread_time()
    waiting_since = time.monotonic()
    while time.monotonic() < waiting_since + 1:
        cluster.poll(waiting_since + 1 - time.monotonic())
    leave.set()
    assert time.thread_time() - began < 0.3
