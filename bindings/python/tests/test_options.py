"""Options as Python spells them."""

from __future__ import annotations

import datetime
import pathlib
from typing import Any

import pytest

import muster
from conftest import Join
from harness import until
from muster._abi import lib
from muster._options import Value, options
from muster._values import take_text


def read(key: str, **given: Value) -> str:
    """What the library has for an option after these were given."""
    with options(None, given) as made:
        return take_text(lambda place: lib.cluster_options_get(made, key.encode(), place))


@pytest.mark.parametrize(
    ("given", "key", "text"),
    [
        ({"port": 7900}, "port", "7900"),
        ({"node_id": "a"}, "node_id", "a"),
        ({"multicast": False}, "multicast", "false"),
        ({"multicast": True}, "multicast", "true"),
        ({"failover_position": 2}, "failover.position", "2"),
        ({"failover.position": 2}, "failover.position", "2"),
        ({"failover_unresponsive_after": "2s"}, "failover.unresponsive_after", "2s"),
        ({"probe_interval": 250}, "probe_interval", "250"),
        ({"probe_interval": datetime.timedelta(seconds=1.25)}, "probe_interval", "1250ms"),
        ({"seeds": ["127.0.0.1:1", "127.0.0.1:2"]}, "seeds", "127.0.0.1:1,127.0.0.1:2"),
        ({"control": pathlib.Path("state/here")}, "control", "state/here"),
        ({"name": None}, "name", ""),
    ],
)
def test_spelling(given: dict[str, Any], key: str, text: str) -> None:
    assert read(key, **given).replace(", ", ",") == text


def test_callbacks_are_never_on_a_thread_of_the_library() -> None:
    assert read("dispatch") == "manual"


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"port": 70000}, "port"),
        ({"prot": 7900}, "prot"),
        ({"failover_nonsense": 1}, "failover_nonsense"),
        ({"name": "a\0b"}, "name"),
        ({"dispatch": "thread"}, "dispatch"),
        ({"config": "/nowhere.toml"}, "/nowhere.toml"),
        ({"log_level": "loud"}, "log_level"),
    ],
)
def test_mistakes_are_named(join: Join, given: dict[str, Any], named: str) -> None:
    with pytest.raises(muster.Invalid, match=named):
        join(**given)


def test_a_cluster_has_a_name() -> None:
    with pytest.raises(muster.Invalid, match="cluster"):
        muster.join(port=0)


def test_full_names_in_a_mapping(join: Join) -> None:
    cluster = join(options={"node_id": "a", "failover.position": 3})
    cluster.role()
    seats = until(lambda: cluster.members_json()[0]["seats"], "the seat")
    assert seats[0]["configured_position"] == 3
