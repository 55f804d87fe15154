"""A host that used OpenSSL before the library did keeps the clean-up at its end: none of the library's threads is in it then."""

from __future__ import annotations

import collections
import pathlib
import subprocess

from harness.build import compile_c
from harness.servers import PostgreSQL
from harness.serving import serving

HERE = pathlib.Path(__file__).resolve().parent


def test_a_host_of_openssl_exits_in_order(library: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """The password is wrong, so that every request connects anew, which OpenSSL has the most work with."""
    program = compile_c(HERE / "openssl_host.c", tmp_path / "host", library, "-ldl")
    ends: collections.Counter[int] = collections.Counter()
    with serving(PostgreSQL) as server:
        for number in range(40):
            words = [str(program), "exits", server.wrong, str(20 + number)]
            ends[subprocess.run(words, check=False, timeout=60).returncode] += 1
    assert ends == {0: 40}, f"how they ended: {dict(ends)}"
