"""HAProxy with the configuration of docs/operations, kept current by `muster haproxy`."""

from __future__ import annotations

import pathlib
import shutil
import socket
import subprocess
from collections import Counter
from collections.abc import Callable

import pytest
from conftest import COMMAND, Town, Traffic, answers, eventually, free_port, post

HAPROXY = shutil.which("haproxy") or "/usr/sbin/haproxy"


class Haproxy:
    def __init__(self, town: Town) -> None:
        self.town = town
        self.admin = town.folder / "admin.sock"
        self.everybody, self.primary = free_port(), free_port()
        self.config = town.config("haproxy.cfg", {
            "/run/haproxy/admin.sock": str(self.admin), "127.0.0.1:8080": f"127.0.0.1:{self.everybody}",
            "127.0.0.1:8081": f"127.0.0.1:{self.primary}"})  # fmt: skip
        subprocess.run([HAPROXY, "-c", "-f", self.config], check=True, stdout=subprocess.DEVNULL)
        self.start()

    def start(self) -> None:
        self.process = self.town.program(HAPROXY, "-db", "-f", self.config)
        eventually(self.admin.exists, "its socket")

    def ask(self, order: str) -> str:
        with socket.socket(socket.AF_UNIX) as link:
            link.connect(str(self.admin))
            link.sendall(order.encode() + b"\n")
            return b"".join(iter(lambda: link.recv(65536), b"")).decode()

    def up(self, backend: str) -> list[int]:
        """The ports of the servers that it sends requests to."""
        _, head, *rows = self.ask(f"show servers state {backend}").strip().splitlines()
        columns = head.lstrip("# ").split()
        servers = [dict(zip(columns, row.split())) for row in rows]
        return sorted(int(s["srv_port"]) for s in servers if s["srv_op_state"] == "2" and int(s["srv_admin_state"]) & 0b100011 == 0)

    def follow(self, backend: str, node_id: str = "a") -> subprocess.Popen[bytes]:
        return self.town.program(
            COMMAND, "haproxy", "--socket", self.admin, "--backend", backend, "--check-tag", "check",
            "--control", self.town.folder / f"{node_id}.sock")  # fmt: skip


@pytest.fixture
def haproxy(town: Town) -> Haproxy:
    town.trio()
    return Haproxy(town)


def ports(town: Town, *node_ids: str) -> list[int]:
    return sorted(town.services[node_id].port for node_id in node_ids)


def test_requests_go_round_and_the_dead_drop_out(
    town: Town, haproxy: Haproxy, traffic: Callable[..., Traffic]
) -> None:
    haproxy.follow("everybody", "b")
    eventually(lambda: haproxy.up("everybody") == ports(town, "a", "b", "c"), "all three are asked")
    stream = traffic(haproxy.everybody)
    eventually(lambda: len(stream.found) > 60, "some requests")
    shares = Counter(stream.last(30))
    assert set(shares) == {"a", "b", "c"} and max(shares.values()) - min(shares.values()) <= 2, shares

    town.kill("c")
    eventually(lambda: haproxy.up("everybody") == ports(town, "a", "b"), "c is asked no more")
    town.start("d")
    eventually(lambda: haproxy.up("everybody") == ports(town, "a", "b", "d"), "d has its place")
    eventually(lambda: set(stream.last(30)) == {"a", "b", "d"}, "d is asked")
    # A guest that leaves in good order.
    town.services["d"].process.terminate()
    town.services.pop("d").process.wait(20)
    eventually(lambda: haproxy.up("everybody") == ports(town, "a", "b"), "d is asked no more")
    stream.end()
    print(f"longest gap {stream.longest_gap() * 1000:.0f} ms, {stream.failures()} of {len(stream.found)} requests failed")
    assert stream.longest_gap() < 5


def test_the_backend_of_the_primary_follows_it(
    town: Town, haproxy: Haproxy, traffic: Callable[..., Traffic]
) -> None:
    haproxy.follow("primary", "c")
    eventually(lambda: haproxy.up("primary") == ports(town, "a"), "a alone is asked")
    stream = traffic(haproxy.primary, "/primary")
    eventually(lambda: stream.last(5) == ["a"] * 5, "a answers")
    town.kill("a")
    eventually(lambda: stream.last(5) == ["b"] * 5, "b answers")
    eventually(lambda: haproxy.up("primary") == ports(town, "b"), "b alone is asked")
    stream.end()
    print(f"longest gap {stream.longest_gap() * 1000:.0f} ms, {stream.failures()} of {len(stream.found)} requests failed")
    assert stream.longest_gap() < 5
    assert [who for _, who in stream.found if who] == sorted(who for _, who in stream.found if who), "never back"


@pytest.mark.parametrize("backend, path", [("everybody", "/"), ("primary", "/primary")])
def test_what_may_have_been_done_is_not_done_again(town: Town, haproxy: Haproxy, backend: str, path: str) -> None:
    haproxy.follow(backend, "b")
    eventually(lambda: len(haproxy.up(backend)) == (3 if backend == "everybody" else 1), "its servers are asked")
    port = haproxy.everybody if backend == "everybody" else haproxy.primary
    assert post(port, "work", path)[0] == 200
    assert post(port, "vanish", path)[0] == 502
    assert [line.split()[1] for line in town.written()] == ["work", "vanish"]
    # What changes nothing is asked again.
    assert answers(port, "/vanish") is None
    assert len(town.written("gets")) > 1


