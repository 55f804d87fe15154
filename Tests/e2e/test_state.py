"""What a node remembers from start to start, and that remembering is never in its way."""

from __future__ import annotations

import os
import pathlib
import random
import signal
import time

import pytest

from harness import state
from harness.build import compile_c
from harness.disks import fill, small_disk
from harness.process import Host, Stage, eventually, free_port, throughout


def path_of(folder: pathlib.Path, id: str, stage: Stage) -> pathlib.Path:
    return folder / f"{id}@{stage.name}.state"


def addresses(folder: pathlib.Path, id: str, stage: Stage) -> set[str]:
    return set(state.read(path_of(folder, id, stage)).addresses)


def knows(folder: pathlib.Path, stage: Stage, host: Host, *others: Host) -> None:
    wanted = {other.address for other in others}
    eventually(lambda: addresses(folder, host.id, stage) == wanted, f"{host.id} has written where the others are")


# -- finding the cluster again


def test_all_but_one_restarted_and_no_seed_alive(stage: Stage, tmp_path: pathlib.Path) -> None:
    """The restarted have other ports than before: the one that stayed cannot find them, they must find it."""
    folder = str(tmp_path)
    a = stage.start("a", state_dir=folder)
    b, c, d = [stage.start(id, seeds=[a], state_dir=folder) for id in "bcd"]
    stage.agree(a, b, c, d)
    for host in (b, c):
        knows(tmp_path, stage, host, *({a, b, c, d} - {host}))
    for host in (a, b, c):
        host.send(signal.SIGKILL)
    d.wait_for(event="dead", member="c")
    gone = a.address
    b, c = [stage.start(id, seeds=gone, state_dir=folder) for id in "bc"]
    stage.agree(b, c, d)


def test_all_restarted_but_the_seed(stage: Stage, tmp_path: pathlib.Path) -> None:
    number = {id: str(free_port()) for id in "bcd"}
    a = stage.start("a", state_dir=str(tmp_path))

    def others() -> list[Host]:
        return [
            stage.start(id, seeds=[a], port=number[id], port_range="1", state_dir=str(tmp_path / id)) for id in "bcd"
        ]

    hosts = others()
    stage.agree(a, *hosts)
    for host in hosts:
        knows(tmp_path / host.id, stage, host, a, *(other for other in hosts if other is not host))
    for host in (a, *hosts):
        host.send(signal.SIGKILL)
    stage.agree(*others())


def test_addresses_are_kept_through_a_life_in_which_nobody_was_met(stage: Stage, tmp_path: pathlib.Path) -> None:
    port = str(free_port())
    a = stage.start("a", port=port, port_range="1")
    b = stage.start("b", seeds=[a], state_dir=str(tmp_path))
    stage.agree(a, b)
    knows(tmp_path, stage, b, a)
    a.kill()
    b.kill()
    b = stage.start("b", state_dir=str(tmp_path))
    b.joined()
    assert b.quit() == 0
    b = stage.start("b", state_dir=str(tmp_path))
    b.joined()
    a = stage.start("a", port=port, port_range="1")
    stage.agree(a, b)


def test_who_left_is_not_looked_for(stage: Stage, tmp_path: pathlib.Path) -> None:
    a = stage.start("a", state_dir=str(tmp_path))
    b = stage.start("b", seeds=[a])
    stage.agree(a, b)
    knows(tmp_path, stage, a, b)
    assert b.ask("leave 5000")["result"] == 0
    eventually(lambda: not addresses(tmp_path, "a", stage), "it is forgotten")


def test_what_is_known_is_written_at_close(stage: Stage, tmp_path: pathlib.Path) -> None:
    a = stage.start("a", state_dir=str(tmp_path))
    b = stage.start("b", seeds=[a])
    stage.agree(a, b)
    knows(tmp_path, stage, a, b)
    # Within the time in which nothing is written for the sake of addresses.
    c = stage.start("c", seeds=[a])
    stage.agree(a, b, c)
    expected = {b.address, c.address}
    assert a.quit() == 0
    assert addresses(tmp_path, "a", stage) == expected


