"""Who gets which task: each resolver, chosen by its option, on real hosts."""

from __future__ import annotations

import math
import pathlib
import re
from collections import Counter
from functools import partial
from typing import Any

import pytest

from harness.process import Host, Stage, eventually, throughout
from task_hosts import chosen, coordinator, others, tasks

OK, WAITING = 0, 10


def start(stage: Stage, folder: pathlib.Path, ids: list[str], **options: Any) -> list[Host]:
    """Hosts of these names; they are there one after the other, so that the first coordinates as soon as it offers."""
    hosts: list[Host] = []
    for id in ids:
        hosts.append(stage.start(id, seeds=hosts[:1], **chosen("members", folder), **options))
        stage.agree(*hosts)
    return hosts


def join(stage: Stage, folder: pathlib.Path, hosts: list[Host], id: str, **options: Any) -> Host:
    late = stage.start(id, seeds=hosts[:1], **chosen("members", folder), **options)
    stage.agree(*hosts, late)
    return late


def offer(hosts: list[Host], names: list[str], options: str = "") -> None:
    for host in hosts:
        for name in names:
            assert host.ask(f"offer {name} {options}".strip())["result"] == OK


def order(host: Host, verb: str, names: list[str]) -> None:
    for name in names:
        assert host.ask(f"task-{verb} {name} 10000")["result"] == OK


def known(host: Host, names: list[str], offers: int) -> None:
    """Waits until this one knows that so many offer each."""
    eventually(lambda: all(tasks(host).get(name, {}).get("offers") == offers for name in names), "all offer all")


def owners(host: Host, names: list[str]) -> dict[str, str | None]:
    """Who has each of these; nobody, where it does not run."""
    listed = tasks(host)
    running = {name for name in names if listed.get(name, {}).get("state") == "running"}
    return {name: listed[name]["owner"] if name in running else None for name in names}


def settled(hosts: list[Host], names: list[str]) -> dict[str, str]:
    """Who has each of these, when all of them run and all hosts agree on that."""

    def agreed() -> dict[str, str | None] | None:
        views = [owners(host, names) for host in hosts]
        return views[0] if all(view == views[0] and None not in view.values() for view in views) else None

    return dict(eventually(agreed, f"all agree on who runs {names}"))


def starts(hosts: list[Host]) -> int:
    return sum(len(host.said(task="start")) for host in hosts)


def numbered(count: int) -> list[str]:
    return [f"t{number:02}" for number in range(count)]


def waits(host: Host) -> list[str]:
    """What this one has said of tasks that nobody can have."""
    return [detail for _, detail in reasons(host)]


def reasons(host: Host) -> list[tuple[str, str]]:
    """The same, with the task that is meant; without a name all."""
    return [(line["role"], line["detail"]) for line in host.said(event="task", value=WAITING)]


def too_few(reasons: list[tuple[str, str]], present: int, wanted: int) -> list[tuple[str, str]]:
    """Those that name both numbers, and nothing else of digits."""
    return [pair for pair in reasons if sorted(map(int, re.findall(r"\d+", pair[1]))) == sorted([present, wanted])]


# -- single


def test_single_gives_all_to_one_and_goes_on_with_it(stage: Stage, tmp_path: pathlib.Path) -> None:
    """The reference's ActivePassiveResolver: and that one stays the one for whoever coordinates next."""
    options = {"tasks.resolver": "ActivePassiveResolver"}
    leader, *workers = start(stage, tmp_path, ["a", "b", "c", "d"], **options)
    # It coordinates, and has nothing to give itself but this.
    offer([leader], ["own"])
    settled([leader], ["own"])
    names = numbered(8)
    offer(workers, names)
    first = settled(workers, names)
    assert len(set(first.values())) == 1, first
    chosen_one = next(host for host in workers if host.id == first["t00"])

    # The next coordinator knows nothing of the choice but who has the tasks.
    assert coordinator((leader, *workers)) is leader
    before = starts(workers)
    leader.kill()
    stage.agree(*workers)
    coordinator(tuple(workers))
    offer(workers, ["later"])
    assert set(settled(workers, [*names, "later"]).values()) == {chosen_one.id}
    assert starts(workers) == before + 1, "nobody began anything else"

    # Together they go elsewhere, all to one again.
    chosen_one.kill()
    rest = [host for host in workers if host is not chosen_one]
    stage.agree(*rest)
    assert len(set(settled(rest, [*names, "later"]).values())) == 1


# -- round-robin


