"""The line of a role, its tokens, and how two primaries settle, as records tell it."""

from __future__ import annotations

from typing import Any

from conftest import Town, place
from harness.process import Host, eventually, throughout
from peer import Peer
from wire import Evidence, Identity, Kind, Message, Record, Seat, SeatState, Status

ROLE = "db"
HIGHEST = (1 << 53) - 1


def seat(peer: Peer, id: str = "node") -> Seat | None:
    known = peer.knows(id)
    return next((seat for seat in known.seats if seat.role == ROLE), None) if known else None


def say(peer: Peer, host: Host, **changes: Any) -> Record:
    """The peer says something about its seat."""
    record = peer.change(seats=(Seat(ROLE, **changes),))
    peer.send(Message(Kind.GOSSIP, records=(record,)), place(host), host.id)
    peer.ping(place(host))
    return record


def primary(town: Town) -> Host:
    host = town.start("node", "role=" + ROLE, **{"failover.grace": "100ms"})
    host.wait_for(callback="promote")
    return host


def test_a_promotion_is_published_with_its_token(town: Town) -> None:
    host = primary(town)
    peer = town.member(host)
    published = seat(peer)
    assert published is not None
    assert published == Seat(ROLE, SeatState.PRIMARY, 0, 1, False, False, host.token(ROLE), host.token(ROLE))
    assert 1 << 40 < published.token < HIGHEST


def test_the_higher_token_stays(town: Town) -> None:
    host = primary(town)
    peer = town.member(host)
    token = host.token(ROLE)
    since = host.mark()
    say(peer, host, state=SeatState.PRIMARY, number=2, token=token + 1, highest_token=token + 1)
    assert host.wait_for(since, callback="demote")["token"] == token
    assert host.wait_for(since, event="primary-changed")["member"] == "peer"
    assert not host.is_primary(ROLE)
    demoted = peer.wait(lambda: (found := seat(peer)) and found.state == SeatState.STANDBY and found, "a standby")
    assert (demoted.token, demoted.highest_token, demoted.has_yielded) == (0, token + 1, False)
    say(peer, host, number=2, highest_token=token + 1, has_yielded=True)
    again = host.wait_for(since, callback="promote")
    assert again["token"] > token + 1, "tokens grow along the chain"


def test_the_lower_token_moves_nobody(town: Town) -> None:
    host = primary(town)
    peer = town.member(host)
    token = host.token(ROLE)
    since = host.mark()
    say(peer, host, state=SeatState.PRIMARY, number=2, token=token - 1, highest_token=token - 1)
    assert host.is_primary(ROLE)
    assert host.token(ROLE) == token
    assert host.said(since, callback="demote") == []


def test_at_a_tie_the_better_place_stays_with_a_new_token(town: Town) -> None:
    host = primary(town)
    peer = town.member(host)
    token = host.token(ROLE)
    since = host.mark()
    # The node sits at number 1, the peer behind it.
    say(peer, host, state=SeatState.PRIMARY, number=9, token=token, highest_token=token)
    assert host.wait_for(since, callback="promote")["token"] > token
    token = host.token(ROLE)
    say(peer, host, state=SeatState.PRIMARY, position=1, token=token, highest_token=token)
    host.wait_for(since, callback="demote")


def test_the_node_waits_for_whoever_stands_before_it(town: Town) -> None:
    peer = town.peer(seats=(Seat(ROLE, position=1),))
    host = town.start(
        "node", "role=" + ROLE, seeds=f"127.0.0.1:{peer.port}",
        **{"failover.grace": "300ms", "failover.position": "2"},
    )  # fmt: skip
    eventually(lambda: host.sees("node", "peer"), "both")
    peer.wait(lambda: seat(peer), "the node's seat")
    eventually(lambda: host.ask(f"position {ROLE}")["position"] == 2, "second in the line")
    throughout(lambda: not host.is_primary(ROLE), "the peer comes first", 0.7)
    say(peer, host, position=1, is_unready=True)
    host.wait_for(callback="promote")
    say(peer, host, position=1)
    assert host.is_primary(ROLE), "a primary is never displaced by an arrival"


def test_the_line(town: Town) -> None:
    """Positions first, then numbers; who yielded goes last; ids break ties."""
    leader = town.peer("z-leader", seats=(Seat(ROLE, SeatState.PRIMARY, number=1, token=5 << 16),))
    host = town.start("m-node", "role=" + ROLE, seeds=f"127.0.0.1:{leader.port}")
    eventually(lambda: host.ask(f"position {ROLE}").get("position") == 1, "first behind the leader")
    taken = leader.wait(lambda: seat(leader, "m-node"), "the node's seat")
    assert taken.number == 2, "the highest known plus one"
    line = [
        ("before-by-position", Seat(ROLE, position=7)),
        ("before-by-number", Seat(ROLE, number=1)),
        ("a-tie", Seat(ROLE, number=2)),
        ("z-tie", Seat(ROLE, number=2)),
        ("behind", Seat(ROLE, number=3)),
        ("yielded", Seat(ROLE, position=1, has_yielded=True)),
    ]
    for id, own in line:
        town.member(host, id, seats=(own,))
    eventually(lambda: len(host.members()) == len(line) + 2, "all")
    found = {id: member["position"] for id, member in host.members().items()}
    order = sorted(found, key=lambda id: found[id])
    assert order == [
        "z-leader", "before-by-position", "before-by-number", "a-tie", "m-node", "z-tie", "behind", "yielded",
    ]  # fmt: skip
    assert [found[id] for id in order] == list(range(8))


