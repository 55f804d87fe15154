"""Members that leave, die, freeze and come back."""

from __future__ import annotations

import os
import pathlib
import signal

import pytest

from harness.process import Host, Stage, eventually, is_stopped, throughout

MILLISECONDS = 1_000_000


def primaries(*hosts: Host) -> list[str]:
    return [host.id for host in hosts if host.is_primary()]


def test_leave_is_seen_by_all_as_left(stage: Stage) -> None:
    a, b, c = stage.trio()
    assert b.ask("leave 5000")["result"] == 0
    b.wait_for(event="self-left")
    for host in (a, c):
        host.wait_for(event="left", member="b")
        assert not host.said(event="dead", member="b")
    stage.agree(a, c)
    assert b.ask("members")["result"] == -5
    assert b.ask("tag x y")["result"] == -5
    assert b.quit() == 0


def test_a_rolling_restart_is_no_death_to_anybody(stage: Stage) -> None:
    """One after the other leaves and is started again, twice around; also one that only closes."""
    hosts = dict(zip("abc", stage.trio(), strict=True))
    gone: list[Host] = []
    for turn in range(6):
        id = "abc"[turn % 3]
        leaver = hosts.pop(id)
        if turn < 3:
            assert leaver.ask("leave 5000")["result"] == 0
        assert leaver.quit() == 0
        gone.append(leaver)
        stage.agree(*hosts.values())
        hosts[id] = stage.start(id, seeds=list(hosts.values()))
        stage.agree(*hosts.values())
    for host in (*gone, *hosts.values()):
        assert not host.said(event="dead") and not host.said(event="suspect"), host.id


def test_leave_alone_is_done_at_once(stage: Stage) -> None:
    a = stage.start("a")
    assert a.ask("leave 5000", seconds=3)["result"] == 0


def test_close_without_leave_is_seen_by_all(stage: Stage) -> None:
    a, b, c = stage.trio()
    assert b.quit() == 0
    stage.agree(a, c)


def test_killed_member_is_seen_as_dead_by_all(stage: Stage) -> None:
    a, b, c = stage.trio()
    at = b.kill()
    for host in (a, c):
        dead = host.wait_for(event="dead", member="b", seconds=10)
        # By the kernel's word, not by silence: that would take a probe and a suspicion, 1.5 s.
        assert dead["at"] - at < 1000 * MILLISECONDS, dead
    stage.agree(a, c)


def test_two_of_five_killed_at_once_are_seen_by_all(stage: Stage) -> None:
    a = stage.start("a")
    others = [stage.start(id, seeds=[a]) for id in ("b", "c", "d", "e")]
    stage.agree(a, *others)
    b, c, d, e = others
    b.send(signal.SIGKILL)
    d.send(signal.SIGKILL)
    for host in (a, c, e):
        host.wait_for(event="dead", member="b")
        host.wait_for(event="dead", member="d")
    stage.agree(a, c, e)


def test_killed_primary_promotes_position_1(stage: Stage) -> None:
    a, b, c = stage.trio("role=primary", **{"failover.grace": "200ms"})
    eventually(lambda: b.ask("position primary").get("position") == 1, "b is next")
    assert c.ask("position primary")["position"] == 2
    before = a.token()
    at = a.kill()
    promoted = b.wait_for(callback="promote")
    assert promoted["token"] > before
    assert promoted["at"] - at < 1000 * MILLISECONDS
    eventually(lambda: c.primary() == "b" and b.primary() == "b", "all know the new primary")
    assert primaries(b, c) == ["b"] and b.token() == promoted["token"]
    assert not c.said(callback="promote")


def test_configured_position_decides_who_is_next(stage: Stage) -> None:
    options = {"failover.grace": "200ms"}
    a = stage.start("a", "role=primary", **options)
    a.wait_for(callback="promote")
    b = stage.start("b", "role=primary", seeds=[a], **options)
    stage.agree(a, b)
    c = stage.start("c", "role=primary", seeds=[a], **options, **{"failover.position": "1"})
    stage.agree(a, b, c)
    eventually(lambda: c.ask("position primary").get("position") == 1, "c is next")
    eventually(lambda: b.ask("position primary").get("position") == 2, "b comes after it")
    a.kill()
    c.wait_for(callback="promote")
    assert not b.said(callback="promote")


