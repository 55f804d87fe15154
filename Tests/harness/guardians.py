"""Finds the guardians of hosts among the processes of this machine."""

from __future__ import annotations

import contextlib
import pathlib

from .process import Host


def guardians(host: Host) -> list[int]:
    """The processes that watch over this one."""
    found = []
    for folder in pathlib.Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            words = (folder / "cmdline").read_bytes().split(b"\0")
            if words[0] == b"muster-guardian" and words[1].decode() == f"{host.pid} {host.id}":
                found.append(int(folder.name))
    return found
