"""Messages from the shell: 'muster send', 'muster broadcast', 'muster messages'."""

import json
import select

from conftest import eventually


def listening(place, node_id, *flags):
    """A client that prints what the node is told. Nothing tells when it has begun to listen; that it prints does."""
    client = place.start("messages", "--node-id", node_id, *flags)

    def prints():
        place.muster("send", node_id, "begin", "--node-id", node_id)
        return select.select([client.stdout], [], [], 0.3)[0]

    eventually(prints, "a listener")
    return client


def next_line(client):
    """The next line that is not from the beginning."""
    while "begin" in (line := client.stdout.readline()):
        pass
    return line


def pair(place):
    for node_id in "ab":
        place.agent(node_id)
    place.see_each_other("a", "b")


def test_a_text_goes_from_shell_to_shell(place):
    pair(place)
    lines, text = listening(place, "b", "--json"), listening(place, "b")
    assert place.muster("send", "b", "héllo, you", "--topic", "greeting", "--node-id", "a").returncode == 0
    assert json.loads(next_line(lines)) == {
        "sender": "a", "topic": "greeting", "broadcast": False, "text": "héllo, you"}
    assert next_line(text) == "a topic=greeting: héllo, you\n"
    assert place.muster("broadcast", "all of \x1b[31myou", "--node-id", "a").returncode == 0
    assert json.loads(next_line(lines)) == {
        "sender": "a", "topic": "", "broadcast": True, "text": "all of \x1b[31myou"}
    assert next_line(text) == "a to all: all of ?[31myou\n"
    # The node ends, and so does the stream.
    assert place.muster("leave", "--node-id", "b").returncode == 0
    assert lines.wait(10) == 3 and text.wait(10) == 3


def test_what_cannot_be_sent(place):
    pair(place)
    unwanted = place.muster("send", "b", "x", "--node-id", "a")
    assert unwanted.returncode == 1 and "takes no messages" in unwanted.stderr
    absent = place.muster("send", "c", "x", "--node-id", "a")
    assert absent.returncode == 1 and "'c'" in absent.stderr
    large = place.muster("broadcast", "x" * 513, "--node-id", "a")
    assert large.returncode == 1 and "512" in large.stderr
    assert place.muster("broadcast", "x", "--topic", "t" * 65, "--node-id", "a").returncode == 2
    assert place.muster("send", "b", "--node-id", "a").returncode == 2


def test_the_words_of_the_control_socket(place):
    pair(place)
    follower, client = place.control("b"), place.control("a")
    assert follower.ask("messages") == {"messages": True}
    assert client.ask('send {"member":"b","text":"nul \\u0000 within","topic":"t"}') == {"ok": True}
    assert follower.line() == {"sender": "a", "topic": "t", "broadcast": False, "text": "nul \0 within"}
    assert client.ask('broadcast {"text":""}') == {"ok": True}
    assert follower.line() == {"sender": "a", "topic": "", "broadcast": True, "text": ""}
    for wrong in ("send", "send b", "send {}", 'send {"text":"x"}', 'send {"member":"b"}', "broadcast []",
                  'send {"member":"b","text":"x","timeout_ms":0}', 'broadcast {"text":"x","topic":"\\n"}'):
        assert client.ask(wrong)["error"]["name"] == "CLUSTER_E_INVALID", wrong
    assert client.ask('send {"member":"nobody","text":"x"}')["error"]["name"] == "CLUSTER_E_NO_MEMBER"
    # Nobody follows any more, and the agent itself takes none.
    follower.close()
    eventually(
        lambda: client.ask('send {"member":"b","text":"x"}').get("error", {}).get("name") == "CLUSTER_E_UNWANTED",
        "the follower to be gone")


def test_whoever_does_not_keep_up_is_let_go(place):
    pair(place)
    follower, client = place.control("b"), place.control("a")
    assert follower.ask("messages") == {"messages": True}
    text = json.dumps({"member": "b", "text": "x" * 60_000})
    eventually(lambda: "error" in client.ask(f"send {text}"), "the node to give up", seconds=30)
    lines = follower.lines.readlines()  # to the end, which comes in the middle of a line perhaps
    assert all(len(json.loads(line)["text"]) == 60_000 for line in lines[:-1])