def test_round_robin_waits_for_enough_nodes_and_says_so_once(stage: Stage, tmp_path: pathlib.Path) -> None:
    """`task_server_count` of the reference. Below it nothing is given to anybody, whoever offers it and however often
    the coordinator looks."""
    options = {"tasks.resolver": "RoundRobinResolver", "task_server_count": "3", "tasks.resolving_period": "100ms"}
    a, b = start(stage, tmp_path, ["a", "b"], **options)
    names = numbered(6)
    offer([a, b], names)
    known(b, names, 2)
    eventually(lambda: too_few(reasons(a), 2, 3), "it is said where tasks are shared out")
    # Ten looks and more.
    throughout(lambda: not any(owners(a, names).values()), "nobody is given any", 1.2)
    assert len(reasons(a)) == len(set(reasons(a))), reasons(a)
    assert a.statistics()["tasks"]["news"]["waiting"] == len(waits(a))
    assert not waits(b) and starts([a, b]) == 0
    assert {tasks(b)[name]["state"] for name in names} == {"offered"}

    c = join(stage, tmp_path, [a, b], "c", **options)
    offer([c], names)
    assert set(settled([a, b, c], names).values()) == {"a", "b", "c"}

    # One too few again: what runs goes on, what c had waits for a third.
    had = settled([a], names)
    said, began = len(waits(a)), starts([a, b])
    c.kill()
    stage.agree(a, b)
    eventually(lambda: too_few(reasons(a)[said:], 2, 3), "it is said again")
    left = {name: None if owner == "c" else owner for name, owner in had.items()}
    eventually(lambda: owners(a, names) == left, "only what it had is without a node")
    throughout(lambda: owners(a, names) == left, "and that stays so", 1.2)
    again = reasons(a)[said:]
    assert too_few(again, 2, 3) == again and len(again) == len(set(again)) and starts([a, b]) == began

    d = join(stage, tmp_path, [a, b], "d", **options)
    offer([d], names)
    after = settled([a, b, d], names)
    assert all(after[name] == owner for name, owner in had.items() if owner != "c"), "what ran has stayed"


def test_round_robin_goes_round(stage: Stage, tmp_path: pathlib.Path) -> None:
    """One node after the other, in the order of their ids, beginning with the second."""
    hosts = start(stage, tmp_path, ["a", "b", "c"], **{"tasks.resolver": "round-robin"})
    names = numbered(7)
    offer(hosts[:1], ["turn"])
    settled(hosts[:1], ["turn"])
    # Paused before anybody else offers them, so that each is given out when all do.
    offer(hosts[:1], names)
    order(hosts[0], "pause", names)
    offer(hosts[1:], names)
    known(hosts[0], names, 3)
    given = ""
    for name in names:
        order(hosts[2], "resume", [name])
        given += settled(hosts, [name])[name]
    # Its place in the line is whatever came before; that it goes round is not.
    assert given in "abcabcabcabc" or given in "bcabcabcabca", given


def test_round_robin_goes_on_with_fewer_after_its_grace(stage: Stage, tmp_path: pathlib.Path) -> None:
    options = {"tasks.resolver": "round-robin", "tasks.server_count": "3", "tasks.server_grace": "1s"}
    a, b = start(stage, tmp_path, ["a", "b"], **options)
    names = numbered(4)
    offer([a, b], names)
    settled([a, b], names)
    went_on = "the grace time is over: tasks are given to the 2 nodes that are there of 3"
    assert went_on in waits(a), waits(a)


# -- nodes


def test_nodes_gives_to_those_that_are_listed(stage: Stage, tmp_path: pathlib.Path) -> None:
    """As people write such lists. A fourth that is down costs its neighbours nothing; one that is not listed has none."""
    options = {"tasks.resolver": "TaskNodeResolver", "task_nodes": "node-1,node-2 ,node-3, node-4"}
    hosts = start(stage, tmp_path, ["node-0", "node-1", "node-2", "node-3"], **options)
    names = numbered(12)
    offer(hosts[:1], names)
    nobody = "none of the nodes that are listed for tasks is there"
    eventually(lambda: nobody in waits(hosts[0]), "it is said")
    assert not any(owners(hosts[0], names).values())
    order(hosts[0], "pause", names)
    offer(hosts[1:], names)
    known(hosts[0], names, 4)
    order(hosts[3], "resume", names)
    shares = Counter(settled(hosts, names).values())
    assert shares == {"node-1": 4, "node-2": 4, "node-3": 4}, shares
    assert not hosts[0].said(task="start")

    # Of those that are left each gets as many of what the dead one had.
    hosts[1].kill()
    rest = [hosts[0], *hosts[2:]]
    stage.agree(*rest)
    assert Counter(settled(rest, names).values()) == {"node-2": 6, "node-3": 6}


