"""Carries connections between networks that share nothing but files: relay.py LISTEN DIAL, a port of loopback or a path."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading


def place(word: str) -> tuple[socket.socket, tuple[str, int] | str]:
    if word.isdecimal():
        return socket.socket(socket.AF_INET), ("127.0.0.1", int(word))
    return socket.socket(socket.AF_UNIX), word


def pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for sock in (source, target):
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)


def main() -> None:
    listener, address = place(sys.argv[1])
    listener.bind(address)
    listener.listen()
    while True:
        near, _ = listener.accept()
        far, address = place(sys.argv[2])
        try:
            far.connect(address)
        except OSError:
            near.close()
            continue
        for pair in ((near, far), (far, near)):
            threading.Thread(target=pump, args=pair, daemon=True).start()


if __name__ == "__main__":
    main()