# -- who it is


def test_a_random_id_is_kept(stage: Stage, tmp_path: pathlib.Path) -> None:
    first = stage.start("", state_dir=str(tmp_path))
    second = stage.start("", state_dir=str(tmp_path))
    ids = {first.joined()["id"], second.joined()["id"]}
    assert len(ids) == 2
    first.kill()
    assert second.quit() == 0
    again = [stage.start("", state_dir=str(tmp_path)) for _ in range(2)]
    assert {host.joined()["id"] for host in again} == ids
    third = stage.start("", state_dir=str(tmp_path))
    assert third.joined()["id"] not in ids


def test_an_id_that_was_given_comes_before_the_one_that_is_kept(stage: Stage, tmp_path: pathlib.Path) -> None:
    first = stage.start("", state_dir=str(tmp_path))
    kept = first.joined()["id"]
    assert first.quit() == 0
    environment = stage.start("", state_dir=str(tmp_path), prefix=["env", "MUSTER_NODE_ID=from-environment"])
    assert environment.joined()["id"] == "from-environment"
    option = stage.start("option", state_dir=str(tmp_path), prefix=["env", "MUSTER_NODE_ID=from-environment"])
    assert option.joined()["id"] == "option"
    assert stage.start("", state_dir=str(tmp_path)).joined()["id"] == kept


def test_the_generation_grows_even_when_the_clock_was_set_back(stage: Stage, tmp_path: pathlib.Path) -> None:
    """As if the clock had been 100 years ahead when the node last started."""
    ahead = time.time_ns() // 1000 + 100 * 365 * 86400 * 1_000_000
    path_of(tmp_path, "a", stage).write_bytes(state.encode(state.State(stage.name, "a", False, ahead)))
    a = stage.start("a", state_dir=str(tmp_path))
    assert a.joined()["generation"] == ahead + 1
    assert state.read(path_of(tmp_path, "a", stage)).generation == ahead + 1
    a.kill()
    a = stage.start("a", state_dir=str(tmp_path))
    assert a.joined()["generation"] == ahead + 2


def test_a_generation_that_was_stepped_over_is_kept(stage: Stage, tmp_path: pathlib.Path) -> None:
    """The others remember a start of this id whose clock was ahead; so does the node, once they have told it."""
    ahead = time.time_ns() // 1000 + 100 * 365 * 86400 * 1_000_000
    old = tmp_path / "old"
    old.mkdir()
    path_of(old, "a", stage).write_bytes(state.encode(state.State(stage.name, "a", False, ahead)))
    b = stage.start("b")
    a = stage.start("a", seeds=[b], state_dir=str(old))
    stage.agree(a, b)
    a.kill()
    b.wait_for(event="dead", member="a")
    a = stage.start("a", seeds=[b], state_dir=str(tmp_path / "new"))
    stage.agree(a, b)
    eventually(lambda: state.read(path_of(tmp_path / "new", "a", stage)).generation == ahead + 2, "it is written")


# -- tokens


def test_tokens_grow_over_a_restart_of_all(stage: Stage, tmp_path: pathlib.Path) -> None:
    """As if tokens had been handed out faster than the wall clock runs."""
    high = 1 << 51
    path_of(tmp_path, "a", stage).write_bytes(state.encode(state.State(stage.name, "a", False, 1, {"primary": high})))
    a = stage.start("a", "role=primary", state_dir=str(tmp_path), **{"failover.grace": "100ms"})
    a.wait_for(callback="promote")
    token = a.token()
    assert token > high
    eventually(lambda: state.read(path_of(tmp_path, "a", stage)).tokens == {"primary": token}, "it is written")


