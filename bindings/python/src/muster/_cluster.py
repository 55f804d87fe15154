"""One member of one cluster."""

from __future__ import annotations

import os
import weakref
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from ctypes import byref, c_void_p
from types import TracebackType
from typing import Any, Callable, Optional, TypeVar, overload

from . import _aio, _http, _log
from ._abi import lib
from ._errors import Closed, Timeout, check
from ._http import HttpAnswer
from ._node import Node
from ._options import Value, options as made_options
from ._records import Event, Member, Message
from ._resolving import Chooser, answering
from ._seat import Seat
from ._tasks import Function, Task, TaskOption, TaskStatus, named
from ._values import Deadline, encoded, milliseconds, octets, take_json, unsigned

Receiver = TypeVar("Receiver", bound=Optional[Callable[[Message], object]])
Work = TypeVar("Work", bound=Function)
Listener = TypeVar("Listener", bound=Optional[Callable[[Event], object]])

_SLICE = 0.25
"""Seconds. How long Ctrl-C may go unheard where only the library can wait."""


def join(
    cluster: str | None = None,
    *,
    config: str | os.PathLike[str] | None = None,
    options: Mapping[str, Value] | None = None,
    log_level: int | str | None = None,
    **more: Value,
) -> Cluster:
    """Joins a cluster: checks the options, binds the sockets, starts the node and returns. It does not
    wait for other members: ``wait()`` does. Raises Closed when the main thread has ended.

    Options are those of docs/options.md, as keyword arguments or, by their full names, in the mapping
    ``options``: ``failover_position=1`` is ``failover.position``. Numbers and text are taken as that
    page has them, so that a bare number of a duration is milliseconds; a ``timedelta`` is a duration
    too, and a list of texts a list. ``config`` is a file with more of them, which these override.

    ``log_level`` is the least grave level that goes to ``logging.getLogger("muster")``: a number or
    name of logging, or "trace". By default it is what that logger lets through at the time.
    """
    level = _log.threshold(log_level)
    given: dict[str, Value] = {"cluster": cluster, **(options or {}), **more}
    place = c_void_p()
    try:
        with made_options(config, given) as made:
            check(lib.cluster_join(made, byref(place)))
        return Cluster(Node(place.value or 0, level))
    except BaseException:
        # Ctrl-C too, which may be heard before anybody else has the handle.
        lib.cluster_close(place)
        raise


