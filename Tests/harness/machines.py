"""Nodes on machines of their own."""

from __future__ import annotations

from typing import Any

from .network import Network
from .process import PATIENCE, Host, Line, Stage, eventually, throughout

OPTIONS = {"insecure": "true", "failover.grace": "300ms", "port": "7000", "port_range": "1"}


def start(stage: Stage, network: Network, id: str, *arguments: str, **options: Any) -> Host:
    """A node on a new machine; it stands for `primary`."""
    address = network.machine(id)
    chosen: dict[str, Any] = {**OPTIONS, "bind": address, **options}
    return stage.start(id, "role=primary", *arguments, prefix=network.on(id), **chosen)


def cluster(stage: Stage, network: Network, *ids: str, **options: Any) -> list[Host]:
    """Nodes that know each other, each on a machine of its own; the first is primary, the line is as given."""
    hosts: list[Host] = []
    for id in ids:
        # Who starts slowly on a busy machine must not take the role before it has met the first.
        seeds = {"seeds": network.address(ids[0]), "failover.grace": f"{PATIENCE:g}s"} if hosts else {}
        hosts.append(start(stage, network, id, "host.sample=1", "host.log=3", **{**seeds, **options}))
        if len(hosts) == 1:
            hosts[0].wait_for(callback="promote")
        else:
            eventually(lambda: hosts[-1].ask("position primary")["position"] == len(hosts) - 1, f"{id} is in the line")
    stage.agree(*hosts)
    return hosts


def primaries(hosts: list[Host]) -> list[str]:
    return [host.id for host in hosts if host.is_primary()]


def view(host: Host) -> str:
    """All that a node knows of the members, its own opinion of when it heard of it apart."""
    facts = []
    for id, member in sorted(host.members().items()):
        seats = [(seat["role"], seat["state"], seat["position"], seat["token"]) for seat in member["seats"]]
        start = (member["generation"], member["instance"], member["incarnation"])
        facts.append((id, member["state"], start, member["tags"], seats))
    return repr(facts)


class Watch:
    """What these hosts say from now on."""

    def __init__(self, hosts: list[Host]) -> None:
        self._marks = [(host, host.mark()) for host in hosts]

    def said(self, **wanted: Any) -> list[Line]:
        lines = [{"by": host.id, **line} for host, mark in self._marks for line in host.said(mark, **wanted)]
        return sorted(lines, key=lambda line: int(line["at"]))

    def count(self, event: str) -> int:
        return len(self.said(event=event))

    def nobody_died(self) -> None:
        for event in ("dead", "left", "duplicate"):
            assert not self.said(event=event)

    def stays_calm(self, seconds: float) -> None:
        """For so long, and at least until now, nobody dies and no role moves."""

        def is_calm() -> bool:
            self.nobody_died()
            self.nobody_changed_roles()
            return True

        throughout(is_calm, "it is calm", seconds)
        is_calm()

    def nobody_changed_roles(self) -> None:
        """Neither a callback, nor an answer of `failover_is_primary`, which each host asks every millisecond."""
        assert not self.said(callback="promote") and not self.said(callback="demote")
        assert not self.said(sample="changed")


def agree_on_all(stage: Stage, hosts: list[Host], seconds: float) -> str:
    """Waits until all see all of these, one of them primary, and all of it alike; who is primary."""
    stage.agree(*hosts, seconds=seconds)
    eventually(lambda: len(primaries(hosts)) == 1, "one primary", seconds)
    leader = primaries(hosts)[0]
    eventually(lambda: all(host.primary() == leader for host in hosts), f"all know that {leader} is primary", seconds)
    eventually(lambda: len({view(host) for host in hosts}) == 1, "the views are equal", seconds)
    return leader