def test_roles_are_independent(stage: Stage) -> None:
    options = {"failover.grace": "200ms"}
    a = stage.start("a", "role=mail", **options)
    a.wait_for(callback="promote", role="mail")
    b = stage.start("b", "role=web", "role=mail", seeds=[a], **options)
    b.wait_for(callback="promote", role="web")
    assert not b.said(callback="promote", role="mail")
    a.kill()
    b.wait_for(callback="promote", role="mail")
    assert b.is_primary("web") and b.is_primary("mail")


def test_frozen_primary_is_replaced_and_never_acts_again(stage: Stage) -> None:
    a, b, c = stage.trio("role=primary", "host.sample=1", **{"failover.grace": "200ms"})
    a.wait_for(sample="changed", primary=1)
    eventually(lambda: b.ask("position primary").get("position") == 1, "b is next")
    frozen = a.freeze()
    promoted = b.wait_for(callback="promote")
    assert promoted["at"] - frozen < 4000 * MILLISECONDS
    eventually(lambda: c.primary() == "b", "c knows")
    for host in (b, c):
        assert not host.said(event="dead", member="a"), "a stopped process is no dead one"
    since = a.mark()
    woken = a.send(signal.SIGCONT)
    slept = a.wait_for(since, sample="woke")
    assert slept["primary"] == 0, "the very first answer after the sleep"
    a.wait_for(since, callback="demote")
    stage.agree(a, b, c)
    eventually(lambda: a.primary() == "b", "a has found its primary")
    eventually(lambda: a.ask("position primary").get("position") in (1, 2), "a stands in the line again")
    throughout(lambda: primaries(a, b, c) == ["b"], "b alone is primary", seconds=0.5)
    stale = [line for line in a.said(sample="changed", primary=1) if line["asked"] > woken]
    assert not stale, "asked every millisecond, it never said yes again"
    assert not a.said(since, callback="promote")


def test_frozen_primary_of_two_never_answers_before_it_has_heard(stage: Stage) -> None:
    """With one other member only, and frozen again and again, for shorter and longer than the role allows."""
    options = {"failover.grace": "200ms", "failover.unresponsive_after": "500ms"}
    a = stage.start("a", "role=primary", "host.sample=1", **options)
    a.wait_for(sample="changed", primary=1)
    b = stage.start("b", "role=primary", "host.sample=1", seeds=[a], **options)
    stage.agree(a, b)
    eventually(lambda: b.ask("position primary").get("position") == 1, "b is next")
    leader, other = a, b
    for _ in range(3):
        since, heard = leader.mark(), other.mark()
        leader.freeze()
        other.wait_for(heard, callback="promote")
        woken = leader.send(signal.SIGCONT)
        assert leader.wait_for(since, sample="woke")["primary"] == 0
        leader.wait_for(since, callback="demote")
        eventually(lambda other=other: primaries(a, b) == [other.id], "one primary")
        assert not [line for line in leader.said(since, sample="changed", primary=1) if line["asked"] > woken]
        stage.agree(a, b)
        leader, other = other, leader


def test_all_frozen_at_once_settle_on_one_primary(stage: Stage) -> None:
    """As when the machine itself sleeps: nobody has been replaced, nobody may be lost."""
    hosts = stage.trio("role=primary", "host.sample=1", **{"failover.grace": "200ms"})
    marks = [host.mark() for host in hosts]
    for host in hosts:
        host.freeze()
    # Nothing can be asked of a frozen cluster; only time must pass, more than the role allows.
    throughout(lambda: all(is_stopped(host.pid) for host in hosts), "they stand still", seconds=2.0)
    for host in hosts:
        host.send(signal.SIGCONT)
    for host, since in zip(hosts, marks):
        host.wait_for(since, sample="woke")
    stage.agree(*hosts)
    eventually(lambda: len(primaries(*hosts)) == 1, "one primary")
    leader = primaries(*hosts)[0]
    eventually(lambda: all(host.primary() == leader for host in hosts), "all agree on it")


def test_frozen_standby_is_passed_over(stage: Stage) -> None:
    a, b, c = stage.trio("role=primary", **{"failover.grace": "200ms"})
    eventually(lambda: b.ask("position primary").get("position") == 1, "b is next")
    b.freeze()
    a.wait_for(event="unresponsive", member="b")
    c.wait_for(event="unresponsive", member="b")
    a.kill()
    c.wait_for(callback="promote")
    b.send(signal.SIGCONT)
    stage.agree(b, c)
    eventually(lambda: b.primary() == "c", "b knows")
    assert primaries(b, c) == ["c"] and not b.said(callback="promote")


