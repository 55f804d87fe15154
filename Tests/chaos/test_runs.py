"""The checker of runs and turns finds what is wrong, and only that."""

from __future__ import annotations

from typing import Any

from runs import DEAD, Ledger, Turn, at_once, turns

Line = dict[str, Any]


def run(
    at: int, moment: int, attempt: int = 1, *, code: int | None = 0, job: str = "j", hand: bool = False
) -> list[Line]:
    """The lines of one run; without a code it did not end."""
    occurrence = f"{moment}-{'0' * 16 if hand else '107b929d14c8c13d'}"
    common = {"name": job, "token": 1, "occurrence": occurrence, "attempt": attempt}
    lines: list[Line] = [{"at": at, "task": "run", **common}]
    if code is not None:
        lines.append({"at": at + 5, "task": "run-done", "code": code, **common})
    return lines


def dead(moment: int, job: str = "j") -> Line:
    return {"at": 0, "event": "task", "role": job, "value": DEAD, "detail": f"the run of {moment} has failed 2 times"}


def ledger(**hosts: list[Line]) -> Ledger:
    found = Ledger()
    for who, lines in hosts.items():
        found.read(who, lines)
    return found


def test_each_once_is_well() -> None:
    found = ledger(a=run(0, 1000) + run(10, 2000), b=run(20, 3000))
    assert found.begun_twice(["j"], 0) == found.attempted_twice(["j"], 0) == found.unaccounted("j", 3000) == []
    assert found.done == found.begun == {"j": 3000}


def test_what_begins_twice_is_found_whatever_the_attempt() -> None:
    found = ledger(a=run(0, 1000, code=None), b=run(20, 1000, 2))
    assert len(found.begun_twice(["j"], 0)) == 1 and found.attempted_twice(["j"], 0) == []
    assert found.begun_twice(["another"], 0) == []


def test_an_attempt_on_two_hosts_is_found() -> None:
    assert len(ledger(a=run(0, 1000, 2), b=run(20, 1000, 2)).attempted_twice(["j"], 0)) == 1


def test_what_was_asked_for_by_hand_is_no_moment_but_counts_once() -> None:
    found = ledger(a=run(0, 1000) + run(3, 1500, hand=True) + run(10, 2000))
    assert found.unaccounted("j", 2000) == [] and found.done == {"j": 2000}
    assert ledger(a=run(3, 1500, hand=True), b=run(9, 1500, hand=True)).begun_twice(["j"], 0)


def test_what_is_missing_is_found() -> None:
    assert ledger().unaccounted("j", 1000) == ["j never ran"]
    never = ledger(a=run(0, 1000) + run(10, 3000)).unaccounted("j", 3000)
    assert never == ["j: the moment 2000 never began"]
    at_the_end = ledger(a=run(0, 1000)).unaccounted("j", 2000)
    assert at_the_end == ["j: the moment 2000 never began"]


def test_what_began_and_did_not_end_well_is_missing_until_it_succeeds_or_is_given_up() -> None:
    for code in (None, 1):
        lines = run(0, 1000, code=code)
        assert ledger(a=lines).unaccounted("j", 1000) == ["j: the moment 1000 began and never succeeded"]
        assert ledger(a=lines, b=run(9, 1000, 2)).unaccounted("j", 1000) == []
        assert ledger(a=lines, b=[dead(1000)]).unaccounted("j", 1000) == []
        assert ledger(a=lines, b=[dead(1000, "another"), dead(2000)]).unaccounted("j", 1000) != []


def test_lines_are_read_once() -> None:
    found, lines = Ledger(), run(0, 1000)
    found.read("a", lines)
    lines += run(10, 2000)
    found.read("a", lines)
    assert len(found.runs) == 2 and found.done == {"j": 2000}


def begin(at: int, token: int = 1) -> Line:
    return {"at": at, "name": "t", "task": "start-done", "token": token}


def stop(at: int) -> Line:
    return {"at": at, "name": "t", "task": "stop-done", "token": 1}


def test_turns_end_with_the_stop_or_with_the_host() -> None:
    lines = [begin(10), stop(20), begin(30, 2)]
    assert turns("a", "t", lines, [], 100) == [Turn("a", 10, 20, 1), Turn("a", 30, 100, 2)]
    assert turns("a", "t", lines, [5, 15, 40], 100) == [Turn("a", 10, 15, 1), Turn("a", 30, 40, 2)]
    assert turns("a", "another", lines, [], 100) == []
    failed = [begin(10), {"at": 15, "name": "t", "task": "fail", "token": 1}, begin(30, 2), stop(40)]
    assert turns("a", "t", failed, [], 100) == [Turn("a", 10, 15, 1), Turn("a", 30, 40, 2)]


def test_turns_at_once_are_found() -> None:
    assert at_once("t", [Turn("a", 10, 20, 1), Turn("b", 20, 30, 2)], 0) == []
    assert len(at_once("t", [Turn("a", 10, 21, 1), Turn("b", 20, 30, 2)], 0)) == 1


def sample(at: int, primary: int, token: int) -> Line:
    return {"sample": "changed", "name": "t", "asked": at, "answered": at, "previous": at - 1, "primary": primary,
            "token": token}  # fmt: skip


def test_two_who_trust_themselves_at_once_are_found() -> None:
    a = [sample(10, 1, 1), sample(30, 0, 0)]
    assert ledger(a=a, b=[sample(40, 1, 2), sample(50, 0, 0)]).shared("t", 0) == []
    assert len(ledger(a=a, b=[sample(20, 1, 2), sample(50, 0, 0)]).shared("t", 0)) == 1
    assert len(ledger(a=a, b=[sample(40, 1, 1), sample(50, 0, 0)]).shared("t", 0)) == 1
