"""On which thread callbacks run, and what becomes of what they raise."""

from __future__ import annotations

from harness import run

PAIR = """
import os, signal, threading, time
import muster
a = muster.join("{name}", node_id="a", port=0, multicast=False, failover_grace=50)
b = muster.join("{name}", node_id="b", port=0, multicast=False, failover_grace=50,
                seeds=["127.0.0.1:%d" % a.me.port])
for each in (a, b): each.wait(2, 10)
is_over = threading.Event()
def send(sender, receiver):
    try:
        sender.send(receiver, b"x")
    except muster.Full:  # Its callback is slower than we are.
        time.sleep(0.01)
def flood():
    while not is_over.is_set():
        send(b, "a")
"""


def ends(name: str, script: str) -> None:
    """A process that prints "ended" has come to its end, and has no more to say."""
    done = run(PAIR.format(name=name) + script, timeout=20)
    assert (done.returncode, done.stdout, done.stderr) == (0, "ended\n", "")


def test_a_caller_may_hold_a_lock_that_callbacks_take(name: str) -> None:
    """Whoever waits in a call runs no callback, which would wait for the lock for ever."""
    script = """
lock = threading.Lock()
threads = set()
@a.on_message
def take(message):
    threads.add(threading.current_thread().name)
    with lock:
        pass
b.on_message(lambda message: time.sleep(0.001))
other = threading.Thread(target=flood)
other.start()
for _ in range(500):
    with lock:
        send(a, "b")
is_over.set()
other.join()
assert threads == {"muster"}, threads
print("ended")
"""
    ends(name, script)


def test_what_a_signal_handler_raises_reaches_the_program(name: str) -> None:
    """Python runs it as soon as the main thread is in Python again: that must not be a callback's beginning."""
    script = """
class Told(BaseException):
    pass
handled = told = 0
waits = False
def handler(number, frame):
    global handled, waits
    if waits:
        handled += 1
        waits = False
        raise Told
a.on_message(lambda message: None)
b.on_message(lambda message: time.sleep(0.001))
def signals():
    for _ in range(100):
        time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGUSR1)
    is_over.set()
signal.signal(signal.SIGUSR1, handler)
threads = [threading.Thread(target=body) for body in (flood, signals)]
for thread in threads:
    thread.start()
while not is_over.is_set():
    try:
        waits = True
        send(a, "b")
        waits = False
    except Told:
        told += 1
for thread in threads:
    thread.join()
assert handled == told > 0, (handled, told)
print("ended")
"""
    ends(name, script)
