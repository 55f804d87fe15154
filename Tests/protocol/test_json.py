"""The tables of docs/json.md, against what a running node says."""

from __future__ import annotations

import base64
import json
import pathlib
import re
import signal
import socket
from typing import Any

from conftest import Town, place
from harness.control import Control
from harness.process import eventually
from wire import Kind, Message

TEXT = (pathlib.Path(__file__).resolve().parents[2] / "docs/json.md").read_text()

TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,), "number": (int,), "boolean": (bool,), "null": (type(None),), "object": (dict,), "array": (list,),
}  # fmt: skip


def part(title: str) -> str:
    """What stands below a heading."""
    return re.split(rf"^#+ {title}$", TEXT, flags=re.M)[1].split("\n#")[0]


def table(title: str) -> dict[str, tuple[type, ...]]:
    """The keys of the first table below a heading, with the types that their values may have."""
    text = re.split(r"\| kind \||\| word \|", part(title))[0]
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \|", text, flags=re.M)
    return {
        key: tuple(kind for word, kinds in TYPES.items() if re.search(rf"\b{word}\b", text) for kind in kinds)
        for key, text in rows
    }  # fmt: skip


def check(value: dict[str, Any], *titles: str, optional: tuple[str, ...] = ()) -> None:
    wanted = {key: types for title in titles for key, types in table(title).items()}
    assert set(value) | set(optional) == set(wanted)
    for key, found in value.items():
        assert type(found) in wanted[key], (key, found)


GROUNDS = ("evidence", "accuser", "confirmed_by", "silent_ms")
OPTIONAL = ("evidence", "accuser", "confirmed_by", "last_heard", "isolated", "minority")


def check_member(member: dict[str, Any], *more: str) -> None:
    check(member, "A member", *more, optional=OPTIONAL)
    for seat in member["seats"]:
        check(seat, "A seat")
    assert ("isolated" in member) == ("minority" in member) == member["self"]
    assert (member["role"] is None) == (member["seats"] == [])
    assert ("evidence" in member) == ("accuser" in member)
    assert ("confirmed_by" in member) == ("last_heard" in member)
    assert "confirmed_by" in member or member["state"] == "alive"
    int(member["instance"], 16)


def test_the_examples_are_json() -> None:
    examples = re.findall(r"```json\n(.*?)```", TEXT, flags=re.S)
    assert len(examples) >= 6
    for example in examples:
        decoder, rest = json.JSONDecoder(), example.strip()
        while rest:
            _, end = decoder.raw_decode(rest)
            rest = rest[end:].lstrip()
    members = json.loads(examples[0])
    for member in members:
        check_member(member)
    for task in next(json.loads(example) for example in examples if "daemon" in example):
        check(task, "A task")


