"""Tasks: a member that is not of this house offers one to a real coordinator, and has it; or coordinates itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import taskmail as t
from conftest import Town, place
from harness.process import Host
from peer import Connection, Peer
from taskmail import Mail, News, Said, Verb
from wire import Identity, Kind, Message, Seat, SeatState, fields

ROLE = "muster.tasks"


def coordinating(town: Town) -> Host:
    """A node that coordinates, since it offers something."""
    host = town.start("node", **{"failover.grace": "100ms"})
    host.ask("offer own")
    host.wait_for(task="start", name="own")
    return host


class Line:
    """The standing stream of a node that offers tasks."""

    def __init__(self, town: Town, host: Host, id: str = "peer") -> None:
        self.host = host
        self.peer: Peer = town.member(host, id)
        me = host.joined()
        self.target = Identity(me["id"], me["generation"], int(me["instance"], 16))
        record = self.peer.change(seats=(Seat(ROLE, number=1 + len(town.peers)),))
        self.peer.send(Message(Kind.GOSSIP, records=(record,)), place(host), host.id)
        self.peer.ping(place(host))
        self.said: list[Said] = []
        self.raw: list[bytes] = []
        self.connection: Connection = self.peer.connect(place(host))

    def send(self, mail: bytes, target: Identity | None = None) -> None:
        target = target or self.target
        self.connection.send(Message(Kind.TASKS, sender=self.peer.me, target=target, tasks=mail))

    def hear(self) -> Said:
        message = Message.decode(self.connection.receive())
        assert (message.kind, message.sender) == (Kind.TASKS, self.target)
        self.raw.append(message.tasks)
        self.said.append(Said.decode(message.tasks))
        return self.said[-1]

    def wait_for(self, kind: Mail, matching: Callable[[Said], Any] = lambda said: True) -> Said:
        while True:
            said = self.hear()
            if said.kind == kind and matching(said):
                return said

    def introduce(self, *definitions: bytes, held: tuple[tuple[str, int], ...] = ()) -> Said:
        """Says all that it has; the first answer is the welcome."""
        self.send(t.hello())
        welcome = self.hear()
        assert welcome.kind == Mail.WELCOME
        if welcome.flag:
            self.send(t.mail(Mail.ROWS, flag=True))
        self.send(t.offers(*definitions))
        self.send(t.holdings(*held))
        self.send(t.mail(Mail.READY))
        return welcome


def test_who_offers_a_task_is_given_it(town: Town) -> None:
    host = coordinating(town)
    line = Line(town, host)
    assert line.introduce(t.definition("far")).number > 0
    given = line.wait_for(Mail.ASSIGN)
    assert given.names == ("far",) and 0 < given.number < 1 << 53
    line.send(t.report("far", given.number, News.RUNNING))
    shown = line.wait_for(Mail.TABLE, lambda said: "far" in said.names)
    while shown.states[shown.names.index("far")] != t.RUNNING:
        shown = line.wait_for(Mail.TABLE, lambda said: "far" in said.names)
    # Its own is left where it is.
    assert not [said for said in line.said if said.kind == Mail.ASSIGN and "own" in said.names]

    line.send(t.mail(Mail.ORDER, 5, name="far", code=Verb.PAUSE))
    stop = line.wait_for(Mail.STOP)
    assert (stop.name, stop.number) == ("far", given.number)
    line.send(t.report("far", given.number, News.STOPPED))
    line.send(t.mail(Mail.ORDER, 6, name="far", code=Verb.RESUME))
    assert line.wait_for(Mail.ASSIGN).number > given.number
    # Nobody hears that it is written before this node says that it keeps it too.
    assert not [said for said in line.said if said.kind == Mail.ANSWER]
    for said in [said for said in line.said if said.kind == Mail.KEEP and said.number]:
        line.send(t.mail(Mail.KEPT, said.number))
    answers = {answer.number: answer.code for answer in (line.wait_for(Mail.ANSWER), line.wait_for(Mail.ANSWER))}
    assert answers == {5: t.DONE, 6: t.DONE}


def test_what_a_node_holds_stays_with_it(plain: Town) -> None:
    host = coordinating(plain)
    line = Line(plain, host)
    line.introduce(t.definition("far"), held=(("far", 77),))
    shown = line.wait_for(Mail.TABLE, lambda said: "far" in said.names)
    assert shown.states[shown.names.index("far")] == t.RUNNING
    line.send(t.mail(Mail.ORDER, 5, name="nobody's", code=Verb.MOVE))
    assert line.wait_for(Mail.ANSWER).code == t.UNKNOWN_TASK
    refused = {6: (Verb.MOVE, t.NO_CANDIDATE), 7: (Verb.RUN, t.NO_JOB), 8: (Verb.FORGET, t.STILL_OFFERED)}
    for order, (verb, code) in refused.items():
        line.send(t.mail(Mail.ORDER, order, name="far", code=verb))
        answer = line.wait_for(Mail.ANSWER)
        assert (answer.number, answer.code) == (order, code)
    assert not [said for said in line.said if said.kind in (Mail.ASSIGN, Mail.STOP)]


def test_rows_are_compared_and_set_and_copied(plain: Town) -> None:
    host = coordinating(plain)
    line = Line(plain, host)
    line.introduce(t.definition("far", t.JOB, "every 1h"))
    line.wait_for(Mail.ASSIGN)
    begun = t.run(1_800_000_000_000)
    row = t.row("far", kind=t.JOB, schedule="every 1h", begun=begun)
    line.send(t.write(9, row))
    kept = line.wait_for(Mail.KEEP)
    assert kept.names == ("far",) and kept.number > 0
    assert not [said for said in line.said if said.kind == Mail.WRITTEN], "nobody else has it yet"
    line.send(t.mail(Mail.KEPT, kept.number))
    written = line.wait_for(Mail.WRITTEN)
    assert (written.number, written.code) == (9, t.APPLIED)
    line.send(t.write(10, row))
    assert line.wait_for(Mail.WRITTEN).code == t.CONFLICT
    line.send(t.mail(Mail.READ, 11, name="far"))
    assert line.wait_for(Mail.FOUND).names == ("far",)
    epoch = next(said.number for said in line.said if said.kind == Mail.WELCOME)
    kept_row = t.row("far", kind=t.JOB, schedule="every 1h", begun=begun, epoch=epoch)
    assert kept_row in line.raw[-1], "as it was written, and under whom"


def test_mail_that_it_does_not_know_is_passed_over(plain: Town) -> None:
    host = coordinating(plain)
    line = Line(plain, host)
    line.introduce(t.definition("far"))
    line.wait_for(Mail.ASSIGN)
    before = host.members()
    line.send(t.mail(Mail.ORDER, 5, name="far", code=99))
    line.send(t.mail(Mail.ORDER, 6, name="own", code=Verb.FORGET))
    assert line.wait_for(Mail.ANSWER).number == 6
    assert host.members().keys() == before.keys()


@pytest.mark.parametrize("way", ["garbage", "target", "word"])
def test_who_does_not_say_it_right_is_hung_up_on(plain: Town, way: str) -> None:
    host = coordinating(plain)
    line = Line(plain, host)
    match way:
        case "garbage":
            line.send(b"\xff\xff\xff")
        case "target":
            line.send(t.hello(), Identity(host.id, 1, 2))
        case _:
            line.send(t.mail(Mail.READY))
    with pytest.raises((EOFError, OSError)):
        line.hear()
    # Whoever says it right is welcome after that.
    line.connection = line.peer.connect(place(host))
    line.introduce(t.definition("far"))
    assert line.wait_for(Mail.ASSIGN).names == ("far",)


def test_a_node_that_is_gone_is_followed(plain: Town) -> None:
    host = coordinating(plain)
    host.ask("offer far")
    host.wait_for(task="start", name="far")
    line = Line(plain, host)
    line.introduce(t.definition("far"))
    line.wait_for(Mail.TABLE)
    line.send(t.mail(Mail.ORDER, 5, name="far", code=Verb.MOVE, text="peer"))
    token = line.wait_for(Mail.ASSIGN).number
    since = host.mark()
    line.peer.end()
    line.connection.close()
    again = host.wait_for(since, task="start", name="far", seconds=60)
    assert again["token"] > token


class Desk:
    """A peer that coordinates: greets whoever comes, and says what a test has it say."""

    def __init__(self, leader: Peer) -> None:
        self.leader = leader
        self.heard: list[tuple[Connection, Said, bytes]] = []
        leader.coordinator = self._take

    def _take(self, connection: Connection, message: Message) -> None:
        said = Said.decode(message.tasks)
        if said.kind == Mail.HELLO:
            self.say(connection, t.mail(Mail.WELCOME, 5 << 16))
        self.heard.append((connection, said, message.tasks))

    def say(self, connection: Connection, mail: bytes) -> None:
        connection.send(Message(Kind.TASKS, sender=self.leader.me, tasks=mail))

    def wait_for(self, kind: Mail, since: int = 0) -> tuple[Connection, Said, bytes]:
        found: list[tuple[Connection, Said, bytes]] = self.leader.wait(
            lambda: [one for one in self.heard[since:] if one[1].kind == kind], kind.name
        )
        return found[0]


def test_what_was_asked_over_a_line_that_is_lost_is_asked_again(plain: Town) -> None:
    """The claim of a run is on its way when the stream ends: nobody knows whether it stands, so the node looks."""
    leader = plain.peer(seats=(Seat(ROLE, SeatState.PRIMARY, number=1, token=5 << 16, highest_token=5 << 16),))
    desk = Desk(leader)
    host = plain.start("node", seeds=f"127.0.0.1:{leader.port}")
    assert host.ask("job far - every 1s")["result"] == 0
    desk.wait_for(Mail.READY)
    line, _, offers = desk.wait_for(Mail.OFFERS)
    definition = dict(fields(offers))[5]
    assert isinstance(definition, bytes)
    desk.say(line, t.assign(definition, 7))
    _, question, _ = desk.wait_for(Mail.READ)
    desk.say(line, t.mail(Mail.FOUND, question.number))
    desk.wait_for(Mail.WRITE)
    since = len(desk.heard)
    line.close()
    # It comes anew, has the job still, and asks what stands there.
    line, _, _ = desk.wait_for(Mail.READY, since)
    _, question, _ = desk.wait_for(Mail.READ, since)
    assert question.name == "far" and not host.said(task="run")
    desk.say(line, t.mail(Mail.FOUND, question.number))
    _, claim, _ = desk.wait_for(Mail.WRITE, since)
    desk.say(line, t.mail(Mail.WRITTEN, claim.number, code=t.APPLIED))
    host.wait_for(task="run", name="far")
