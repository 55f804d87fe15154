"""The voters' messages, asked and answered by a member that is not of this house."""

from __future__ import annotations

import os
import pathlib
import time
from typing import Any

import pytest
import votes
from conftest import Town, place
from harness.process import Host, eventually, throughout
from peer import Connection, Peer
from votes import Ballot, Reply, Request, Row, Voter, VoterList
from wire import Identity, Kind, Message, VoterMail

ROLE = "primary"
VOTERS = VoterList(1, ("node", "p", "q"))


def start(town: Town, folder: pathlib.Path, *arguments: str, **more: Any) -> Host:
    options = {
        "failover.authority": "majority", "failover.voters": "node,p,q", "failover.lease": "600ms",
        "state_dir": str(folder), **more,
    }  # fmt: skip
    return town.start("node", *arguments, **options)


def identity(host: Host) -> Identity:
    me = host.joined()
    return Identity(me["id"], me["generation"], int(me["instance"], 16))


def voter(town: Town, host: Host, id: str) -> Voter:
    """A member that votes."""
    peer = town.peer(id)
    peer.voter = Voter(id)
    peer.sync(place(host))
    eventually(lambda: id in host.members(), f"{host.id} lists {id}")
    town.prove(peer, host)
    return peer.voter


class Asker:
    """A stream on which votes are asked for."""

    def __init__(self, peer: Peer, host: Host) -> None:
        self.peer, self.target = peer, identity(host)
        self.connection: Connection = peer.connect(place(host))
        self.number = 0

    def send(self, raw: bytes, role: str = ROLE) -> None:
        mail = VoterMail(role, raw)
        self.connection.send(Message(Kind.VOTE, sender=self.peer.me, target=self.target, voting=mail))

    def ask(self, kind: int, **more: Any) -> Reply:
        self.number += 1
        who = {"writer": self.peer.me.id, "instance": self.peer.me.nonce, "list": VOTERS.encoded()}
        self.send(Request(kind, self.number, **{**who, **more}).encoded())
        answer = Message.decode(self.connection.receive())
        assert answer.kind == Kind.VOTED and answer.voting is not None and answer.voting.role == ROLE
        reply = Reply.decode(answer.voting.data)
        assert (reply.number, reply.voter) == (self.number, "node")
        return reply


def test_a_node_leads_by_the_votes_of_others(town: Town, tmp_path: pathlib.Path) -> None:
    host = start(town, tmp_path, "role=" + ROLE)
    p = voter(town, host, "p")
    # Two of three: its own voter remembers nothing, until all others have said so.
    throughout(lambda: not host.is_primary(), "one vote is no majority", 1.5)
    q = voter(town, host, "q")
    token = host.wait_for(callback="promote")["token"]
    eventually(lambda: p.accepted and q.accepted and p.accepted[1].epoch == token, "it is written down")
    assert p.accepted is not None
    row = p.accepted[1]
    me = identity(host)
    assert (row.holder, row.instance, row.hold_ms) == ("node", me.nonce, 600)
    # Each renewal is one question: a proposal under the same ballot, with a nonce of its own.
    since = len(p.requests)
    eventually(lambda: len(p.requests) > since + 4, "renewals")
    renewals = p.requests[since + 1 :]
    assert {request.kind for request in renewals} == {votes.PROPOSE}
    assert len({request.ballot for request in renewals}) == 1
    rows = [request.row for request in renewals if request.row]
    assert len({row.nonce for row in rows}) == len({row.version for row in rows})


def test_a_promised_lease_is_kept_from_others(town: Town, tmp_path: pathlib.Path) -> None:
    host = start(town, tmp_path, "role=" + ROLE)
    p = voter(town, host, "p")
    q = voter(town, host, "q")
    # Both have granted it to somebody else, who renews it.
    grant = Row("elsewhere", 7, epoch=41, version=5, nonce=(1, 2), hold_ms=3000)
    for one in (p, q):
        one.accepted, one.epoch = (Ballot(9, 9), grant), 41
        one.promised, one.held_until = Ballot(9, 9), time.monotonic() + 3.0
    throughout(lambda: not host.is_primary(), "it is promised", 2.0)
    p.held_until = q.held_until = 0.0
    assert host.wait_for(callback="promote", seconds=30)["token"] >= 42