def test_everything_that_a_node_says(plain: Town, tmp_path: pathlib.Path) -> None:
    alpha = plain.start("alpha", "role=primary", control=str(tmp_path / "control"), name="Alpha")
    alpha.wait_for(callback="promote")
    assert alpha.ask("tag zone west")["result"] == 0
    events, control = Control(tmp_path / "control"), Control(tmp_path / "control")
    assert events.ask("events") == {"events": True}
    beta = plain.start("beta", "role=primary", seeds=[alpha], **{"failover.position": "1"})
    gamma = plain.start("gamma", seeds=[alpha], links="0")
    eventually(lambda: alpha.sees("alpha", "beta", "gamma"), "all three")
    eventually(lambda: alpha.members()["beta"]["seats"], "the second seat")
    gamma.freeze()
    alpha.wait_for(event="unresponsive", member="gamma")

    members = control.ask("members")
    assert [member["id"] for member in members] == ["alpha", "beta", "gamma"]
    for member in members:
        check_member(member)
    assert {"evidence", "accuser", "confirmed_by", "last_heard"} <= set(members[2])
    assert [member["self"] for member in members] == [True, False, False]
    assert [member["state"] for member in members] == ["alive", "alive", "unresponsive"]
    check_member(alpha.ask("self")["json"], "The own member")
    check_member(control.ask("self"), "The own member")
    check_member(alpha.ask("primary primary")["json"], "The primary")
    promised = alpha.ask("guarantee primary")["json"]
    check(promised, "What is promised")
    assert promised["authority"] == "members" and not promised["exclusive"] and promised["quorum"] is None
    assert promised["unresponsive_after_ms"] == 1500 and promised["demote_timeout_ms"] == 10_000
    for seat in control.ask("roles"):
        check(seat, "An own seat")
    assert control.ask("keys")["error"]["name"] == "CLUSTER_E_UNSUPPORTED"
    assert control.ask("pause primary") == {"ok": True}
    assert [seat["paused"] for seat in control.ask("roles")] == [True]
    assert control.ask("resume primary") == {"ok": True}
    wish = {"role": "primary", "member": "nobody", "timeout_ms": 5000}
    check(wish, "A promotion")
    assert control.ask("promote " + json.dumps(wish))["error"]["name"] == "CLUSTER_E_NO_MEMBER"
    assert control.ask("tasks") == []
    order = {"verb": "move", "name": "nothing", "target": "beta", "timeout_ms": 5000}
    check(order, "An order to a task")
    assert control.ask("task " + json.dumps(order))["error"]["name"] == "CLUSTER_E_NO_MEMBER"
    error = control.ask("step-down nothing")
    check({**error, **error["error"]}, "An error")

    gamma.send(signal.SIGCONT)
    alpha.wait_for(event="recovered", member="gamma")
    assert control.ask("step-down primary") == {"ok": True}
    for seat in control.ask("roles"):
        check(seat, "An own seat")
    assert control.ask("promote " + json.dumps({"role": "primary", "member": "alpha"})) == {"ok": True}
    assert control.ask("promote " + json.dumps({**wish, "member": "beta"})) == {"ok": True}
    gamma.quit()
    alpha.wait_for(event="left", member="gamma")
    beta.kill()
    alpha.wait_for(event="dead", member="beta")
    assert control.ask("leave") == {"ok": True}

    kinds = re.findall(r"^\| `([a-z-]+)` \|", TEXT.split("| kind |")[1].split("\n\n")[0], flags=re.M)
    told = [json.loads(line) for line in events.lines]
    for event in told:
        check(event, "An event", optional=(*GROUNDS, "news"))
        assert event["event"] in kinds
    for kind, evidence in (("member-unresponsive", "kernel"), ("member-dead", "refused")):
        event = next(event for event in told if event["event"] == kind)
        assert set(GROUNDS) <= set(event) and evidence in event["evidence"]
        assert event["accuser"] in ("alpha", "beta", "gamma") and event["silent_ms"] >= 0
        assert event["accuser"] not in event["confirmed_by"] and event["accuser"] in event["detail"]
    numbers = [event["number"] for event in told]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert told[-1]["event"] == "left"
    source = (pathlib.Path(__file__).resolve().parents[2] / "Sources/Node/NodeEvent.swift").read_text()
    assert sorted(kinds) == sorted(re.findall(r'case \.\w+: "([a-z-]+)"', source))
    events.close()
    control.close()


def test_statistics(sealed: Town, tmp_path: pathlib.Path) -> None:
    """Everything that is dropped is counted under its reason, and what is sent under its kind."""
    node = sealed.start(control=str(tmp_path / "control"))
    peer = sealed.member(node, "peer")
    control = Control(tmp_path / "control")

    def stats() -> Any:
        found = control.ask("stats")
        check(found, "The statistics")
        check(found["membership"], "Statistics of membership")
        for count in [*found["sent"].values(), *found["received"].values()]:
            check(count, "A count")
        return found

    reasons = re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", part("Reasons"), flags=re.M)))
    before = stats()
    assert sorted(before["dropped"]) == sorted(reasons)
    ends = re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", part("Other ends of streams"), flags=re.M)))
    assert set(before["broken_streams"]) <= {*reasons, *ends} and set(ends) <= set(before["broken_streams"])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for garbage in (b"", b"x", b"y" * 1500, b"GET / HTTP/1.1" + b" " * 50, b"Mu\xff" + bytes(100)):
            stranger.sendto(garbage, place(node))
    peer.send(Message(99), place(node))
    with socket.create_connection(place(node), timeout=5) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert connection.recv(100) == b""
    idle = socket.create_connection(place(node), timeout=5)
    speaker = peer.connect(place(node))
    speaker.send_bytes(b"\xff\xff\xff no message")

    def grown(group: str) -> dict[str, int]:
        return {key: count - before[group][key] for key, count in stats()[group].items() if count > before[group][key]}

    dropped = {"too_short": 2, "too_long": 1, "bad_magic": 1, "bad_version": 1, "unreadable": 1}
    eventually(lambda: grown("dropped") == dropped, "what was dropped")
    ended = {"bad_magic": 1, "unreadable": 1, "silent": 1}
    eventually(lambda: grown("broken_streams") == ended, "the streams, one of which was silent for 5 s", 8)
    idle.close()
    eventually(lambda: stats()["sent"]["ping"]["datagrams"] > before["sent"].get("ping", {"datagrams": 0})["datagrams"],
               "a ping")  # fmt: skip
    found = stats()
    assert found["membership"]["present"] == 2 and found["membership"]["probes"] > 0
    assert found["received"]["ack"]["bytes"] >= 20 * found["received"]["ack"]["datagrams"] > 0
    assert peer.me.id == "peer"
    control.close()


