"""Roles whose primary a lease decides, by the command alone."""

import signal
import sqlite3

from conftest import eventually, is_alive, never

VOTERS = "a,b,w"


def flags(place, node_id):
    return ("--failover-authority", "majority", "--failover-voters", VOTERS, "--failover-lease", "1s",
            "--state-dir", place.folder / node_id)


def primary(place, node_id):
    return [member["id"] for member in place.members(node_id).values() if member["role"] == "primary"]


def test_two_nodes_and_a_witness(place, worker):
    program = worker.lasting()
    first = place.run("a", program, flags=flags(place, "a"))
    place.run("b", program, flags=flags(place, "b"))
    place.start("witness", *place.join_flags("w"), "--failover-voters", VOTERS, "--failover-lease", "1s",
                "--state-dir", place.folder / "w")
    eventually(lambda: place.answers("w"), "the witness")
    place.see_each_other("a", "b", "w")
    eventually(lambda: len(primary(place, "w")) == 1, "one leads", 20)
    (leader,) = primary(place, "w")
    assert leader in ("a", "b")
    if leader == "a":
        first.send_signal(signal.SIGKILL)
        eventually(lambda: primary(place, "w") == ["b"], "b follows", 20)
    never(lambda: "w" in primary(place, "w"), 0.5)


def test_a_witness_must_be_a_voter(place):
    for more, words in (
        (("--failover-voters", "a,b,c"), "failover.voters"),
        ((), "failover.voters"),
        (("--failover-voters", VOTERS), "state_dir"),
    ):
        done = place.muster("witness", *place.join_flags("w"), *more)
        assert done.returncode == 2 and words in done.stderr, done


def test_a_lease_in_a_file(place, worker):
    """The line of the members, and a SQLite file that decides; the program has the token."""
    store = ("--failover-authority", "store", "--failover-store", f"sqlite:{place.folder}/leases.db",
             "--failover-lease", "1s")
    program = worker.lasting()
    place.run("a", program, flags=store)
    eventually(lambda: primary(place, "a") == ["a"], "a leads", 20)
    place.run("b", program, flags=store)
    place.see_each_other("a", "b")
    place.stands_by("b")
    assert place.muster("promote", "--to", "b", "--cluster", place.cluster, "--node-id", "a").returncode == 0
    eventually(lambda: primary(place, "a") == ["b"], "b leads", 20)


def test_a_command_is_killed_before_another_may_begin(place, worker):
    """It takes longer to end than the lease lasts, and its store is not reached any more."""
    store = place.folder / "leases.db"
    script = worker.script(f"echo $$ > {place.folder}/worker.pid; trap 'say term; sleep 20; say gone; exit 0' TERM\n"
                           + worker.forever)
    process = place.run("a", script, flags=(
        "--failover-authority", "store", "--failover-store", f"sqlite:{store}", "--failover-lease", "3s",
        "--grace", "30s"))
    worker.wait_for("a ready", seconds=20)
    pid = int((place.folder / "worker.pid").read_text())
    with sqlite3.connect(store, isolation_level=None, timeout=20) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert process.wait(20) == 70
        eventually(lambda: not is_alive(pid), "the command is killed", 5.0)
        other.execute("ROLLBACK")
    assert worker.lines("a term") and not worker.lines("a gone")
