"""`muster tasks`, `muster job`, `muster daemon`: a cron and daemons for a whole cluster, with any program."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import time
from collections import namedtuple
from pathlib import Path

import pytest
from conftest import MUSTER, eventually, is_alive, never

Row = namedtuple("Row", "node occurrence moment attempt token task cluster")
ROW = "$MUSTER_NODE_ID $MUSTER_OCCURRENCE $MUSTER_MOMENT $MUSTER_ATTEMPT $MUSTER_TOKEN $MUSTER_TASK $MUSTER_CLUSTER"


class Desk:
    """Nodes that offer one task, and the rows that its runs have written."""

    def __init__(self, place):
        self.place = place
        self.rows_path = place.folder / "rows"
        self.rows_path.touch()

    def job(self, node_id, *flags, body="", name="tick", every="1s", command=None):
        command = command or ["sh", "-c", f"echo {ROW} >> {self.rows_path}; {body}"]
        when = ["--every", every] if every else []
        return self.start("job", node_id, *when, "--name", name, *flags, command=command)

    def daemon(self, node_id, script, *flags, name="tick"):
        return self.start("daemon", node_id, "--name", name, *flags, command=[script])

    def start(self, word, node_id, *flags, command):
        place = self.place
        with open(place.folder / f"{node_id}.err", "w") as errors, open(place.folder / f"{node_id}.out", "w") as out:
            process = place.start(
                word, *place.join_flags(node_id), *flags, "--", *command, stderr=errors, stdout=out)
        eventually(lambda: place.answers(node_id), f"the socket of {node_id}")
        return process

    def rows(self):
        # The last line may be half written.
        return [Row(*line.split()) for line in self.rows_path.read_text().splitlines() if len(line.split()) == 7]

    def wait_for_rows(self, count, seconds=20.0, of=None):
        def there():
            rows = [row for row in self.rows() if of is None or row.node == of]
            return len(rows) >= count and rows

        return eventually(there, f"{count} rows of {of or 'any node'}", seconds)

    def wait_between_runs(self):
        """Waits for the middle between two moments of a job that runs each second: the last run is written down, and
        the next has not begun. A run whose node is killed before it is written down is tried again."""

        def is_between():
            moment = int(self.rows()[-1].occurrence.split("-")[0]) / 1000
            return 0.4 <= time.time() - moment <= 0.6

        eventually(is_between, "the middle between two runs", 20)

    def order(self, node_id, *words):
        return self.place.muster("tasks", *words, "--node-id", node_id)

    def table(self, node_id):
        result = self.order(node_id, "list", "--json")
        assert result.returncode == 0, result.stderr
        return {task["name"]: task for task in json.loads(result.stdout)}

    def wait_for_state(self, node_id, seconds=20.0, name="tick", **wanted):
        def there():
            task = self.table(node_id).get(name)
            return task if task and all(task[key] == value for key, value in wanted.items()) else None

        return eventually(there, f"{wanted} as {node_id} sees it", seconds)


@pytest.fixture
def desk(place):
    return Desk(place)


def is_once(rows):
    occurrences = [row.occurrence for row in rows]
    return len(set(occurrences)) == len(occurrences)


# -- jobs


def test_each_occurrence_runs_once_on_one_of_three_nodes(place, desk):
    for node_id in "abc":
        desk.job(node_id)
    place.see_each_other(*"abc")
    desk.wait_for_state("c", offers=3, state="running")
    before = len(desk.rows())
    rows = desk.wait_for_rows(before + 4)
    assert is_once(rows)
    assert {(row.attempt, row.task, row.cluster) for row in rows} == {("1", "tick", place.cluster)}
    owner = desk.table("b")["tick"]
    last = desk.rows()[-1]
    assert (last.node, int(last.token)) == (owner["owner"], owner["token"])
    # Moments are those of the clock's seconds, one after the other.
    moments = [row.moment for row in rows[before:]]
    assert all(re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", moment) for moment in moments)
    assert moments == sorted(set(moments))


def test_another_node_goes_on_when_the_owner_is_killed(place, desk):
    nodes = {node_id: desk.job(node_id) for node_id in "abc"}
    place.see_each_other(*"abc")
    desk.wait_for_state("a", offers=3, state="running")
    desk.wait_for_rows(len(desk.rows()) + 2)
    desk.wait_between_runs()
    owner = desk.rows()[-1].node
    nodes[owner].kill()
    before = len(desk.rows())
    rows = desk.wait_for_rows(before + 3, seconds=10)
    assert is_once(rows)
    assert owner not in {row.node for row in rows[before:]}
    assert {row.attempt for row in rows} == {"1"}
    assert min(int(row.token) for row in rows[before:]) > max(
        int(row.token) for row in rows[:before] if row.node == owner)


def test_nothing_is_lost_and_nothing_done_twice_while_owners_are_killed(place, desk):
    nodes = {node_id: desk.job(node_id, every="200ms") for node_id in "abc"}
    place.see_each_other(*"abc")
    desk.wait_for_state("c", offers=3, state="running")
    before = len(desk.rows())
    for _ in range(3):
        desk.wait_for_rows(len(desk.rows()) + 5)
        owner = desk.rows()[-1].node
        nodes[owner].kill()
        nodes[owner].wait(10)
        after = len(desk.rows())
        eventually(lambda: {row.node for row in desk.rows()[after:]} - {owner}, "another to go on", 20)
        # It finds the others by one that lives.
        living = next(node_id for node_id in nodes if node_id != owner)
        place.seed = place.members(living)[living]["port"]
        nodes[owner] = desk.job(owner, every="200ms")
        place.see_each_other(*"abc")
    rows = desk.wait_for_rows(len(desk.rows()) + 5)[before:]
    # A run in the middle of which its node was killed is tried again, and says so.
    assert len({(row.occurrence, row.attempt) for row in rows}) == len(rows)
    # One that was killed before its command had said a word leaves the second attempt only.
    alone = [row for row in rows if [other.occurrence for other in rows].count(row.occurrence) == 1]
    silent = [row.attempt for row in alone if row.attempt != "1"]
    assert silent in ([], ["2"], ["2", "2"], ["2", "2", "2"]), "once for each that was killed at most"
    moments = sorted({int(row.occurrence.split("-")[0]) for row in rows})
    assert moments == list(range(moments[0], moments[-1] + 1, 200))


def test_a_run_whose_node_dies_is_tried_again(place, desk):
    """At least once; its command is ended with its node."""
    nodes = {
        node_id: desk.job(node_id, body=f"echo $$ >> {place.folder}/run.pids; exec sleep 30", every=None, *["--in", "4s"])
        for node_id in "ab"}
    # From then on both keep what is written down of it.
    desk.wait_for_state("b", offers=2)
    first = desk.wait_for_rows(1)[0]
    pid = int(eventually(lambda: (place.folder / "run.pids").read_text().split())[0])
    nodes[first.node].kill()
    second = desk.wait_for_rows(2)[1]
    assert (second.node, second.attempt) == ({"a": "b", "b": "a"}[first.node], "2")
    assert second.occurrence == first.occurrence and int(second.token) > int(first.token)
    eventually(lambda: not is_alive(pid), "the command of the dead node to end")


def test_at_most_once_is_not_tried_again(place, desk):
    flags = ["--in", "4s", "--option", "delivery=at_most_once"]
    nodes = {
        node_id: desk.job(node_id, *flags, body=f"echo $$ >> {place.folder}/run.pids; exec sleep 30", every=None)
        for node_id in "ab"}
    # From then on both keep what is written down of it.
    desk.wait_for_state("b", offers=2)
    first = desk.wait_for_rows(1)[0]
    nodes[first.node].kill()
    desk.wait_for_state({"a": "b", "b": "a"}[first.node], state="completed")
    assert len(desk.rows()) == 1


def test_a_run_that_fails_is_tried_on_the_next_node(place, desk):
    body = 'test "$MUSTER_ATTEMPT" -ge 2'
    for node_id in "ab":
        desk.job(node_id, body=body)
    place.see_each_other(*"ab")
    desk.wait_for_state("a", offers=2)

    def tried_again():
        runs = {}
        for row in desk.rows():
            runs.setdefault(row.occurrence, []).append((row.node, row.attempt))
        return [run for run in runs.values() if [attempt for _, attempt in run] == ["1", "2"]
                and run[0][0] != run[1][0]]

    eventually(tried_again, "an occurrence with two attempts on two nodes", 20)


def test_a_run_that_fails_as_often_as_it_may_is_a_dead_letter(place, desk):
    process = desk.job("a", "--option", "attempts=2", body="exit 3", every=None, *["--in", "2s"])
    events = place.start("events", "--json", "--node-id", "a")
    dead = eventually(
        lambda: next((event for event in iter(lambda: json.loads(events.stdout.readline()), None)
                      if event.get("news") == "dead-letter"), None), "a dead letter", 20)
    assert dead["event"] == "task" and dead["role"] == "tick" and "status 3" in dead["detail"]
    assert [row.attempt for row in desk.rows()] == ["1", "2"]
    assert process.poll() is None


def test_a_job_of_every_node_goes_on_where_its_runs_fail(place, desk):
    """Nobody else brings it back: the node itself tries a run again, up to the attempts, and then the next."""
    desk.job("a", "--option", "singleton=false", "--option", "attempts=2", body="exit 3")

    def attempts():
        tried = {}
        for row in desk.rows():
            tried.setdefault(row.occurrence, []).append(row.attempt)
        return list(tried.values())

    eventually(lambda: attempts().count(["1", "2"]) >= 3, "three occurrences that were tried twice", 30)
    assert all(tried in (["1"], ["1", "2"]) for tried in attempts())


def test_a_daemon_of_every_node_is_started_again(place, desk, worker):
    desk.daemon("a", worker.script('[ -e "$0.once" ] || { touch "$0.once"; exit 1; }\n' + worker.forever),
                "--option", "singleton=false")
    worker.wait_for("a ready", seconds=20)
    assert len(worker.lines("a start")) == 2


def test_an_option_that_changes_runs_no_occurrence_again(place, desk):
    """Node after node comes with another grace time, and the job goes from one to the next."""
    once = ["--option", "delivery=at_most_once"]
    desk.job("a", *once)
    desk.wait_for_rows(2)
    nodes = {}
    for number, node_id in enumerate("bcd", 11):
        nodes[node_id] = desk.job(node_id, *once, "--option", f"grace={number}s")
        desk.wait_for_rows(len(desk.rows()) + 3)
    rows = desk.rows()
    assert len({row.occurrence for row in rows}) == len(rows) and {row.attempt for row in rows} == {"1"}


@pytest.mark.parametrize("flags", [["--in", "1s"], ["--schedule", "every 100ms from=+1s repeat=2"]])
def test_a_job_that_has_an_end_completes(place, desk, flags):
    desk.job("a", *flags, every=None)
    desk.wait_for_state("a", state="completed", owner=None)
    assert len(desk.rows()) == (1 if flags[0] == "--in" else 3)
    assert is_once(desk.rows())


def test_the_command_is_run_as_it_was_typed(place, desk):
    out = place.folder / "a.out"
    words = ["two words", "", "$HOME", "it's", 'a "quote"', "*", "--port", "\\n", ";", "ü"]
    desk.job("a", every=None, *["--in", "500ms"], command=["printf", "<%s>", *words])
    eventually(lambda: out.read_text() == "".join(f"<{word}>" for word in words), "its output")


def test_a_run_under_way_comes_to_its_end_before_the_node_leaves(place, desk):
    process = desk.job("a", body="sleep 1; echo end", every=None, *["--in", "500ms"])
    desk.wait_for_rows(1)
    process.terminate()
    assert process.wait(20) == 0
    assert (place.folder / "a.out").read_text() == "end\n"


@pytest.mark.parametrize("way", ["signal", "leave", "move"])
def test_a_run_that_takes_too_long_is_ended(place, desk, way):
    body = f"trap 'echo term >> {place.folder}/log; exit 1' TERM; while :; do sleep 0.02; done"
    process = desk.job("a", "--stop-timeout", "500ms", body=body, every=None, *["--in", "1s"])
    desk.wait_for_rows(1)
    if way == "signal":
        process.terminate()
        assert process.wait(20) == 0
    elif way == "leave":
        assert place.muster("leave", "--node-id", "a").returncode == 0
        assert process.wait(20) == 0
    else:
        desk.job("b", "--stop-timeout", "500ms", body=body, every=None, *["--in", "1s"])
        desk.wait_for_state("b", offers=2, owner="a")
        assert desk.order("b", "move", "tick", "--to", "b").returncode == 0
        # What was ended has failed, and is tried where the job is now.
        again = desk.wait_for_rows(2)[1]
        assert (again.node, again.attempt) == ("b", "2")
    assert (place.folder / "log").read_text() == "term\n"


def test_a_run_of_a_node_that_trusts_itself_no_more_is_told_once(place, desk):
    store = place.folder / "leases"
    lease = ["--failover-authority", "store", "--failover-store", f"sqlite:{store}", "--failover-lease", "2s"]
    body = f"trap 'echo term >> {place.folder}/log' TERM; while :; do sleep 0.02; done"
    desk.job("a", *lease, body=body, every=None, *["--in", "1s"])
    desk.wait_for_rows(1, 30.0)
    with sqlite3.connect(store, isolation_level=None, timeout=20) as other:
        other.execute("BEGIN EXCLUSIVE")
        eventually((place.folder / "log").exists, "the run to be told", 30.0)
        never(lambda: (place.folder / "log").read_text() != "term\n", 1.0)
        other.execute("ROLLBACK")


def test_the_second_signal_kills_a_run(place, desk):
    body = f"trap '' TERM; echo $$ > {place.folder}/run.pids; while :; do sleep 0.02; done"
    process = desk.job("a", body=body, every=None, *["--in", "500ms"])
    pid = int(eventually(lambda: (place.folder / "run.pids").exists() and (place.folder / "run.pids").read_text()))
    process.terminate()
    never(lambda: not is_alive(pid), 0.5)
    process.terminate()
    assert process.wait(20) == 0
    assert not is_alive(pid)


def test_a_lease_in_a_file_keeps_occurrences_single(place, desk):
    flags = ["--failover-authority", "store", "--failover-store", f"sqlite:{place.folder}/lease.db",
             "--profile", "fast", "--option", "delivery=at_most_once"]
    nodes = {node_id: desk.job(node_id, *flags) for node_id in "ab"}
    place.see_each_other(*"ab")
    desk.wait_for_rows(2, 30)
    desk.wait_between_runs()
    owner = desk.rows()[-1].node
    nodes[owner].kill()
    before = len(desk.rows())
    rows = desk.wait_for_rows(before + 3, 30)
    assert is_once(rows) and {row.node for row in rows[before:]} == {"a", "b"} - {owner}


# -- daemons


def test_a_daemon_runs_on_one_node_and_moves_with_what_dies(place, desk, worker):
    script = worker.lasting(before="say token $MUSTER_TASK $MUSTER_TOKEN")
    nodes = {node_id: desk.daemon(node_id, script) for node_id in "abc"}
    place.see_each_other(*"abc")

    def lives():
        return [line for node_id in "abc" for line in worker.lines(f"{node_id} start") if is_alive(int(line[-1]))]

    def only_life():
        found = lives()
        task = desk.table("a" if nodes["a"].poll() is None else "b").get("tick")
        return found[0] if len(found) == 1 and task and task["owner"] == found[0][0] else None

    first = eventually(only_life, "one command", 20)
    never(lambda: len(lives()) > 1, 1)
    # The command itself is killed: another node has it.
    os.kill(int(first[-1]), signal.SIGKILL)
    second = eventually(lambda: (life := only_life()) and life[0] != first[0] and life, "it on another node", 20)
    assert "ended with status 137" in (place.folder / f"{first[0]}.err").read_text()
    # Then the node: its command ends with it.
    nodes[second[0]].kill()
    nodes[second[0]].wait(10)
    third = eventually(lambda: (life := only_life()) and life[0] != second[0] and life, "it on a third node", 20)
    eventually(lambda: not is_alive(int(second[-1])))
    tokens = [int(line[3]) for line in worker.lines("") if line[1] == "token"]
    assert tokens == sorted(set(tokens))
    # The last one is asked to end: its status is the command's.
    nodes[third[0]].terminate()
    assert nodes[third[0]].wait(20) == 7
    assert not is_alive(int(third[-1]))


def test_a_daemon_that_fails_alone_is_started_again_after_a_pause(place, desk, worker):
    desk.daemon("a", worker.script('[ -e "$0.once" ] || { touch "$0.once"; exit 1; }\n' + worker.forever))
    worker.wait_for("a start", seconds=20)
    never(lambda: len(worker.lines("a start")) > 1, 0.7)
    worker.wait_for("a ready", seconds=20)


def test_a_daemon_that_ignores_term_is_killed_before_it_moves(place, desk, worker):
    script = worker.script("trap 'say term' TERM\n" + worker.forever)
    desk.daemon("a", script, "--stop-timeout", "700ms")
    worker.wait_for("a ready", seconds=20)
    desk.daemon("b", script, "--stop-timeout", "700ms")
    pid = int(worker.lines("a start")[0][-1])
    desk.wait_for_state("b", offers=2, owner="a")
    assert desk.order("b", "move", "tick", "--to", "b").returncode == 0
    worker.wait_for("b start", seconds=20)
    assert not is_alive(pid) and worker.lines("a term")


@pytest.mark.parametrize("completes", [True, False])
def test_status_0_completes_a_daemon_only_where_that_is_asked_for(place, desk, worker, completes):
    script = worker.script("say ready; sleep 0.3; exit 0")
    flags = ["--completes"] if completes else []
    for node_id in "ab":
        desk.daemon(node_id, script, *flags)
    if completes:
        desk.wait_for_state("b", state="completed", owner=None)
        never(lambda: len(worker.lines("")) > 2, 2)
    else:
        eventually(lambda: len(worker.lines("a start") + worker.lines("b start")) >= 2, "a second start", 20)


def test_a_command_that_does_not_exist_is_said(place, desk):
    process = desk.daemon("a", "/nonexistent/command")
    errors = place.folder / "a.err"
    eventually(lambda: "cannot be started: No such file" in errors.read_text(), seconds=20)
    process.terminate()
    assert process.wait(20) in (0, 127)


# -- orders


def test_pause_resume_move_run_and_forget(place, desk):
    nodes = {node_id: desk.job(node_id) for node_id in "ab"}
    place.agent("watch")
    place.see_each_other("a", "b", "watch")
    desk.wait_for_state("watch", offers=2, state="running")
    desk.wait_for_rows(1)

    assert desk.order("watch", "pause", "tick").returncode == 0
    desk.wait_for_state("watch", state="paused", owner=None)
    before = len(desk.rows())
    never(lambda: len(desk.rows()) > before, 2.2)
    assert desk.order("a", "resume", "tick").returncode == 0
    owner = desk.wait_for_state("b", state="running")["owner"]
    desk.wait_for_rows(before + 1)

    other = {"a": "b", "b": "a"}[owner]
    assert desk.order("watch", "move", "tick").returncode == 0
    desk.wait_for_state("watch", state="running", owner=other)
    assert desk.order("watch", "move", "tick", "--to", owner).returncode == 0
    desk.wait_for_state("watch", state="running", owner=owner)
    desk.wait_for_rows(1, of=owner)
    assert is_once(desk.rows())

    assert desk.order("watch", "run", "tick").returncode == 0
    by_hand = eventually(lambda: [row for row in desk.rows() if row.occurrence.endswith("-" + "0" * 16)], "the run")
    assert len(by_hand) == 1

    refused = desk.order("watch", "forget", "tick")
    assert refused.returncode == 1 and "offered by a, b" in refused.stderr
    for process in nodes.values():
        process.terminate()
        assert process.wait(20) == 0
    desk.wait_for_state("watch", offers=0, owner=None)
    assert desk.order("watch", "forget", "tick").returncode == 0
    eventually(lambda: not desk.table("watch"), "it to be forgotten")


def test_what_cannot_be_ordered(place, desk, worker):
    desk.job("a")
    desk.wait_for_state("a", state="running")
    desk.daemon("b", worker.lasting(), name="mail")
    desk.wait_for_state("a", name="mail", state="running")
    for words, status, text in [
            (["pause", "nothing"], 1, "nobody offers a task 'nothing'"),
            (["run", "nothing"], 1, "nobody offers a task 'nothing'"),
            (["move", "tick"], 1, "no other node offers task 'tick'"),
            (["move", "tick", "--to", "nobody"], 1, "no member 'nobody' is present"),
            (["move", "tick", "--to", "b"], 1, "node 'b' does not offer task 'tick'"),
            (["run", "mail"], 1, "'mail' is no job"),
            (["forget", "tick"], 1, "task 'tick' is offered by a"),
            (["pause", ""], 2, "a task's name has 1 to 64 bytes"),
            (["pause", "x" * 65], 2, "a task's name has 1 to 64 bytes")]:
        result = desk.order("a", *words)
        assert result.returncode == status and text in result.stderr, (words, result)
        assert result.stderr.startswith("muster: ") and result.stderr.count("\n") == 1


def test_the_table_says_what_every_task_does(place, desk, worker):
    desk.job("a", name="tick", every="1h")
    desk.daemon("b", worker.lasting(), name="mail")
    desk.wait_for_state("a", name="mail", state="running", owner="b")
    desk.wait_for_state("a", name="tick", state="running", owner="a")
    heads, mail, tick = desk.order("a").stdout.splitlines()
    assert heads.split() == ["NAME", "KIND", "STATE", "OWNER", "OFFERS", "SCHEDULE", "TOKEN", "DETAIL"]
    assert mail.split()[:6] == ["mail", "daemon", "running", "b", "1", "-"]
    assert tick.split()[:7] == ["tick", "job", "running", "a", "1", "every", "1h"]


def test_the_table_is_printed_again_when_something_changes(place, desk):
    desk.job("a", every="1h")
    desk.wait_for_state("a", state="running")
    watch = place.start("tasks", "--watch", "--json", "--node-id", "a")
    assert json.loads(watch.stdout.readline())[0]["state"] == "running"
    assert desk.order("a", "pause", "tick").returncode == 0
    states = [json.loads(watch.stdout.readline())[0]["state"]]
    while states[-1] != "paused":
        states.append(json.loads(watch.stdout.readline())[0]["state"])
    assert watch.poll() is None


def test_events_tell_of_tasks(place, desk):
    agent = place.agent("watch")
    desk.job("a", every="1h")
    place.see_each_other("a", "watch")
    desk.wait_for_state("a", state="running")
    events = place.start("events", "--node-id", "a")
    assert " member-" in place.first_event("a", events.stdout)
    assert desk.order("a", "pause", "tick").returncode == 0
    line = next(line for line in iter(events.stdout.readline, "") if "task=" in line)
    assert re.fullmatch(r"\d\d:\d\d:\d\d task a task=tick stopped\n", line)
    assert agent.poll() is None


def test_the_words_of_the_control_socket(place, desk):
    place.agent("a")
    client = place.control("a")
    assert client.ask("tasks") == []
    assert client.ask('task {"verb":"pause","name":"nothing"}')["error"]["name"] == "CLUSTER_E_NO_MEMBER"
    for wrong in ["task nothing", "task {}", 'task {"verb":"begin","name":"x"}', 'task {"verb":"pause"}',
                  'task {"verb":"pause","name":"x","target":"a"}', 'task {"verb":"pause","name":"x","timeout_ms":0}',
                  'task {"verb":"pause","name":""}', "task"]:
        assert client.ask(wrong)["error"]["name"] == "CLUSTER_E_INVALID", wrong
    desk.job("b", every="1h")
    desk.wait_for_state("a", state="running", owner="b")
    assert client.ask('task {"verb":"pause","name":"tick"}') == {"ok": True}
    # Answered in their order, though they wait for others.
    client.socket.sendall(b'tasks\nself\ntask {"verb":"resume","name":"tick"}\ntasks\n')
    answers = [client.line() for _ in range(4)]
    assert [type(answer) for answer in answers] == [list, dict, dict, list]
    task = answers[0][0]
    assert set(task) == {"name", "kind", "state", "owner", "mine", "token", "schedule", "offers", "detail"}
    assert answers[2] == {"ok": True}


def test_an_order_that_nobody_can_obey_ends_in_time(place, desk):
    """No node has the job, and the coordinator asks to be asked again."""
    job = desk.job("a", every="1h")
    place.agent("watch")
    desk.wait_for_state("watch", state="running", owner="a")
    assert desk.order("watch", "pause", "tick").returncode == 0
    desk.wait_for_state("watch", state="paused")
    began = time.monotonic()
    result = desk.order("watch", "run", "tick", "--timeout", "700ms")
    assert result.returncode == 4 and "task 'tick': no node has job 'tick' just now" in result.stderr
    assert 0.6 < time.monotonic() - began < 5
    assert job.poll() is None


# -- what is typed


@pytest.mark.parametrize("words, text", [
    (["job", "--name", "x", "--every", "1s"], "-- <command>"),
    (["job", "--every", "1s", "--", "true"], "--name"),
    (["job", "--name", "x", "--", "true"], "one of --every"),
    (["job", "--name", "x", "--every", "1s", "--in", "1s", "--", "true"], "one of --every"),
    (["job", "--name", "x", "--cron", "0 61 * * * *", "--", "true"], "minute"),
    (["job", "--name", "x", "--cron", "nonsense", "--", "true"], "cron"),
    (["job", "--name", "x", "--cron", "@daily zone=Nowhere/Land", "--", "true"], "Nowhere/Land"),
    (["job", "--name", "x", "--every", "0s", "--", "true"], "every"),
    (["job", "--name", "x", "--at", "tomorrow", "--", "true"], "2026-12-01T08:00:00Z"),
    (["job", "--name", "x" * 65, "--every", "1s", "--", "true"], "1 to 64 bytes"),
    (["job", "--name", "x", "--every", "1s", "--option", "attempts=0", "--", "true"], "attempts"),
    (["job", "--name", "x", "--every", "1s", "--option", "speed=9", "--", "true"], "speed"),
    (["job", "--name", "x", "--every", "1s", "--option", "a b", "--", "true"], "a blank"),
    (["job", "--name", "x", "--every", "1s", "--stop-timeout", "2h", "--", "true"], "stop_timeout"),
    (["daemon", "--name", "x", "--option", "attempts=2", "--", "true"], "jobs only"),
    (["daemon", "--name", "x"], "-- <command>"),
    (["tasks", "dance", "x"], "dance"),
    (["tasks", "move"], "name"),
])
def test_wrong_usage(place, words, text):
    cluster = [] if words[0] == "tasks" else ["--cluster", place.cluster, "--port", "0", "--multicast", "false"]
    result = place.muster(words[0], *cluster, *words[1:])
    assert result.returncode == 2 and result.stdout == ""
    assert text in result.stderr and result.stderr.startswith("muster: ") and result.stderr.count("\n") == 1


def test_the_example_runs(place):
    example = Path(__file__).parents[2] / "examples/job.sh"
    with open(place.folder / "out", "w") as out:
        process = subprocess.Popen(
            [example, *map(str, place.join_flags("a"))], env=place.environment | {"MUSTER": MUSTER}, stdout=out)
    place.processes.append(process)
    line = eventually(lambda: (place.folder / "out").read_text(), "a run", 20)
    assert re.fullmatch(r"\S+Z: a does \d+-[0-9a-f]{16}, attempt 1\n", line)
    process.terminate()
    assert process.wait(20) == 0
