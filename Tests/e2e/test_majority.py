"""Authority `majority`: three voters grant the lease."""

from __future__ import annotations

import pathlib
import signal
from typing import Any

import pytest

from harness import state
from harness.disks import fill, small_disk
from harness.process import Host, Stage, eventually, throughout

ROLE = "primary"
INVALID = -1
LEASE = 1.0
VOTERS = ("a", "b", "c")


class Town:
    """Hosts that vote, or do not; each remembers in a directory of its own."""

    def __init__(self, stage: Stage, folder: pathlib.Path) -> None:
        self.stage, self.folder = stage, folder
        self.hosts: dict[str, Host] = {}
        self.seed: Host | None = None

    def start(self, id: str, *arguments: str, voters: str = "a,b,c", **more: Any) -> Host:
        options: dict[str, Any] = {
            "failover.authority": "majority", "failover.voters": voters, "failover.lease": "1s",
            "state_dir": str(self.folder / id), **more,
        }  # fmt: skip
        living = [host for host in self.hosts.values() if host.process.poll() is None]
        host = self.stage.start(id, *arguments, seeds=living, **options)
        self.hosts[id] = host
        host.joined()
        return host

    def leader(self, seconds: float = 20.0) -> Host:
        def one() -> Host | None:
            found = [host for host in self.alive() if host.is_primary()]
            return found[0] if len(found) == 1 else None

        leader: Host = eventually(one, "one leads", seconds)
        return leader

    def alive(self) -> list[Host]:
        return [host for host in self.hosts.values() if host.process.poll() is None]

    def others(self, host: Host) -> list[Host]:
        return [other for other in self.alive() if other is not host]

    def knows(self) -> None:
        """All know the seats of all."""
        for host in self.alive():
            for other in self.alive():
                eventually(lambda: host.members()[other.id]["seats"], f"{host.id} knows the seat of {other.id}")


@pytest.fixture
def town(stage: Stage, tmp_path: pathlib.Path) -> Town:
    return Town(stage, tmp_path)


def three(town: Town, **more: Any) -> tuple[Host, Host, Host]:
    a, b, c = (town.start(id, "role=" + ROLE, **more) for id in VOTERS)
    town.stage.agree(a, b, c)
    town.leader()
    town.knows()
    return a, b, c


def test_one_leads_and_is_followed_when_it_is_killed(town: Town) -> None:
    three(town)
    first = town.leader()
    token = first.token()
    promise = first.ask(f"guarantee {ROLE}")["json"]
    assert promise["authority"] == "majority" and promise["exclusive"] is True
    throughout(lambda: first.is_primary() and not any(host.is_primary() for host in town.others(first)), "stays", 2.0)
    first.kill()
    second = town.leader()
    assert second.token() > token
    again = town.start(first.id, "role=" + ROLE)
    eventually(lambda: again.primary() == second.id, "the former knows who follows it")
    throughout(lambda: second.is_primary() and not again.is_primary(), "nobody is displaced", 3.0)


def test_without_a_majority_nobody_leads(town: Town) -> None:
    three(town)
    first = town.leader()
    for host in town.others(first):
        host.kill()
    lost = first.wait_for(callback="demote")
    told = first.wait_for(event="authority", value=1)
    assert "2 of 3 voters" in told["detail"], told
    throughout(lambda: not first.is_primary(), "nobody leads alone", 3.0)
    back = next(id for id in VOTERS if id != first.id)
    town.start(back, "role=" + ROLE)
    leader = town.leader()
    assert leader.token() > lost["token"]
    first.wait_for(event="authority", value=0)


def test_a_voter_that_cannot_write_gives_no_vote_and_says_why(town: Town) -> None:
    folder = town.folder / "b"
    with small_disk(folder):
        a, b, c = three(town)
        filler = fill(folder)
        # Of a and c the one that leads hands over to the other: a new token, which every voter writes down.
        leader = town.leader()
        other = next(host for host in (a, c) if host is not leader)
        assert leader.ask(f"promote {ROLE} {other.id}")["result"] == 0
        assert town.leader() is other, "the others are two of three"
        told = b.wait_for(event="authority", value=1)
        assert "No space left on device" in told["detail"] and str(folder) in told["detail"]
        filler.unlink()
        b.wait_for(event="authority", value=0)


def test_a_frozen_primary_does_not_act_when_it_wakes(town: Town) -> None:
    three(town, **{"suspect_max": "60s", "host.sample": "1"})
    first = town.leader()
    first.freeze()
    others = [host for host in town.hosts.values() if host is not first]
    eventually(lambda: any(host.is_primary() for host in others), "another follows")
    since = first.mark()
    first.send(signal.SIGCONT)
    assert first.wait_for(since, sample="woke")["primary"] == 0, "the very first answer after the stop"
    assert not first.is_primary()
    first.wait_for(since, callback="demote")
    assert sum(host.is_primary() for host in town.alive()) == 1


def test_a_chosen_hand_over(town: Town) -> None:
    a, b, c = three(town)
    for next in (c, a, b):
        former = town.leader()
        if former is next:
            continue
        since = {host.id: host.mark() for host in (a, b, c)}
        token = former.token()
        assert a.ask(f"promote {ROLE} {next.id} 10000")["result"] == 0
        stopped = former.wait_for(since[former.id], callback="demote-done")
        began = next.wait_for(since[next.id], callback="promote")
        assert stopped["at"] < began["at"] and began["token"] > token