def test_tokens_of_others_are_kept(stage: Stage, tmp_path: pathlib.Path) -> None:
    a = stage.start("a", "role=primary", "role=backup", **{"failover.grace": "100ms"})
    for role in ("primary", "backup"):
        a.wait_for(callback="promote", role=role)
    b = stage.start("b", seeds=[a], state_dir=str(tmp_path))
    stage.agree(a, b)
    expected = {"primary": a.token(), "backup": a.token("backup")}
    eventually(lambda: state.read(path_of(tmp_path, "b", stage)).tokens == expected, "they are written")


# -- one process at a time


def test_a_second_process_is_refused(stage: Stage, tmp_path: pathlib.Path) -> None:
    a = stage.start("a", state_dir=str(tmp_path))
    a.joined()
    second = stage.start("a", state_dir=str(tmp_path))
    failed = second.wait_for(failed="join")
    assert failed["result"] == -6
    assert "option 'state_dir'" in failed["error"] and f"{path_of(tmp_path, 'a', stage)}.lock" in failed["error"]


def test_the_next_process_waits_for_one_that_is_ending(stage: Stage, tmp_path: pathlib.Path) -> None:
    for _ in range(5):
        a = stage.start("a", state_dir=str(tmp_path))
        a.joined()
        a.send(signal.SIGKILL)
    a = stage.start("a", state_dir=str(tmp_path))
    a.joined()


def test_a_forked_child_does_not_hold_the_file(stage: Stage, tmp_path: pathlib.Path) -> None:
    a = stage.start("a", state_dir=str(tmp_path))
    a.joined()
    child = int(a.ask("fork")["pid"])
    try:
        a.kill()
        os.kill(child, 0)
        again = stage.start("a", state_dir=str(tmp_path))
        assert again.joined()["id"] == "a"
    finally:
        os.kill(child, signal.SIGKILL)


# -- mistakes, and what nobody did


@pytest.mark.parametrize(
    ("place", "words"),
    [("missing/deeper", "cannot be made: No such file or directory"), ("file", "cannot be opened: Not a directory")],
)
def test_a_directory_that_cannot_be_is_refused(stage: Stage, tmp_path: pathlib.Path, place: str, words: str) -> None:
    (tmp_path / "file").write_text("")
    a = stage.start("a", state_dir=str(tmp_path / place))
    failed = a.wait_for(failed="join")
    assert failed["result"] == -3
    assert failed["error"] == f"option 'state_dir': '{tmp_path / place}' {words}"


