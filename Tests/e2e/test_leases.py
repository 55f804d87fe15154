"""Authority `store`: a lease in a SQLite file decides who is primary."""

from __future__ import annotations

import json
import pathlib
import signal
import sqlite3
from typing import Any

import pytest

from harness.process import Host, Stage, eventually, is_stopped, throughout

ROLE = "primary"
NO_CANDIDATE, INVALID, UNSUPPORTED = -9, -1, -11
LEASE = 1.0


@pytest.fixture
def store(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "leases.db"


def leased(store: pathlib.Path, **more: Any) -> dict[str, Any]:
    return {"failover.authority": "store", "failover.store": f"sqlite:{store}", "failover.lease": "1s", **more}


def row(store: pathlib.Path) -> tuple[int, str]:
    """The epoch and the holder that stand in the store."""
    with sqlite3.connect(store, timeout=10) as connection:
        epoch, holder = connection.execute("SELECT epoch, holder FROM muster_lease").fetchone()
    return int(epoch), str(holder)


def three(stage: Stage, store: pathlib.Path, **more: Any) -> tuple[Host, Host, Host]:
    a, b, c = stage.trio("role=" + ROLE, **leased(store, **more))
    for host in (a, b, c):
        eventually(lambda host=host: host.primary() == "a", f"{host.id} knows that a is primary")
        for id in "abc":
            eventually(lambda host=host, id=id: host.members()[id]["seats"], f"{host.id} knows the seat of {id}")
    return a, b, c


def test_one_is_primary_and_the_token_is_the_epoch(stage: Stage, store: pathlib.Path) -> None:
    a, b, c = three(stage, store)
    assert row(store) == (a.token(), "a")
    assert not b.is_primary() and not c.is_primary()
    throughout(lambda: a.is_primary() and not b.is_primary(), "it stays", 3 * LEASE)
    promise = a.ask(f"guarantee {ROLE}")["json"]
    assert promise["authority"] == "store" and promise["exclusive"] is True
    assert (promise["lease_ms"], promise["trust_ms"]) == (1000, 700)


def test_a_killed_primary_is_followed_when_its_lease_has_ended(stage: Stage, store: pathlib.Path) -> None:
    a, b, c = three(stage, store)
    token = a.token()
    killed = a.kill()
    first = b.wait_for(callback="promote")
    assert first["token"] == token + 1
    # Not before the lease that the dead one may still trust has ended.
    assert first["at"] - killed >= 0.6e9
    assert not c.said(callback="promote")
    eventually(lambda: c.primary() == "b", "c knows")
    # The former comes back as a standby.
    again = stage.start("a", "role=" + ROLE, seeds=[b], **leased(store))
    eventually(lambda: again.primary() == "b", "a knows who followed it")
    throughout(lambda: b.is_primary() and not again.is_primary(), "nobody is displaced", 2 * LEASE)


def test_a_frozen_primary_does_not_act_when_it_wakes(stage: Stage, store: pathlib.Path) -> None:
    a, b, _ = three(stage, store, **{"failover.demote_timeout": "10s"})
    sampled = stage.start("d", "role=other", "host.sample=1", seeds=[a], **leased(store))
    sampled.wait_for(sample="changed", primary=1)
    token = sampled.token("other")
    sampled.freeze()
    throughout(lambda: is_stopped(sampled.pid), "it stands still", 3 * LEASE)
    since = sampled.mark()
    sampled.send(signal.SIGCONT)
    assert sampled.wait_for(since, sample="woke")["primary"] == 0, "the very first answer after the stop"
    # It stays so until it has the lease again, which is another one.
    assert sampled.wait_for(since, sample="changed", primary=1)["token"] > token
    assert a.is_primary() and not b.is_primary()


def test_a_chosen_hand_over_waits_for_nothing(stage: Stage, store: pathlib.Path) -> None:
    a, b, c = three(stage, store)
    token = a.token()
    for asked, former, next in ((a, a, c), (b, c, b), (b, b, a), (c, a, c)):
        since = {host.id: host.mark() for host in (a, b, c)}
        assert asked.ask(f"promote {ROLE} {next.id} 5000")["result"] == 0
        stopped = former.wait_for(since[former.id], callback="demote-done")
        began = next.wait_for(since[next.id], callback="promote")
        assert stopped["at"] < began["at"]
        assert began["token"] > token
        token = began["token"]
        assert row(store) == (token, next.id)
        for host in (a, b, c):
            eventually(lambda host=host, next=next: host.primary() == next.id, f"{host.id} knows")


def test_stepping_down_goes_to_the_next_and_leaving_hands_over(stage: Stage, store: pathlib.Path) -> None:
    a, b, c = three(stage, store)
    assert a.ask(f"step-down {ROLE} 5000")["result"] == 0
    assert eventually(lambda: b.is_primary(), "b follows")
    eventually(lambda: a.ask(f"position {ROLE}").get("position") == 2, "a stands behind c")
    left = b.mark()
    assert b.ask("leave 5000")["result"] == 0
    assert b.said(left, callback="demote-done")
    c.wait_for(callback="promote")
    eventually(lambda: a.primary() == "c", "a knows")


def test_the_last_one_gives_the_lease_back(stage: Stage, store: pathlib.Path) -> None:
    a = stage.start("a", "role=" + ROLE, **leased(store))
    a.wait_for(callback="promote")
    token = a.token()
    assert a.ask(f"step-down {ROLE} 1000")["result"] == NO_CANDIDATE
    assert a.is_primary()
    assert a.ask("leave 5000")["result"] == 0
    assert row(store) == (token, "-")


def test_a_paused_role_keeps_its_dead_primary_until_somebody_says_who(stage: Stage, store: pathlib.Path) -> None:
    a, b, c = three(stage, store)
    assert c.ask(f"pause {ROLE}")["result"] == 0
    for host in (a, b, c):
        host.wait_for(event="role-paused", value=1)
    a.kill()
    throughout(lambda: not b.is_primary() and not c.is_primary(), "nobody follows", 3 * LEASE)
    assert b.ask(f"promote {ROLE} c 10000")["result"] == 0
    assert c.is_primary()
    assert b.ask(f"resume {ROLE}")["result"] == 0
    c.wait_for(event="role-paused", value=0)


def test_a_host_that_declines_or_is_unready_passes_it_on(stage: Stage, store: pathlib.Path) -> None:
    a, b, c = three(stage, store)
    assert a.ask(f"ready {ROLE} 0")["result"] == 0
    b.wait_for(callback="promote")
    assert b.ask(f"decline {ROLE}")["result"] == 0
    c.wait_for(callback="promote")
    assert not a.is_primary() and not b.is_primary()


def test_a_store_that_does_not_answer_is_told_of_and_ends_the_trust(stage: Stage, store: pathlib.Path) -> None:
    a, b, _ = three(stage, store, **{"failover.lease": "2s"})
    blocker = sqlite3.connect(store, timeout=10, isolation_level=None)
    blocker.execute("BEGIN EXCLUSIVE")
    try:
        lost = a.wait_for(callback="demote")
        told = a.wait_for(event="authority", value=1)
        assert any(word in told["detail"] for word in ("locked", "answer", "connecting")), told
        throughout(lambda: not a.is_primary() and not b.is_primary(), "nobody leads without the store", 3.0)
    finally:
        blocker.execute("ROLLBACK")
        blocker.close()
    a.wait_for(event="authority", value=0)
    eventually(lambda: sum(host.is_primary() for host in stage.hosts) == 1, "one leads again")
    eventually(
        lambda: any(line["token"] > lost["token"] for host in stage.hosts for line in host.said(callback="promote")),
        "under a new token",
    )


def test_a_store_that_forgot_is_noticed_and_tokens_go_on(stage: Stage, store: pathlib.Path) -> None:
    a, b, c = three(stage, store)
    b.ask(f"promote {ROLE} b 5000")
    eventually(b.is_primary, "b leads")
    token = b.token()
    with sqlite3.connect(store, timeout=10) as connection:
        connection.execute("DELETE FROM muster_lease")
    b.wait_for(callback="demote", token=token)
    told = b.wait_for(event="authority", value=2)
    assert str(token) in told["detail"]
    eventually(lambda: sum(host.is_primary() for host in stage.hosts) == 1, "one leads again")
    assert row(store)[0] > token


def test_seats_under_two_authorities_are_told_of(stage: Stage, store: pathlib.Path) -> None:
    a = stage.start("a", "role=" + ROLE, **leased(store))
    a.wait_for(callback="promote")
    b = stage.start("b", "role=" + ROLE, seeds=[a])
    assert "members" in a.wait_for(event="authority", value=3, member="b")["detail"]
    assert "store" in b.wait_for(event="authority", value=3, member="a")["detail"]


def test_two_clusters_share_a_store(stage: Stage, store: pathlib.Path) -> None:
    a = stage.start("a", "role=" + ROLE, **leased(store))
    b = stage.start("b", "role=" + ROLE, **leased(store), cluster=stage.name + "-other")
    for host in (a, b):
        host.wait_for(callback="promote")
    assert a.is_primary() and b.is_primary()


def test_two_clusters_of_one_name_in_one_store_are_told_of(stage: Stage, store: pathlib.Path) -> None:
    a = stage.start("a", "role=" + ROLE, **leased(store))
    a.wait_for(callback="promote")
    b = stage.start("b", "role=" + ROLE, **leased(store))
    c = stage.start("c", "role=" + ROLE, seeds=[a], **leased(store))
    told = b.wait_for(event="authority", value=5)
    assert (told["member"], told["role"]) == ("a", ROLE)
    assert f"another cluster named '{stage.name}'" in told["detail"]
    throughout(lambda: a.is_primary() and not b.is_primary() and not c.is_primary(), "one leads", 2 * LEASE)
    assert [len(host.said(event="authority", value=5)) for host in (a, b, c)] == [0, 1, 0]


def test_roles_have_leases_of_their_own(stage: Stage, store: pathlib.Path) -> None:
    a, b, _ = stage.trio("role=one", "role=two", **leased(store))
    eventually(lambda: a.is_primary("one") and a.is_primary("two"), "a leads both")
    eventually(lambda: "b" in a.members() and len(a.members()["b"]["seats"]) == 2, "a knows the seats of b")
    assert a.ask("step-down two 5000")["result"] == 0
    eventually(lambda: b.is_primary("two"), "b leads two")
    throughout(lambda: a.is_primary("one") and b.is_primary("two"), "each keeps its own", 2 * LEASE)


def test_a_host_that_does_not_stop_is_ended_before_another_begins(stage: Stage, store: pathlib.Path) -> None:
    a, b, _ = three(stage, store, **{"failover.on_lost": "exit", "failover.lease": "2s"})
    stuck = stage.start(
        "d", "role=" + ROLE, "host.demote-ms=60000", seeds=[a], **leased(store, **{"failover.on_lost": "exit"})
    )
    eventually(lambda: "d" in a.members() and a.members()["d"]["seats"], "a knows the seat of d")
    assert a.ask(f"promote {ROLE} d 5000")["result"] == 0
    blocker = sqlite3.connect(store, timeout=10, isolation_level=None)
    blocker.execute("BEGIN EXCLUSIVE")
    try:
        assert stuck.process.wait(20) == 70
        assert not any(host.is_primary() for host in (a, b))
    finally:
        blocker.execute("ROLLBACK")
        blocker.close()


def test_a_host_that_is_stopping_has_no_longer_than_its_lease(stage: Stage, store: pathlib.Path) -> None:
    options = {"failover.on_lost": "exit", "failover.lease": "2s", "failover.demote_timeout": "60s"}
    a, b, _ = three(stage, store, **options)
    slow = stage.start("d", "role=" + ROLE, "host.demote-ms=60000", seeds=[a], **leased(store, **options))
    eventually(lambda: "d" in a.members() and a.members()["d"]["seats"], "a knows the seat of d")
    assert a.ask(f"promote {ROLE} d 5000")["result"] == 0
    slow.tell(f"step-down {ROLE} 30000")
    slow.wait_for(callback="demote")
    blocker = sqlite3.connect(store, timeout=10, isolation_level=None)
    blocker.execute("BEGIN EXCLUSIVE")
    try:
        assert slow.process.wait(20) == 70
        assert not any(host.is_primary() for host in (a, b))
    finally:
        blocker.execute("ROLLBACK")
        blocker.close()


@pytest.mark.parametrize(
    ("options", "result", "words"),
    [
        ({"failover.authority": "store"}, INVALID, "failover.store"),
        ({"failover.store": "sqlite:x"}, INVALID, "failover.authority"),
        ({"failover.authority": "store", "failover.store": "mongo://x"}, UNSUPPORTED, "no store of this kind"),
        ({"failover.authority": "store", "failover.store": "sqlite:"}, INVALID, "failover.store"),
        ({"failover.authority": "store", "failover.store": "sqlite:x", "failover.quorum": "2"}, INVALID, "quorum"),
        (
            {"failover.authority": "store", "failover.store": "sqlite:x", "failover.longest_lease": "1s"},
            INVALID,
            "failover.longest_lease",
        ),
    ],
)
def test_what_cannot_keep_the_promise_is_refused(
    stage: Stage, options: dict[str, str], result: int, words: str
) -> None:
    host = stage.start("a", "role=" + ROLE, **options)
    refused = host.wait_for(failed="join")
    assert refused["result"] == result and words in refused["error"], refused


def test_a_password_is_never_told(stage: Stage) -> None:
    secret = "s3cr3t-word"
    url = f"postgresql://nobody:{secret}@127.0.0.1:1/none"
    a = stage.start("a", "role=" + ROLE, "host.log=5", **{"failover.authority": "store", "failover.store": url})
    told = a.wait_for(event="authority", value=1)
    assert "refused" in told["detail"] or "connect" in told["detail"], told
    assert secret not in json.dumps(a.lines)