def test_two_nodes_and_a_witness(town: Town) -> None:
    a = town.start("a", "role=" + ROLE)
    b = town.start("b", "role=" + ROLE)
    witness = town.start("c")
    town.stage.agree(a, b, witness)
    first = town.leader()
    second = b if first is a else a
    first.kill()
    assert town.leader() is second
    # The witness alone is no majority with nobody.
    witness.kill()
    second.wait_for(callback="demote")


def test_the_token_survives_when_all_are_killed_at_once(town: Town) -> None:
    three(town)
    first = town.leader()
    other = town.others(first)[0]
    assert first.ask(f"promote {ROLE} {other.id} 10000")["result"] == 0
    token = town.leader().token()
    for host in town.alive():
        host.kill()
    for id in VOTERS:
        town.start(id, "role=" + ROLE)
    assert town.leader().token() > token


def test_a_voter_that_lost_its_memory_asks_the_others(town: Town) -> None:
    three(town)
    first = town.leader()
    lost = town.others(first)[0]
    lost.kill()
    for file in (town.folder / lost.id).iterdir():
        file.unlink()
    again = town.start(lost.id, "role=" + ROLE)
    town.stage.agree(*town.alive())
    (file,) = (town.folder / lost.id).glob("*.state")
    eventually(lambda: ROLE in state.read(file).epochs, "the others have told it what it had voted for")
    # It votes again: with it and without the third there is a majority.
    third = next(host for host in town.others(first) if host is not again)
    token = first.token()
    third.kill()
    throughout(first.is_primary, "the voter that lost its memory grants", 3 * LEASE)
    first.kill()
    back = town.start(third.id, "role=" + ROLE)
    town.stage.agree(again, back)
    assert town.leader().token() > token


def test_voters_are_added_one_at_a_time(town: Town) -> None:
    three(town)
    first = town.leader()
    longer = "a,b,c; a,b,c,d"
    d = town.start("d", "role=" + ROLE, voters=longer)
    # It asks under a list that the others learn from it.
    for id in VOTERS:
        host = town.hosts[id]
        token = town.leader().token()
        assert host.ask("leave 5000")["result"] == 0
        host.end()
        town.start(id, "role=" + ROLE, voters=longer)
        assert town.leader().token() >= token
    town.stage.agree(*town.alive())
    leader = town.leader()
    throughout(leader.is_primary, "it stays, while the last one is silent after its start", 2 * LEASE)
    # Three of four are enough now, two are not.
    first = next(host for host in town.others(leader) if host is not d)
    first.kill()
    throughout(leader.is_primary, "three of four", 3 * LEASE)
    second = next(host for host in town.others(leader))
    second.kill()
    leader.wait_for(callback="demote")


def restart(town: Town, voters: str) -> None:
    """One node after the other with these options."""
    for id in list(town.hosts):
        town.hosts[id].ask("leave 5000")
        town.hosts[id].end()
        town.start(id, "role=" + ROLE, voters=voters)


def votes(town: Town, id: str, number: int) -> None:
    """Waits until it votes under the list with this number, and knows it to be in use."""
    (file,) = (town.folder / id).glob("*.state")
    eventually(lambda: state.read(file).lists.get(ROLE) == (number, number), f"{id} votes under list {number}", 4)


def test_a_voter_that_was_removed_may_be_added_again(town: Town) -> None:
    three(town)
    town.start("d", "role=" + ROLE, voters="a,b,c; a,b,c,d")
    for number, voters in enumerate(("a,b,c; a,b,c,d", "a,b,c; a,b,c,d; a,b,c", "a,b,c; a,b,c,d; a,b,c; a,b,c,d"), 2):
        restart(town, voters)
        town.leader()
        for id in ("a", "b", "c"):
            votes(town, id, number)
    votes(town, "d", 4)


def test_voters_that_disagree_are_told_of(town: Town) -> None:
    three(town)
    stranger = town.start("e", "role=" + ROLE, voters="a,b,e")
    told = stranger.wait_for(event="authority", value=1)
    assert "failover.voters" in told["detail"], told
    assert not stranger.is_primary() and town.leader()


def test_a_voter_needs_a_memory(stage: Stage) -> None:
    options = {"failover.authority": "majority", "failover.voters": "a,b,c"}
    refused = stage.start("a", **options).wait_for(failed="join")
    assert refused["result"] == INVALID and "state_dir" in refused["error"], refused
    for voters, words in (("a,b", "3 to 15"), ("a,b,c;a,d,e", "one id more or less"), ("a,a,b", "different")):
        refused = stage.start("x", **{**options, "failover.voters": voters}).wait_for(failed="failover.voters")
        assert refused["result"] == INVALID and words in refused["error"], refused
    refused = stage.start("x", **{"failover.authority": "majority"}).wait_for(failed="join")
    assert "failover.voters" in refused["error"], refused


def test_a_member_that_does_not_vote_may_lead(town: Town) -> None:
    for id in VOTERS:
        town.start(id)
    d = town.start("d", "role=" + ROLE)
    d.wait_for(callback="promote")
    town.hosts["a"].kill()
    throughout(d.is_primary, "two of three voters are left", 3 * LEASE)
