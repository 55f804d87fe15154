"""Seeds in a file that others change while the node runs."""

from __future__ import annotations

import os
import pathlib

from harness.build import compile_c
from harness.process import Host, Stage, eventually, free_port


def told(host: Host, words: str) -> bool:
    return any(words in line["message"] for line in host.said(log="line"))


def test_seeds_in_a_file(stage: Stage, tmp_path: pathlib.Path) -> None:
    a = stage.start("a")
    (tmp_path / "seeds").write_text(f"# the only one\n\n{a.address}  # here\n")
    b = stage.start("b", seed_file=str(tmp_path / "seeds"))
    stage.agree(a, b)


def test_a_file_that_comes_later(stage: Stage, tmp_path: pathlib.Path) -> None:
    a = stage.start("a")
    path = tmp_path / "seeds"
    b = stage.start("b", "host.log=2", seed_file=str(path))
    b.wait_for(log="line", message=f"seed file '{path}' cannot be read: No such file or directory")
    path.write_text(a.address)
    stage.agree(a, b)


def test_a_file_that_changes_and_its_bad_lines(stage: Stage, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "seeds"
    path.write_text(f"127.0.0.1:{free_port()}\nnot a host\n")
    b = stage.start("b", "host.log=2", seed_file=str(path))
    b.joined()
    eventually(lambda: told(b, f"seed file '{path}', line 2: 'not a host' is no host"), "the bad line is told")
    a = stage.start("a")
    (tmp_path / "new").write_text(f"also bad:\n{a.address}\n")
    os.rename(tmp_path / "new", path)
    stage.agree(a, b)
    assert told(b, "line 1: 'also bad:' is no host")
    assert len(b.said(log="line")) == 2, "nothing is told twice"


def test_a_file_that_is_taken_away(stage: Stage, tmp_path: pathlib.Path) -> None:
    """Its seeds are kept: they may be all that leads back."""
    path = tmp_path / "seeds"
    port = free_port()
    path.write_text(f"127.0.0.1:{port}")
    b = stage.start("b", "host.log=2", seed_file=str(path))
    b.joined()
    path.unlink()
    eventually(lambda: told(b, "its former seeds are kept"), "that is told")
    a = stage.start("a", port=str(port), port_range="1")
    stage.agree(a, b)


def test_a_relative_name_is_the_one_that_was_meant(stage: Stage, tmp_path: pathlib.Path) -> None:
    a = stage.start("a")
    (tmp_path / "seeds").write_text(a.address)
    b = stage.start("b", seed_file="seeds", prefix=["env", "-C", str(tmp_path)])
    stage.agree(a, b)


def test_a_dead_name_server_holds_neither_other_names_nor_the_file_up(
    stage: Stage, library: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    source = pathlib.Path(__file__).resolve().parent / "slow_names.c"
    shim = compile_c(source, tmp_path / "slow_names.so", library, "-shared", "-fPIC")
    path = tmp_path / "seeds"
    path.write_text("dead-in-the-file.test\n")
    a = stage.start("a", bind="127.0.0.1")
    dead = [f"dead{index}.test" for index in range(3)]
    b = stage.start(
        "b", bind="127.0.0.1", seeds=",".join([*dead, f"localhost:{a.port}"]), seed_file=str(path),
        prefix=["env", f"LD_PRELOAD={shim}"],
    )  # fmt: skip
    stage.agree(a, b)
    c = stage.start("c", bind="127.0.0.1", seed_file=str(path), prefix=["env", f"LD_PRELOAD={shim}"])
    c.joined()
    path.write_text(f"dead-in-the-file.test\n{a.address}\n")
    stage.agree(a, b, c)