def test_who_slept_until_it_was_replaced_stays_away(stage: Stage) -> None:
    """A start that was held to be dead for good reason does not drive the one out that has its place."""
    other = stage.start("b", suspect_max="2s")
    former = stage.start("x", "role=primary", seeds=[other], suspect_max="2s")
    former.wait_for(callback="promote")
    former.freeze()
    other.wait_for(event="dead", member="x")
    successor = stage.start("x", "role=primary", seeds=[other], suspect_max="2s")
    successor.wait_for(callback="promote")
    since = other.mark()
    former.send(signal.SIGCONT)
    former.wait_for(event="duplicate")
    eventually(lambda: former.ask("members")["result"] != 0, "it has gone")
    throughout(lambda: successor.is_primary() and other.sees("b", "x"), "the successor stays", seconds=3)
    assert not former.is_primary() and not other.said(since, event="dead", member="x")


def test_restart_with_the_same_id_supersedes_at_once(stage: Stage) -> None:
    a, b, c = stage.trio()
    old = a.members()["b"]["generation"]
    b.kill()
    again = stage.start("b", seeds=[a])
    for host in (a, c):
        eventually(lambda host=host: host.members().get("b", {}).get("generation", old) != old, "the new b", 5)
    stage.agree(a, again, c)
    assert int(a.members()["b"]["generation"]) > int(old)
    assert not again.said(event="duplicate")


def test_restart_on_the_same_port_supersedes_at_once(stage: Stage) -> None:
    a, b, c = stage.trio()
    port = b.port
    for _ in range(3):
        b.kill()
        b = stage.start("b", seeds=[a], port=str(port), port_range="1")
        stage.agree(a, b, c, seconds=5)
        assert b.port == port and not b.said(event="duplicate")


def test_second_live_instance_of_an_id_is_refused(stage: Stage) -> None:
    a, b, c = stage.trio("role=primary", **{"failover.grace": "200ms"})
    twin = stage.start("b", "role=primary", seeds=[a], **{"failover.grace": "200ms"})
    twin.wait_for(event="duplicate")
    eventually(lambda: twin.ask("members")["result"] == -8, "every further call is refused")
    assert twin.ask("tag x y")["result"] == -8
    assert twin.ask("wait 1 0")["result"] == -8
    assert not twin.is_primary()
    b.wait_for(event="duplicate")
    stage.agree(a, b, c)
    assert a.members()["b"]["port"] == b.port
    throughout(lambda: a.sees("a", "b", "c"), "the older one stays", seconds=0.5)
    for host in (a, c):
        assert not host.said(event="dead", member="b") and not host.said(event="left", member="b")
    assert twin.quit() == 0


@pytest.mark.parametrize("late", [0, 500])
def test_second_live_instance_is_refused_by_the_first_alone(stage: Stage, late: int) -> None:
    """There is nobody else who could know. It may be refused before its host has registered a callback."""
    older = stage.start("a")
    younger = stage.start("a", f"host.late={late}", seeds=[older])
    younger.wait_for(event="duplicate")
    older.wait_for(event="duplicate")
    eventually(lambda: younger.ask("members")["result"] == -8, "every further call is refused")
    assert older.sees("a")


def test_leaving_primary_hands_over_after_its_callback(stage: Stage) -> None:
    a, b, c = stage.trio("role=primary", "host.demote-ms=400", **{"failover.grace": "200ms"})
    eventually(lambda: b.ask("position primary").get("position") == 1, "b is next")
    before = a.token()
    assert a.ask("leave 8000")["result"] == 0
    done = a.wait_for(callback="demote-done")
    assert done["at"] - a.wait_for(callback="demote")["at"] >= 400 * MILLISECONDS
    promoted = b.wait_for(callback="promote")
    assert promoted["at"] >= done["at"], "the next one began before the last one had ended"
    assert promoted["token"] > before
    for host in (b, c):
        host.wait_for(event="left", member="a")
    assert a.quit() == 0


