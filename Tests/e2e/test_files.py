"""Nodes that start from the files of the systems before Muster, as docs/migrating shows them, and meet."""

from __future__ import annotations

import json
import pathlib
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from harness.process import Host, Stage, eventually, free_port
from harness.servers import MariaDB, PostgreSQL
from harness.serving import serving

FILES = pathlib.Path(__file__).resolve().parent.parent / "config"
# The place of the test, which its file cannot know: whatever else it says is what counts.
ON_LOOPBACK: dict[str, Any] = {"multicast": "", "multicast_interface": "lo"}


def copy(folder: pathlib.Path, path: str, *changes: tuple[str, str]) -> pathlib.Path:
    """A file of that name that differs by these."""
    text = (FILES / path).read_text()
    for old, new in changes:
        assert text.count(old) == 1, (path, old)
        text = text.replace(old, new)
    target = folder / pathlib.Path(path).name
    folder.mkdir(exist_ok=True)
    target.write_text(text)
    return target


def notes(host: Host) -> list[str]:
    return [line["message"] for line in host.said(log="line", level=3)]


def test_interlok_failover(stage: Stage, tmp_path: pathlib.Path) -> None:
    port = str(free_port())

    def start(id: str, position: str) -> Host:
        file = copy(
            tmp_path / id, "interlok-failover/before/bootstrap.properties",
            ("failover.secondary.position=1", f"failover.secondary.position={position}"))
        return stage.start(
            id, "role=primary", f"host.file={file}", "host.log=3", multicast_port=port, **ON_LOOPBACK)

    a = start("a", "0")
    a.wait_for(callback="promote")
    c, b = start("c", "2"), start("b", "1")
    stage.agree(a, b, c)
    assert [note for note in notes(b) if "'failover.secondary.position' is read as failover.position=1" in note]
    eventually(lambda: b.ask("position primary")["position"] == 1, "b is the next")
    a.kill()
    b.wait_for(callback="promote")


def test_interlok_clustering(stage: Stage, tmp_path: pathlib.Path) -> None:
    file = copy(
        tmp_path, "interlok-clustering/before/bootstrap.properties", ("MyCluster", stage.name),
        ("path=/cluster-manager/*", "path=/who/is/here/*"))
    more: dict[str, Any] = {"multicast_port": str(free_port()), "cluster": "", **ON_LOOPBACK}
    console = f"127.0.0.1:{free_port()}"
    a = stage.start("a", f"host.file={file}", "host.log=3", http=console, **more)
    b = stage.start("b", f"host.file={file}", **more)
    stage.agree(a, b)
    with urllib.request.urlopen(f"http://{console}/who/is/here", timeout=20) as answer:
        assert len(json.load(answer)["java.util.Collection"]) == 2
    assert [note for note in notes(a) if f"'clusterName' is read as cluster={stage.name}" in note]
    assert [note for note in notes(a) if "4 other keys are Interlok's, and left alone" in note]


def test_immutant(stage: Stage, tmp_path: pathlib.Path) -> None:
    second = copy(tmp_path / "2", "immutant/before/node-2.properties")
    first = copy(
        tmp_path / "1", "immutant/before/node-2.properties", ("name=two", "name=one"), ("port-offset=100", "port-offset=0"))
    port = free_port()
    more: dict[str, Any] = {"multicast_port": str(free_port()), "port": str(port), "port_range": "1", **ON_LOOPBACK}
    one, two = (stage.start("", f"host.file={file}", **more) for file in (first, second))
    one.id, two.id = "one", "two"
    stage.agree(one, two)
    assert (one.port, two.port) == (port, port + 100)


@pytest.fixture(params=[PostgreSQL, MariaDB], ids=lambda kind: kind.name)
def address(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """Of a database as Java writes it, and its user."""
    with serving(request.param) as server:
        scheme, name = ("postgresql", "postgres") if request.param is PostgreSQL else ("mysql", "muster")
        yield f"jdbc:{scheme}://127.0.0.1:{server.port}/{name}", "muster"


def test_wso2_micro_integrator(stage: Stage, tmp_path: pathlib.Path, address: tuple[str, str]) -> None:
    url, user = address

    def start(id: str) -> Host:
        file = copy(
            tmp_path / id, "wso2-micro-integrator/before/deployment.toml", ('"node-1"', f'"{id}"'),
            ("jdbc:postgresql://db.example.com:5432/clusterdb", url), ('"wso2"', f'"{user}"'), ("s3cret/word", "secret"))
        # No seeds, no multicast: they find each other where their leases are.
        host = stage.start("", "role=primary", f"host.file={file}", "host.log=3")
        host.id = id
        return host

    one, two = start("node-1"), start("node-2")
    stage.agree(one, two)
    eventually(lambda: one.is_primary() != two.is_primary(), "one of them has the lease")
    assert one.ask("guarantee primary")["json"]["authority"] == "store"
    assert not [note for note in notes(one) if "secret" in note]
    leader, other = (one, two) if one.is_primary() else (two, one)
    assert leader.ask("leave 5000")["result"] == 0
    other.wait_for(callback="promote")


def test_a_node_without_a_name_is_called_after_its_place(stage: Stage) -> None:
    hosts = [stage.start("") for _ in range(2)]
    names = [host.joined()["name"] for host in hosts]
    assert all(name.endswith(f":{host.port}") for name, host in zip(names, hosts, strict=True)), names
    assert len(set(names)) == 2
    assert stage.start("", name="mine").joined()["name"] == "mine"
    assert stage.start("me").joined()["name"] == "me"
