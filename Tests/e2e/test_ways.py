"""Ways to find each other that need a network of one's own: names, IPv6, interfaces that come and go, NAT."""

from __future__ import annotations

import pathlib
import subprocess
from collections.abc import Iterator

import pytest

from harness.network import Network, why_not
from harness.process import Host, Stage, eventually, throughout

OPTIONS = {"insecure": "true", "port": "7000", "port_range": "1"}
LONG = 40.0


@pytest.fixture
def network(stage: Stage) -> Iterator[Network]:
    reason = why_not()
    if reason:
        pytest.skip(reason)
    network = Network(46)
    try:
        yield network
    finally:
        stage.end()
        network.end()


def start(
    stage: Stage, network: Network, id: str, *arguments: str, hosts: pathlib.Path | None = None, **options: str
) -> Host:
    """A host on the machine of its name, with a table of names of its own if there is one."""
    prefix = network.on(id)
    if hosts is not None:
        prefix = [*prefix, "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', str(hosts)]
    return stage.start(id, *arguments, prefix=prefix, **{**OPTIONS, **options})


def told(host: Host, words: str) -> bool:
    return any(words in line["message"] for line in host.said(log="line"))


def addresses(host: Host) -> dict[str, str]:
    return {id: member["address"] for id, member in host.members().items()}


# -- names


def test_all_addresses_of_a_name_are_asked(stage: Stage, network: Network, tmp_path: pathlib.Path) -> None:
    network.machine("a"), network.machine("b")
    a = start(stage, network, "a", bind="10.77.0.1")
    table = tmp_path / "hosts"
    table.write_text("10.77.0.250 seed\n10.77.0.251 seed\n10.77.0.1 seed\n10.77.0.252 seed\n")
    b = start(stage, network, "b", hosts=table, bind="10.77.0.2", seeds="seed")
    stage.agree(a, b)


def test_a_name_that_comes_later(stage: Stage, network: Network, tmp_path: pathlib.Path) -> None:
    network.machine("a"), network.machine("b")
    a = start(stage, network, "a", bind="10.77.0.1")
    table = tmp_path / "hosts"
    table.write_text("")
    b = start(stage, network, "b", "host.log=2", hosts=table, bind="10.77.0.2", seeds="seed")
    eventually(lambda: told(b, "no address of the seed 'seed' was found; it is asked for again"), "that is told")
    table.write_text("10.77.0.1 seed\n")
    stage.agree(a, b, seconds=LONG)


def test_a_name_that_moves(stage: Stage, network: Network, tmp_path: pathlib.Path) -> None:
    network.machine("a"), network.machine("b")
    table = tmp_path / "hosts"
    table.write_text("10.77.0.250 seed\n")
    b = start(stage, network, "b", hosts=table, bind="10.77.0.2", seeds="seed")
    b.joined()
    a = start(stage, network, "a", bind="10.77.0.1")
    table.write_text("10.77.0.1 seed\n")
    stage.agree(a, b, seconds=LONG)


def test_a_name_that_fails_keeps_its_last_addresses(stage: Stage, network: Network, tmp_path: pathlib.Path) -> None:
    network.machine("a"), network.machine("b")
    table = tmp_path / "hosts"
    table.write_text("10.77.0.1 seed\n")
    listen = "import socket; socket.create_server(('10.77.0.1', 7000)).accept()"
    listener = subprocess.Popen([*network.on("a"), "python3", "-c", listen])
    try:
        b = start(stage, network, "b", "host.log=2", hosts=table, bind="10.77.0.2", seeds="seed")
        assert listener.wait(LONG) == 0, "b has looked the name up, and has come"
    finally:
        listener.kill()
    table.write_text("")
    eventually(lambda: told(b, "its last addresses are kept"), "that is told", LONG)
    a = start(stage, network, "a", bind="10.77.0.1")
    stage.agree(a, b)


def test_a_name_of_both_families_is_used_as_the_node_is_bound(
    stage: Stage, network: Network, tmp_path: pathlib.Path
) -> None:
    network.machine("a"), network.machine("b")
    table = tmp_path / "hosts"
    for four, six in (("10.77.0.1", "fd77::1"), ("10.77.0.250", "fd77::1"), ("10.77.0.1", "fd77::250")):
        is_four = four == "10.77.0.1" and six != "fd77::1"
        table.write_text(f"{six} seed\n{four} seed\n")
        a = start(stage, network, "a", bind="10.77.0.1" if is_four else "fd77::1")
        b = start(stage, network, "b", hosts=table, bind="10.77.0.2" if is_four else "fd77::2", seeds="seed")
        stage.agree(a, b)
        a.kill(), b.kill()


def test_a_name_of_the_other_family_alone_leads_nowhere(
    stage: Stage, network: Network, tmp_path: pathlib.Path
) -> None:
    """A stream would come about, and no datagram afterwards."""
    network.machine("a"), network.machine("b")
    table = tmp_path / "hosts"
    table.write_text("fd77::1 seed\n")
    a = start(stage, network, "a", bind="::")
    b = start(stage, network, "b", "host.log=2", hosts=table, bind="10.77.0.2", seeds="seed")
    eventually(lambda: told(b, "no address of the seed 'seed' was found"), "that is told")
    throughout(lambda: a.sees("a") and b.sees("b"), "they stay alone", seconds=1.5)


# -- IPv6


def test_ipv6_multicast(stage: Stage, network: Network) -> None:
    hosts = []
    for id in ("a", "b", "c"):
        network.machine(id)
        hosts.append(start(stage, network, id, bind="::", multicast="true"))
    stage.agree(*hosts)
    assert addresses(hosts[0]) == {"a": "fd77::1", "b": "fd77::2", "c": "fd77::3"}


def test_ipv6_with_link_local_addresses_alone(stage: Stage, network: Network) -> None:
    hosts = []
    for id in ("a", "b", "c"):
        network.machine(id)
        network.ip(id, "-6", "address", "flush", "dev", "eth0", "scope", "global")
        hosts.append(start(stage, network, id, "host.messages=1", bind="::", multicast="true"))
    stage.agree(*hosts)
    a, b, c = hosts
    assert addresses(a) == {id: network.link_local(id) for id in "abc"}
    assert a.ask("send b 5000 - words")["result"] == 0
    b.wait_for(message="sent", sender="a", text="words")
    at = c.kill()
    for host in (a, b):
        # By its link, which stands between link-local addresses too.
        assert host.wait_for(event="dead", member="c")["at"] - at < 1_000_000_000


@pytest.mark.parametrize("bind", ["::", "link-local"])
def test_ipv6_link_local_seed(stage: Stage, network: Network, bind: str) -> None:
    hosts: list[Host] = []
    for id in ("a", "b", "c"):
        network.machine(id)
        network.ip(id, "-6", "address", "flush", "dev", "eth0", "scope", "global")
        own = network.link_local(id) + "%eth0" if bind == "link-local" else bind
        seeds = f"[{network.link_local('a')}%eth0]:7000" if hosts else ""
        hosts.append(start(stage, network, id, bind=own, seeds=seeds))
        hosts[-1].joined()
    stage.agree(*hosts)


def test_ipv6_link_local_behind_the_second_interface(stage: Stage, network: Network) -> None:
    """Nothing says which interface leads to a link-local address but where it was heard."""
    hosts = []
    for id in ("a", "b"):
        network.machine(id)
        network.ip(id, "link", "add", "aaa", "type", "veth", "peer", "name", "bbb")
        for name in ("aaa", "bbb"):
            network.ip(id, "link", "set", name, "up")
        # The cable is made anew, so that it comes behind the other.
        network.plug_in(id)
        network.ip(id, "-6", "address", "flush", "dev", "eth0", "scope", "global")
        hosts.append(start(stage, network, id, bind="::", multicast="true", advertise=network.link_local(id)))
    stage.agree(*hosts)


def test_ipv6_bind_to_an_interface_that_is_not_there(stage: Stage, network: Network) -> None:
    network.machine("a")
    failed = start(stage, network, "a", bind="fe80::1%eth9").wait_for(failed="join")
    assert failed["result"] == -1 and "no interface has this name" in failed["error"]


def test_ipv4_members_of_nodes_bound_to_both(stage: Stage, network: Network) -> None:
    hosts: list[Host] = []
    for id in ("a", "b"):
        address = network.machine(id)
        hosts.append(start(stage, network, id, bind="::", advertise=address, seeds="10.77.0.1" if hosts else ""))
        hosts[-1].joined()
    stage.agree(*hosts)


def test_ipv6_two_nodes_of_one_machine(stage: Stage, network: Network) -> None:
    network.machine("a"), network.machine("b")
    hosts = [start(stage, network, id, bind="::", multicast="true") for id in ("a", "b")]
    options = {**OPTIONS, "port": "7001", "bind": "::", "multicast": "true"}
    hosts.append(stage.start("c", prefix=network.on("a"), **options))
    stage.agree(*hosts)


# -- interfaces that come and go


@pytest.mark.parametrize("bind", ["0.0.0.0", "::"])
def test_an_interface_that_comes_up_later(stage: Stage, network: Network, bind: str) -> None:
    network.machine("a"), network.machine("b")
    a = start(stage, network, "a", bind=bind, multicast="true")
    network.ip("b", "link", "set", "eth0", "down")
    b = start(stage, network, "b", bind=bind, multicast="true")
    b.joined()
    assert addresses(b)["b"] in ("127.0.0.1", "::1")
    network.ip("b", "link", "set", "eth0", "up")
    if bind == "::":
        # The kernel takes global addresses away with the interface.
        network.ip("b", "address", "add", "fd77::2/64", "dev", "eth0")
    stage.agree(a, b, seconds=LONG)
    wanted = {"0.0.0.0": "10.77.0.2", "::": "fd77::2"}[bind]
    for host in (a, b):
        eventually(lambda host=host: addresses(host)["b"] == wanted, "the new address is told", LONG)


def test_an_interface_that_is_made_later(stage: Stage, network: Network) -> None:
    network.machine("a"), network.machine("b")
    network.pull_out("b")
    b = start(stage, network, "b", "host.log=3", bind="0.0.0.0", multicast="true")
    b.joined()
    network.plug_in("b")
    a = start(stage, network, "a", bind="0.0.0.0", multicast="true")
    stage.agree(a, b, seconds=LONG)
    assert told(b, "multicast on") and told(b, "others are told the address 10.77.0.2:7000")


def test_an_interface_that_is_made_anew(stage: Stage, network: Network) -> None:
    """It has another number then, and the group must be joined anew."""
    network.machine("a"), network.machine("b")
    a = start(stage, network, "a", bind="0.0.0.0", multicast="true")
    b = start(stage, network, "b", bind="0.0.0.0", multicast="true")
    stage.agree(a, b)
    network.pull_out("b")
    a.wait_for(event="dead", member="b", seconds=LONG)
    a.kill()
    network.plug_in("b")
    # Nobody else knows the newcomer's address: it is found by the group alone.
    network.machine("c")
    c = start(stage, network, "c", bind="0.0.0.0", multicast="true")
    stage.agree(b, c, seconds=LONG)


def test_an_address_that_changes(stage: Stage, network: Network) -> None:
    network.machine("a"), network.machine("b")
    a = start(stage, network, "a", bind="0.0.0.0", multicast="true")
    b = start(stage, network, "b", bind="0.0.0.0", multicast="true")
    stage.agree(a, b)
    network.ip("b", "address", "delete", "10.77.0.2/24", "dev", "eth0")
    network.ip("b", "address", "add", "10.77.0.77/24", "dev", "eth0")
    eventually(lambda: addresses(a).get("b") == "10.77.0.77", "the new address is told", LONG)
    stage.agree(a, b, seconds=LONG)


# -- NAT


def test_a_node_behind_nat_is_reached_at_the_address_it_advertises(stage: Stage, network: Network) -> None:
    """b is on a network of its own behind a router, which translates in both directions."""
    network.machine("a"), network.machine("c")
    outside = network.machine("router")
    network.behind("router", "b")
    rules = [
        "add table ip nat",
        "add chain ip nat before { type nat hook prerouting priority -100; }",
        "add chain ip nat after { type nat hook postrouting priority 100; }",
        f"add rule ip nat before ip daddr {outside} meta l4proto {{ tcp, udp }} th dport 7000 dnat to 192.168.7.2",
        "add rule ip nat after oifname eth0 masquerade",
    ]
    network.run("router", "nft", "; ".join(rules))
    a = start(stage, network, "a", bind="10.77.0.1")
    c = start(stage, network, "c", bind="10.77.0.2", seeds="10.77.0.1")
    b = start(stage, network, "b", bind="192.168.7.2", seeds="10.77.0.1", advertise=outside)
    stage.agree(a, b, c)
    assert {addresses(host)["b"] for host in (a, b, c)} == {outside}
    assert b.ask("tag side inner")["result"] == 0
    eventually(lambda: a.members()["b"]["tags"] == {"side": "inner"}, "news passes")
    at = b.kill()
    for host in (a, c):
        assert host.wait_for(event="dead", member="b")["at"] - at < 1_000_000_000
    stage.agree(a, c)
    b = start(stage, network, "b", bind="192.168.7.2", advertise=outside, seeds="10.77.0.2")
    stage.agree(a, b, c)