def test_a_lease(plain: Town, tmp_path: pathlib.Path) -> None:
    options = {"failover.authority": "store", "failover.store": f"sqlite:{tmp_path}/leases", "failover.lease": "1s"}
    node = plain.start("node", "role=primary", **options)
    node.wait_for(callback="promote")
    eventually(lambda: node.sees_leased("primary", "node"), "the register shows it")
    lease = node.statistics()["leases"]["primary"]
    check(lease, "A lease")
    assert lease == {"holder": "node", "token": node.token()}


def test_messages(plain: Town, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "control"
    node = plain.start(control=str(path))
    other = plain.start("other", seeds=[node])
    eventually(lambda: node.sees("node", "other"), "both")
    follower = Control(path)
    assert follower.ask("messages") == {"messages": True}
    assert other.ask("send node 5000 topic text")["result"] == 0
    message = json.loads(follower.lines.readline())
    check(message, "A message", optional=("base64",))
    assert message == {"sender": "other", "topic": "topic", "broadcast": False, "text": "text"}
    assert other.ask("send-many node 1 256")["result"] == 0
    message = json.loads(follower.lines.readline())
    check(message, "A message", optional=("text",))
    data = bytes((index * 31 + (index >> 8)) & 0xFF for index in range(256))
    assert base64.b64decode(message["base64"], validate=True) == data
    follower.close()

    wanted = {"member": "other", "topic": "t", "text": "x", "timeout_ms": 5000}
    check(wanted, "A message to be sent")
    assert other.ask("listen 1")["result"] == 0
    client = Control(path)
    assert client.ask("send " + json.dumps(wanted)) == {"ok": True}
    assert client.ask("send " + json.dumps(wanted) + "}")["error"]["name"] == "CLUSTER_E_INVALID", "one whole value"
    assert client.ask("broadcast " + json.dumps({"text": "y"})) == {"ok": True}
    other.wait_for(message="sent", topic="t", text="x")
    other.wait_for(message="broadcast", topic="", text="y")
    client.close()
def test_everything_that_a_node_says_about_keys(sealed: Town, tmp_path: pathlib.Path) -> None:
    alpha = sealed.start("alpha", control=str(tmp_path / "control"))
    beta = sealed.member(alpha, "beta")
    control = Control(tmp_path / "control")
    change = "A change of the keys"
    words = set(re.findall(r"^\| `(\w+)` \|", TEXT.split("| word |")[1].split("\n\n")[0], flags=re.M))
    assert words == {"done", "unchanged", "refused", "unreachable", "late"}

    added = control.ask("key-add " + "07" * 32)
    check(added, change, optional=("error",))
    assert added["members"] == {"alpha": "done", "beta": "done"}
    used = control.ask(f"key-use {added['fingerprint']}")
    check(used, change, optional=("error",))
    beta.answers = lambda message, sender: message.kind != Kind.KEYS
    keys = control.ask("keys")
    check(keys, "The keys")
    for key in keys["keys"]:
        check(key, "A key")
    assert keys["keys"][0]["sealing"] == ["alpha"] and keys["unreachable"] == ["beta"]
    refused = control.ask(f"key-remove {keys['keys'][1]['fingerprint']}")
    check(refused, change, optional=("ok",))
    check({**refused["error"], "error": refused["error"]}, "An error")
    assert refused["error"]["name"] == "CLUSTER_E_PARTIAL"
    assert refused["members"] == {"alpha": "unchanged", "beta": "unreachable"}
    error = control.ask(f"key-remove {added['fingerprint']}")
    check({**error, **error["error"]}, "An error")
    control.close()
