"""Real networks: machines on a switch whose cables are cut and mended."""

from __future__ import annotations

from harness.machines import cluster, primaries, start, view
from harness.network import Network
from harness.process import Stage, eventually, throughout


def test_partition_has_two_primaries_and_heals_to_one(stage: Stage, network: Network) -> None:
    hosts = cluster(stage, network, "a", "b", "c", "d")
    a, b, c, d = hosts
    left, right = [a, b], [c, d]
    old = a.token()
    network.split(["a", "b"], ["c", "d"])
    stage.agree(*left)
    stage.agree(*right)
    assert primaries(left) == ["a"] and a.token() == old, "the primary's own side keeps it"
    eventually(lambda: len(primaries(right)) == 1, "the other side has one as well")
    other = next(host for host in right if host.is_primary())
    marks = [host.mark() for host in hosts]
    network.heal()
    stage.agree(*hosts)
    eventually(lambda: len(primaries(hosts)) == 1, "one primary")
    winner = next(host for host in hosts if host.is_primary())
    eventually(lambda: all(host.primary() == winner.id for host in hosts), "all agree on it")
    loser = other if winner is a else a
    loser.wait_for(marks[hosts.index(loser)], callback="demote")
    eventually(lambda: sorted(host.ask("position primary")["position"] for host in hosts) == [0, 1, 2, 3], "one line")
    throughout(lambda: primaries(hosts) == [winner.id], "it stays so", seconds=0.5)
    # Equal to the last word.
    eventually(lambda: len({view(host) for host in hosts}) == 1, "the views are equal")


def test_healing_kills_nobody(stage: Stage, network: Network) -> None:
    """What one side believes of the other's members is no news to those who hear from them every second."""
    hosts = cluster(stage, network, "a", "b", "c", "d")
    a, b, c, d = hosts
    network.split(["a", "b"], ["c", "d"])
    stage.agree(a, b)
    stage.agree(c, d)
    marks = [host.mark() for host in hosts]
    network.heal()
    stage.agree(*hosts)
    for host, mark in zip(hosts, marks):
        assert not host.said(mark, event="dead") and not host.said(mark, event="left")


def test_partition_heals_without_seeds(stage: Stage, network: Network) -> None:
    """Each side knows the other only from before."""
    a, b = cluster(stage, network, "a", "b")
    network.split(["a"], ["b"])
    a.wait_for(event="dead", member="b")
    b.wait_for(event="dead", member="a")
    eventually(lambda: a.is_primary() and b.is_primary(), "each side has a primary")
    assert a.ask("tag side left")["result"] == 0 and b.ask("tag side right")["result"] == 0
    network.heal()
    stage.agree(a, b)
    eventually(lambda: len(primaries([a, b])) == 1, "one primary")
    for host in (a, b):
        eventually(
            lambda host=host: {id: member["tags"].get("side") for id, member in host.members().items()}
            == {"a": "left", "b": "right"}, "what was said meanwhile has come",
        )  # fmt: skip


def test_cut_off_machine_is_dead_by_silence(stage: Stage, network: Network) -> None:
    hosts = cluster(stage, network, "a", "b", "c")
    a, b, c = hosts
    network.unplug("a")
    for host in (b, c):
        host.wait_for(event="dead", member="a")
    eventually(lambda: primaries([b, c]) == ["b"], "b takes over")
    stage.agree(b, c)
    network.plug("a")
    stage.agree(*hosts)
    eventually(lambda: len(primaries(hosts)) == 1, "one primary")


def test_primary_that_loses_all_others_but_not_its_cable(stage: Stage, network: Network) -> None:
    """One way is cut between two only: a third sees both, nobody dies, nothing is handed over."""
    hosts = cluster(stage, network, "a", "b", "c")
    network.split(["a"], ["b"])
    throughout(lambda: primaries(hosts) == ["a"], "a stays primary", seconds=4.0)
    network.heal()
    stage.agree(*hosts)
    for host in hosts:
        assert not host.said(event="dead"), "everybody was reachable by somebody"


def test_multicast_on_a_real_interface(stage: Stage, network: Network) -> None:
    hosts = [start(stage, network, id, multicast="true") for id in ("a", "b", "c")]
    stage.agree(*hosts)
    eventually(lambda: len(primaries(hosts)) == 1, "one primary")


def test_key_across_machines(stage: Stage, network: Network) -> None:
    hosts = cluster(stage, network, "a", "b", "c", key="ab" * 32, insecure="false", bind="0.0.0.0")
    a, b, c = hosts
    at = a.kill()
    for host in (b, c):
        assert host.wait_for(event="dead", member="a")["at"] - at < 2_000_000_000
    eventually(lambda: primaries([b, c]) == ["b"], "b takes over")
