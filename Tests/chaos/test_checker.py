"""The checker finds what it is for, in histories made by hand."""

from __future__ import annotations

from typing import Any

from checker import Interval, Line, Write, intervals, overlaps, proven, stale_tokens, stale_writes, violations


def changed(asked: int, answered: int, primary: int, token: int, previous: int, word: str = "changed") -> Line:
    return {
        "at": answered + 5, "sample": word, "asked": asked, "answered": answered, "previous": previous,
        "primary": primary, "token": token,
    }  # fmt: skip


def held(asked: int, token: int) -> Line:
    return changed(asked, asked + 1, 1, token, asked - 10, "held")


def test_an_interval_is_what_is_certain() -> None:
    lines: list[dict[str, Any]] = [
        {"at": 1, "callback": "promote", "token": 7},
        changed(10, 14, 1, 7, 8),
        changed(40, 41, 0, 0, 30),
    ]
    assert intervals("a", lines) == [Interval("a", 14, 30, 7)]


def test_one_that_was_killed_ends_with_its_last_sample() -> None:
    lines = [changed(10, 11, 1, 7, 8), held(20, 7), held(30, 7)]
    assert intervals("a", lines) == [Interval("a", 11, 30, 7)]


def test_another_token_without_a_no_between_is_another_interval() -> None:
    lines = [changed(10, 11, 1, 7, 8), changed(30, 31, 1, 9, 20, "token"), changed(50, 51, 0, 0, 40)]
    assert intervals("a", lines) == [Interval("a", 11, 20, 7), Interval("a", 31, 40, 9)]


def test_a_frozen_process_did_not_ask_while_it_was_frozen() -> None:
    # It wakes at 900, and its first answer is no.
    lines = [changed(10, 11, 1, 7, 8), changed(900, 901, 0, 0, 50)]
    assert intervals("a", lines) == [Interval("a", 11, 50, 7)]


def test_two_that_touch_do_not_overlap() -> None:
    assert overlaps([Interval("a", 0, 10, 1), Interval("b", 10, 20, 2)]) == []


def test_two_at_once_are_found() -> None:
    assert len(overlaps([Interval("b", 9, 20, 2), Interval("a", 0, 10, 1)])) == 1
    within = [Interval("a", 0, 100, 1), Interval("b", 20, 30, 2), Interval("c", 40, 50, 3)]
    assert len(overlaps(within)) == 2


def test_a_restarted_one_is_another() -> None:
    assert overlaps([Interval("a.1", 0, 10, 1), Interval("a.2", 5, 20, 2)])


def test_tokens_must_grow_from_one_to_the_next() -> None:
    assert stale_tokens([Interval("a", 0, 10, 1), Interval("b", 20, 30, 2), Interval("a", 40, 50, 3)]) == []
    assert stale_tokens([Interval("a", 0, 10, 2), Interval("b", 20, 30, 1)])
    assert stale_tokens([Interval("a", 0, 10, 2), Interval("b", 20, 30, 2)])
    # Not only the one before counts.
    assert stale_tokens([Interval("a", 0, 10, 3), Interval("b", 20, 30, 1), Interval("c", 40, 50, 2)])


def test_who_was_suspended_may_go_on_under_its_token() -> None:
    assert stale_tokens([Interval("a", 0, 10, 1), Interval("a", 20, 30, 1)]) == []
    # But not when another was primary in between.
    assert stale_tokens([Interval("a", 0, 10, 1), Interval("b", 12, 15, 2), Interval("a", 20, 30, 1)])


def test_writes_of_lower_tokens_are_found() -> None:
    assert stale_writes([Write("a", 1), Write("a", 1), Write("b", 2), Write("b", 2)]) == []
    assert stale_writes([Write("a", 1), Write("b", 2), Write("a", 1)])
    assert stale_writes([Write("a", 1), Write("b", 1)])


def test_all_of_it_counts() -> None:
    history = [Interval("a", 0, 10, 1), Interval("b", 5, 20, 1)]
    assert len(violations(history, [Write("a", 2), Write("b", 1)])) == 3


def test_who_was_killed_as_primary_and_followed_soon_was_proved_dead() -> None:
    killed = [changed(10, 11, 1, 7, 8), held(20, 7), held(30, 7)]
    follower = [changed(39, 40, 1, 8, 38), held(50, 8)]
    lives = {"a": killed, "b": follower}
    assert proven(lives, 11) == [(Interval("a", 11, 30, 7), Interval("b", 40, 50, 8))]
    assert proven(lives, 10) == []


def test_who_gave_the_lease_back_itself_was_not_proved_dead() -> None:
    stepped_down = [changed(10, 11, 1, 7, 8), changed(31, 32, 0, 0, 30)]
    follower = [changed(39, 40, 1, 8, 38), held(50, 8)]
    assert proven({"a": stepped_down, "b": follower}, 100) == []