def test_each_may_be_restarted(town: Town, haproxy: Haproxy) -> None:
    follower = haproxy.follow("everybody", "b")
    eventually(lambda: len(haproxy.up("everybody")) == 3, "all three are asked")
    # Another follower finds all as it should be, and changes nothing.
    follower.kill()
    follower.wait(20)
    places = haproxy.ask("show servers state everybody")
    done = subprocess.run(
        [COMMAND, "haproxy", "--once", "--socket", haproxy.admin, "--backend", "everybody", "--check-tag", "check",
         "--control", town.folder / "a.sock"], capture_output=True, text=True, timeout=20)  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [row.split()[3:6] for row in haproxy.ask("show servers state everybody").splitlines()[2:]] == [
        row.split()[3:6] for row in places.splitlines()[2:]]  # fmt: skip
    haproxy.follow("everybody", "b")
    haproxy.process.kill()
    haproxy.process.wait(20)
    haproxy.admin.unlink()
    haproxy.start()
    eventually(lambda: haproxy.up("everybody") == ports(town, "a", "b", "c"), "all three are asked again")


@pytest.mark.parametrize("words, reason", [
    (["--backend", "nothing"], "nothing"), (["--backend", "a b"], "no name of a backend"),
    (["--socket", "/nowhere"], "No such file"), (["--socket", ""], "no path"),
])  # fmt: skip
def test_what_is_refused(town: Town, haproxy: Haproxy, words: list[str], reason: str) -> None:
    usual = ["--socket", str(haproxy.admin), "--backend", "everybody", "--control", str(town.folder / "a.sock")]
    done = subprocess.run([COMMAND, "haproxy", "--once", *usual, *words], capture_output=True, text=True, timeout=20)
    assert done.returncode in (1, 2, 64) and reason in done.stderr, done


def test_too_few_places_are_said(town: Town, haproxy: Haproxy, tmp_path: pathlib.Path) -> None:
    text = haproxy.config.read_text().replace("node 1-20", "node 1-2")
    haproxy.process.kill()
    haproxy.process.wait(20)
    haproxy.admin.unlink()
    haproxy.config.write_text(text)
    haproxy.start()
    done = subprocess.run(
        [COMMAND, "haproxy", "--once", "--socket", haproxy.admin, "--backend", "everybody", "--check-tag", "check",
         "--control", town.folder / "a.sock"], capture_output=True, text=True, timeout=20)  # fmt: skip
    assert done.returncode == 1 and "no place for 1 of the members" in done.stderr
    eventually(lambda: len(haproxy.up("everybody")) == 2, "the others have theirs")


def test_agent_checks(town: Town, tmp_path: pathlib.Path) -> None:
    """Two servers whose only check is that of `muster haproxy-agent`."""
    town.start("a")
    eventually(lambda: answers(town.services["a"].port, "/primary"), "a leads")
    town.start("b")
    agents = {node_id: free_port() for node_id in "ab"}
    watchers = {
        node_id: town.program(
            COMMAND, "haproxy-agent", "--listen", f"127.0.0.1:{port}", "--role", "primary",
            "--control", town.folder / f"{node_id}.sock")
        for node_id, port in agents.items()
    }  # fmt: skip
    servers = "".join(
        f"  server {node_id} 127.0.0.1:{town.services[node_id].port} agent-check agent-port {port} agent-inter 100ms\n"
        for node_id, port in agents.items())  # fmt: skip
    front, admin = free_port(), tmp_path / "agent.sock"
    config = tmp_path / "agent.cfg"
    config.write_text(
        f"global\n  stats socket {admin} level admin\n"
        "defaults\n  mode http\n  timeout connect 1s\n  timeout client 5s\n  timeout server 5s\n"
        f"listen primary\n  bind 127.0.0.1:{front}\n{servers}")
    town.program(HAPROXY, "-db", "-f", config)
    # Nobody has been checked at first: HAProxy asks both until it has heard.
    eventually(lambda: [answers(front, "/primary") for _ in range(4)] == ["a"] * 4, "a alone is asked")
    town.kill("a")
    eventually(lambda: [answers(front, "/primary") for _ in range(4)] == ["b"] * 4, "b alone is asked")
    with socket.create_connection(("127.0.0.1", agents["a"]), timeout=5) as link:
        assert link.recv(100) == b"down #no node answers\n"
    assert all(watcher.poll() is None for watcher in watchers.values())


@pytest.mark.parametrize("words, reason", [
    (["--listen", "nowhere"], "no ADDRESS:PORT"), (["--listen", "203.0.113.9:80"], "cannot listen"),
    (["--listen", "127.0.0.1:0", "--control", "/nowhere"], "no node listens"),
])  # fmt: skip
def test_agents_that_are_refused(town: Town, words: list[str], reason: str) -> None:
    town.start("a")
    usual = ["--control", str(town.folder / "a.sock")]
    done = subprocess.run([COMMAND, "haproxy-agent", *usual, *words], capture_output=True, text=True, timeout=20)
    assert done.returncode in (1, 2, 3) and reason in done.stderr, done