def test_step_down_hands_over_after_the_callback(stage: Stage) -> None:
    a, b, c = stage.trio("role=primary", "host.demote-ms=300", **{"failover.grace": "200ms"})
    eventually(lambda: b.ask("position primary").get("position") == 1, "b is next")
    assert a.ask("step-down primary 8000")["result"] == 0
    assert b.wait_for(callback="promote")["at"] >= a.wait_for(callback="demote-done")["at"]
    eventually(lambda: primaries(a, b, c) == ["b"], "b is primary")
    eventually(lambda: a.ask("position primary").get("position") == 2, "a went to the end of the line")
    eventually(lambda: c.ask("position primary").get("position") == 1, "c is next")
    assert a.ask("step-down primary 1000")["result"] == -10
    assert a.ask("token primary")["result"] == -10
    # And round again, without any restart.
    assert b.ask("step-down primary 8000")["result"] == 0
    assert c.ask("step-down primary 8000")["result"] == 0
    eventually(lambda: primaries(a, b, c) == ["a"], "a is primary again")
    tokens = [line["token"] for host in (a, b, c) for line in host.said(callback="promote")]
    assert len(tokens) == 4 and len(set(tokens)) == 4 and a.token() == max(tokens)


def test_step_down_alone_is_refused(stage: Stage) -> None:
    a = stage.start("a", "role=primary", **{"failover.grace": "100ms"})
    a.wait_for(callback="promote")
    assert a.ask("step-down primary 1000")["result"] == -9
    assert a.is_primary()


def test_step_down_that_takes_too_long_says_so(stage: Stage) -> None:
    a, b, _ = stage.trio("role=primary", "host.demote-ms=600", **{"failover.grace": "200ms"})
    eventually(lambda: b.ask("position primary").get("position") == 1, "b is next")
    assert a.ask("step-down primary 50")["result"] == -4
    b.wait_for(callback="promote")


def test_closed_seat_is_handed_over(stage: Stage) -> None:
    a, b, c = stage.trio("role=primary", **{"failover.grace": "200ms"})
    eventually(lambda: b.ask("position primary").get("position") == 1, "b is next")
    a.ask("close-seat primary")
    b.wait_for(callback="promote")
    assert a.said(callback="demote") and a.sees("a", "b", "c")
    eventually(lambda: c.primary() == "b", "c knows")
    assert a.ask("open primary")["result"] == 0
    eventually(lambda: a.ask("position primary").get("position") == 2, "a stands in the line again")
    assert primaries(a, b, c) == ["b"]


def test_seat_reopened_while_its_demote_callback_runs(stage: Stage) -> None:
    a, b, c = stage.trio("role=primary", "host.demote-ms=300", **{"failover.grace": "200ms"})
    eventually(lambda: b.ask("position primary").get("position") == 1, "b is next")
    a.ask("close-seat primary")
    assert a.ask("open primary")["result"] == 0
    b.wait_for(callback="promote")
    eventually(lambda: a.ask("position primary").get("position") == 2, "a stands in the line again")
    eventually(lambda: a.primary() == "b", "a knows its primary")


def test_parents_death_is_seen_although_a_forked_child_lives(stage: Stage) -> None:
    a, b, c = stage.trio()
    child = b.ask("fork")["pid"]
    try:
        at = b.kill()
        for host in (a, c):
            dead = host.wait_for(event="dead", member="b", seconds=10)
            assert dead["at"] - at < 1000 * MILLISECONDS, dead
        os.kill(child, 0)
        sockets = [target for target in targets(child) if target.startswith("socket:")]
        assert not sockets, "the child holds a socket of its parent's library"
    finally:
        os.kill(child, signal.SIGKILL)


def targets(pid: int) -> list[str]:
    folder = pathlib.Path(f"/proc/{pid}/fd")
    return [os.readlink(entry) for entry in folder.iterdir()]


def test_tags_spread_and_vanish(stage: Stage) -> None:
    a, b, c = stage.trio()
    assert b.ask("tag zone north")["result"] == 0
    for host in (a, b, c):
        eventually(lambda host=host: host.members()["b"]["tags"] == {"zone": "north"}, "the tag")
    assert b.ask("untag zone")["result"] == 0
    for host in (a, b, c):
        eventually(lambda host=host: host.members()["b"]["tags"] == {}, "no tag")
    a.wait_for(event="changed", member="b")


def test_many_restarts_leave_one_view(stage: Stage) -> None:
    a = stage.start("a", "role=primary", **{"failover.grace": "200ms"})
    a.wait_for(callback="promote")
    for round in range(5):
        b = stage.start("b", "role=primary", seeds=[a], **{"failover.grace": "200ms"})
        stage.agree(a, b)
        eventually(lambda b=b: b.primary() == "a", "b knows the primary")
        if round % 2:
            b.kill()
        else:
            assert b.ask("leave 5000")["result"] == 0
            assert b.quit() == 0
        eventually(lambda: a.sees("a"), "a is alone again")
    assert a.is_primary() and len(a.said(callback="promote")) == 1
