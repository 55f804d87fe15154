"""Tasks, jobs and daemons: work of which each piece runs on one node of the cluster."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Mapping
from ctypes import byref, c_uint64, c_void_p
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from types import TracebackType
from typing import TYPE_CHECKING, Any, Callable, Union

from . import _abi
from ._abi import Result, lib
from ._errors import Busy, Closed, Invalid
from ._log import logger
from ._options import text
from ._values import decoded, encoded

if TYPE_CHECKING:
    from ._cluster import Cluster

Function = Callable[..., object]
TaskOption = Union[str, int, float, bool, timedelta, "list[str]", "tuple[str, ...]", None]
"""What an option of a task may be: text as docs/tasks.md has it, a number, a truth value, a duration, a
list of labels; None is an option that is not set."""


@dataclass(frozen=True)
class Run:
    """One run of a job."""

    name: str
    """Of the job."""
    occurrence: str
    """With the name, the same for every attempt on every node: what a transaction of your own may claim."""
    moment: datetime
    """For when it was meant, in UTC."""
    attempt: int
    """Counts from 1."""
    token: int
    """The fencing token under which this node has the job."""

    @classmethod
    def copy(cls, run: _abi.Run) -> Run:
        return cls(
            name=decoded(run.name),
            occurrence=decoded(run.occurrence),
            moment=datetime.fromtimestamp(0, timezone.utc) + timedelta(milliseconds=run.moment_ms),
            attempt=run.attempt,
            token=run.token,
        )


@dataclass(frozen=True)
class TaskStatus:
    """What the cluster knows of one task, as this node was told last."""

    name: str
    kind: str
    """"task", "job" or "daemon"."""
    state: str
    """"offered", "assigned", "running", "stopping", "paused" or "completed"."""
    owner: str | None
    """Id of the member that has it."""
    mine: bool
    """Whether that is this node."""
    token: int | None
    schedule: str | None
    """Of a job."""
    offers: int
    """How many nodes offer it."""
    detail: str
    """Why nobody has it, where somebody should."""

    @classmethod
    def read(cls, entry: dict[str, Any]) -> TaskStatus:
        token = entry["token"]
        return cls(
            name=entry["name"], kind=entry["kind"], state=entry["state"], owner=entry["owner"],
            mine=entry["mine"], token=None if token is None else int(token), schedule=entry["schedule"],
            offers=entry["offers"], detail=entry["detail"],
        )  # fmt: skip


class Stop(threading.Event):
    """Set when a task or a daemon is to stop on this node; a ``threading.Event`` with ``task``, and ``token``, the
    fencing token under which this node was given it."""

    def __init__(self, task: Task, token: int) -> None:
        super().__init__()
        self.task = task
        self.token = token
        """The fencing token under which this node was given it, larger than that of whoever had it before."""


class Task:
    """A task, a job or a daemon that this node offers, made by the methods of ``Cluster``.

    Its function runs on a thread of its own, never two of them at a time. What it raises goes to the log,
    and its text to the cluster.
    """

    def __init__(self, cluster: Cluster, name: str, function: Function, *, completes: bool) -> None:
        if not callable(function):
            raise TypeError(f"the function of a task must be callable, not {type(function).__name__}")
        if inspect.iscoroutinefunction(function):
            raise TypeError("the function of a task has a thread of its own and cannot be a coroutine")
        self.name = name
        # A cluster with tasks is kept, as one with seats is.
        self._cluster = cluster
        self.handle = 0
        self.number = 0
        """By which the library calls for it."""
        self._node = cluster._node
        self._function = function
        self._completes = completes
        self._takes_argument = _takes_argument(function)
        self._is_closed = False
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stop: Stop | None = None
        self._is_over = True
        """Whether the function has returned."""
        self._is_awaited = False
        """Whether the library waits for that."""
        self._is_ending = False

    def __repr__(self) -> str:
        return f"<muster.Task {self.name!r}>"

    @property
    def is_mine(self) -> bool:
        """Whether this node has it now. Never a stale yes, and fast enough to be asked before every write;
        no when it or the node is closed."""
        return bool(lib.cluster_task_is_mine(self.handle))

    @property
    def token(self) -> int:
        """The fencing token under which this node has it; raises NotPrimary when it does not."""
        token = c_uint64()
        self._call(lib.cluster_task_token, byref(token))
        return token.value

    def complete(self) -> None:
        """Nothing is left to do for this task or daemon: no node is given it again. Its function is to
        return."""
        self._call(lib.cluster_task_complete)
        self.ask_to_stop()

    def fail(self, reason: str) -> None:
        """This task or daemon cannot go on on this node: another is given it, or this one after a while.
        Its function is to return."""
        self._call(lib.cluster_task_fail, encoded(reason[:1000], "reason"))
        self.ask_to_stop()

    def close(self) -> None:
        """Offers it no more. Where this node has it, it is stopped first: returns when its function has, or
        its stop_timeout has passed. Raises Busy inside that function. Harmless the second time."""
        node = self._node
        if self._is_closed or node.is_closed or node.is_forked:
            return
        node.check_outside()
        self.check_outside()
        self._is_closed = True
        node.offers.drop(self)

    def __enter__(self) -> Task:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _call(self, function: Any, *arguments: Any) -> int:
        if self._is_closed:
            self._node.check()
            raise Closed(Result.E_CLOSED, "the task is not offered any more")
        return self._node.call_on(self.handle, function, *arguments)

    # -- What the library asks for, on the thread of the callbacks -----------------------------------

    def start(self, token: int) -> None:
        """The node was given it. It has begun, or has failed."""
        stop = Stop(self, token)
        try:
            self._begin(stop, lambda: self._work(stop))
        except Exception as error:
            lib.cluster_task_fail(self.handle, _reason(error))

    def stop(self) -> None:
        """The library hears that it has stopped when the function returns; nobody waits here for that."""
        with self._lock:
            if self._is_over:
                return
            lib.cluster_task_defer(self.handle)
            self._is_awaited = True
        self.ask_to_stop()

    def run(self, run: Run) -> None:
        """A job is to run once; over when the function returns, as above."""
        lib.cluster_task_defer(self.handle)
        try:
            self._begin(None, lambda: self._finish_run(self._call_function(run)))
        except Exception as error:
            self._finish(_reason(error))

    def _begin(self, stop: Stop | None, body: Callable[[], None]) -> None:
        with self._lock:
            if self._is_ending:
                raise RuntimeError("the node is closing")
            if not self._is_over:
                raise RuntimeError("its function still runs on this node")
            thread = threading.Thread(target=body, name=f"muster {self.name}")
            thread.start()
            self._stop, self._thread = stop, thread
            self._is_over = self._is_awaited = False

    # -- On a thread of its own --------------------------------------------------------------------

    def _work(self, stop: Stop) -> None:
        failure = self._call_function(stop)
        with self._lock:
            self._is_over = True
            is_awaited = self._is_awaited
        # Results mean nothing here: another node may have it by now.
        if is_awaited:
            self._finish(None)
        elif failure is not None:
            lib.cluster_task_fail(self.handle, failure)
        elif self._completes and not stop.is_set():
            lib.cluster_task_complete(self.handle)

    def _finish_run(self, failure: bytes | None) -> None:
        with self._lock:
            self._is_over = True
        self._finish(failure)

    def _finish(self, failure: bytes | None) -> None:
        lib.cluster_task_finish(self.handle, failure)

    def _call_function(self, argument: Stop | Run) -> bytes | None:
        """Why it has failed."""
        with self._lock:
            pass  # whoever has started this thread has written down that it runs
        try:
            self._function(*([argument] if self._takes_argument else []))
        except BaseException as error:
            logger.exception("task %s has failed", self.name)
            return _reason(error)
        return None

    # -- End ---------------------------------------------------------------------------------------

    def end(self) -> None:
        """The node is closing: its function begins no more, and is to return."""
        with self._lock:  # it may be about to begin
            self._is_ending = True
        self.ask_to_stop()

    def ask_to_stop(self) -> None:
        stop = self._stop
        if stop is not None:
            stop.set()

    def join(self) -> None:
        """Returns when its function does not run."""
        thread = self._thread
        if thread is not None:
            thread.join()

    @property
    def is_inside(self) -> bool:
        """Whether the caller is its function."""
        return self._thread is threading.current_thread() and not self._is_over

    def check_outside(self) -> None:
        if self.is_inside:
            raise Busy(Result.E_BUSY, "called from inside the function of this task")


def named(function: Function) -> str:
    """The name of a function, for the task that it is."""
    return str(getattr(function, "__name__", type(function).__name__))


def words(options: Mapping[str, TaskOption]) -> bytes:
    """Options as the library takes them: "weight=2 requires=gpu,ssd"."""
    made = []
    for key, value in options.items():
        if value is None:
            continue
        word = f"{key}={text(value)}"
        if len(word.split()) != 1:
            raise Invalid(Result.E_INVALID, f"option '{key}' of a task has a blank in it: '{text(value)}'")
        made.append(encoded(word, f"option '{key}'"))
    return b" ".join(made)


def _takes_argument(function: Function) -> bool:
    try:
        inspect.signature(function).bind(None)
    except TypeError:
        return False
    except ValueError:
        return True  # one without a signature, of C
    return True


def _reason(error: BaseException) -> bytes:
    """At most as long as the library takes it."""
    name = type(error).__name__
    try:
        words = f"{name}: {error}".replace("\0", "")
    except Exception:  # of its own __str__
        words = name
    return words.encode("utf-8", "replace")[:1000].decode("utf-8", "ignore").encode()
