"""The end of a node that is not closed by the book: late tasks, nodes that nobody holds, interrupted joins."""

from __future__ import annotations

import gc

import pytest

import muster
from conftest import Join
from harness import run, until
from muster._hook import Hook

JOIN = """
import gc, threading, time
import muster
def join(id, **more):
    return muster.join("{name}", node_id=id, port=0, multicast=False, failover_grace=50, **more)
def forget(cluster, task):
    while cluster.tasks(10):
        try:
            cluster.forget_task(task, 10)
        except muster.Busy:
            time.sleep(0.01)
def until_alone(cluster):
    while len(cluster.members()) > 1:
        cluster.poll(0.01)
"""


def ends(name: str, script: str) -> None:
    """A process that prints "ended" has come to its end, and has no more to say."""
    done = run(JOIN.format(name=name) + script)
    assert (done.returncode, done.stdout, done.stderr) == (0, "ended\n", "")


def test_no_task_begins_while_the_node_ends(name: str) -> None:
    """The thread of its function is being started: whoever ends the node waits for that."""
    script = """
starting = threading.Event()
start = threading.Thread.start
def slow(thread):
    if thread.name == "muster late":
        starting.set()
        time.sleep(0.5)
    start(thread)
threading.Thread.start = slow
cluster = join("a")
stops = []
@cluster.daemon
def late(stop):
    stops.append(stop)
    stop.wait()
assert starting.wait(10)
cluster.close()
assert all(stop.is_set() for stop in stops)
print("ended")
"""
    ends(name, script)


def test_a_callback_that_is_the_last_to_hold_its_node(name: str) -> None:
    """It unregisters itself: what it holds, its node among it, is free when it has returned."""
    script = """
other = join("b")
unregistered = threading.Event()
def once():
    cluster = join("a", seeds=["127.0.0.1:%d" % other.me.port])
    def first(event):
        cluster.on_event(None)
        unregistered.set()
    cluster.on_event(first)
once()
assert unregistered.wait(10)
until_alone(other)
print("ended")
"""
    ends(name, script)


def test_a_node_that_is_collected_on_the_thread_of_its_callbacks(name: str) -> None:
    """Outside of a callback, that is: whatever runs on that thread may set off the garbage collector."""
    script = """
import muster._hook
other = join("b")
gc.disable()
enter = muster._hook.Hook._enter
collected = threading.Event()
def enter_and_collect(hook, *arguments):
    result = enter(hook, *arguments)
    del hook, arguments
    if is_dropped.is_set():
        gc.collect()
        collected.set()
    return result
muster._hook.Hook._enter = enter_and_collect
is_dropped = threading.Event()
def once():
    cluster = join("a", seeds=["127.0.0.1:%d" % other.me.port])
    cluster.on_event(lambda event: is_dropped.wait(10))
    cluster.wait(2, 10)
    cycle = [cluster]
    cycle.append(cycle)
once()
is_dropped.set()
assert collected.wait(10)
until_alone(other)
print("ended")
"""
    ends(name, script)


def test_a_node_that_is_collected_where_a_callback_waits_for_the_collector(name: str) -> None:
    """The garbage collector runs wherever it likes: here under a lock that a callback of that node waits for."""
    script = """
other = join("b")
lock, waiting = threading.Lock(), threading.Event()
def once():
    cluster = join("a", seeds=["127.0.0.1:%d" % other.me.port])
    def take(event):
        waiting.set()
        with lock:
            pass
    cluster.on_event(take)
    cycle = [cluster]
    cycle.append(cycle)
with lock:
    once()
    assert waiting.wait(10)
    gc.collect()
until_alone(other)
print("ended")
"""
    ends(name, script)


def test_a_join_that_is_interrupted_leaves_nothing(name: str) -> None:
    script = """
import signal
from muster._abi import lib
other = join("b")
library_join = lib.cluster_join
def interrupted(*arguments):
    code = library_join(*arguments)
    other.wait(2, 10)
    signal.raise_signal(signal.SIGINT)
    return code
lib.cluster_join = interrupted
try:
    join("a", seeds=["127.0.0.1:%d" % other.me.port])
except KeyboardInterrupt:
    until_alone(other)
    print("ended")
"""
    ends(name, script)


@pytest.mark.parametrize(
    ("function", "call", "proof"),
    [
        ("failover_open", "cluster.role()", "cluster.role().close()"),
        (
            "cluster_task_offer",
            "cluster.offer_task('t', lambda stop: stop.wait())",
            "forget(cluster, 't')",
        ),
    ],
)
def test_what_is_interrupted_is_not_there(name: str, function: str, call: str, proof: str) -> None:
    script = f"""
import signal
from muster._abi import lib
cluster = join("a")
of_library = lib.{function}
def interrupted(*arguments):
    code = of_library(*arguments)
    signal.raise_signal(signal.SIGINT)
    return code
lib.{function} = interrupted
try:
    {call}
except KeyboardInterrupt:
    lib.{function} = of_library
    {proof}
    print("ended")
"""
    ends(name, script)


def test_a_thread_that_joins_after_the_main_thread(name: str) -> None:
    """The nodes have ended with the main thread, and no later one may keep the process."""
    script = """
def late():
    threading.main_thread().join()
    time.sleep(0.2)
    try:
        join("a")
    except muster.Closed:
        print("ended")
threading.Thread(target=late).start()
"""
    ends(name, script)


def test_a_closed_seat_keeps_nothing(join: Join) -> None:
    def hooks() -> int:
        gc.collect()
        return sum(isinstance(each, Hook) for each in gc.get_objects())

    cluster = join()
    before = hooks()
    for _ in range(10):
        with cluster.role() as seat:
            seat.on_promote(print)
    del seat
    assert hooks() == before


@pytest.mark.parametrize("kind", ["daemon", "job"])
def test_an_error_that_has_no_text(join: Join, kind: str) -> None:
    class Silent(Exception):
        def __str__(self) -> str:
            raise ValueError("no text")

    def fails() -> None:
        raise Silent

    cluster = join()
    if kind == "job":
        cluster.schedule_job("in 1ms", fails, "fails", attempts=1)
    else:
        cluster.offer_daemon("fails", fails)
    end = muster.TaskNews.DEAD if kind == "job" else muster.TaskNews.FAILED

    def told() -> muster.Event | None:
        while (event := cluster.poll()) is not None:
            if event.role == "fails" and event.value == end:
                return event
        return None

    event = until(told, "the failure")
    assert event is not None and "Silent" in event.detail
