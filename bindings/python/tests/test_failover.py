"""Who leads: promotion, demotion, and what callbacks may do."""

from __future__ import annotations

import gc
import logging
import sys
import threading

import pytest

import muster
from conftest import Join, StartPeer
from harness import until


def test_a_lone_seat_is_promoted(join: Join) -> None:
    cluster = join(node_id="a")
    seat = cluster.role("primary")
    assert cluster.role() is seat
    tokens: list[int] = []

    @seat.on_promote
    def promoted(token: int) -> None:
        assert seat.is_primary
        tokens.append(token)

    assert callable(promoted)
    until(lambda: tokens, "the promotion")
    assert seat.is_primary and seat.position == 0
    assert seat.token == tokens[0]
    assert seat.primary is not None and seat.primary.id == "a"
    assert seat.primary_json()["token"] == tokens[0]


def test_a_seat_that_is_primary_already_hears_of_it(join: Join) -> None:
    seat = join().role()
    until(lambda: seat.is_primary, "the promotion")
    tokens: list[int] = []
    seat.on_promote(tokens.append)
    until(lambda: tokens == [seat.token], "the callback")


def test_a_killed_primary_is_replaced(peer: StartPeer) -> None:
    first = peer("a", [], "primary")
    old = first.expect("promoted")["token"]
    second = peer("b", [first.port], "primary", failover_position=1)
    third = peer("c", [first.port], "primary", failover_position=2)
    for each in (first, second, third):
        each.order("wait", seats=3)
        each.expect("done")
    first.kill()
    assert second.expect("promoted")["token"] > old
    second.kill()
    third.expect("promoted")


def test_step_down_hands_over(join: Join, peer: StartPeer) -> None:
    cluster = join(node_id="a")
    seat = cluster.role()
    order: list[tuple[str, int]] = []
    seat.on_promote(lambda token: order.append(("promoted", token)))
    seat.on_demote(lambda token: order.append(("demoted", token)))
    until(lambda: order, "the promotion")
    other = peer("b", [cluster.me.port], "primary")
    until(lambda: seats_of(cluster, "b"), "the seat of b")
    seat.step_down(10)
    assert [what for what, token in order] == ["promoted", "demoted"]
    assert order[0][1] == order[1][1]
    assert other.expect("promoted")["token"] > order[0][1]
    assert not seat.is_primary
    until(lambda: seat.position == 1, "the new place")
    primary = seat.primary
    assert primary is not None and primary.id == "b"
    with pytest.raises(muster.NotPrimary):
        seat.token
    other.order("step_down")
    other.expect("demoted")
    until(lambda: seat.is_primary, "the way back")


def test_a_role_by_hand(join: Join, peer: StartPeer) -> None:
    cluster = join(node_id="a")
    seat = cluster.role()
    until(lambda: seat.is_primary, "the promotion")
    other = peer("b", [cluster.me.port], "primary")
    until(lambda: seats_of(cluster, "b"), "the seat of b")
    seat.promote("b", 10)
    other.expect("promoted")
    member = cluster.me
    seat.promote(member, 10)
    assert seat.is_primary
    with pytest.raises(muster.NoMember):
        seat.promote("nobody", 10)
    seat.pause()
    paused = seat.primary_json()["seats"][0]
    assert paused["paused"] is True and paused["ready"] is True
    seat.set_ready(False)
    assert seat.primary_json()["seats"][0]["ready"] is False
    assert seat.is_primary
    seat.resume()
    other.expect("demoted")
    other.expect("promoted")
    until(lambda: not seat.is_primary, "the hand-over")
    with pytest.raises(muster.NoCandidate):
        seat.promote("a", 10)