# -- rendezvous

MASK = (1 << 64) - 1


def fnv1a(text: str) -> int:
    hash = 0xCBF29CE484222325
    for byte in text.encode():
        hash = (hash ^ byte) * 0x100000001B3 & MASK
    return hash


def mixed(hash: int) -> int:
    """SplitMix64."""
    z = hash + 0x9E3779B97F4A7C15 & MASK
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
    return z ^ z >> 31


def rendezvous(name: str, weights: dict[str, int]) -> str:
    """The node with the highest random weight for a task, from the names alone: reckoned here, not asked for."""

    def distance(id: str) -> float:
        chance = ((mixed(fnv1a(name) ^ mixed(fnv1a(id))) >> 11) + 0.5) * 2.0**-53
        return -math.log(chance) / weights[id]

    return min(weights, key=distance)


@pytest.mark.parametrize("ids", ["abc", "cba"])
def test_rendezvous_has_the_same_owners_whoever_coordinates(stage: Stage, tmp_path: pathlib.Path, ids: str) -> None:
    """All know them by themselves: the test too, which says here what everybody else may reckon."""
    weights = {"a": 1, "b": 3, "c": 2}
    hosts: list[Host] = []
    for id in ids:
        options: dict[str, Any] = {"tasks.resolver": "rendezvous", "tasks.weight": str(weights[id])}
        hosts.append(stage.start(id, seeds=hosts[:1], **chosen("members", tmp_path), **options))
        stage.agree(*hosts)
    names = numbered(24)
    offer(hosts, names)
    expected = {name: rendezvous(name, weights) for name in names}
    assert set(expected.values()) == set(weights)
    for host in hosts:
        eventually(partial(lambda host: owners(host, names) == expected, host), f"{host.id} sees the expected owners")

    # The coordinator dies, mostly the first: what it had goes to where it must, and nothing else moves.
    leader = coordinator(tuple(hosts))
    rest = [host for host in hosts if host is not leader]
    stops = [len(host.said(task="stop")) for host in rest]
    leader.kill()
    del weights[leader.id]
    expected = {name: owner if owner in weights else rendezvous(name, weights) for name, owner in expected.items()}
    assert expected == {name: rendezvous(name, weights) for name in names}
    for host in rest:
        eventually(partial(lambda host: owners(host, names) == expected, host), f"{host.id} sees the expected owners")
    assert [len(host.said(task="stop")) for host in rest] == stops


def test_rendezvous_moves_nothing_with_the_coordinator_alone(stage: Stage, tmp_path: pathlib.Path) -> None:
    leader, *workers = start(stage, tmp_path, ["z", "a", "b", "c"], **{"tasks.resolver": "rendezvous"})
    offer([leader], ["own"])
    settled([leader], ["own"])
    names = numbered(24)
    offer(workers, names)
    expected = {name: rendezvous(name, {"a": 1, "b": 1, "c": 1}) for name in names}
    eventually(lambda: owners(workers[0], names) == expected, "each is where it belongs")
    news = [(len(host.said(task="start")), len(host.said(task="stop"))) for host in workers]
    leader.kill()
    stage.agree(*workers)
    coordinator(tuple(workers))
    # The next one has begun to share out when something new has its node.
    offer(workers, ["later"])
    later = settled(workers, ["later"])["later"]
    assert owners(workers[0], names) == expected and later == rendezvous("later", {"a": 1, "b": 1, "c": 1})
    for host, (begun, stopped) in zip(workers, news):
        assert len(host.said(task="stop")) in (stopped, stopped + len(host.said(task="stop", name="later")))
        assert len(host.said(task="start")) - len(host.said(task="start", name="later")) == begun


# -- least-loaded


def labelled(stage: Stage, folder: pathlib.Path, **more: str) -> list[Host]:
    """a with a graphics card, b and c with disks, c in another hall."""
    labels = {"a": "gpu,hall-1", "b": "ssd , hall-1", "c": "ssd,hall-2"}
    hosts: list[Host] = []
    for id, words in labels.items():
        options: dict[str, Any] = {"tasks.resolver": "least-loaded", "tasks.labels": words, **more}
        hosts.append(stage.start(id, seeds=hosts[:1], **chosen("members", folder), **options))
        stage.agree(*hosts)
    return hosts


