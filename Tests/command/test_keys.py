"""A key from keygen is what a cluster needs."""

import base64
import json
import signal
import subprocess

import pytest
from conftest import MUSTER, eventually, never


def test_keygen_makes_new_keys_of_32_bytes(place):
    keys = [place.muster("keygen").stdout for _ in range(2)]
    assert all(len(key) == 45 and key.endswith("\n") for key in keys)
    assert all(len(base64.b64decode(key)) == 32 for key in keys)
    assert keys[0] != keys[1]


def test_only_nodes_with_the_key_meet(place):
    key = place.muster("keygen").stdout.strip()
    file = place.folder / "key"
    file.write_text(key + "\n")
    other = place.muster("keygen").stdout.strip()
    local = ["--bind", "127.0.0.1"]
    place.agent("a", *local, "--key", key)
    place.agent("b", *local, "--key-file", file)
    place.agent("c", *local, environment={"MUSTER_KEY": other})
    place.see_each_other("a", "b")
    never(lambda: len(place.members("c")) > 1, 1.0)
    assert set(place.members("a")) == {"a", "b"}


class Rotation:
    """Three agents under one key, and files with that key and another."""

    LOCAL = ["--bind", "127.0.0.1"]

    def __init__(self, place):
        self.place = place
        self.old, self.new = self.make("old"), self.make("new")
        for node_id in "abc":
            place.agent(node_id, *self.LOCAL, "--key-file", self.old)
        place.see_each_other("a", "b", "c")

    def make(self, name):
        file = self.place.folder / name
        file.write_text(self.place.muster("keygen").stdout)
        return file

    def keys(self, *words, node_id="a", input=None):
        """Runs 'muster keys' at a node."""
        return subprocess.run(
            [MUSTER, "keys", *map(str, words), "--node-id", node_id], env=self.place.environment, timeout=20,
            capture_output=True, text=True, input=input or "")

    def list(self, node_id="a"):
        result = self.keys("list", "--json", node_id=node_id)
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)["keys"]


@pytest.fixture
def rotation(place):
    return Rotation(place)


def test_the_key_is_changed_in_three_steps(rotation):
    old = rotation.list()[0]["fingerprint"]
    added = rotation.keys("add", rotation.new)
    assert added.returncode == 0, added.stderr
    new = added.stdout.strip()
    assert len(new) == 16 and new != old
    assert [key["fingerprint"] for key in rotation.list("b")] == [old, new]
    assert [key["sealing"] for key in rotation.list("b")] == [["a", "b", "c"], []]
    used = rotation.keys("use", "--file", rotation.new, node_id="b")
    assert (used.returncode, used.stdout) == (0, new + "\n"), used.stderr
    removed = rotation.keys("remove", old, node_id="c")
    assert (removed.returncode, removed.stdout) == (0, old + "\n"), removed.stderr
    assert rotation.list("c") == [
        {"fingerprint": new, "sealing": ["a", "b", "c"], "holding": ["a", "b", "c"], "lacking": []}]
    table = rotation.keys().stdout.splitlines()
    assert table[0].split() == ["KEY", "SEALING", "HOLDING", "LACKING"]
    assert table[1].split() == [new, "a,b,c", "a,b,c"]
    rotation.place.agent("d", *rotation.LOCAL, "--key-file", rotation.new)
    rotation.place.see_each_other("a", "b", "c", "d")


def test_a_key_comes_by_standard_input(rotation):
    for words in (["add"], ["add", "-"], ["use", "--file", "-"]):
        result = rotation.keys(*words, input=rotation.new.read_text())
        assert result.returncode == 0, result.stderr
    assert rotation.list()[0]["sealing"] == ["a", "b", "c"] and len(rotation.list()) == 2


def test_members_that_have_not_done_it_are_named(rotation):
    assert rotation.keys("add", rotation.new).returncode == 0
    rotation.place.processes[2].send_signal(signal.SIGSTOP)
    result = rotation.keys("use", "--file", rotation.new)
    assert result.returncode == 6 and result.stdout == ""
    assert "1 of 3 members" in result.stderr and "c did not answer" in result.stderr
    result = rotation.keys("use", "--file", rotation.new, "--json")
    answer = json.loads(result.stdout)
    assert result.returncode == 6 and answer["error"]["name"] == "CLUSTER_E_PARTIAL"
    assert answer["members"] == {"a": "unchanged", "b": "unchanged", "c": "unreachable"}
    assert "no answer: c" in rotation.keys("list").stdout
    rotation.place.processes[2].send_signal(signal.SIGCONT)
    eventually(lambda: rotation.keys("use", "--file", rotation.new).returncode == 0, "c to answer")
    result = rotation.keys("remove", "--file", rotation.old, "--json")
    assert json.loads(result.stdout)["members"] == {"a": "done", "b": "done", "c": "done"}


def test_what_is_no_key_is_refused_and_not_shown(rotation):
    bad = rotation.place.folder / "bad"
    key = rotation.new.read_text().strip()
    for text in ("", "short\n", key[:-1] + "\n", f"{key}\n{key}\n", "x" * 10_000):
        bad.write_text(text)
        result = rotation.keys("add", bad)
        assert result.returncode == 2 and "must hold one key" in result.stderr
        assert not text.strip() or text.strip() not in result.stderr
    assert rotation.keys("add", rotation.place.folder / "none").returncode == 1
    # A key among the words of a command is there for everybody to read.
    for words in (["use", key], ["remove", key], ["use"], ["remove", "0123456789abcdef", "--file", rotation.new]):
        result = rotation.keys(*words)
        assert result.returncode == 2 and key not in result.stderr
    assert rotation.keys("use", "0123456789abcdef").returncode == 2
    assert rotation.keys("remove", "--file", rotation.old).returncode == 2, "it seals"
    assert rotation.keys("remove", "0123456789abcdef").returncode == 0, "gone already"


def test_a_cluster_without_a_key_has_none_to_change(place):
    place.agent("a")
    for words in (["list"], ["use", "0123456789abcdef"]):
        result = place.muster("keys", *words)
        assert result.returncode == 1 and "plain" in result.stderr
    assert place.control("a").ask("key-add 00")["error"]["name"] == "CLUSTER_E_INVALID"
