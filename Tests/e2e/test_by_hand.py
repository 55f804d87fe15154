"""What an operator does with a role by hand: readiness, chosen hand-over, pause, quorum."""

from __future__ import annotations

import signal

from harness.process import Host, Stage, eventually, is_stopped, throughout

ROLE = "primary"
NO_MEMBER, NO_CANDIDATE, TIMEOUT, INVALID = -14, -9, -4, -1


def primaries(*hosts: Host) -> list[str]:
    return [host.id for host in hosts if host.is_primary()]


def seat_of(host: Host, id: str) -> dict[str, object]:
    """What the host knows of a member's seat."""
    seats = host.members()[id]["seats"]
    return dict(seats[0]) if seats else {}


def seated(stage: Stage, **options: str) -> tuple[Host, Host, Host]:
    a, b, c = stage.trio("role=" + ROLE, **options)
    for host in (a, b, c):
        for id in "abc":
            eventually(lambda host=host, id=id: seat_of(host, id), f"{host.id} knows the seat of {id}")
    return a, b, c


# -- readiness


def test_an_unready_seat_is_passed_over(stage: Stage) -> None:
    a, b, c = seated(stage)
    assert b.ask(f"ready {ROLE} 0")["result"] == 0
    eventually(lambda: seat_of(c, "b")["ready"] is False, "c knows")
    a.kill()
    c.wait_for(callback="promote")
    eventually(lambda: b.primary() == "c", "b knows")
    assert not b.said(callback="promote")
    assert b.ask(f"ready {ROLE} 1")["result"] == 0
    assert b.ask(f"position {ROLE}")["position"] == 1
    c.kill()
    b.wait_for(callback="promote")


def test_a_primary_that_becomes_unready_hands_over_and_gets_it_back(stage: Stage) -> None:
    a, b, c = seated(stage)
    token = a.token()
    since = a.mark()
    assert a.ask(f"ready {ROLE} 0")["result"] == 0
    stopped = a.wait_for(since, callback="demote-done")
    began = b.wait_for(callback="promote")
    assert stopped["at"] < began["at"] and began["token"] > token
    # Nobody else is ready: b stays, though it is not ready either.
    assert c.ask(f"ready {ROLE} 0")["result"] == 0
    eventually(lambda: seat_of(b, "c")["ready"] is False, "b knows")
    assert b.ask(f"ready {ROLE} 0")["result"] == 0
    throughout(b.is_primary, "b stays", 0.5)
    assert a.ask(f"ready {ROLE} 1")["result"] == 0
    assert a.wait_for(since, callback="promote")["token"] > began["token"]
    assert b.said(callback="demote-done")


def test_a_host_that_is_not_ready_from_the_start(stage: Stage) -> None:
    a = stage.start("a", "role=" + ROLE, **{"failover.ready": "false", "failover.grace": "100ms"})
    a.joined()
    throughout(lambda: not a.is_primary(), "nobody is fit", 0.7)
    assert a.ask(f"ready {ROLE} 1")["result"] == 0
    a.wait_for(callback="promote")


# -- a chosen hand-over


def test_promote_from_anywhere(stage: Stage) -> None:
    """Asked of the primary, of the member itself and of a third; each time the former stops first."""
    a, b, c = seated(stage)
    hosts = {host.id: host for host in (a, b, c)}
    for asked, former, target in ((a, "a", "c"), (b, "c", "b"), (c, "b", "a")):
        token = hosts[former].token()
        marks = {id: host.mark() for id, host in hosts.items()}
        assert asked.ask(f"promote {ROLE} {target} 10000")["result"] == 0
        began = hosts[target].wait_for(marks[target], callback="promote")
        stopped = hosts[former].wait_for(marks[former], callback="demote-done")
        assert stopped["at"] < began["at"] and began["token"] > token
        for id, host in hosts.items():
            assert id == target or not host.said(marks[id], callback="promote"), "nobody in between"
            eventually(lambda host=host, target=target: host.primary() == target, f"{id} knows")
        assert asked.ask(f"promote {ROLE} {target} 10000")["result"] == 0, "it is already"


