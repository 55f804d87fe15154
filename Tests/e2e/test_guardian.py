"""The guardian: a process beside each host that gives a dead primary's lease back, and ends a frozen one."""

from __future__ import annotations

import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from harness.build import compile_c
from harness.guardians import guardians
from harness.process import Host, Stage, eventually, throughout
from harness.servers import ENGINES, Server
from harness.serving import serving

HERE = pathlib.Path(__file__).resolve().parent
ROLE = "primary"
INVALID, UNSUPPORTED = -1, -11
# So long that whoever waited for its end would be late.
LEASE = 30.0
SOON = LEASE / 3


@pytest.fixture
def store(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "leases.db"


# Traces a process as a debugger does, and lets it have its signals (PTRACE_SEIZE, PTRACE_LISTEN, PTRACE_CONT).
TRACER = """
import ctypes, os, signal, sys
pid = int(sys.argv[1])
trace = ctypes.CDLL(None).ptrace
print("refused" if trace(0x4206, pid, 0, 0) else "traced", flush=True)
while True:
    _, status = os.waitpid(pid, 0x40000000)
    has_stopped = status >> 16 != 0 and os.WSTOPSIG(status) == signal.SIGSTOP
    trace(0x4208 if has_stopped else 7, pid, 0, 0 if status >> 16 else os.WSTOPSIG(status))
"""


def guarded(store: pathlib.Path, **more: Any) -> dict[str, Any]:
    return {
        "failover.authority": "store", "failover.store": f"sqlite:{store}", "failover.lease": f"{LEASE:g}s",
        "failover.guardian": "on", **more,
    }  # fmt: skip


def row(store: pathlib.Path, role: str = ROLE) -> tuple[int, str]:
    """The epoch and the holder that stand in the store."""
    with sqlite3.connect(store, timeout=10) as connection:
        query = "SELECT epoch, holder FROM muster_lease WHERE role = ?"
        epoch, holder = connection.execute(query, (role,)).fetchone()
    return int(epoch), str(holder)


def status(pid: int, key: str) -> str:
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return next(line.split(":", 1)[1].strip() for line in text.splitlines() if line.startswith(key + ":"))


def leads_after_a_hand_over(former: Host, role: str) -> bool:
    return bool(former.ask(f"promote {role} a 5000")["result"] == 0)


def one(stage: Stage, store: pathlib.Path, *arguments: str, **more: Any) -> Host:
    """a is primary. The first lease of a store takes as long as one lasts: another host has it, a short one, and hands
    it over, which takes no time."""
    words = arguments or ("role=" + ROLE,)
    roles = [word.removeprefix("role=") for word in words if word.startswith("role=")]
    # A server wants time to be connected to.
    short = "3s" if "failover.store" in more else "300ms"
    options = guarded(store, **more) | {"failover.lease": short, "failover.guardian": "off"}
    former = stage.start("former", *[f"role={role}" for role in roles], **options)
    for role in roles:
        former.wait_for(callback="promote", role=role)
    a = stage.start("a", *words, seeds=[former], **guarded(store, **more))
    stage.agree(former, a)
    for role in roles:
        eventually(partial(leads_after_a_hand_over, former, role), f"a leads {role}")
    assert former.ask("leave 5000")["result"] == 0
    stage.agree(a)
    return a


def follows(host: Host, primary: str, role: str) -> bool:
    return host.primary(role) == primary


def two(stage: Stage, store: pathlib.Path, *arguments: str, **more: Any) -> tuple[Host, Host]:
    """a is primary, b stands by and knows it."""
    a = one(stage, store, *arguments, **more)
    roles = [line["role"] for line in a.said(callback="promote")]
    b = stage.start("b", *[f"role={role}" for role in roles], seeds=[a], **guarded(store, **more))
    stage.agree(a, b)
    for role in roles:
        eventually(partial(follows, b, "a", role), "b knows that a is primary")
    eventually(lambda: len(a.members()["b"]["seats"]) == len(roles), "a knows the seats of b")
    # Whoever has not seen the lease held before it was given back waits as ever.
    for role in roles:
        eventually(partial(b.sees_leased, role, "a"), "b has read in the store that a leads")
    return a, b


def test_a_killed_primary_is_followed_at_once(stage: Stage, store: pathlib.Path) -> None:
    a, b = two(stage, store)
    token = a.token()
    killed = a.kill()
    followed = b.wait_for(callback="promote", seconds=SOON)
    assert followed["token"] == token + 1
    assert followed["at"] - killed < SOON * 1e9
    assert row(store) == (token + 1, "b")
    eventually(lambda: not guardians(a), "the guardian of a has ended")
    assert len(guardians(b)) == 1


def test_a_killed_standby_changes_nothing(stage: Stage, store: pathlib.Path) -> None:
    a, b = two(stage, store)
    token = a.token()
    b.kill()
    eventually(lambda: not guardians(b), "the guardian of b has ended")
    assert a.is_primary() and row(store) == (token, "a")


def test_a_frozen_primary_is_ended_and_followed(stage: Stage, store: pathlib.Path) -> None:
    a, b = two(stage, store, "role=" + ROLE, "host.sample=1")
    token = a.token()
    a.send(signal.SIGSTOP)
    followed = b.wait_for(callback="promote", seconds=SOON)
    assert followed["token"] == token + 1
    # It was dead before, and never acts again.
    assert a.process.wait(0.0) == -signal.SIGKILL
    assert not [line for line in a.said(sample="changed", primary=1) if line["at"] > followed["at"]]


def test_a_short_stop_ends_nobody(stage: Stage, store: pathlib.Path) -> None:
    a, b = two(stage, store, **{"failover.unresponsive_after": "5s"})
    token = a.token()
    a.freeze()
    throughout(lambda: a.process.poll() is None, "nobody ends it", 1.0)
    a.send(signal.SIGCONT)
    eventually(a.is_primary, "a leads on")
    assert a.token() == token and not b.is_primary()
    assert a.process.poll() is None


def test_a_frozen_standby_is_left_alone(stage: Stage, store: pathlib.Path) -> None:
    a, b = two(stage, store, **{"failover.unresponsive_after": "300ms"})
    b.freeze()
    throughout(lambda: b.process.poll() is None, "nobody ends it", 1.5)
    b.send(signal.SIGCONT)
    eventually(lambda: b.primary() == "a", "b goes on")
    assert a.is_primary()


def test_a_guardian_that_was_stopped_itself_judges_nobody(stage: Stage, store: pathlib.Path) -> None:
    """As when the machine sleeps: both stand still, and the guardian is the first to wake."""
    a, _ = two(stage, store, **{"failover.unresponsive_after": "2s"})
    (watcher,) = guardians(a)
    a.send(signal.SIGSTOP)
    os.kill(watcher, signal.SIGSTOP)
    throughout(lambda: a.process.poll() is None, "nobody ends it", 3.0)
    os.kill(watcher, signal.SIGCONT)
    throughout(lambda: a.process.poll() is None, "nobody ends it", 0.5)
    a.send(signal.SIGCONT)
    eventually(a.is_primary, "a leads on")
    assert a.process.poll() is None


def test_a_traced_primary_is_let_off(stage: Stage, store: pathlib.Path) -> None:
    a, _ = two(stage, store, "role=" + ROLE, "host.log=5", **{"failover.unresponsive_after": "300ms"})
    tracer = subprocess.Popen([sys.executable, "-c", TRACER, str(a.pid)], stdout=subprocess.PIPE, text=True)
    assert tracer.stdout is not None
    if "refused" in tracer.stdout.readline():
        pytest.skip("this machine lets nobody trace")
    try:
        assert int(status(a.pid, "TracerPid")) == tracer.pid
        a.send(signal.SIGSTOP)
        throughout(lambda: a.process.poll() is None, "nobody ends it", 1.5)
        assert a.process.poll() is None and status(a.pid, "State").startswith("t")
    finally:
        a.send(signal.SIGCONT)
        tracer.kill()
        tracer.wait()
        tracer.stdout.close()
    a.send(signal.SIGCONT)
    spared = eventually(lambda: [line for line in a.said(log="line") if "traces it" in line["message"]], "it is told")
    assert spared


def test_a_host_that_ends_in_order_takes_its_guardian_along(stage: Stage, store: pathlib.Path) -> None:
    a, b = two(stage, store)
    assert a.ask("leave 5000")["result"] == 0
    b.wait_for(callback="promote", seconds=SOON)
    eventually(lambda: not guardians(a), "no guardian after leaving")
    assert a.process.poll() is None
    assert b.quit() == 0
    eventually(lambda: not guardians(b), "no guardian after the end")


def test_a_guardian_that_dies_is_told_of_and_replaced(stage: Stage, store: pathlib.Path) -> None:
    a, b = two(stage, store)
    token = a.token()
    (first,) = guardians(a)
    os.kill(first, signal.SIGKILL)
    told = a.wait_for(event="authority", value=4)
    assert "guardian" in told["detail"]
    eventually(lambda: guardians(a) not in ([], [first]), "another one is started")
    assert a.ask(f"guarantee {ROLE}")["json"]["guardian"] is True
    assert a.is_primary() and a.token() == token
    a.kill()
    assert b.wait_for(callback="promote", seconds=SOON)["token"] == token + 1


def test_who_shares_out_tasks_has_one(stage: Stage, store: pathlib.Path) -> None:
    a = stage.start("a", **guarded(store, **{"failover.lease": "2s"}))
    a.joined()
    assert guardians(a) == []
    assert a.ask("offer mail")["result"] == 0
    eventually(lambda: len(guardians(a)) == 1, "its guardian")
    eventually(lambda: a.ask("stats")["json"]["leases"].get("muster.tasks", {}).get("holder") == "a", "it shares out")
    a.kill()
    eventually(lambda: row(store, "muster.tasks")[1] != "a", "its lease is given back", seconds=SOON)


def test_a_guardian_is_no_part_of_its_host(stage: Stage, store: pathlib.Path) -> None:
    a, _ = two(stage, store)
    (watcher,) = guardians(a)
    assert int(status(watcher, "PPid")) != a.pid
    assert os.getsid(watcher) == watcher != os.getsid(a.pid)
    assert int(status(watcher, "SigBlk"), 16) == 0
    # But for those of the C library itself.
    assert int(status(watcher, "SigCgt"), 16) & 0x7FFFFFFF == 0
    names = [os.readlink(path) for path in pathlib.Path(f"/proc/{watcher}/fd").iterdir()]
    assert names.count("/dev/null") == 3
    # The page, the host, the pipe, and the store's file: no socket, and nothing of the host's.
    rest = [name.split(":")[0] for name in names if name != "/dev/null" and not name.startswith(str(store))]
    assert sorted(rest) == sorted(["/memfd", "anon_inode", "pipe"]), names
    children = pathlib.Path(f"/proc/{a.pid}/task/{a.pid}/children").read_text().split()
    assert children == []


def test_no_secret_is_seen_from_outside(stage: Stage, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "s3cr3t-word"
    monkeypatch.setenv("HOSTS_OWN_TOKEN", secret)
    url = f"postgresql://nobody:{secret}@127.0.0.1:1/none"
    a = stage.start("a", "role=" + ROLE, **guarded(tmp_path, **{"failover.store": url}))
    a.wait_for(event="authority", value=1)
    (watcher,) = guardians(a)
    for name in ("cmdline", "environ"):
        assert secret.encode() not in pathlib.Path(f"/proc/{watcher}/{name}").read_bytes()
    assert f"{a.pid} a" in pathlib.Path(f"/proc/{watcher}/cmdline").read_text()


def test_two_roles_are_both_given_back(stage: Stage, store: pathlib.Path) -> None:
    a, b = two(stage, store, "role=" + ROLE, "role=other")
    tokens = {role: a.token(role) for role in (ROLE, "other")}
    a.kill()
    for role, token in tokens.items():
        assert b.wait_for(callback="promote", role=role, seconds=SOON)["token"] == token + 1


def test_a_store_that_is_away_when_the_host_dies_is_written_later(stage: Stage, store: pathlib.Path) -> None:
    a, b = two(stage, store)
    token = a.token()
    blocker = sqlite3.connect(store, timeout=10, isolation_level=None)
    blocker.execute("BEGIN EXCLUSIVE")
    try:
        a.kill()
        throughout(lambda: not b.is_primary(), "nobody leads without the store", 2.0)
        assert len(guardians(a)) == 1
    finally:
        blocker.execute("ROLLBACK")
        blocker.close()
    assert b.wait_for(callback="promote", seconds=SOON)["token"] == token + 1


@pytest.fixture(params=[engine for engine in ENGINES if engine.name != "sqlite"], ids=lambda engine: engine.name)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with serving(request.param) as server:
        yield server


def test_every_engine_is_written_to(stage: Stage, store: pathlib.Path, server: Server) -> None:
    a, b = two(stage, store, **{"failover.store": server.url})
    token = a.token()
    a.kill()
    assert b.wait_for(callback="promote", seconds=SOON)["token"] == token + 1


def test_a_paused_role_stays_where_it_is(stage: Stage, store: pathlib.Path) -> None:
    a, b = two(stage, store)
    assert b.ask(f"pause {ROLE}")["result"] == 0
    a.wait_for(event="role-paused", value=1)
    b.wait_for(event="role-paused", value=1)
    a.kill()
    eventually(lambda: row(store)[1] == "-", "the lease is given back")
    throughout(lambda: not b.is_primary(), "nobody follows", 1.0)
    assert b.ask(f"resume {ROLE}")["result"] == 0
    b.wait_for(callback="promote", seconds=SOON)


def test_without_a_lease_it_is_refused(stage: Stage) -> None:
    options: dict[str, Any] = {"failover.guardian": "on"}
    refused = stage.start("x", **options).wait_for(failed="join")
    assert refused["result"] == INVALID and "failover.authority" in refused["error"]


@pytest.fixture
def lonely(library: pathlib.Path, tmp_path: pathlib.Path) -> Iterator[Stage]:
    """Hosts whose library has no helper beside it."""
    folder = tmp_path / "lib"
    folder.mkdir()
    for name in ("libmuster.so", "libmuster.so.0"):
        shutil.copy(library / name, folder / name)
    stage = Stage(compile_c(HERE / "host.c", tmp_path / "host", folder))
    yield stage
    stage.end()


def test_a_helper_that_is_missing_is_named(lonely: Stage, store: pathlib.Path, tmp_path: pathlib.Path) -> None:
    refused = lonely.start("a", "role=" + ROLE, **guarded(store)).wait_for(failed="join")
    assert refused["result"] == UNSUPPORTED
    assert f"{tmp_path}/lib/muster/muster-guardian" in refused["error"] and "make install" in refused["error"]


def test_a_helper_that_does_not_run_is_told_of(lonely: Stage, store: pathlib.Path, tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "lib" / "muster"
    folder.mkdir()
    helper = folder / "muster-guardian"
    helper.write_text("#!/bin/sh\nexit 1\n")
    helper.chmod(0o755)
    a = lonely.start("a", "role=" + ROLE, **guarded(store, **{"failover.lease": "300ms"}))
    assert "has ended" in a.wait_for(event="authority", value=4)["detail"]
    a.wait_for(callback="promote")


def test_by_hand_it_says_what_it_is(library: pathlib.Path) -> None:
    done = subprocess.run([library / "muster/muster-guardian"], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "libmuster" in done.stderr
