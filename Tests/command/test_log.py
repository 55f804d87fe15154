"""The log on stderr: levels, formats, and the sentences that people's alerts look for."""

import json
import re
import signal
import time

from conftest import eventually


def lines(place, node_id):
    return (place.folder / f"{node_id}.log").read_text().splitlines()


def agent(place, node_id, *more):
    place.agent(node_id, *more, stderr=open(place.folder / f"{node_id}.log", "w"))


def test_sentences(place):
    agent(place, "a", "--log-level", "info")
    place.run("b", "sleep", "1000", flags=["--log-level", "info"])
    said = lambda words: eventually(lambda: [line for line in lines(place, "a") if words in line], words)  # noqa: E731
    assert said("Successfully joined the cluster with id [a]")[0].startswith("muster: info: ")
    said("Member added [b]")
    eventually(lambda: "Promoting to PRIMARY of primary with token " in (place.folder / "b.err").read_text(), "b's promotion")
    place.processes[-1].send_signal(signal.SIGTERM)
    said("Member removed [b]: member-left")


def test_tasks_have_sentences(place):
    job = place.start("daemon", *place.join_flags("a"), "--name", "mail", "--log-level", "info", "--", "sleep", "1000",
                      stderr=open(place.folder / "a.log", "w"))
    eventually(lambda: any("Task scheduled: [mail]" in line for line in lines(place, "a")), "the sentence")
    assert any("Elected current node (nodeID: a) as the coordinator for the group" in line for line in lines(place, "a"))
    job.terminate()
    job.wait(20)


def test_levels(place):
    agent(place, "quiet", "--log-level", "off")
    agent(place, "usual")
    agent(place, "loud", "--log-level", "trace")
    place.run("c", "sleep", "1000", flags=["--log-level", "trace"])
    eventually(lambda: any("trace: primary: this node [c] is primary, position 0" in line
                           for line in (place.folder / "c.err").read_text().splitlines()), "the report of the state")
    eventually(lambda: any("Member added [c]" in line for line in lines(place, "loud")), "a line")
    assert lines(place, "quiet") == []
    assert not any(": info: " in line for line in lines(place, "usual"))


def test_contacts(place):
    agent(place, "a", "--log-level", "debug", "--debug", "true")
    agent(place, "silent", "--log-level", "debug")
    eventually(lambda: any("Contact with [silent] at 127.0.0.1:" in line for line in lines(place, "a")), "a contact")
    assert not any("Contact with" in line for line in lines(place, "silent"))
    # Over streams too, in the same form: what a newcomer asks for, and the link that stands from then on.
    for kinds in ["sync", "link|linked"]:
        form = re.compile(rf"muster: debug: Contact with \[silent\] at 127\.0\.0\.1:\d+: ({kinds})")
        eventually(lambda: any(form.fullmatch(line) for line in lines(place, "a")), kinds)


def test_json(place):
    agent(place, "a", "--log-level", "info", "--log-format", "json")
    agent(place, "b")
    found = eventually(lambda: [line for line in lines(place, "a") if "Member added [b]" in line], "a line")
    line = json.loads(found[0])
    assert set(line) == {"time", "level", "node", "message"}
    assert (line["level"], line["node"]) == ("info", "a") and abs(line["time"] - time.time() * 1000) < 60_000


def test_a_level_that_is_none(place):
    done = place.muster("agent", *place.join_flags("a"), "--log-level", "loud")
    assert done.returncode == 64 or done.returncode == 2
    assert re.search(r"off.*error.*warning.*info.*debug.*trace", done.stderr, re.S)
