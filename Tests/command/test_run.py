"""`muster run`: the command is where the primary is, and nowhere else."""

import contextlib
import os
import signal

import pytest
from conftest import eventually, free_port, is_alive, never

# A process in a session of its own, whose parent is gone: what a daemon makes of itself.
DAEMON = """setsid sh -c 'echo $$ >> "$0/daemon.pids"; trap "" TERM HUP; while :; do sleep 0.05; done' {folder} &
while [ ! -s {folder}/daemon.pids ]; do sleep 0.01; done"""


def pids(path):
    return [int(pid) for pid in path.read_text().split()] if path.exists() else []


def test_the_command_starts_with_the_role_and_knows_it(place, worker):
    place.run("a", worker.lasting(), flags=["--role", "db"])
    _, _, role, token, cluster, _ = worker.wait_for("a start")[0]
    assert (role, cluster) == ("db", place.cluster)
    assert place.control("a").ask("roles")[0]["token"] == int(token)


def test_arguments_and_streams_pass_through(place, worker):
    script = worker.script('printf "<%s>" "$@"; cat; echo mistake >&2; trap "exit 0" TERM; ' + worker.forever)
    out = open(place.folder / "out", "w")
    process = place.run(
        "a", script, "two words", "", "--port", stdout=out, stderr=open(place.folder / "err", "w"))
    worker.wait_for("a ready")
    assert (place.folder / "out").read_text() == "<two words><><--port>"
    assert "mistake\n" in (place.folder / "err").read_text()
    process.terminate()
    assert process.wait(10) == 0


def test_the_command_inherits_no_socket_and_no_blocked_signal(place, worker):
    body = f"""ls -l /proc/$$/fd > {place.folder}/fds
python3 -c 'import signal; print(signal.pthread_sigmask(0, []), signal.getsignal(13))' > {place.folder}/mask
""" + worker.forever
    place.run("a", worker.script(body))
    worker.wait_for("a ready")
    assert "socket:" not in (place.folder / "fds").read_text()
    assert (place.folder / "mask").read_text().startswith("set()")


def test_a_standby_waits_and_takes_over_when_the_primary_leaves(place, worker):
    first = place.run("a", worker.lasting())
    worker.wait_for("a ready")
    place.run("b", worker.lasting())
    place.stands_by("b")
    assert not worker.lines("b")
    first.terminate()
    worker.wait_for("b ready")
    text = worker.log.read_text()
    assert text.index("a term") < text.index("b start")
    assert first.wait(10) == 7
    assert int(worker.lines("b start")[0][3]) > int(worker.lines("a start")[0][3])


def test_whoever_does_not_read_what_is_said_keeps_nobody_from_it(place, worker):
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writing, b"." * 512)
    os.set_blocking(writing, True)
    first = place.run("a", worker.lasting(), stderr=writing)
    worker.wait_for("a ready")
    place.run("b", worker.lasting())
    place.stands_by("b")
    assert place.muster("step-down", "--cluster", place.cluster, "--node-id", "a").returncode == 0
    worker.wait_for("b ready")
    first.terminate()
    assert first.wait(10) == 0
    os.close(reading)
    os.close(writing)


@pytest.mark.parametrize("status", [0, 3])
def test_a_command_that_ends_hands_over(place, worker, status):
    gate = place.folder / "gate"
    script = worker.script(f"say ready; while [ ! -e {gate} ]; do sleep 0.02; done; say end; exit {status}")
    place.run("a", script)
    worker.wait_for("a ready")
    place.run("b", worker.lasting())
    place.stands_by("b")
    gate.touch()
    worker.wait_for("b ready")
    assert worker.lines("a end") and len(worker.lines("a start")) == 1


def test_a_command_that_ends_alone_is_started_again_after_a_pause(place, worker):
    place.run("a", worker.script('[ -e "$0.once" ] || { touch "$0.once"; exit 1; }\n' + worker.forever))
    worker.wait_for("a start")
    never(lambda: len(worker.lines("a start")) > 1, 0.7)
    worker.wait_for("a ready")


def test_restart_stays_here(place, worker):
    script = worker.script('[ -e "$0.once" ] || { touch "$0.once"; exit 1; }\n' + worker.forever)
    place.run("a", script, flags=["--restart"])
    worker.wait_for("a start")
    place.run("b", worker.lasting())
    worker.wait_for("a ready")
    assert not worker.lines("b")


def test_a_command_that_does_not_exist_is_said(place):
    process = place.run("a", "/nonexistent/command")
    errors = place.folder / "a.err"
    eventually(lambda: "cannot be started: No such file" in errors.read_text())
    process.terminate()
    assert process.wait(10) in (0, 127)


def test_a_command_that_ignores_term_is_killed_after_the_grace_time(place, worker):
    stubborn = worker.script("trap 'say term' TERM\n" + worker.forever)
    place.run("a", stubborn, flags=["--grace", "700ms"])
    worker.wait_for("a ready")
    place.run("b", worker.lasting(), flags=["--grace", "700ms"])
    place.stands_by("b")
    pid = int(worker.lines("a start")[0][5])
    assert place.muster("step-down", "--node-id", "a").returncode == 0
    assert not is_alive(pid)
    assert worker.lines("a term")
    worker.wait_for("b ready")


