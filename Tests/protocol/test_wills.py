"""Guardians and voters, each with a member that is not of this house on the other side."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import re
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest
import votes
from conftest import KEY, Town, place
from harness.guardians import guardians
from harness.process import eventually, throughout
from peer import Peer
from test_votes import ROLE, Asker, identity, start, voter
from votes import Ballot, Row
from wills import Letter

SECRET = (0x0102030405060708, 0x1112131415161718)
# So long that nothing runs out meanwhile, but for what a node waits for when it starts.
LEASE = "3s"


def test_the_vector() -> None:
    """docs/protocol.md and Tests/SealingTests have the same bytes."""
    letter = Letter("red", 1, "alice", 0x1112131415161718, SECRET, "primary")
    text = (pathlib.Path(__file__).resolve().parents[2] / "docs/protocol.md").read_text()
    text = re.sub(r"\s+", "", text)
    assert letter.encoded().hex() in text and letter.receipt().hex() in text
    assert Letter.decode(letter.encoded(), "red") == letter
    assert "".join(f"{half:016x}" for half in votes.will(SECRET)) in text


class Scene:
    """`node` votes; p, a voter too, holds the lease by its vote and q's, and is about to be declared dead."""

    def __init__(self, town: Town, folder: pathlib.Path) -> None:
        self.host = start(town, folder, **{"failover.lease": LEASE})
        self.p, self.q = voter(town, self.host, "p"), voter(town, self.host, "q")
        self.asker = Asker(town.peers[0], self.host)
        eventually(lambda: self.asker.ask(votes.LOOK).kind == votes.STATE, "it votes when its silence is over")
        self.me = town.peers[0].me
        self.row = Row("p", self.me.nonce, 5, 1, (1, 2), 3000, ("q",), will=votes.will(SECRET))
        self.grant(self.row)
        self.letter = Letter(town.stage.name, 77, "p", self.me.nonce, SECRET, ROLE)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(0.5)

    def grant(self, row: Row) -> None:
        ballot = Ballot(3, 77)
        assert self.asker.ask(votes.PROPOSE, ballot=ballot, row=row).kind == votes.ACCEPTED
        for one in (self.p, self.q):
            one.accepted, one.promised, one.epoch = (ballot, row), ballot, 5
            one.held_until = time.monotonic() + 30.0
            one.requests.clear()

    def show(self, letter: Letter | bytes) -> bytes | None:
        """What comes back."""
        raw = letter if isinstance(letter, bytes) else letter.encoded()
        self.socket.sendto(raw, place(self.host))
        try:
            return self.socket.recv(2048)
        except TimeoutError:
            return None

    def stands(self) -> Row | None:
        return self.q.accepted[1] if self.q.accepted else None

    def end(self) -> None:
        self.socket.close()


@pytest.fixture
def make_scene(tmp_path: pathlib.Path) -> Any:
    scenes: list[Scene] = []

    def make(town: Town) -> Scene:
        scenes.append(Scene(town, tmp_path))
        return scenes[-1]

    yield make
    for scene in scenes:
        scene.end()


def test_who_shows_the_secret_has_the_lease_given_back(town: Town, make_scene: Callable[[Town], Scene]) -> None:
    scene = make_scene(town)
    receipt = scene.show(scene.letter)
    assert receipt == scene.letter.receipt() and len(receipt) < len(scene.letter.encoded())
    # The row of the dead one, with nobody in it, and nothing else changed.
    eventually(lambda: scene.stands() != scene.row, "q has accepted it")
    shown = scene.asker.ask(votes.LOOK).accepted
    for row in (scene.stands(), shown):
        assert row is not None and row.nonce != scene.row.nonce
        assert row == dataclasses.replace(
            scene.row, holder="", instance=0, version=2, nonce=row.nonce, will=(0, 0)
        )
    # Each voter was shown the secret by whoever wants its promise back, and nobody else was.
    assert {request.secret for request in scene.q.requests if request.kind == votes.LOOK} == {(0, 0)}
    assert {request.secret for request in scene.q.requests if request.kind != votes.LOOK} == {SECRET}
    # Once more, when nothing of it stands there: nobody answers, and nothing changes.
    assert scene.show(scene.letter) is None
    assert scene.stands() == shown


@pytest.mark.parametrize("wrong", ["secret", "instance", "id", "role", "cluster", "bits", "length"])
def test_a_letter_that_is_not_quite_right_is_no_letter(
    plain: Town, make_scene: Callable[[Town], Scene], wrong: str
) -> None:
    scene = make_scene(plain)
    letter: Letter | bytes
    match wrong:
        case "secret":
            letter = dataclasses.replace(scene.letter, secret=(SECRET[0], SECRET[1] ^ 1))
        case "instance":
            letter = dataclasses.replace(scene.letter, instance=scene.letter.instance ^ 1)
        case "id":
            letter = dataclasses.replace(scene.letter, id="q")
        case "role":
            letter = dataclasses.replace(scene.letter, role="other")
        case "cluster":
            letter = dataclasses.replace(scene.letter, cluster="elsewhere")
        case "bits":
            raw = scene.letter.encoded()
            for _ in range(200):
                flipped = bytearray(raw)
                flipped[int.from_bytes(os.urandom(2), "big") % len(raw)] ^= 1 << os.urandom(1)[0] % 8
                # The number is the sender's own affair.
                if bytes(flipped[13:21]) == raw[13:21]:
                    scene.socket.sendto(bytes(flipped), place(scene.host))
            letter = b"Mu\x01\x04"
        case _:
            for length in range(len(scene.letter.encoded()) - len(ROLE) + 1):
                scene.socket.sendto(scene.letter.encoded()[:length], place(scene.host))
            letter = scene.letter.encoded() + b"x" * 2000
    assert scene.show(letter) is None
    assert scene.stands() == scene.row and not scene.q.requests
    # And the right one is as good as before.
    assert scene.show(scene.letter) == scene.letter.receipt()


