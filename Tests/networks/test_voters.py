"""Voters on a network that fails: who is cut off from their majority leads no more, and before another begins."""

from __future__ import annotations

import pathlib
from collections.abc import Callable

from harness.machines import agree_on_all, primaries, start
from harness.network import Network
from harness.process import Host, Stage, eventually

IDS = ["a", "b", "c"]
LEASE = "1s"


def test_a_primary_without_the_majority_stops_before_another_begins(
    stage: Stage, network: Network, tmp_path: pathlib.Path, figures: Callable[[str], None]
) -> None:
    hosts: list[Host] = []
    for id in IDS:
        options = {
            "failover.authority": "majority", "failover.voters": ",".join(IDS), "failover.lease": LEASE,
            "state_dir": str(tmp_path / id), "seeds": network.machine(IDS[0]),
        }  # fmt: skip
        hosts.append(start(stage, network, id, "host.sample=1", **options))
    leader = agree_on_all(stage, hosts, seconds=20)
    faults: dict[str, Callable[[str, list[str]], None]] = {
        "parted": lambda one, others: network.split([one], others),
        "heard by nobody": lambda one, others: network.cut([one], others),
        "hears nobody": lambda one, others: network.cut(others, [one]),
    }
    for name, fault in faults.items():
        one = next(host for host in hosts if host.id == leader)
        others = [host for host in hosts if host is not one]
        token, mark, marks = one.token(), one.mark(), {host.id: host.mark() for host in others}
        fault(one.id, [host.id for host in others])
        no = one.wait_for(mark, sample="changed", primary=0)
        eventually(lambda: len(primaries(others)) == 1, f"another leads than the one that is {name}")
        (next_one,) = [host for host in others if host.said(marks[host.id], callback="promote")]
        yes = next_one.wait_for(marks[next_one.id], callback="promote")
        assert no["answered"] < yes["at"], f"{name}: {no}, {yes}"
        assert yes["token"] > token
        figures(f"{name}: nobody led for {(yes['at'] - no['answered']) / 1e9:.2f} s")
        assert network.lost() > 0
        network.heal()
        leader = agree_on_all(stage, hosts, seconds=20)
        assert leader == next_one.id, "nobody is displaced by who comes back"
        assert not one.said(mark, callback="promote")
