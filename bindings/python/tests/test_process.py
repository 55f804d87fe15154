"""The node in its process: threads, signals, fork, exit, the log."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import threading
import time

import pytest

import muster
from conftest import Join
from harness import LONGEST, run, until

JOIN = "import muster; cluster = muster.join('{name}', port=0, multicast=False, failover_grace=50)\n"
SEATED = JOIN + "seat = cluster.role()\nwhile not seat.is_primary: cluster.poll(1)\n"


def test_other_threads_run_while_one_waits(join: Join) -> None:
    cluster = join()
    for wait in (lambda: cluster.poll(0.3), lambda: waits(cluster)):
        ticks = 0
        waiter = threading.Thread(target=wait)
        waiter.start()
        while waiter.is_alive():
            ticks += 1
            time.sleep(0.001)
        assert ticks > 50


def waits(cluster: muster.Cluster) -> None:
    with pytest.raises(muster.Timeout):
        cluster.wait(2, timeout=0.3)


def in_fork(body: object) -> str:
    """What the function answers in a forked child, which must not take long."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writer, str(body()).encode())  # type: ignore[operator]
        except BaseException as error:
            os.write(writer, type(error).__name__.encode())
        finally:
            os._exit(0)
    os.close(writer)
    end = time.monotonic() + LONGEST
    while os.waitpid(child, os.WNOHANG)[0] == 0:
        if time.monotonic() > end:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.005)
    with os.fdopen(reader) as answer:
        return answer.read()


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_is_told(join: Join) -> None:
    cluster = join()
    seat = cluster.role()
    until(lambda: seat.is_primary, "the promotion")
    calls = {
        "members": cluster.members,
        "poll": lambda: cluster.poll(None),
        "for": lambda: list(cluster),
        "wait": lambda: cluster.wait(2),
        "leave": cluster.leave,
        "wakeup": cluster.wakeup,
        "fileno": cluster.fileno,
        "role": lambda: cluster.role("other"),
        "token": lambda: seat.token,
        "join": join,
    }
    answers = {what: in_fork(call) for what, call in calls.items()}
    assert answers == dict.fromkeys(calls, "Forked")
    assert in_fork(lambda: seat.is_primary) == "False"
    for end in (seat.close, cluster.close):
        assert in_fork(end) == "None"
    assert seat.is_primary
    assert cluster.me.is_self


def test_a_forked_child_may_end_like_any_other(name: str) -> None:
    script = """
import os, sys
child = os.fork()
if child == 0: sys.exit(7)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), cluster.me.is_self)
"""
    done = run("import warnings; warnings.simplefilter('ignore')\n" + SEATED.format(name=name) + script)
    assert (done.returncode, done.stdout, done.stderr) == (0, "7 True\n", "")


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="not the default any more")
def test_multiprocessing_workers_end(name: str) -> None:
    script = """
import multiprocessing
def work(number):
    try:
        return cluster.members()
    except muster.Forked:
        return number
with multiprocessing.get_context("fork").Pool(2) as pool:
    print(sum(pool.map(work, range(10))))
"""
    done = run(JOIN.format(name=name) + script)
    assert (done.returncode, done.stdout) == (0, "45\n"), done.stderr


@pytest.mark.parametrize(
    ("ending", "code", "trace"),
    [
        ("pass", 0, ""),
        ("raise SystemExit(3)", 3, ""),
        ("raise RuntimeError('on purpose')", 1, "RuntimeError: on purpose"),
        ("import threading; threading.Thread(target=lambda: list(cluster), daemon=True).start()", 0, ""),
        ("import threading; threading.Thread(target=lambda: list(cluster)).start()", 0, ""),
        ("seat.on_demote(print); cluster.on_event(print)", 0, ""),
        ("seat.on_promote(lambda token: [None for _ in iter(lambda: seat.is_primary, False)])", 0, ""),
        ("del cluster", 0, ""),
        ("import sys; sys.modules.clear()", 0, ""),
        ("import atexit; atexit.register(cluster.close)", 0, ""),
        ("import os; os.abort", 0, ""),
    ],
)
def test_exit_with_an_open_node(name: str, ending: str, code: int, trace: str) -> None:
    done = run(SEATED.format(name=name) + ending)
    assert done.returncode == code, done.stderr
    assert trace in done.stderr
    if not trace:
        assert done.stderr == ""


@pytest.mark.parametrize("wait", ["cluster.poll(None)", "list(cluster)", "cluster.wait(2)"])
def test_ctrl_c_is_heard(name: str, wait: str) -> None:
    script = f"""
import os, signal, threading
timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
timer.start()
while cluster.poll(): pass
try:
    {wait}
except KeyboardInterrupt:
    print("heard")
"""
    done = run(JOIN.format(name=name) + script)
    assert (done.returncode, done.stdout, done.stderr) == (0, "heard\n", "")


def test_wakeup_from_a_signal_handler(name: str) -> None:
    script = """
import os, signal, threading
signal.signal(signal.SIGUSR1, lambda number, frame: cluster.wakeup())
threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGUSR1)).start()
for event in cluster: pass
print("awake")
"""
    done = run(JOIN.format(name=name) + script)
    assert (done.returncode, done.stdout, done.stderr) == (0, "awake\n", "")


def test_a_node_that_is_collected_inside_its_own_callback(name: str) -> None:
    script = """
import gc, threading
collected = threading.Event()
@cluster.on_event
def last(event):
    global cluster
    if event.kind is muster.EventKind.MEMBER_JOINED:
        del cluster
        gc.collect()
        collected.set()
other = muster.join('{name}', port=0, multicast=False, seeds=["127.0.0.1:%d" % cluster.me.port])
assert collected.wait(10)
while len(other.members()) > 1:
    other.poll(0.01)
print("ended")
"""
    done = run((JOIN + script).format(name=name))
    assert (done.returncode, done.stdout, done.stderr) == (0, "ended\n", "")


def test_lines_of_the_log(join: Join, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(1, "muster"):
        cluster = join(log_level="trace")
        cluster.role()
        until(lambda: any(record.levelno == logging.INFO for record in caplog.records), "a line of the log")
    assert all(record.name == "muster" for record in caplog.records)


def test_many_nodes_leave_no_threads_and_descriptors(name: str) -> None:
    def once() -> None:
        with muster.join(name, port=0, multicast=False) as cluster:
            cluster.role().on_promote(print)
            cluster.on_event(print)
            cluster.poll()

    once()
    threads, descriptors = threading.active_count(), len(os.listdir("/proc/self/fd"))
    gc.disable()
    try:
        for _ in range(20):
            once()
    finally:
        gc.enable()
    assert threading.active_count() == threads
    until(lambda: len(os.listdir("/proc/self/fd")) <= descriptors, "the end of the descriptors")


def test_calls_from_many_threads(join: Join) -> None:
    cluster = join()
    seat = cluster.role()
    failures: list[BaseException] = []
    stop = threading.Event()

    def hammer() -> None:
        try:
            while not stop.is_set():
                cluster.members()
                cluster.poll(0.001)
                seat.position
                cluster.set_tag("k", str(time.monotonic()))
        except muster.Closed:
            pass
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=hammer) for _ in range(4)]
    for thread in threads:
        thread.start()
    until(lambda: seat.is_primary, "the promotion")
    cluster.close()
    for thread in threads:
        thread.join(10)
    stop.set()
    assert failures == []
    assert not any(thread.is_alive() for thread in threads)
