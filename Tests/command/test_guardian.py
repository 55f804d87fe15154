"""`muster run` with a guardian: the role moves on at once, and not before the command has ended."""

import contextlib
import os
import pathlib
import signal
import time

import pytest
from conftest import eventually

LEASE = 4.0


def guarded(place):
    return ["--failover-authority", "store", "--failover-store", f"sqlite:{place.folder}/leases",
            "--failover-lease", f"{LEASE:g}s", "--failover-guardian", "on"]


def guardian_of(process, node_id):
    for folder in pathlib.Path("/proc").iterdir():
        with contextlib.suppress(OSError, IndexError):
            words = (folder / "cmdline").read_bytes().split(b"\0")
            if words[0] == b"muster-guardian" and words[1].decode() == f"{process.pid} {node_id}":
                return int(folder.name)
    return None


def test_a_guardian_that_was_replaced_outlives_the_command(place, worker):
    """It is a child of nobody, and what is left of a command is ended without it."""
    gate = place.folder / "gate"
    script = worker.script(f"say ready; while [ ! -e {gate} ]; do sleep 0.02; done; rm {gate}; exit 3")
    process = place.run("a", script, flags=[*guarded(place), "--restart"])
    worker.wait_for("a ready", seconds=20)
    first = eventually(lambda: guardian_of(process, "a"), "a guardian")
    os.kill(first, signal.SIGKILL)
    second = eventually(lambda: guardian_of(process, "a") not in (None, first) and guardian_of(process, "a"), "another")
    gate.touch()
    eventually(lambda: len(worker.lines("a ready")) == 2, "the command to run again")
    assert guardian_of(process, "a") == second


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_the_next_begins_when_the_command_of_a_dead_one_has_ended(place, worker, number):
    flags = guarded(place)
    script = worker.script("trap 'say term; sleep 0.7; say gone; exit 0' TERM\n" + worker.forever)
    first = place.run("a", script, flags=flags)
    worker.wait_for("a ready", seconds=20)
    place.run("b", worker.lasting(), flags=flags)
    place.stands_by("b")
    # Whoever has not seen the lease held before it was given back waits as ever.
    control = place.control("b")
    eventually(lambda: control.ask("stats")["leases"]["primary"]["holder"] == "a", "b to read in the store that a leads")
    first.send_signal(number)
    worker.wait_for("a term")
    asked = time.monotonic()
    worker.wait_for("b ready")
    assert time.monotonic() - asked < LEASE * 0.6, "nobody waited for the lease to end"
    text = worker.log.read_text()
    assert text.index("a gone") < text.index("b start")
    assert first.wait(0) == -signal.SIGKILL
