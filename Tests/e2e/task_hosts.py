"""What the tests of tasks and jobs ask of their hosts."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest

from harness.process import Host, Line, Stage, eventually

LEASE = 1.0
AUTHORITIES = ["members", "store"]
# Three voters: for what leaves two of them alive.
WITH_VOTERS = [*AUTHORITIES, "majority"]


def chosen(authority: str, folder: pathlib.Path) -> dict[str, Any]:
    """Options of hosts under this authority; what is silent is gone soon."""
    quick = {"failover.grace": "200ms", "failover.unresponsive_after": "2s"}
    if authority == "members":
        return quick
    if authority == "majority":
        return {
            **quick, "failover.authority": "majority", "failover.voters": "a,b,c", "failover.lease": "1s",
            "state_dir": str(folder / "state"),
        }  # fmt: skip
    return {
        **quick, "failover.authority": "store", "failover.store": f"sqlite:{folder}/store.db", "failover.lease": "1s",
    }  # fmt: skip


def tasks(host: Host) -> dict[str, Line]:
    answer = host.ask("tasks 10000")
    assert answer["result"] == 0, answer
    return {entry["name"]: entry for entry in answer["json"]}


def owner(host: Host, name: str) -> str | None:
    """Who has a task that runs."""
    entry = tasks(host).get(name, {})
    return entry.get("owner") if entry.get("state") == "running" else None


def offered(hosts: tuple[Host, ...], name: str, options: str = "", command: str = "offer") -> Host:
    """Offers a task on all of them; the one that has it."""
    for host in hosts:
        assert host.ask(f"{command} {name} {options}".strip())["result"] == 0
    return running(hosts, name)


def running(hosts: tuple[Host, ...], name: str, *, all_offer: bool = True) -> Host:
    """The one host that has it, when all agree on that and know of all their offers."""

    def found() -> Host | None:
        seen = [tasks(host).get(name, {}) for host in hosts]
        owners = {entry.get("owner") for entry in seen}
        settled = all(
            entry.get("state") == "running" and (not all_offer or entry.get("offers") == len(hosts)) for entry in seen
        )
        return next((host for host in hosts if settled and owners == {host.id}), None)

    return eventually(found, f"all agree on who runs {name}")  # type: ignore[no-any-return]


def others(hosts: tuple[Host, ...], one: Host) -> tuple[Host, ...]:
    return tuple(host for host in hosts if host is not one)


def coordinator(hosts: tuple[Host, ...]) -> Host:
    """The host that shares the tasks out: the primary of their role."""

    def found() -> list[Host]:
        return [
            host
            for host in hosts
            for seat in host.members()[host.id]["seats"]
            if seat["role"] == "muster.tasks" and seat["state"] == "primary"
        ]

    return list(eventually(found, "somebody coordinates"))[0]


def turns(hosts: tuple[Host, ...], name: str) -> list[tuple[int, int, str]]:
    """When the task began and had stopped on any host: begin, end (0: not yet), id."""
    found = []
    for host in hosts:
        begun: int | None = None
        for line in host.said(name=name):
            if line.get("task") == "start":
                begun = line["at"]
            elif line.get("task") == "stop-done" and begun is not None:
                found.append((begun, line["at"], host.id))
                begun = None
        if begun is not None:
            found.append((begun, 0, host.id))
    return sorted(found)


def moved(hosts: tuple[Host, ...], name: str, former: Host) -> Host:
    """The host that has it now, when it has left this one."""
    asked = others(hosts, former)[0]
    eventually(lambda: owner(asked, name) not in (None, former.id), f"{name} has left {former.id}")
    return running(hosts, name)


def assert_one_at_a_time(hosts: tuple[Host, ...], name: str) -> None:
    all_turns = turns(hosts, name)
    for (_, ended, id), (began, _, next_id) in zip(all_turns, all_turns[1:]):
        assert 0 < ended <= began, f"{next_id} began while {id} had not stopped: {all_turns}"