def test_stepping_down_is_told_in_three_records(town: Town) -> None:
    host = primary(town)
    peer = town.member(host, seats=(Seat(ROLE, number=2),))
    token = host.token(ROLE)
    seen: list[Seat] = []

    def watch(message: Message, sender: Identity) -> bool:
        for record in message.records:
            seen.extend(found for found in record.seats if record.identity.id == "node" and found not in seen)
        return True

    peer.answers = watch
    host.tell(f"step-down {ROLE} 5000")
    peer.wait(lambda: any(found.has_yielded for found in seen), "the role is given back")
    changes = [found for found in seen if found.state == SeatState.YIELDING or found.has_yielded]
    assert changes[-1] == Seat(ROLE, SeatState.STANDBY, number=3, has_yielded=True, highest_token=token, target=peer.me.nonce)
    assert all(found.token == token for found in changes if found.state == SeatState.YIELDING)
    say(peer, host, state=SeatState.PRIMARY, number=2, token=token + 70000, highest_token=token + 70000)
    peer.wait(lambda: not (seat(peer) or Seat(ROLE, has_yielded=True)).has_yielded, "an ordinary place again")
    assert (seat(peer) or Seat(ROLE)).number == 3, "behind the other all the same"
    assert host.wait_for(reply="step-down")["result"] == 0


def test_a_yielding_primary_is_waited_for(town: Town) -> None:
    leader = town.peer(seats=(Seat(ROLE, SeatState.YIELDING, number=1, token=5 << 16),))
    host = town.start("node", "role=" + ROLE, seeds=f"127.0.0.1:{leader.port}", **{"failover.grace": "300ms"})
    eventually(lambda: host.sees("node", "peer"), "both")
    throughout(lambda: not host.is_primary(ROLE), "nobody else begins before the yielding ends", 0.7)
    say(leader, host, number=1, has_yielded=True)
    token = host.wait_for(callback="promote")["token"]
    assert token > 5 << 16


def test_a_primary_that_leaves_or_dies_is_followed(town: Town) -> None:
    leader = town.peer(seats=(Seat(ROLE, SeatState.PRIMARY, number=1, token=1 << 52, highest_token=1 << 52),))
    host = town.start("node", "role=" + ROLE, seeds=f"127.0.0.1:{leader.port}")
    host.wait_for(event="primary-changed", member="peer")
    own = leader.own
    farewell = own.but(status=Status.LEFT, incarnation=1, evidence=Evidence.FAREWELL)
    leader.view.own = farewell
    leader.ping(place(host), records=(farewell,))
    token = host.wait_for(callback="promote")["token"]
    assert token > 1 << 52, "above the tokens of those who are gone as well"


def test_a_wish_moves_the_primary(town: Town) -> None:
    """A third member names the peer; the primary yields, names the same, and the peer has the role."""
    host = primary(town)
    peer = town.member(host, seats=(Seat(ROLE, number=2),))
    other = town.member(host, "other", seats=(Seat(ROLE, number=3),))
    eventually(lambda: host.sees("node", "peer", "other"), "all three")
    token = host.token(ROLE)
    since = host.mark()
    say(other, host, number=3, highest_token=token - 1, target=peer.me.nonce)
    say(other, host, number=3, highest_token=token, target=12345)
    throughout(lambda: host.is_primary(ROLE), "an old wish, and one for nobody, move nobody", 0.5)
    say(other, host, number=3, highest_token=token, target=peer.me.nonce)
    assert host.wait_for(since, callback="demote")["token"] == token
    stood = peer.wait(lambda: (found := seat(peer)) and found.state == SeatState.STANDBY and found, "a standby")
    assert (stood.has_yielded, stood.target, stood.highest_token) == (True, peer.me.nonce, token)
    say(peer, host, state=SeatState.PRIMARY, number=2, token=token + 70000, highest_token=token + 70000)
    ended = peer.wait(lambda: (found := seat(peer)) and not found.has_yielded and found, "an ordinary place again")
    assert ended.target == 0


def test_the_node_names_whom_its_host_wants(town: Town) -> None:
    leader = town.peer("leader", seats=(Seat(ROLE, SeatState.PRIMARY, number=1, token=5 << 16, highest_token=5 << 16),))
    host = town.start("node", "role=" + ROLE, seeds=f"127.0.0.1:{leader.port}")
    host.wait_for(event="primary-changed", member="leader")
    since = host.tell(f"promote {ROLE} node 10000")
    named = leader.wait(lambda: (found := seat(leader)) and found.target and found, "the wish")
    known = leader.knows("node")
    assert known is not None and (named.target, named.highest_token) == (known.identity.nonce, 5 << 16)
    assert not host.said(callback="promote"), "not before the primary has stopped"
    say(leader, host, number=1, has_yielded=True, highest_token=5 << 16, target=named.target)
    assert host.wait_for(since, callback="promote")["token"] > 5 << 16
    assert host.wait_for(since, reply="promote")["result"] == 0


def test_the_pause_with_the_highest_number_counts(town: Town) -> None:
    leader = town.peer(seats=(Seat(ROLE, SeatState.PRIMARY, number=1, token=5 << 16, pauses=7),))
    host = town.start("node", "role=" + ROLE, seeds=f"127.0.0.1:{leader.port}", **{"failover.grace": "100ms"})
    assert host.wait_for(event="role-paused")["value"] == 1
    leader.wait(lambda: (found := seat(leader)) and found.pauses == 7, "the newcomer says the same")
    say(leader, host, number=1, pauses=5)
    host.wait_for(event="primary-changed", member="")
    throughout(lambda: not host.is_primary(ROLE), "nobody is promoted", 0.5)
    assert host.ask(f"resume {ROLE}")["result"] == 0
    leader.wait(lambda: (found := seat(leader)) and found.pauses == 8, "one more")