def test_a_lease_that_another_has_meanwhile_is_left_alone(plain: Town, make_scene: Callable[[Town], Scene]) -> None:
    """This voter has not heard of it yet: what it knows opens the letter, what stands there does not."""
    scene = make_scene(plain)
    newer = Row("q", 9, 6, 2, (5, 6), 3000)
    for one in (scene.p, scene.q):
        one.accepted, one.promised, one.epoch = (Ballot(8, 8), newer), Ballot(8, 8), 6
    assert scene.show(scene.letter) == scene.letter.receipt()
    assert scene.stands() == newer
    assert not [request for request in scene.q.requests if request.row and not request.row.holder]


def test_the_secret_opens_nothing_else(plain: Town, make_scene: Callable[[Town], Scene]) -> None:
    """Who knows it may write that nobody leads, and not that he does."""
    scene = make_scene(plain)
    other = Asker(plain.peers[1], scene.host)
    claim = Row("q", plain.peers[1].me.nonce, 6, 2, (3, 4), 3000)
    ballot = Ballot(4, 1)
    held = other.ask(votes.PREPARE, ballot=ballot, changes_holder=True)
    assert (held.kind, held.refusal) == (votes.REFUSED, votes.HELD)
    wrong = other.ask(votes.PREPARE, ballot=ballot, changes_holder=True, secret=(1, 2))
    assert (wrong.kind, wrong.refusal) == (votes.REFUSED, votes.HELD)
    assert other.ask(votes.PREPARE, ballot=ballot, changes_holder=True, secret=SECRET).kind == votes.STATE
    refused = other.ask(votes.PROPOSE, ballot=ballot, row=claim, secret=SECRET)
    assert (refused.kind, refused.refusal) == (votes.REFUSED, votes.HELD)
    empty = dataclasses.replace(scene.row, holder="", instance=0, version=2, nonce=(3, 4), will=(0, 0))
    later = dataclasses.replace(empty, epoch=6)
    assert other.ask(votes.PROPOSE, ballot=ballot, row=later, secret=SECRET).refusal == votes.HELD
    assert other.ask(votes.PROPOSE, ballot=ballot, row=empty, secret=SECRET).kind == votes.ACCEPTED


def test_a_guardian_writes_to_the_voters_until_one_has_answered(town: Town, tmp_path: pathlib.Path) -> None:
    host = start(town, tmp_path, "role=" + ROLE, **{"failover.guardian": "on", "failover.lease": LEASE})
    p, q = voter(town, host, "p"), voter(town, host, "q")
    host.wait_for(callback="promote", role=ROLE, seconds=40)
    eventually(lambda: p.accepted and q.accepted and q.accepted[1].holder == "node", "it leads by their votes")
    assert p.accepted is not None and q.accepted is not None
    row, me = q.accepted[1], identity(host)
    assert row.will != (0, 0) and p.accepted[1].will == row.will
    peers: list[Peer] = town.peers[:2]
    throughout(lambda: not any(peer.letters for peer in peers), "nothing is told while it lives", 0.5)
    host.kill()
    eventually(lambda: all(len(peer.letters) > 1 for peer in peers), "both are told, again and again")
    letters = {Letter.decode(raw, town.stage.name) for peer in peers for raw, _ in peer.letters}
    (letter,) = letters
    assert (letter.id, letter.instance, letter.role) == ("node", me.nonce, ROLE)
    assert votes.will(letter.secret) == row.will
    # What is no receipt of it changes nothing.
    guardian = peers[0].letters[0][1]
    peers[0].udp.sendto(letter.receipt()[:-1], guardian)
    peers[0].udp.sendto(dataclasses.replace(letter, number=letter.number ^ 1).receipt(), guardian)
    told = len(peers[0].letters) + len(peers[1].letters)
    eventually(lambda: len(peers[0].letters) + len(peers[1].letters) > told + 1, "it goes on")
    peers[0].udp.sendto(letter.receipt(), guardian)
    eventually(lambda: not guardians(host), "a receipt is all that it wants", 1.0)
    told = len(peers[0].letters) + len(peers[1].letters)
    throughout(lambda: len(peers[0].letters) + len(peers[1].letters) == told, "nothing more is said", 1.5)


def test_a_letter_is_in_the_clear_and_needs_no_key(sealed: Town, make_scene: Callable[[Town], Scene]) -> None:
    assert sealed.key == KEY
    scene = make_scene(sealed)
    assert scene.show(scene.letter) == scene.letter.receipt()
