"""What is typed: help, options, exit statuses."""

import os
import pty
import re
import signal
import struct
import subprocess
import fcntl
import termios
import time
from pathlib import Path

import pytest
from conftest import MUSTER, eventually, free_port


def test_the_version_is_that_of_the_header(place):
    header = (Path(__file__).parents[2] / "include/muster.h").read_text()
    parts = [re.search(rf"CLUSTER_VERSION_{part} (\d+)", header).group(1) for part in ("MAJOR", "MINOR", "PATCH")]
    assert place.muster("--version").stdout == f"muster {'.'.join(parts)}\n"


@pytest.mark.parametrize("words", [
    [], ["agent"], ["run"], ["job"], ["daemon"], ["tasks"], ["tasks", "list"], ["tasks", "move"], ["members"], ["events"], ["step-down"], ["promote"], ["pause"], ["resume"], ["leave"], ["keygen"], ["options"],
    ["store"], ["store", "schema"], ["config"], ["config", "check"], ["doctor"]])
def test_help(place, words):
    result = place.muster(*words, "--help")
    assert result.returncode == 0
    assert "USAGE: muster" in result.stdout
    assert result.stderr == ""


def test_help_tells_the_exit_statuses(place):
    text = " ".join(place.muster("--help").stdout.split())
    assert "0 ok, 1 failure, 2 wrong usage, 3 no node found, 4 the time was up, 5 refused" in text


def test_every_option_is_a_flag(place):
    shown = place.muster("agent", "--help").stdout
    names = re.findall(r"^  ([a-z_.]+)(?: \[|$)", place.muster("options").stdout, re.M)
    assert len(names) > 30
    for name in names:
        assert "--" + name.replace("_", "-").replace(".", "-") + " " in shown, name


@pytest.mark.parametrize("words", [
    ["nothing"],
    ["agent"],
    ["agent", "--nothing", "1"],
    ["agent", "--cluster", "x", "--port", "99999"],
    ["agent", "--cluster", "x", "--probe-timeout", "5s"],
    ["agent", "--cluster", "x", "--config", "/nonexistent.toml"],
    ["run", "--cluster", "x"],
    ["run", "--cluster", "x", "--grace", "soon", "--", "true"],
    ["run", "--cluster", "x", "--grace", "10s", "--failover-demote-timeout", "5s", "--", "true"]])
def test_wrong_usage_is_2_and_one_line(place, words):
    result = place.muster(*words)
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith("muster: ") and result.stderr.count("\n") == 1


@pytest.mark.parametrize("words", [
    ["members"], ["events"], ["leave"], ["step-down"], ["tasks"], ["tasks", "pause", "x"], ["members", "--control", "/nonexistent"],
    ["members", "--cluster", "x", "--node-id", "y"]])
def test_no_node_is_3(place, words):
    result = place.muster(*words)
    assert result.returncode == 3
    assert result.stderr.startswith("muster: no node")


def test_time_up_is_4(place):
    agent = place.agent("a")
    agent.send_signal(signal.SIGSTOP)
    result = place.muster("leave", "--control", place.socket_path("a"), "--timeout", "200ms")
    assert result.returncode == 4
    assert "in time" in result.stderr


def test_an_id_in_use_is_5(place):
    place.agent("a")
    # The same socket, and another socket but the same cluster.
    here = place.muster("agent", *place.join_flags("a"))
    assert here.returncode == 5 and str(place.socket_path("a")) in here.stderr
    there = place.muster("agent", *place.join_flags("a"), "--control", place.folder / "other.sock")
    assert there.returncode == 5 and "id is in use" in there.stderr


def test_a_flag_beats_the_environment_which_beats_the_file(place):
    file = place.folder / "options.toml"
    ports = [free_port() for _ in range(3)]
    file.write_text(
        f'cluster = "{place.cluster}"\nnode_id = "a"\nmulticast = false\nname = "file"\nport = {ports[0]}\n'
        "port_range = 1\n")
    environment = {"MUSTER_NAME": "environment", "MUSTER_PORT": str(ports[1])}
    place.start("agent", "--config", file, "--port", ports[2], environment=environment)
    eventually(lambda: place.answers("a"))
    own = place.control("a").ask("self")
    assert (own["cluster"], own["name"], own["port"]) == (place.cluster, "environment", ports[2])


def test_without_a_terminal_there_is_no_colour_and_with_one_lines_fit(place):
    place.agent("a" * 50)
    assert "\x1b" not in place.muster("members").stdout

    def shown(environment):
        leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
        process = subprocess.Popen(
            [MUSTER, "members"], stdout=follower, env=place.environment | environment, stdin=subprocess.DEVNULL)
        os.close(follower)
        text = b""
        try:
            while chunk := os.read(leader, 4096):
                text += chunk
        except OSError:
            pass
        os.close(leader)
        assert process.wait(10) == 0
        return text.decode()

    coloured = shown({"TERM": "xterm"})
    assert "\x1b[32malive" in coloured
    plain = shown({"TERM": "xterm", "NO_COLOR": "1"})
    assert "\x1b" not in plain
    assert max(map(len, plain.splitlines())) <= 60 and "…" in plain


def test_the_start_is_quick(place):
    def once():
        begin = time.monotonic()
        place.muster("--version")
        return time.monotonic() - begin

    # The target is a tenth of this; a busy machine is not what is tested.
    assert min(once() for _ in range(5)) < 0.3


def test_the_schema_is_printed(place):
    for engine in ("sqlite", "postgresql", "mysql", "sqlserver", "oracle", "db2"):
        assert "CREATE TABLE mine_lease" in place.muster("store", "schema", "--for", engine, "--prefix", "mine_").stdout