def test_trust_promise_and_refusal(join: Join) -> None:
    cluster = join()
    seat = cluster.role()
    promoted: list[int] = []
    demoted: list[int] = []
    assert seat.remaining == 0.0
    with pytest.raises(muster.NotPrimary):
        seat.decline()
    seat.on_demote(demoted.append)
    seat.on_warning(lambda left: None)
    seat.on_warning(None)

    @seat.on_promote
    def promote(token: int) -> None:
        promoted.append(token)
        if len(promoted) == 1:
            seat.decline()

    until(lambda: demoted, "the refusal")
    assert demoted == promoted[:1] and seat.remaining == 0.0
    until(lambda: len(promoted) == 2, "another try, a second later")
    assert 0.5 < seat.remaining <= 1.5
    promise = seat.guarantee()
    assert promise["authority"] == "members" and promise["exclusive"] is False and promise["quorum"] is None


def seats_of(cluster: muster.Cluster, node_id: str) -> bool:
    return any(member["id"] == node_id and member["seats"] for member in cluster.members_json())


def test_leaving_runs_the_demote_callback(join: Join, peer: StartPeer) -> None:
    cluster = join(node_id="a")
    seat = cluster.role()
    demoted: list[int] = []
    seat.on_demote(demoted.append)
    until(lambda: seat.is_primary, "the promotion")
    other = peer("b", [cluster.me.port], "primary")
    until(lambda: seats_of(cluster, "b"), "the seat of b")
    cluster.leave(10)
    assert len(demoted) == 1
    other.expect("promoted")
    assert not seat.is_primary
    with pytest.raises(muster.Closed):
        seat.position


def test_a_seat_is_given_up(join: Join, peer: StartPeer) -> None:
    cluster = join(node_id="a")
    with cluster.role() as seat:
        until(lambda: seat.is_primary, "the promotion")
        other = peer("b", [cluster.me.port], "primary")
        until(lambda: seats_of(cluster, "b"), "the seat of b")
    other.expect("promoted")
    seat.close()
    assert not seat.is_primary
    with pytest.raises(muster.Closed):
        seat.token
    again = cluster.role()
    assert again is not seat
    until(lambda: again.position == 1, "the place in the line")


def test_a_callback_that_raises_is_logged(join: Join, caplog: pytest.LogCaptureFixture) -> None:
    cluster = join()
    calls: list[str] = []

    @cluster.on_event
    def listen(event: muster.Event) -> None:
        calls.append("event")
        raise RuntimeError("spilt milk")

    @cluster.role().on_promote
    def promoted(token: int) -> None:
        calls.append("promotion")
        sys.exit("spilt cream")

    with caplog.at_level(logging.ERROR, "muster"):
        until(lambda: calls.count("event") > 1 and "promotion" in calls, "the callbacks after the first")
        until(lambda: "spilt milk" in caplog.text and "spilt cream" in caplog.text, "the log")


def test_a_callback_may_put_another_in_its_place(join: Join) -> None:
    cluster = join()
    calls: list[str] = []

    @cluster.on_event
    def first(event: muster.Event) -> None:
        calls.append("first")
        cluster.on_event(second)
        gc.collect()

    def second(event: muster.Event) -> None:
        calls.append("second")
        cluster.on_event(None)

    cluster.role()
    until(lambda: calls == ["first", "second"], "both callbacks")


def test_no_end_from_inside_a_callback(join: Join) -> None:
    cluster = join()
    seat = cluster.role()
    refused: list[str] = []

    @seat.on_promote
    def promoted(token: int) -> None:
        for call in (cluster.close, seat.close, cluster.leave, seat.step_down):
            try:
                call()
            except muster.Busy:
                refused.append(call.__name__)

    until(lambda: refused == ["close", "close", "leave", "step_down"], "four refusals")
    assert seat.is_primary


def test_close_waits_for_a_callback(join: Join) -> None:
    cluster = join()
    entered, ended = threading.Event(), threading.Event()
    seat = cluster.role()

    @seat.on_promote
    def promoted(token: int) -> None:
        entered.set()
        until(lambda: not seat.is_primary, "the end of the node")
        ended.set()

    assert entered.wait(10)
    cluster.close()
    assert ended.is_set()


def test_only_functions_are_callbacks(join: Join) -> None:
    with pytest.raises(TypeError):
        join().role().on_promote(42)  # type: ignore[type-var]
