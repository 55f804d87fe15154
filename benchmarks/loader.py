"""Asks a console for all that it gives.

    loader.py LOAD PORT SECONDS

LOAD: metrics, members (64 connections, each with the next request as soon as the last is answered); mixed (16 followers of the
events, 16 that send a byte each second, 16 with heads that are too large, over and over, 16 as in metrics); handshakes (8
connections that make a handshake of TLS and go, over and over). Prints how many requests, or handshakes, a second
were answered.
"""

from __future__ import annotations

import selectors
import socket
import ssl
import sys
import threading
import time

HERE = "127.0.0.1"
PATHS = {"metrics": "/metrics", "members": "/v1/members"}
MOST = 64


def request(path: str, more: str = "") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{more}\r\n".encode()


class Clients:
    """Many that ask, in one thread."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._selector = selectors.DefaultSelector()
        self.answered = 0

    def asks(self, path: str) -> None:
        """Asks again as soon as it is answered."""
        self._open(request(path), self._hears_and_asks)

    def follows(self) -> None:
        self._open(request("/v1/events"), lambda link, answer, question: None)

    def dawdles(self) -> None:
        """A request that never ends."""
        link = socket.create_connection((HERE, self._port))

        def trickle() -> None:
            try:
                for byte in request("/metrics", "X: " + "x" * 1000):
                    link.send(bytes([byte]))
                    time.sleep(1)
            except OSError:
                pass

        threading.Thread(target=trickle, daemon=True).start()

    def bombs(self) -> None:
        """A head that is too large; again as soon as it is refused."""
        self._open(request("/metrics", "X: " + "x" * 100_000 + "\r\n"), self._comes_back)

    def _open(self, question: bytes, heard: object) -> None:
        link = socket.create_connection((HERE, self._port))
        try:
            link.sendall(question)
        except OSError:
            pass
        link.setblocking(False)
        self._selector.register(link, selectors.EVENT_READ, (heard, question))

    def _hears_and_asks(self, link: socket.socket, answer: bytes, question: bytes) -> None:
        # All of one answer comes after its question: each has one head.
        count = answer.count(b"HTTP/1.1 200")
        self.answered += count
        for _ in range(count):
            link.send(question)
        if not answer:
            raise SystemExit("the console has closed a connection that asked")

    def _comes_back(self, link: socket.socket, answer: bytes, question: bytes) -> None:
        self._selector.unregister(link)
        link.close()
        self._open(question, self._comes_back)

    def run(self, end: float) -> None:
        while (left := end - time.monotonic()) > 0:
            for key, _ in self._selector.select(min(left, 0.1)):
                heard, question = key.data
                try:
                    answer = key.fileobj.recv(1 << 20)  # type: ignore[union-attr]
                except OSError:
                    answer = b""
                heard(key.fileobj, answer, question)


def greets(port: int, end: float, made: list[int]) -> None:
    """Whole handshakes: no session is resumed."""
    while time.monotonic() < end:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        try:
            with socket.create_connection((HERE, port)) as link:
                context.wrap_socket(link).close()
            made.append(1)
        except OSError:
            pass


def main() -> None:
    load, port, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    began = time.monotonic()
    end = began + seconds
    if load == "handshakes":
        made: list[int] = []
        threads = [threading.Thread(target=greets, args=(port, end, made)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(len(made) / (time.monotonic() - began))
        return
    clients = Clients(port)
    for number in range(MOST):
        if load in PATHS:
            clients.asks(PATHS[load])
        else:
            [clients.follows, clients.dawdles, clients.bombs, lambda: clients.asks("/metrics")][number % 4]()
    clients.run(end)
    print(clients.answered / (time.monotonic() - began))


if __name__ == "__main__":
    main()