@pytest.mark.parametrize("kind", ["half", "garbage", "other", "later"])
def test_a_file_that_is_no_good_is_put_aside(stage: Stage, tmp_path: pathlib.Path, kind: str) -> None:
    whole = state.encode(state.State(stage.name, "a", False, 1))
    content, words = {
        "half": (whole[: len(whole) // 2], "is damaged"),
        "garbage": (os.urandom(1000), "is damaged"),
        "other": (state.encode(state.State("elsewhere", "a", False, 1)), "belongs to the cluster 'elsewhere'"),
        "later": (whole[:11] + b"\x07" + whole[12:], "has version 7"),
    }[kind]
    path = path_of(tmp_path, "a", stage)
    path.write_bytes(content)
    a = stage.start("a", "host.log=2", state_dir=str(tmp_path))
    a.joined()
    line = a.wait_for(log="line")
    assert str(path) in line["message"] and words in line["message"] and "kept as" in line["message"]
    assert pathlib.Path(f"{path}.bad").read_bytes() == content
    assert state.read(path).node_id == "a"


# -- disks that fail


def test_a_full_disk_is_told_and_survived(stage: Stage, tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "disk"
    with small_disk(folder):
        a = stage.start("a", "host.log=3", state_dir=str(folder))
        a.joined()
        before = state.read(path_of(folder, "a", stage))
        filler = fill(folder)
        b = stage.start("b", seeds=[a])
        stage.agree(a, b)
        told = a.wait_for(log="line", level=2)
        assert "No space left on device" in told["message"] and str(path_of(folder, "a", stage)) in told["message"]
        assert state.read(path_of(folder, "a", stage)) == before
        # A start on a full disk is one all the same, with what was written when there was room.
        a.kill()
        a = stage.start("a", "host.log=3", seeds=[b], state_dir=str(folder))
        stage.agree(a, b)
        assert a.joined()["generation"] > before.generation
        filler.unlink()
        eventually(lambda: addresses(folder, "a", stage) == {b.address}, "there is room, and it is written")
        eventually(
            lambda: any("is written again" in line["message"] for line in a.said(log="line", level=3)), "that is told"
        )
        assert state.read(path_of(folder, "a", stage)).generation == a.joined()["generation"]
        assert a.quit() == 0


def test_a_disk_that_may_only_be_read_is_refused(stage: Stage, tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "disk"
    with small_disk(folder, "size=64k,ro"):
        a = stage.start("a", state_dir=str(folder))
        failed = a.wait_for(failed="join")
        assert failed["result"] == -3 and "Read-only file system" in failed["error"] and str(folder) in failed["error"]


@pytest.fixture
def slow_disk(library: pathlib.Path, tmp_path: pathlib.Path) -> list[str]:
    """What is put before a command to give it a disk that takes as long as the file `slow` says."""
    here = pathlib.Path(__file__).resolve().parent
    shim = compile_c(here / "slow_disk.c", tmp_path / "slow_disk.so", library, "-shared", "-fPIC")
    (tmp_path / "slow").write_text("0")
    return ["env", f"LD_PRELOAD={shim}", f"SLOW_DISK={tmp_path}/slow"]


def test_a_disk_that_hangs_holds_nobody_up(stage: Stage, tmp_path: pathlib.Path, slow_disk: list[str]) -> None:
    folder = tmp_path / "state"
    a = stage.start("a", state_dir=str(folder), prefix=slow_disk)
    b = stage.start("b", seeds=[a])
    stage.agree(a, b)
    knows(folder, stage, a, b)
    (tmp_path / "slow").write_text("2500")
    mark = b.mark()
    new = pathlib.Path(f"{path_of(folder, 'a', stage)}.new")
    c = stage.start("c", seeds=[a])
    stage.agree(a, b, c)
    eventually(new.exists, "a is writing")
    throughout(lambda: b.sees("a", "b", "c"), "a answers while its disk does not", seconds=2.0)
    assert new.exists()
    for word in ("suspect", "unresponsive", "dead"):
        assert not b.said(mark, event=word, member="a")


def test_a_disk_that_hangs_does_not_keep_the_host_from_closing(
    stage: Stage, tmp_path: pathlib.Path, slow_disk: list[str]
) -> None:
    a = stage.start("a", state_dir=str(tmp_path / "state"), prefix=slow_disk)
    a.joined()
    (tmp_path / "slow").write_text("600000")
    b = stage.start("b", seeds=[a])
    stage.agree(a, b)
    assert a.quit() == 0


def test_kill_in_the_midst_of_writing(stage: Stage, tmp_path: pathlib.Path, slow_disk: list[str]) -> None:
    """Whatever the moment, the file is a whole one, and no generation is used twice."""
    folder = tmp_path / "state"
    path = path_of(folder, "a", stage)
    stage.start("a", state_dir=str(folder)).kill_when_joined()
    generation = state.read(path).generation
    (tmp_path / "slow").write_text("10")
    chance = random.Random(7)
    torn = 0
    for _ in range(30):
        a = stage.start("a", "host.log=2", state_dir=str(folder), prefix=slow_disk)
        time.sleep(chance.uniform(0.0, 0.3))
        a.kill()
        torn += pathlib.Path(f"{path}.new").exists()
        now = state.read(path).generation
        assert now >= generation
        generation = now
        assert not list(folder.glob("*.bad"))
    assert torn >= 3, "hardly any kill came in the midst of writing: the test proves nothing"
    (tmp_path / "slow").write_text("0")
    last = stage.start("a", state_dir=str(folder))
    assert last.joined()["generation"] > generation
