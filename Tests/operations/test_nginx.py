"""nginx with the configuration of docs/operations."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from collections.abc import Callable

import pytest
from conftest import COMMAND, Town, Traffic, answers, eventually, free_port, post

NGINX = shutil.which("nginx") or "/usr/sbin/nginx"


class Nginx:
    def __init__(self, town: Town) -> None:
        self.everybody, self.primary = free_port(), free_port()
        services = {f"127.0.0.1:900{1 + n}": f"127.0.0.1:{town.services[i].port}" for n, i in enumerate("abc")}
        config = town.config("nginx.conf", {
            **services, "127.0.0.1:8080": f"127.0.0.1:{self.everybody}", "127.0.0.1:8081": f"127.0.0.1:{self.primary}",
        })  # fmt: skip
        town.program(
            NGINX, "-p", town.folder, "-e", "stderr", "-c", config, "-g", f"daemon off; pid {town.folder}/nginx.pid;")
        eventually(lambda: answers(self.everybody), "it answers")


@pytest.fixture
def nginx(town: Town) -> Nginx:
    town.trio()
    return Nginx(town)


def test_requests_go_round_and_the_dead_drop_out(town: Town, nginx: Nginx, traffic: Callable[..., Traffic]) -> None:
    stream = traffic(nginx.everybody)
    eventually(lambda: len(stream.found) > 60, "some requests")
    shares = Counter(stream.last(30))
    assert set(shares) == {"a", "b", "c"} and max(shares.values()) - min(shares.values()) <= 2, shares
    town.kill("c")
    eventually(lambda: set(stream.last(30)) == {"a", "b"}, "c is asked no more")
    stream.end()
    print(f"longest gap {stream.longest_gap() * 1000:.0f} ms, {stream.failures()} of {len(stream.found)} requests failed")
    assert stream.longest_gap() < 5


def test_the_primary_is_found_by_asking(town: Town, nginx: Nginx, traffic: Callable[..., Traffic]) -> None:
    stream = traffic(nginx.primary, "/primary")
    eventually(lambda: stream.last(5) == ["a"] * 5, "a answers")
    town.kill("a")
    eventually(lambda: stream.last(5) == ["b"] * 5, "b answers")
    stream.end()
    print(f"longest gap {stream.longest_gap() * 1000:.0f} ms, {stream.failures()} of {len(stream.found)} requests failed")
    assert stream.longest_gap() < 5


def test_a_post_finds_the_primary_and_is_done_once(town: Town, nginx: Nginx) -> None:
    """Whoever leads, and whoever is dead."""
    done: list[str] = []

    def check(leader: str) -> None:
        eventually(lambda: answers(town.services[leader].port, "/primary"), f"{leader} leads")
        assert post(nginx.primary, "work", "/primary") == (200, leader)
        assert post(nginx.primary, "vanish", "/primary")[0] == 502
        done.extend([f"{leader} work", f"{leader} vanish"])
        assert [line for line in town.written() if "refused" not in line] == done

    check("a")
    subprocess.run([COMMAND, "promote", "--to", "b", "--control", town.folder / "b.sock"], check=True, timeout=30)
    check("b")
    assert "a refused" in town.written(), "b was found by asking"
    subprocess.run([COMMAND, "promote", "--to", "c", "--control", town.folder / "c.sock"], check=True, timeout=30)
    check("c")
    town.kill("a")
    check("c")
    town.kill("b")
    check("c")


def test_whoever_serves_everybody_does_it_once(town: Town, nginx: Nginx) -> None:
    assert post(nginx.everybody, "vanish")[0] == 502
    assert [line.split()[1] for line in town.written()] == ["vanish"]
