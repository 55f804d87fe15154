"""Commands that talk to a node of this machine."""

import json

from conftest import eventually


def test_members_as_json_and_as_a_table(place):
    place.agent("a")
    place.agent("b")
    place.see_each_other("a", "b")
    members = json.loads(place.muster("members", "--node-id", "a", "--json").stdout)
    assert [member["id"] for member in members] == ["a", "b"]
    lines = place.muster("members", "--node-id", "a").stdout.splitlines()
    assert lines[0].split() == ["ID", "STATE", "ADDRESS", "ROLE", "POSITION", "SINCE", "TAGS"]
    assert [line.split()[:2] for line in lines[1:]] == [["a", "alive"], ["b", "alive"]]
    assert f"127.0.0.1:{place.seed}" in lines[1]


def test_members_watch_prints_again_when_somebody_comes(place):
    place.agent("a")
    watch = place.start("members", "--watch", "--json")
    assert len(json.loads(watch.stdout.readline())) == 1
    place.agent("b")
    assert eventually(lambda: len(json.loads(watch.stdout.readline())) == 2)


def test_the_table_says_who_leads(place, worker):
    place.run("a", worker.lasting())
    worker.wait_for("a ready")
    place.run("b", worker.lasting(), flags=["--role", "web"])
    worker.wait_for("b ready")
    place.see_each_other("a", "b")

    def rows():
        lines = place.muster("members", "--node-id", "a").stdout.splitlines()
        return {line.split()[0]: line.split()[3] for line in lines[1:]}

    eventually(lambda: rows() == {"a": "primary", "b": "web:primary"}, "both roles")


def test_events_stream_from_now_on(place):
    place.agent("a")
    text, lines = place.start("events"), place.start("events", "--json")
    event = json.loads(place.first_event("a", lines.stdout))
    assert event["event"].startswith("member-") and event["member"].startswith("comer") and event["number"] > 0
    assert " member-" in place.first_event("a", text.stdout)
    # The node ends, and so does the stream.
    assert place.muster("leave", "--node-id", "a").returncode == 0
    assert lines.wait(10) == 3 and text.wait(10) == 3


def test_an_agent_prints_events(place):
    agent = place.agent("a")
    talker = place.start("agent", "--json", *place.join_flags("b"))
    assert "a is a member at 127.0.0.1:" in agent.stdout.readline()
    assert "the console is at http://127.0.0.1:" in agent.stdout.readline()
    assert "member-joined b" in agent.stdout.readline()
    assert json.loads(talker.stdout.readline())["event"] == "member-joined"
    talker.terminate()
    assert talker.wait(10) == 0
    assert "member-left b" in agent.stdout.readline()
    agent.terminate()
    assert agent.wait(10) == 0
    assert not place.socket_path("a").exists()


def test_an_agent_whose_output_nobody_reads_still_leaves(place):
    agent = place.agent("a", "--json")
    agent.stdout.close()
    agent.stdout = None
    place.agent("b")
    place.see_each_other("a", "b")
    agent.terminate()
    assert agent.wait(10) == 0


def test_several_nodes_are_choices(place):
    place.agent("a")
    place.agent("b")
    result = place.muster("members")
    assert result.returncode == 2
    assert all(f"{name} of {place.cluster}" in result.stderr for name in "ab")
    assert place.muster("members", environment={"MUSTER_NODE_ID": "b"}).returncode == 0
    assert place.muster("members", "--control", place.socket_path("a")).returncode == 0
    assert place.muster("members", "--cluster", "other").returncode == 3


def test_leave_is_heard_by_the_others(place):
    agent = place.agent("a")
    place.agent("b")
    place.see_each_other("a", "b")
    assert place.muster("leave", "--node-id", "a").returncode == 0
    assert agent.wait(10) == 0
    eventually(lambda: set(place.members("b")) == {"b"})


def test_step_down_needs_a_seat_a_role_and_a_candidate(place, worker):
    place.agent("a")
    assert "no seat" in place.muster("step-down").stderr
    place.run("b", worker.lasting())
    worker.wait_for("b ready")
    alone = place.muster("step-down", "primary", "--node-id", "b")
    assert alone.returncode == 1 and "no other member" in alone.stderr
    place.run("c", worker.lasting())
    place.stands_by("c")
    standby = place.muster("step-down", "--node-id", "c")
    assert standby.returncode == 1 and "not primary" in standby.stderr
    assert place.muster("step-down", "--node-id", "b").returncode == 0
    worker.wait_for("c ready")
    assert worker.lines("b term")


def test_promote_pause_and_resume(place, worker):
    place.run("b", worker.lasting())
    worker.wait_for("b ready")
    place.run("c", worker.lasting())
    place.stands_by("c")
    unknown = place.muster("promote", "primary", "--to", "nobody", "--node-id", "b")
    assert unknown.returncode == 1 and "no member 'nobody'" in unknown.stderr
    assert place.muster("promote").returncode == 2
    assert place.muster("promote", "primary", "--to", "c", "--node-id", "b").returncode == 0
    worker.wait_for("c ready")
    assert worker.lines("b term")
    assert place.muster("pause", "--node-id", "b").returncode == 0
    assert [seat["paused"] for seat in place.control("b").ask("roles")] == [True]
    eventually(lambda: [seat["paused"] for seat in place.control("c").ask("roles")] == [True])
    assert place.muster("resume", "primary", "--node-id", "c").returncode == 0
    eventually(lambda: [seat["paused"] for seat in place.control("b").ask("roles")] == [False])
