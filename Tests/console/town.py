"""Nodes with a console."""

from __future__ import annotations

import pathlib
from typing import Any

from harness.process import Host, Stage, eventually, free_port

# Quick enough for a test, slow enough for a busy machine.
QUICK = {"failover.grace": "300ms", "bind": "127.0.0.1"}


class Town:
    """A cluster, each node of which shows itself at `url`."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._urls: dict[str, str] = {}

    def start(self, id: str, *arguments: str, seeds: list[Host] | None = None, **options: Any) -> Host:
        port = free_port()
        self._urls[id] = f"http://127.0.0.1:{port}/"
        return self.stage.start(id, *arguments, seeds=seeds or [], **{**QUICK, "http": f"127.0.0.1:{port}", **options})

    def address(self, host: Host) -> str:
        """Where its console listens."""
        return self._urls[host.id].removeprefix("http://").rstrip("/")

    def url(self, host: Host) -> str:
        return self._urls[host.id]

    def line(self, *ids: str, **options: Any) -> list[Host]:
        """Nodes in the line of `primary`; the first leads."""
        hosts: list[Host] = []
        for id in ids:
            hosts.append(self.start(id, "role=primary", seeds=hosts[:1], **options))
            if len(hosts) == 1:
                hosts[0].wait_for(callback="promote")
            else:
                eventually(lambda: hosts[-1].ask("position primary")["position"] == len(hosts) - 1, f"{id} is in line")
        self.stage.agree(*hosts)
        return hosts

    def token_file(self, folder: pathlib.Path, token: str) -> str:
        path = folder / "token"
        path.write_text(token + "\n")
        path.chmod(0o600)
        return str(path)
