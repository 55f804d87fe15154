"""Members of one contestant that make up one cluster, in a network of its own."""

from __future__ import annotations

import random
import selectors
import signal
import sys
import time
from collections.abc import Callable
from types import TracebackType

from contestants import Contestant, Place
from member import Member
from network import Network

# The longest that anything here is waited for; what takes longer counts as missed.
PATIENCE = 20.0


class Missed(Exception):
    """What was waited for did not happen in time."""


class Cluster:
    def __init__(self, contestant: Contestant) -> None:
        self.contestant = contestant
        self.network = Network()
        self.members: dict[str, Member] = {}
        """Those that live."""
        self.false_deaths = 0
        """How often one living member has called another dead."""
        self._gone: list[Member] = []
        self._started = 0
        self._selector = selectors.DefaultSelector()

    def __enter__(self) -> Cluster:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> None:
        for member in [*self.members.values(), *self._gone]:
            member.end()
        self._selector.close()
        self.network.end()

    # -- waiting

    def wait(self, condition: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            left = deadline - time.monotonic()
            if left <= 0:
                raise Missed(f"{self.contestant.name}, {len(self.members)} members: not within {seconds} s: {what}")
            self._listen(left)

    def rest(self, least: float, most: float) -> None:
        """Lets some time pass, by chance, so that no measurement begins at the same point of anybody's rhythm."""
        end = time.monotonic() + random.uniform(least, most)
        while (left := end - time.monotonic()) > 0:
            self._listen(left)

    def _listen(self, seconds: float) -> None:
        for key, _ in self._selector.select(seconds):
            for accused in key.data.listen():
                self.false_deaths += accused in self.members
        # The lines carry their own time: reading them late, many at once, leaves the processor to the members.
        time.sleep(min(0.01, seconds))

    # -- members

    def _start(self, seed: Member | None, former: Member | None = None) -> Member:
        if former is not None:
            place = former.place._replace(seed=seed.place.port if seed else None)
        else:
            place = Place(f"m{self._started:03}", 7000 + self._started, seed.place.port if seed else None)
            self._started += 1
        member = Member(self.contestant, place, self.network.inside)
        self._selector.register(member.output, selectors.EVENT_READ, member)
        self.members[member.id] = member
        return member

    def _await(self, word: str, *members: Member) -> None:
        self.wait(lambda: all((word, "self") in member.said for member in members), word)

    def boot(self, size: int) -> float:
        """Starts so many members. The first is there before the others, which all join through it at once; the
        seconds from then until everybody sees everybody."""
        first = self._start(None)
        if self.contestant.obeys:
            others = [self._start(first) for _ in range(size - 1)]
            self._await("ready", first, *others)
            first.tell("j")
        self._await("up", first)
        began = time.monotonic_ns()
        if self.contestant.obeys:
            for member in others:
                member.tell("j")
        else:
            for _ in range(size - 1):
                self._start(first)
        return self._agreed(began)

    def gather(self, size: int) -> None:
        """Starts so many members, a few at a time."""
        self.boot(min(size, 10))
        while len(self.members) < size:
            seed = self.any()
            fresh = [self._start(seed) for _ in range(min(10, size - len(self.members)))]
            if self.contestant.obeys:
                self._await("ready", *fresh)
                for member in fresh:
                    member.tell("j")
            self._agreed(0, 5.0)

    def join_one(self, former: Member | None = None) -> float:
        """One more member joins through any that lives; the seconds until everybody sees everybody. `former`: one that is
        over and comes back, with its id."""
        member = self._start(self.any(), former)
        began = time.monotonic_ns()
        if self.contestant.obeys:
            self._await("ready", member)
            began = time.monotonic_ns()
            member.tell("j")
        return self._agreed(began)

    def _agreed(self, began: int, seconds: float = PATIENCE) -> float:
        ids = set(self.members)
        self.wait(
            lambda: all(member.view == ids - {member.id} for member in self.members.values()), "all see all", seconds
        )
        return (max(member.changed_at for member in self.members.values()) - began) / 1e9

    # -- misfortune

    def any(self) -> Member:
        return random.choice(list(self.members.values()))

    def strike(self, victim: Member, number: signal.Signals) -> int:
        """Sends a signal to a member, which is none of ours any more; when."""
        if self.contestant.obeys:
            victim.tell("g")
            self._await("grown", victim)
        del self.members[victim.id]
        self._gone.append(victim)
        self._selector.unregister(victim.output)
        struck = time.monotonic_ns()
        victim.signal(number)
        return struck

    def all_told(self, victim: Member, *words: str) -> int:
        """When the last member has said one of the words about it."""

        def told(member: Member) -> int:
            return min((member.said[word, victim.id] for word in words if (word, victim.id) in member.said), default=0)

        self.wait(lambda: all(told(member) for member in self.members.values()), f"all say {words}")
        return max(told(member) for member in self.members.values())

    def bury(self, victim: Member) -> None:
        """Ends one that was struck, whatever became of it, and waits until nobody sees it any more."""
        victim.end()
        self.wait(lambda: all(victim.id not in member.view for member in self.members.values()), "all see it gone")


def gathered(contestant: Contestant, size: int, attempts: int = 3) -> Cluster:
    """A cluster in which all see all. A peer may lose news where many join, and not repair it for a minute or more; that
    is what boot-100 shows, and must not spoil the other rows."""
    cluster = Cluster(contestant)
    try:
        cluster.gather(size)
    except Missed as missed:
        cluster.end()
        if attempts == 1:
            raise
        print(f"once more: {missed}", file=sys.stderr)
        return gathered(contestant, size, attempts - 1)
    return cluster
