"""The guest's manners: each program of this folder is one promise, told in its first lines."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import subprocess

import pytest

from harness.build import compile_c

HERE = pathlib.Path(__file__).resolve().parent

# Programs that a test of their own runs.
SPECIAL = {"silent", "churn", "valgrind", "close_race"}
PROGRAMS = sorted(path.stem for path in HERE.glob("*.c") if path.stem not in SPECIAL)


def build(name: str, library: pathlib.Path, folder: pathlib.Path, *flags: str) -> pathlib.Path:
    return compile_c(HERE / f"{name}.c", folder / name, library, *flags)


def run(*command: object, seconds: float = 120, **variables: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, timeout=seconds, check=False,
        env={**os.environ, **variables},
    )  # fmt: skip
    assert done.returncode == 0, f"{command} ended with {done.returncode}\n{done.stdout}{done.stderr[-6000:]}"
    return done


def test_every_program_is_run() -> None:
    assert {path.stem for path in HERE.glob("*.c")} == SPECIAL | set(PROGRAMS) and len(PROGRAMS) > 10


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str, library: pathlib.Path, tmp_path: pathlib.Path) -> None:
    run(build(name, library, tmp_path))


def test_nothing_is_written_to_output_or_error(library: pathlib.Path, tmp_path: pathlib.Path) -> None:
    done = run(build("silent", library, tmp_path))
    assert done.stdout == "" and done.stderr == ""


def test_close_while_other_threads_are_inside(library: pathlib.Path, tmp_path: pathlib.Path) -> None:
    run(build("close_race", library, tmp_path), 200)


@pytest.mark.parametrize("name, argument", [("close_race", "50"), ("callbacks", ""), ("task_race", "3000")])
def test_thread_sanitizer_on_the_hosts_side(name: str, argument: str, library: pathlib.Path, tmp_path: pathlib.Path) -> None:
    program = build(name, library, tmp_path, "-fsanitize=thread")
    words = [argument] if argument else []
    run(program, *words, TSAN_OPTIONS=f"suppressions={HERE}/thread-sanitizer.supp exitcode=66")


def test_lives_leave_nothing_behind(library: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """2000 lives; with MUSTER_TEST_LIVES as many as that says, such as 10000."""
    print(run(build("churn", library, tmp_path), os.environ.get("MUSTER_TEST_LIVES", "2000"), seconds=900).stdout)


def test_valgrind_finds_nothing(library: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """Neither an invalid access nor a leak. Uninitialised values are not looked for: the Swift compiler moves words
    that it has filled in part, and valgrind reports each. Its scheduler is to be fair: else one thread may hold the
    others up for half a minute."""
    if shutil.which("valgrind") is None:
        pytest.skip("no command 'valgrind'")
    program = build("valgrind", library, tmp_path)
    done = run(
        "valgrind", "--leak-check=full", "--show-leak-kinds=definite", "--errors-for-leak-kinds=definite",
        "--fair-sched=yes", "--undef-value-errors=no", "--error-exitcode=99", "--num-callers=30",
        f"--suppressions={HERE}/valgrind.supp", program,
        seconds=300,
    )  # fmt: skip
    # Never a summary without errors because nothing was looked at.
    assert re.search(r"ERROR SUMMARY: 0 errors", done.stderr)
    allocations = re.search(r"total heap usage: ([\d,]+) allocs", done.stderr)
    assert allocations is not None and int(allocations.group(1).replace(",", "")) > 1000