def test_least_loaded_heeds_labels(stage: Stage, tmp_path: pathlib.Path) -> None:
    hosts = labelled(stage, tmp_path)
    required = numbered(5)
    offer(hosts, required, "requires=gpu")
    assert set(settled(hosts, required).values()) == {"a"}, "however loaded it is"
    # a has five already, and may have this one: it had rather be elsewhere, and that elsewhere is one of two.
    offer(hosts, ["likes"], "prefers=ssd,hall-2")
    eventually(lambda: owners(hosts[0], ["likes"])["likes"] == "c", "where most of what it prefers is")
    offer(hosts, ["nowhere"], "requires=gpu,ssd")
    why = "no node that offers task 'nowhere' has all the labels that it requires: gpu, ssd"
    eventually(lambda: why in waits(hosts[0]), "it is said")
    assert not owners(hosts[1], ["nowhere"])["nowhere"]

    # What is required is never done without, what is preferred is.
    hosts[2].kill()
    hosts[0].kill()
    eventually(lambda: owners(hosts[1], ["likes"])["likes"] == "b", "the only one that is left has it")
    throughout(lambda: not any(owners(hosts[1], required).values()), "b lacks what they require", 1.0)
    assert not [line for line in hosts[1].said(task="start") if line["name"] in (*required, "nowhere")]


def test_least_loaded_keeps_apart_and_together(stage: Stage, tmp_path: pathlib.Path) -> None:
    hosts = labelled(stage, tmp_path)
    apart, together = ["p0", "p1", "p2"], ["q0", "q1", "q2", "q3"]
    offer(hosts, apart, "apart=copies")
    offer(hosts, together, "together=shop")

    def fits() -> bool:
        placed = owners(hosts[0], [*apart, *together])
        return (
            None not in placed.values()
            and {placed[name] for name in apart} == {"a", "b", "c"}
            and len({placed[name] for name in together}) == 1
        )

    eventually(fits, "copies on all nodes, the shop on one")
    home = owners(hosts[0], together)["q0"]
    gone = next(host for host in hosts if host.id == home)
    gone.kill()
    rest = list(others(tuple(hosts), gone))
    stage.agree(*rest)
    after = settled(rest, [*apart, *together])
    assert len({after[name] for name in together}) == 1, "all of the shop have moved to one"
    assert {after[name] for name in apart} == {host.id for host in rest}, "two nodes, three copies: on both"


def test_least_loaded_evens_the_load_and_moves_no_more_than_it_may(stage: Stage, tmp_path: pathlib.Path) -> None:
    options = {"tasks.resolver": "least-loaded", "tasks.moves_per_minute": "2"}
    a, b = start(stage, tmp_path, ["a", "b"], **options)
    names = numbered(12)
    offer([a], names)
    settled([a], names)
    offer([b], names)
    # b is empty: two of a's six too many may go to it in this minute, by whichever looks.
    limited = "more tasks should move to better places than the 2 that may in a minute"
    eventually(lambda: limited in waits(a), "it is said")
    eventually(lambda: Counter(owners(a, names).values()) == {"a": 10, "b": 2}, "two have moved")
    throughout(lambda: len(b.said(task="start")) == 2, "no others follow", 1.0)
    assert waits(a).count(limited) == 1

    heavy = join(stage, tmp_path, [a, b], "heavy", **{**options, "tasks.weight": "9"})
    offer([a], ["x0", "x1"])
    order(a, "pause", ["x0", "x1"])
    offer([b, heavy], ["x0", "x1"])
    known(a, ["x0", "x1"], 3)
    order(b, "resume", ["x0", "x1"])
    assert set(settled([a, b, heavy], ["x0", "x1"]).values()) == {"heavy"}, "it has nothing, and is the strongest"


# -- how often it looks


def asked(host: Host) -> int:
    return len(host.said(resolver="asked"))


def test_it_looks_again_in_each_resolving_period(stage: Stage, tmp_path: pathlib.Path) -> None:
    """The host's own resolver, which names nobody, is asked anew though nothing has changed: that often."""
    options: dict[str, Any] = {**chosen("members", tmp_path), "tasks.resolver": "host"}
    often = stage.start("often", **options, resolving_period="100ms")
    seldom = stage.start("seldom", **{**options, "cluster": stage.name + "-seldom", "tasks.resolving_period": "1h"})
    for host in (often, seldom):
        assert host.ask("resolver 0")["result"] == OK
        assert host.ask("offer report")["result"] == OK
        host.wait_for(resolver="asked")
        known(host, ["report"], 1)
    eventually(lambda: asked(often) >= 10, "it looks again and again")
    before = asked(seldom)
    since = asked(often)
    eventually(lambda: asked(often) >= since + 10, "and again")
    assert asked(seldom) == before, "an hour is not over"