def test_a_node_votes(town: Town, tmp_path: pathlib.Path) -> None:
    host = start(town, tmp_path)
    p = voter(town, host, "p")
    q = voter(town, host, "q")
    assert p.id != q.id
    asker = Asker(town.peers[0], host)
    # Silent after its start; whoever lost his memory is answered even so.
    first = asker.ask(votes.LOOK)
    assert first.kind in (votes.REFUSED, votes.STATE)
    eventually(lambda: asker.ask(votes.LOOK).kind == votes.STATE, "it votes when its silence is over")
    assert asker.ask(votes.RECALL).remembers
    ballot = Ballot(3, 77)
    trial = asker.ask(votes.PREPARE, ballot=ballot, changes_holder=True, trial=True)
    assert trial.kind == votes.STATE and trial.promised == Ballot()
    assert asker.ask(votes.PREPARE, ballot=ballot, changes_holder=True).promised == ballot
    lower = asker.ask(votes.PREPARE, ballot=Ballot(2, 99), changes_holder=True)
    assert (lower.kind, lower.refusal, lower.value) == (votes.REFUSED, votes.BY_BALLOT, 3)
    me = town.peers[0].me
    row = Row("p", me.nonce, epoch=5, version=1, nonce=(1, 2), hold_ms=600)
    accepted = asker.ask(votes.PROPOSE, ballot=ballot, row=row)
    assert (accepted.kind, accepted.version) == (votes.ACCEPTED, 1)
    shown = asker.ask(votes.LOOK)
    assert (shown.accepted, shown.accepted_ballot, shown.epoch) == (row, ballot, 5)
    # Nobody else is given it while it is promised, nor a longer lease than is allowed.
    other = Asker(town.peers[1], host)
    held = other.ask(votes.PREPARE, ballot=Ballot(4, 1), changes_holder=True)
    assert (held.kind, held.refusal) == (votes.REFUSED, votes.HELD) and 0 < held.value <= 600
    long = Row("p", me.nonce, epoch=5, version=2, nonce=(3, 4), hold_ms=601)
    refused = asker.ask(votes.PROPOSE, ballot=ballot, row=long)
    assert (refused.kind, refused.refusal) == (votes.REFUSED, votes.HOLD)
    # Another list is none of its own.
    stranger = asker.ask(votes.LOOK, list=VoterList(1, ("node", "p", "x")).encoded())
    assert (stranger.kind, stranger.refusal, stranger.value) == (votes.REFUSED, votes.LIST, 1)
    # What it accepted it remembers: after a kill, and its silence, the epoch is there.
    host.kill()
    again = start(town, tmp_path, seeds=f"127.0.0.1:{town.peers[0].port}")
    asker = Asker(town.peers[0], again)
    eventually(lambda: asker.ask(votes.LOOK).kind == votes.STATE, "it votes again")
    assert asker.ask(votes.LOOK).epoch == 5
    assert asker.ask(votes.LOOK).accepted is None


@pytest.mark.parametrize("what", ["garbage", "nothing", "of another", "for another", "no voter"])
def test_what_is_no_question_ends_the_stream(town: Town, tmp_path: pathlib.Path, what: str) -> None:
    if what == "no voter":
        host = town.start("node")
    else:
        host = start(town, tmp_path)
    peer = town.member(host, "p")
    asker = Asker(peer, host)
    question = Request(votes.LOOK, 1, "p", peer.me.nonce, VOTERS.encoded())
    match what:
        case "garbage":
            asker.send(os.urandom(200))
        case "nothing":
            asker.send(b"")
        case "of another":
            asker.send(Request(votes.LOOK, 1, "q", 1, VOTERS.encoded()).encoded())
        case "for another":
            asker.target = Identity("node", 1, 2)
            asker.send(question.encoded())
        case _:
            asker.send(question.encoded())
    with pytest.raises((OSError, EOFError)):
        asker.connection.receive()
    assert host.sees("node", "p")
