"""`muster run` with a guardian: the role moves on at once, and not before the command has ended."""

import signal
import time

import pytest
from conftest import eventually

LEASE = 4.0


def guarded(place):
    return ["--failover-authority", "store", "--failover-store", f"sqlite:{place.folder}/leases",
            "--failover-lease", f"{LEASE:g}s", "--failover-guardian", "on"]


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