def test_promote_waits_for_the_demote_callback(stage: Stage) -> None:
    a, b, c = seated(stage, **{"host.demote-ms": "700"})
    assert c.ask(f"promote {ROLE} c 200")["result"] == TIMEOUT
    # Begun is begun.
    began = c.wait_for(callback="promote")
    assert a.wait_for(callback="demote-done")["at"] < began["at"]
    assert c.ask(f"promote {ROLE} b 0")["result"] == TIMEOUT, "does not wait, and is begun"
    b.wait_for(callback="promote")
    assert primaries(a, b, c) == ["b"]


def test_who_cannot_be_promoted_is_named(stage: Stage) -> None:
    a, b, c = seated(stage)
    d = stage.start("d", seeds=[a])
    stage.agree(a, b, c, d)
    assert b.ask(f"ready {ROLE} 0")["result"] == 0
    eventually(lambda: seat_of(c, "b")["ready"] is False, "c knows")
    for target, code, words in (
        ("nobody", NO_MEMBER, "no member 'nobody' is present"),
        ("d", NO_CANDIDATE, "'d' has no seat in 'primary'"),
        ("b", NO_CANDIDATE, "'b' is not ready"),
    ):
        answer = c.ask(f"promote {ROLE} {target} 5000")
        assert (answer["result"], answer["error"]) == (code, words)
    assert primaries(a, b, c) == ["a"]


# -- pause


def test_a_paused_role_moves_by_hand_only(stage: Stage) -> None:
    a, b, c = seated(stage)
    assert c.ask(f"pause {ROLE}")["result"] == 0
    for host in (a, b, c):
        assert host.wait_for(event="role-paused")["value"] == 1
    # A newcomer learns of it.
    d = stage.start("d", "role=" + ROLE, seeds=[b])
    d.wait_for(event="role-paused", value=1)
    for host in (b, d):
        eventually(
            lambda host=host: host.ask(f"primary {ROLE}")["json"]["seats"][0]["paused"], f"{host.id} shows that a knows"
        )
    since = c.mark()
    a.kill()
    c.wait_for(since, event="dead", member="a")
    throughout(lambda: primaries(b, c, d) == [], "nobody is promoted", 1.0)
    assert b.ask(f"promote {ROLE} d 10000")["result"] == 0
    assert d.is_primary()
    assert d.ask(f"step-down {ROLE} 10000")["result"] == 0
    assert primaries(b, c, d) == ["b"]
    b.kill()
    c.wait_for(since, event="dead", member="b")
    throughout(lambda: primaries(c, d) == [], "nobody is promoted", 0.5)
    assert d.ask(f"resume {ROLE}")["result"] == 0
    eventually(lambda: len(primaries(c, d)) == 1, "the line decides again")
    c.wait_for(since, event="role-paused", value=0)


def test_a_paused_primary_that_freezes_keeps_the_role(stage: Stage) -> None:
    a, b, c = seated(stage)
    assert a.ask(f"pause {ROLE}")["result"] == 0
    for host in (b, c):
        host.wait_for(event="role-paused", value=1)
    token = a.token()
    a.freeze()
    b.wait_for(event="unresponsive", member="a")
    throughout(lambda: primaries(b, c) == [], "nobody takes over", 3.0)
    since = a.mark()
    a.send(signal.SIGCONT)
    eventually(a.is_primary, "still primary")
    assert a.token() == token and not a.said(since, callback="demote")


# -- quorum


def test_too_few_members_have_no_primary(stage: Stage) -> None:
    options = {"failover.quorum": "2", "failover.grace": "100ms"}
    a = stage.start("a", "role=" + ROLE, **options)
    a.joined()
    throughout(lambda: not a.is_primary(), "one alone", 0.7)
    answer = a.ask(f"promote {ROLE} a 1000")
    assert answer["result"] == NO_CANDIDATE and "failover.quorum" in answer["error"]
    # A member without a seat counts.
    b = stage.start("b", seeds=[a], **options)
    a.wait_for(callback="promote")
    since = a.mark()
    b.kill()
    assert a.wait_for(since, callback="demote")
    assert not a.is_primary()
    b = stage.start("b", seeds=[a], **options)
    a.wait_for(since, callback="promote")


# -- trust, declining


