"""The directory in which a node remembers who it is, used by the command."""

import json
import signal

from conftest import eventually


def nodes(place):
    """The ids of the nodes that run here, by their sockets."""
    return sorted(path.name.removeprefix(f"{place.cluster}-").removesuffix(".sock")
                  for path in place.folder.glob("muster/*.sock"))


def start(place, *more):
    return place.start("agent", "--cluster", place.cluster, "--multicast", "false", "--port", "0",
                       "--state-dir", place.folder / "state", *more)


def test_an_agent_without_an_id_is_the_same_after_a_restart(place):
    first = start(place)
    (own,) = eventually(lambda: nodes(place), "the socket")
    first.send_signal(signal.SIGTERM)
    assert first.wait(10) == 0 and nodes(place) == []
    start(place)
    assert eventually(lambda: nodes(place), "the socket") == [own]
    members = json.loads(place.muster("members", "--node-id", own, "--json").stdout)
    assert [member["id"] for member in members] == [own]
    start(place)
    assert len(eventually(lambda: len(nodes(place)) == 2 and nodes(place), "another")) == 2


def test_a_second_agent_of_one_id_is_told_what_is_in_its_way(place):
    start(place, "--node-id", "a")
    eventually(lambda: nodes(place) == ["a"], "the socket")
    second = start(place, "--node-id", "a", "--control", place.folder / "other.sock")
    assert second.wait(10) != 0
    error = second.stderr.read()
    assert "state_dir" in error and f"a@{place.cluster}.state.lock" in error
