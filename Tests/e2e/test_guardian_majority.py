"""The guardian under authority `majority`: it shows to a voter that its host is dead, and the lease goes on at once."""

from __future__ import annotations

import os
import pathlib
import signal
from functools import partial
from typing import Any

import pytest

from harness.process import Host, Stage, eventually, guardians, throughout
from test_majority import ROLE, Town

# Whoever waited for its end would be late.
LEASE = 6.0
SOON = LEASE / 3
KEY = bytes(range(32)).hex()


@pytest.fixture
def town(stage: Stage, tmp_path: pathlib.Path) -> Town:
    return Town(stage, tmp_path)


def start(town: Town, id: str, *arguments: str, **more: Any) -> Host:
    options = {"failover.guardian": "on", "failover.lease": f"{LEASE:g}s", **more}
    host: Host = town.start(id, *arguments, **options)
    return host


def lead(town: Town, hosts: list[Host], *roles: str) -> tuple[Host, list[Host]]:
    """Who leads in the first role, and in all after a hand-over, and the others, which have seen it lead."""
    town.stage.agree(*town.hosts.values())
    first = town.leader(60.0)
    rest = [host for host in hosts if host is not first]
    for host in rest:
        eventually(lambda: len(host.members()[first.id]["seats"]) == len(roles), f"{host.id} knows all seats")
    for role in roles:
        if not first.is_primary(role):
            assert first.ask(f"promote {role} {first.id} 30000")["result"] == 0
        eventually(partial(first.is_primary, role), f"{first.id} leads {role}", 60.0)
        for host in rest:
            eventually(partial(host.sees_leased, role, first.id), f"{host.id} has read that {first.id} leads {role}")
    return first, rest


def follower(hosts: list[Host], marks: list[int], role: str = ROLE) -> tuple[Host, dict[str, Any]] | None:
    for host, mark in zip(hosts, marks, strict=True):
        for line in host.said(mark, callback="promote", role=role):
            return host, line
    return None


@pytest.mark.parametrize("key", [None, KEY], ids=["plain", "sealed"])
def test_a_killed_primary_is_followed_at_once(town: Town, key: str | None) -> None:
    """In both roles, whoever had them; the witness votes only, and may be the one that the guardian writes to."""
    more = {"key": key, "bind": "127.0.0.1"} if key else {}
    roles = (ROLE, "other")
    hosts = [start(town, id, *[f"role={role}" for role in roles], **more) for id in "ab"]
    start(town, "c", **more)
    first, rest = lead(town, hosts, *roles)
    tokens = {role: first.token(role) for role in roles}
    marks = [host.mark() for host in rest]
    promise = first.ask(f"guarantee {ROLE}")["json"]
    assert promise["guardian"] is True
    assert any("guardian lives and reaches a voter" in text for text in promise["promised"])
    killed = first.kill()
    for role, token in tokens.items():
        _, line = eventually(partial(follower, rest, marks, role), f"{role} is followed", SOON)
        assert line["token"] == token + 1
        assert line["at"] - killed < SOON * 1e9
    eventually(lambda: not guardians(first), "the guardian has its receipts and ends", SOON)


def test_a_frozen_primary_is_ended_and_followed(town: Town) -> None:
    hosts = [
        start(town, id, "role=" + ROLE, "host.sample=1", **{"failover.unresponsive_after": "500ms"}) for id in "abc"
    ]
    first, rest = lead(town, hosts, ROLE)
    token = first.token()
    marks = [host.mark() for host in rest]
    first.send(signal.SIGSTOP)
    _, line = eventually(partial(follower, rest, marks), "it is followed", SOON + 0.5)
    assert line["token"] == token + 1
    # It was dead before, and never acts again.
    assert first.process.wait(0.0) == -signal.SIGKILL
    assert not [said for said in first.said(sample="changed", primary=1) if said["at"] > line["at"]]


def test_without_its_guardian_the_lease_runs_out(town: Town) -> None:
    hosts = [start(town, id, "role=" + ROLE, **{"failover.unresponsive_after": "20s"}) for id in "abc"]
    first, rest = lead(town, hosts, ROLE)
    token = first.token()
    marks = [host.mark() for host in rest]
    # The host is stopped meanwhile: it would start another.
    first.freeze()
    for watcher in guardians(first):
        os.kill(watcher, signal.SIGKILL)
    eventually(lambda: not guardians(first), "the guardian is dead")
    first.kill()
    throughout(lambda: follower(rest, marks) is None, "nobody follows before the lease has run out", LEASE / 2)
    _, line = eventually(partial(follower, rest, marks), "it is followed", 2 * LEASE)
    assert line["token"] == token + 1


def test_a_host_that_ends_in_order_takes_its_guardian_along(town: Town) -> None:
    hosts = [start(town, id, "role=" + ROLE) for id in "abc"]
    first, rest = lead(town, hosts, ROLE)
    marks = [host.mark() for host in rest]
    assert first.ask("leave 10000")["result"] == 0
    eventually(partial(follower, rest, marks), "it is followed", SOON)
    eventually(lambda: not guardians(first), "no guardian after leaving")
    assert first.process.poll() is None
    # With two of three voters, one of them is told, and needs the other.
    second, third = (rest[0], rest[1]) if rest[0].is_primary() else (rest[1], rest[0])
    eventually(partial(third.sees_leased, ROLE, second.id), "it has read who leads")
    assert len(guardians(second)) == 1