class Cluster:
    """One node, made by ``join()``. A context manager that closes it.

    Every method may be called from any thread. The node ends with ``close()``, with the main thread,
    or soon after nobody holds the object any more; one with seats or tasks is kept.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        weakref.finalize(self, node.collect)

    def __repr__(self) -> str:
        return f"<muster.Cluster {'closed' if self._node.is_closed else 'open'}>"

    # -- Members -----------------------------------------------------------------------------------

    def members(self) -> list[Member]:
        """The members that are alive, suspect or unresponsive, this one included, sorted by id."""
        place = c_void_p()
        self._node.call(lib.cluster_members, byref(place))
        try:
            count = lib.cluster_members_count(place)
            return [Member.copy(lib.cluster_members_at(place, index).contents) for index in range(count)]
        finally:
            lib.cluster_members_free(place)

    def members_json(self) -> Any:
        """All that the library tells about the members, parsed from JSON: seats and evidence too."""
        return take_json(lambda place: self._node.call(lib.cluster_members_json, place))

    def self_json(self) -> Any:
        """All that this node tells about itself, parsed from JSON: where its console is, too."""
        return take_json(lambda place: self._node.call(lib.cluster_self_json, place))

    def stats(self) -> Any:
        """What the node has counted since it was started: `docs/json.md` names the keys."""
        return take_json(lambda place: self._node.call(lib.cluster_stats_json, place))

    @property
    def me(self) -> Member:
        """This node."""
        return next(member for member in self.members() if member.is_self)

    def wait(self, members: int, timeout: float | None = None) -> None:
        """Waits until so many members, this one included, are alive; ``timeout`` is in seconds, None for
        no limit. Raises Timeout when the time is up first."""
        deadline = Deadline(timeout)
        unsigned(members, "members")
        while True:
            try:
                self._node.call(lib.cluster_wait, members, milliseconds(deadline.left(_SLICE)))
                return
            except Timeout:
                if deadline.left() == 0:
                    raise

    def set_tag(self, key: str, value: str) -> None:
        """Sets a tag of this node, which spreads to all members."""
        self._node.call(lib.cluster_set_tag, encoded(key, "key"), encoded(value, "value"))

    def delete_tag(self, key: str) -> None:
        """Removes a tag of this node. One that is not there is no error."""
        self._node.call(lib.cluster_set_tag, encoded(key, "key"), None)

    # -- Messages ----------------------------------------------------------------------------------

    def broadcast(self, data: bytes | bytearray | memoryview, topic: str = "") -> None:
        """Tells the programs of all other members something: at most 512 bytes, best effort, each at most
        once, in no particular order. Raises Full while too much waits to be told."""
        content = octets(data)
        self._node.call(lib.cluster_broadcast, encoded(topic, "topic"), content, len(content))

    def send(
        self,
        member: Member | str,
        data: bytes | bytearray | memoryview,
        topic: str = "",
        timeout: float | None = 5,
    ) -> None:
        """Tells the program of one member something: at most 1 MiB, in the order of the calls. Returns when
        it waits for that program's callback; ``timeout`` is in seconds, None until the member is gone.
        Timeout means that nobody knows whether it arrived; after any other error it did not. May be
        called inside a callback, which holds up the next. Ctrl-C is heard when it returns."""
        content = octets(data)
        name = encoded(member.id if isinstance(member, Member) else member, "member")
        self._node.call(
            lib.cluster_send, name, encoded(topic, "topic"), content, len(content), milliseconds(timeout)
        )

    def on_message(self, function: Receiver) -> Receiver:
        """Has the function called with each message from now on, in place of the one before; None
        unregisters it: then this node takes no messages. Also a decorator. Callbacks run as those of a
        seat do."""
        self._node.message_hook.set(function, lambda fn: self._node.call(lib.cluster_on_message, fn, None))
        return function

    # -- Roles -------------------------------------------------------------------------------------

    def role(self, name: str = "primary") -> Seat:
        """This node's seat in a role, taken when it is asked for the first time."""
        self._node.check()
        seats = self._node.seats
        with self._node.opening:
            if name not in seats:
                seats[name] = Seat(self, name)
            return seats[name]

    # -- Tasks -------------------------------------------------------------------------------------
    #
    # Of all nodes that offer a task of one name one has it. Options are those of docs/tasks.md as keyword
    # arguments: ``weight=2, requires=["gpu"], stop_timeout=timedelta(seconds=5)``. Each function runs on a
    # thread of its own; what it raises is a failure, and another node is given the task.

    def offer_task(self, name: str, function: Function, **options: TaskOption) -> Task:
        """Offers a task: the node that has it calls the function, with a ``Stop`` if it takes an argument.
        When that is set the function is to return. One that returns before has completed the task for
        good."""
        return self._node.offers.offer(self, name, function, options, daemon=False)

    def offer_daemon(self, name: str, function: Function, **options: TaskOption) -> Task:
        """The same for what is there to run until it is told to stop. A function that raises is called
        again, here or elsewhere, after a pause that grows; one that returns is not called again."""
        return self._node.offers.offer(self, name, function, options, daemon=True)

    def schedule_job(
        self, schedule: str, function: Function, name: str | None = None, **options: TaskOption
    ) -> Task:
        """Schedules a job: at each moment of the schedule one node calls the function, with a ``Run`` if it
        takes an argument. Where it raises or its node dies, another makes the next attempt."""
        return self._node.offers.schedule(self, name or named(function), schedule, function, options)

    @overload
    def task(self, name: Work) -> Work: ...
    @overload
    def task(self, name: str | None = None, **options: TaskOption) -> Callable[[Work], Work]: ...
    def task(self, name: Any = None, **options: TaskOption) -> Any:
        """A decorator that offers the function as a task, under its own name unless told otherwise."""
        if callable(name):
            return self.task()(name)

        def offer(function: Work) -> Work:
            self.offer_task(name or named(function), function, **options)
            return function

        return offer

    @overload
    def daemon(self, name: Work) -> Work: ...
    @overload
    def daemon(self, name: str | None = None, **options: TaskOption) -> Callable[[Work], Work]: ...
    def daemon(self, name: Any = None, **options: TaskOption) -> Any:
        """The same for a daemon."""
        if callable(name):
            return self.daemon()(name)

        def offer(function: Work) -> Work:
            self.offer_daemon(name or named(function), function, **options)
            return function

        return offer

    def job(self, schedule: str, name: str | None = None, **options: TaskOption) -> Callable[[Work], Work]:
        """The same for a job: ``@cluster.job("0 */5 * * * *")``."""
        encoded(schedule, "schedule")

        def offer(function: Work) -> Work:
            self.schedule_job(schedule, function, name, **options)
            return function

        return offer

    def tasks(self, timeout: float | None = 30) -> list[TaskStatus]:
        """All tasks of the cluster, sorted by name, as this node was told last; waits until it was told at
        all. ``timeout`` is in seconds, None for no limit."""
        wait = milliseconds(timeout)
        entries = take_json(lambda place: self._node.call(lib.cluster_tasks_json, wait, place))
        return [TaskStatus.read(entry) for entry in entries]

    def pause_task(self, name: str, timeout: float | None = 30) -> None:
        """Has the node that has the task stop it; none is given it until ``resume_task()``. From any node."""
        self._order(lib.cluster_task_pause, name, timeout)

    def resume_task(self, name: str, timeout: float | None = 30) -> None:
        """Ends what ``pause_task()`` began."""
        self._order(lib.cluster_task_resume, name, timeout)

    def move_task(self, name: str, target: Member | str | None = None, timeout: float | None = 30) -> None:
        """Moves a task to a member that offers it, to any other without a target. The one that has it stops
        it first; returns when that has begun. Raises NoMember where nobody offers such a task or the target is not
        there, NoCandidate where it does not offer the task, or no other does."""
        id = target.id if isinstance(target, Member) else target
        self._order(lib.cluster_task_move, name, timeout, None if id is None else encoded(id, "target"))

    def run_job(self, name: str, timeout: float | None = 30) -> None:
        """Has a job run once now, outside of its schedule, on the node that has it. Raises NoMember where nobody
        offers such a task, Unsupported where it is no job."""
        self._order(lib.cluster_task_run, name, timeout)

    def forget_task(self, name: str, timeout: float | None = 30) -> None:
        """Forgets what is remembered of a task that nobody offers: that it is completed or paused, and
        which moments of a job have run. Raises Busy where somebody offers it."""
        self._order(lib.cluster_task_forget, name, timeout)

    def on_resolve(self, function: Chooser | None) -> Chooser | None:
        """Has the function say which node has which task, where the option tasks.resolver is "host" and
        this node coordinates; None unregisters it. Also a decorator. It is called with the tasks (dicts
        with name, owner, capable, weight, requires, prefers, apart, together) and the nodes (dicts with
        id, weight, labels) that are there, and returns the id of a node, or None, by the name of each
        task. After 5 seconds it is not waited for. Callbacks run as those of a seat do."""
        self._node.resolver_hook.set(
            None if function is None else answering(function),
            lambda fn: self._node.call(lib.cluster_task_set_resolver, fn, None),
        )
        return function

    def _order(self, function: Any, name: str, timeout: float | None, *target: bytes | None) -> None:
        self._node.call(function, encoded(name, "name"), *target, milliseconds(timeout))

    # -- Keys --------------------------------------------------------------------------------------
    #
    # Each call asks all present members and returns when they have answered; ``timeout`` is in seconds,
    # None for no limit other than the 2 seconds that each member has. A change raises Partial where some
    # have not made it, and may be asked for again.

    def keys(self, timeout: float | None = None) -> Any:
        """The keys of all present members by their fingerprints, parsed from JSON (docs/json.md), and who did
        not answer."""
        wait = milliseconds(timeout)
        return take_json(lambda place: self._node.call(lib.cluster_keys_json, wait, place))

    def add_key(self, key: str, timeout: float | None = None) -> None:
        """Gives a key to all members: 32 bytes as 64 hexadecimal digits or 44 characters of base64. It
        opens from now on."""
        self._node.call(lib.cluster_key_add, encoded(key, "key"), milliseconds(timeout))

    def use_key(self, key: str, timeout: float | None = None) -> None:
        """Makes all members seal with a key, named by its fingerprint or itself. Nothing changes unless
        all of them have it."""
        self._node.call(lib.cluster_key_use, encoded(key, "key"), milliseconds(timeout))

    def remove_key(self, key: str, timeout: float | None = None) -> None:
        """Makes all members forget a key, named by its fingerprint or itself. Nothing changes where one
        seals with it."""
        self._node.call(lib.cluster_key_remove, encoded(key, "key"), milliseconds(timeout))

    # -- Events ------------------------------------------------------------------------------------

    def on_event(self, function: Listener) -> Listener:
        """Has the function called with each event from now on, in place of the one before; None
        unregisters it. Also a decorator. Callbacks run as those of a seat do."""
        self._node.event_hook.set(function, lambda fn: self._node.call(lib.cluster_on_event, fn, None))
        return function

    def poll(self, timeout: float | None = 0) -> Event | None:
        """The next event; ``timeout`` is in seconds, None for no limit. None when the time was up, or
        after ``wakeup()``. Raises Closed when the node has left and no event is left."""
        return self._node.next(timeout)

    def __iter__(self) -> Iterator[Event]:
        """Events as they come. Ends when the node has left or is closed, and after ``wakeup()``."""
        try:
            event = self._node.next(None)
            while event is not None:
                yield event
                event = self._node.next(None)
        except Closed:
            return

    def __aiter__(self) -> AsyncIterator[Event]:
        """The same for asyncio."""
        return _aio.events(self._node)

    def fileno(self) -> int:
        """A descriptor that is readable while events wait, for loops of your own: wait for it, then call
        ``poll()`` until it returns None. Never read, write or close it."""
        return self._node.fileno()

    def wakeup(self) -> None:
        """Ends one wait for an event, the present one or the next: ``poll()`` returns None, a loop
        over the events ends. May be called from a signal handler."""
        self._node.check()
        self._node.waiter.wake()

    # -- The console -------------------------------------------------------------------------------

    def http(self, method: str, path: str, body: bytes = b"") -> HttpAnswer:
        """Answers one request as the console does (`docs/console.md`), for a program with a web server of its
        own. Who may ask is its affair. What is wrong with the request is in the answer's status."""
        return _http.handle(self._node, method, path, body)

    @property
    def wsgi(self) -> Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]:
        """The console as a WSGI application (PEP 3333), to be mounted anywhere."""
        return _http.wsgi(self._node)

    # -- End ---------------------------------------------------------------------------------------

    def leave(self, timeout: float | None = 5) -> None:
        """Leaves gracefully: hands over its seats, stops its tasks, says goodbye and waits until another
        member has acknowledged it; ``timeout`` is in seconds, None for no limit. When the time is up the
        node has left all the same, and Timeout is raised. The node is still to be closed. Raises Busy inside the
        function of a task, which would have to return first. Ctrl-C is heard when it returns."""
        self._node.check_outside_tasks()
        self._node.call(lib.cluster_leave, milliseconds(timeout))

    def close(self) -> None:
        """Ends the node without waiting for other nodes. Has the functions of its tasks return first, and
        returns when they and its callbacks have ended. Raises Busy inside one of them. Harmless the second
        time."""
        self._node.close()

    def __enter__(self) -> Cluster:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
