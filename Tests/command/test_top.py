"""`muster top` and the drill."""

import re
import signal
import threading

from conftest import Control, eventually, is_alive


def test_top(place):
    place.run("a", "sleep", "1000")
    eventually(lambda: place.members("a")["a"]["role"] == "primary", "a to be primary")
    place.run("b", "sleep", "1000")
    place.stands_by("b")
    done = place.muster("top", "--once", "--control", place.socket_path("b"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{place.cluster}, 2 of 2 members alive, seen by b, healthy\n")
    assert re.search(r"^primary +a +\d+ +b$", done.stdout, re.M), done.stdout
    live = place.start("top", "--control", place.socket_path("b"))
    seen = []
    threading.Thread(target=lambda: seen.extend(iter(live.stdout.readline, "")), daemon=True).start()
    # It follows the events from before its first picture on.
    eventually(lambda: any("2 of 2 members alive" in line for line in seen), "a picture")
    place.processes[0].send_signal(signal.SIGTERM)
    eventually(lambda: any("member-left a" in line for line in seen), "the event")


def test_a_drill(place):
    for node_id in "abc":
        place.run(node_id, "sleep", "1000")
        eventually(lambda: place.members(node_id)[node_id]["position"] is not None, "its place")
    place.see_each_other("a", "b", "c")
    process = Control(place.socket_path("a")).ask("self")["process"]
    flags = ["--cluster", place.cluster, "--node-id", "a"]
    done = place.muster("simulate-failure", "kill", *flags)
    assert done.returncode == 2 and f"would kill process {process}" in done.stderr and "primary of primary" in done.stderr
    assert is_alive(process)
    frozen = place.muster("simulate-failure", "freeze", *flags, "--for", "4s", "--yes", timeout=60)
    assert frozen.returncode == 0, frozen.stdout + frozen.stderr
    assert re.search(r"^noticed after \d+ ms: member-unresponsive$", frozen.stdout, re.M), frozen.stdout
    assert re.search(r"^'[bc]' leads primary after \d+ ms$", frozen.stdout, re.M), frozen.stdout
    assert "it goes on" in frozen.stdout
    killed = place.muster("simulate-failure", "kill", *flags, "--yes", timeout=60)
    assert killed.returncode == 0, killed.stdout + killed.stderr
    assert re.search(r"^noticed after \d+ ms: member-dead$", killed.stdout, re.M), killed.stdout
    assert not is_alive(process)


def test_a_drill_needs_somebody_who_watches(place):
    place.agent("a")
    done = place.muster("simulate-failure", "kill", "--cluster", place.cluster, "--node-id", "a", "--yes")
    assert done.returncode == 3 and "no other node of cluster" in done.stderr
    assert set(place.members("a")) == {"a"}
