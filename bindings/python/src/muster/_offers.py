"""What one node offers: its tasks, and where the library calls their functions."""

from __future__ import annotations

import itertools
from ctypes import byref, c_void_p
from typing import TYPE_CHECKING, Any

from . import _abi
from ._abi import Result, lib
from ._errors import Closed
from ._tasks import Function, Run, Task, words
from ._values import encoded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._cluster import Cluster
    from ._node import Node
    from ._tasks import TaskOption


class Offers:
    """The tasks of a node. The library knows each by a number, since it may call before the call that
    offers a task has returned its handle."""

    def __init__(self, node: Node) -> None:
        self._opening = node.opening
        self._by_name: dict[str, Task] = {}
        self._by_number: dict[int, Task] = {}
        self._numbers = itertools.count(1)
        self._is_ending = False
        start = node.hook(_abi.TaskStartFn, lambda task, name, token, number: (task, token, number))
        stop = node.hook(_abi.TaskStopFn, lambda task, name, token, number: (number,))
        run = node.hook(_abi.JobFn, lambda task, run, number: (task, Run.copy(run.contents), number))
        self._callbacks = start.entrance(self._start), stop.entrance(self._stop)
        self._run_callback = run.entrance(self._run)

    # -- Calls of the host -------------------------------------------------------------------------

    def offer(
        self,
        cluster: Cluster,
        name: str,
        function: Function,
        options: Mapping[str, TaskOption],
        *,
        daemon: bool,
    ) -> Task:
        """A task, or a daemon. It takes the place of what this node offers under the name."""
        offer = lib.cluster_daemon if daemon else lib.cluster_task_offer
        task = Task(cluster, name, function, completes=not daemon)
        return self._add(cluster._node, task, offer, options, self._callbacks)

    def schedule(
        self,
        cluster: Cluster,
        name: str,
        schedule: str,
        function: Function,
        options: Mapping[str, TaskOption],
    ) -> Task:
        """A job, in the same way."""
        task = Task(cluster, name, function, completes=False)
        text = encoded(schedule, "schedule")
        return self._add(cluster._node, task, lib.cluster_job_schedule, options, (self._run_callback,), text)

    def _add(
        self,
        node: Node,
        task: Task,
        offer: Any,
        options: Mapping[str, TaskOption],
        callbacks: tuple[Any, ...],
        *schedule: bytes,
    ) -> Task:
        name, made = encoded(task.name, "name"), words(options)
        former = self._by_name.get(task.name)
        if former is not None:
            former.check_outside()
        place = c_void_p()
        number = next(self._numbers)
        self._by_number[number] = task
        try:
            node.call(offer, name, *schedule, made, *callbacks, number, byref(place))
        except BaseException:
            lib.cluster_task_close(place)  # Ctrl-C may be heard when it is offered already
            del self._by_number[number]
            raise
        task.number, task.handle = number, place.value or 0
        if former is not None:
            # The library has stopped it, and nothing but its handle is left.
            former.close()
        with self._opening:
            is_ending = self._is_ending
            self._by_name[task.name] = task
        if is_ending:
            raise Closed(Result.E_CLOSED, "the node is closed")
        return task

    def drop(self, task: Task) -> None:
        """Offers it no more; returns when it has stopped."""
        lib.cluster_task_close(task.handle)
        with self._opening:
            self._by_number.pop(task.number, None)
            if self._by_name.get(task.name) is task:
                del self._by_name[task.name]

    # -- Calls of the library ----------------------------------------------------------------------

    def _start(self, handle: int, token: int, number: int) -> None:
        task = self._by_number.get(number)
        if task is None or self._is_ending:
            lib.cluster_task_fail(handle, b"the node is closing")
        else:
            task.handle = handle
            task.start(token)

    def _stop(self, number: int) -> None:
        task = self._by_number.get(number)
        if task is not None:
            task.stop()

    def _run(self, handle: int, run: Run, number: int) -> None:
        task = self._by_number.get(number)
        if task is None or self._is_ending:
            lib.cluster_task_fail(handle, b"the node is closing")
        else:
            task.handle = handle
            task.run(run)

    # -- End ---------------------------------------------------------------------------------------

    def check_outside(self) -> None:
        """Raises Busy on a thread that is inside the function of a task."""
        for task in list(self._by_number.values()):
            task.check_outside()

    def stop(self) -> None:
        """Has all functions return, and begins none any more."""
        with self._opening:
            self._is_ending = True
            tasks = list(self._by_number.values())
        for task in tasks:
            task.end()
        for task in tasks:
            task.join()

    def end(self) -> None:
        """The node has ended."""
        for task in list(self._by_number.values()):
            lib.cluster_task_close(task.handle)
        self._by_name.clear()
        self._by_number.clear()