def test_trust_that_runs_out(stage: Stage) -> None:
    a = stage.start("a", "role=" + ROLE, "host.warning=1", **{"failover.grace": "0s"})
    a.wait_for(callback="promote")
    left = [a.ask(f"remaining {ROLE}")["remaining"] for _ in range(50)]
    assert all(700 < each <= 1500 for each in left), left
    assert not a.said(callback="warning")
    b = stage.start("b", "role=" + ROLE, seeds=[a])
    stage.agree(a, b)
    assert b.ask(f"remaining {ROLE}")["remaining"] == 0
    # Nobody can tell the one that has slept whether it was replaced meanwhile.
    b.freeze()
    a.freeze()
    throughout(lambda: is_stopped(a.pid) and is_stopped(b.pid), "both stand still", 2.0)
    since = a.mark()
    a.send(signal.SIGCONT)
    assert a.wait_for(since, callback="warning")["remaining"] == 0
    assert a.ask(f"remaining {ROLE}")["remaining"] == 0 and not a.is_primary()
    b.send(signal.SIGCONT)
    eventually(lambda: a.ask(f"remaining {ROLE}")["remaining"] > 0 or b.is_primary(), "one of them has it")


def test_who_declines_is_followed_and_rests(stage: Stage) -> None:
    a, b, c = seated(stage)
    assert b.ask("declines 1")["reply"] == "declines"
    since = a.mark()
    assert a.ask(f"decline {ROLE}")["result"] == 0
    assert a.wait_for(since, callback="demote-done")
    # b is the next and declines as well.
    assert b.wait_for(callback="declined")["result"] == 0
    b.wait_for(callback="demote")
    c.wait_for(callback="promote")
    assert b.ask(f"decline {ROLE}")["result"] == -10
    assert c.is_primary()


def test_a_cluster_in_which_nobody_can_lead_does_not_spin(stage: Stage) -> None:
    a = stage.start("a", "role=" + ROLE, "host.decline=1", **{"failover.grace": "0s"})
    first, second, third = (a.wait_for(a.mark() if turn else 0, callback="promote")["at"] for turn in range(3))
    assert second - first >= 1_000_000_000 and third - second >= 2_000_000_000
    assert a.ask("declines 0")["reply"] == "declines"
    eventually(a.is_primary, "as soon as it can")


def test_a_promote_callback_that_does_not_return(stage: Stage) -> None:
    options = {"failover.promote_timeout": "300ms", "failover.demote_timeout": "200ms"}
    a = stage.start("a", "role=" + ROLE, "host.promote-ms=3000", **options)
    a.wait_for(callback="promote")
    b = stage.start("b", "role=" + ROLE, seeds=[a], **options)
    b.wait_for(callback="promote")
    throughout(lambda: b.is_primary() and not a.is_primary(), "b has it", 1.0)


# -- a host that does not stop


def test_a_host_that_does_not_stop_is_told_of(stage: Stage) -> None:
    a, b, c = seated(stage, **{"host.demote-ms": "1500", "failover.demote_timeout": "300ms"})
    token = a.token()
    a.tell(f"step-down {ROLE} 10000")
    late = a.wait_for(event="demote-late")
    assert (late["member"], late["role"], late["value"]) == ("a", ROLE, token)
    b.wait_for(callback="promote")
    a.wait_for(callback="demote-done")
    assert len(a.said(event="demote-late")) == 1


def test_a_host_that_stops_in_time_is_not(stage: Stage) -> None:
    a, b, c = seated(stage, **{"failover.demote_timeout": "300ms", "failover.on_lost": "exit"})
    assert a.ask(f"step-down {ROLE} 10000")["result"] == 0
    assert b.ask(f"step-down {ROLE} 10000")["result"] == 0
    throughout(lambda: a.process.poll() is None and b.process.poll() is None, "both live", 1.0)
    assert not a.said(event="demote-late") and not b.said(event="demote-late")


def test_a_host_that_does_not_stop_is_ended_where_that_is_wanted(stage: Stage) -> None:
    options = {"failover.demote_timeout": "300ms", "failover.on_lost": "exit"}
    a = stage.start("a", "role=" + ROLE, "host.demote-ms=20000", **options)
    a.wait_for(callback="promote")
    b = stage.start("b", "role=" + ROLE, seeds=[a], **options)
    stage.agree(a, b)
    eventually(lambda: seat_of(a, "b"), "the seat of b")
    a.tell(f"promote {ROLE} b 10000")
    assert a.process.wait(10) == 70
    assert a.process.stderr is not None
    assert a.process.stderr.read().count("\n") == 1
    b.wait_for(callback="promote")