def test_what_the_command_leaves_behind_is_ended_before_the_next_starts(place, worker):
    gate = place.folder / "gate"
    script = worker.script(
        DAEMON.format(folder=place.folder) + f"\nsay ready; while [ ! -e {gate} ]; do sleep 0.02; done")
    place.run("a", script, flags=["--grace", "300ms"])
    worker.wait_for("a ready")
    checking = worker.script(
        f"kill -0 $(cat {place.folder}/daemon.pids) && say overlap\ntrap 'exit 0' TERM\n" + worker.forever)
    place.run("b", checking)
    place.stands_by("b")
    gate.touch()
    worker.wait_for("b ready")
    assert not worker.lines("b overlap")


def test_a_killed_muster_leaves_no_orphan(place, worker):
    process = place.run(
        "a", worker.script(DAEMON.format(folder=place.folder) + "\ntrap '' TERM\n" + worker.forever),
        flags=["--grace", "300ms"])
    worker.wait_for("a ready")
    tree = pids(place.folder / "all.pids") + pids(place.folder / "daemon.pids")
    assert len(tree) == 2 and all(map(is_alive, tree))
    process.kill()
    eventually(lambda: not any(map(is_alive, tree)), "the tree to end")


def test_a_killed_supervisor_leaves_no_orphan(place, worker):
    process = place.run(
        "a", worker.script(DAEMON.format(folder=place.folder) + "\n" + worker.forever), flags=["--grace", "300ms"])
    worker.wait_for("a ready")
    tree = pids(place.folder / "all.pids") + pids(place.folder / "daemon.pids")
    with open(f"/proc/{process.pid}/task/{process.pid}/children") as file:
        supervisors = [int(pid) for pid in file.read().split()]
    assert len(supervisors) == 1
    os.kill(supervisors[0], signal.SIGKILL)
    eventually(lambda: not any(map(is_alive, tree)), "the tree to end")
    # Still primary and alone: it begins again.
    (place.folder / "daemon.pids").unlink()
    worker.wait_for("a ready", count=2)


def test_the_next_node_takes_over_from_a_killed_one(place, worker):
    process = place.run("a", worker.lasting())
    worker.wait_for("a ready")
    place.run("b", worker.lasting())
    place.stands_by("b")
    process.kill()
    worker.wait_for("b ready")
    worker.wait_for("a term")


def test_signals_are_passed_on(place, worker):
    traps = "\n".join(f"trap 'say {name}' {name}" for name in ("HUP", "USR1", "USR2"))
    process = place.run("a", worker.lasting(before=traps))
    worker.wait_for("a ready")
    for name in ("HUP", "USR1", "USR2"):
        process.send_signal(getattr(signal, "SIG" + name))
        worker.wait_for(f"a {name}")
    assert process.poll() is None


def test_int_reaches_the_command_as_int(place, worker):
    script = worker.script("exec python3 -c 'import signal, sys\n"
                           "signal.signal(2, lambda *_: sys.exit(5))\n"
                           f"open(\"{worker.log}\", \"a\").write(\"a ready\\n\")\n"
                           "while True: signal.pause()'")
    process = place.run("a", script)
    worker.wait_for("a ready")
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 5


def test_a_signalled_command_gives_a_shells_status(place, worker):
    process = place.run("a", worker.script("say ready; exec sleep 1000"))
    worker.wait_for("a ready")
    process.terminate()
    assert process.wait(10) == 128 + signal.SIGTERM


def test_the_second_term_kills(place, worker):
    process = place.run("a", worker.script("trap 'say term' TERM\n" + worker.forever), flags=["--grace", "60s"])
    worker.wait_for("a ready")
    process.terminate()
    worker.wait_for("a term")
    process.terminate()
    assert process.wait(10) == 128 + signal.SIGKILL


def test_a_standby_ends_with_0(place, worker):
    place.run("a", worker.lasting())
    worker.wait_for("a ready")
    process = place.run("b", worker.lasting())
    place.stands_by("b")
    process.terminate()
    assert process.wait(10) == 0


def test_leave_stops_the_command_first(place, worker):
    process = place.run("a", worker.lasting())
    worker.wait_for("a ready")
    place.run("b", worker.lasting())
    place.stands_by("b")
    assert place.muster("leave", "--node-id", "a").returncode == 0
    assert process.wait(10) == 0
    worker.wait_for("b ready")
    text = worker.log.read_text()
    assert text.index("a term") < text.index("b start")


def test_a_refused_node_stops_its_command_and_ends_with_5(place, worker):
    # Two machines with one id, each alone at first: the one that finds the other is the younger.
    place.run("a", worker.lasting())
    worker.wait_for("a ready")
    place.seed, elder = None, place.seed
    late = place.folder / "late"
    port = free_port()
    flags = ["--cluster", place.cluster, "--node-id", "a", "--multicast", "false", "--port", port,
             "--control", place.folder / "other.sock", "--failover-grace", "0ms", "--seeds", f"127.0.0.1:{elder}"]
    process = place.start("run", *flags, "--", worker.script(f"touch {late}\nexec sleep 1000"),
                          stderr=open(place.folder / "other.err", "w"))
    assert process.wait(10) == 5
    assert "id is in use" in (place.folder / "other.err").read_text()
    assert is_alive(int(worker.lines("a start")[0][5]))
