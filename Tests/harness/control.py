"""A client of a node's control socket, as plain as can be."""

from __future__ import annotations

import json
import pathlib
import socket
from typing import Any


class Control:
    def __init__(self, path: pathlib.Path | str) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(str(path))
        self.lines = self.socket.makefile("rb")

    def ask(self, request: str) -> Any:
        self.socket.sendall(f"{request}\n".encode())
        return self.line()

    def line(self) -> Any:
        """The next line; None at the end."""
        line = self.lines.readline()
        return json.loads(line) if line else None

    def close(self) -> None:
        self.lines.close()
        self.socket.close()
