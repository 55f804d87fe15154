"""A detour for TCP through user space, in front of a store: what passes it, when, and whether at all, is chosen.

The bytes of a connection keep their order, and a connection that lost some passes nothing more: TCP does not do
otherwise either. What a client has sent before it hung up may still reach the server, much later.
"""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import os
import random
import socket
import struct
import threading
import time
from collections.abc import Iterator

_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


@dataclasses.dataclass(frozen=True)
class Weather:
    """What becomes of the bytes from now on."""

    delay: float = 0.0
    """Each piece comes up to so many seconds later."""
    greeting: float = 0.0
    """The first answer in a connection comes so many seconds later, as where a server takes its time over a login."""
    hold: float = 0.0
    """What clients send comes so many seconds later, whether they are still there or not."""
    asks: bool = True
    """Whether what clients send comes through."""
    answers: bool = True
    """Whether what the server sends comes through."""
    accepts: bool = True
    """Otherwise connections are refused, by a reset."""
    repeats: bool = False
    """What clients send comes once more, by a connection of its own: for HTTP, where a request is whole in itself."""


CLEAR = Weather()


def set_namespace(path: str) -> None:
    with open(path) as namespace:
        if _libc.setns(namespace.fileno(), _CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"setns {path}")


def listen(namespace: str | None, port: int = 0) -> socket.socket:
    """A listening socket on the loopback of a network namespace, where it stays; by a thread that ends there."""
    found: list[socket.socket] = []

    def make() -> None:
        if namespace is not None:
            set_namespace(f"/run/netns/{namespace}")
        found.append(socket.create_server(("127.0.0.1", port)))

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    assert found, f"nothing can listen in {namespace}"
    return found[0]


def _reset(end: socket.socket) -> None:
    """Closes it with a reset."""
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    # Wakes whoever reads from it; closing alone does not.
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RD)
    end.close()


class Connection:
    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy, self._client, self._server = proxy, client, server
        self.lost_bytes = False
        self._left = 2
        for source, sink, is_asking in ((client, server, True), (server, client, False)):
            threading.Thread(target=self._pump, args=(source, sink, is_asking), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, is_asking: bool) -> None:
        is_first = True
        while True:
            try:
                data = source.recv(1 << 16)
            except OSError:
                data = b""
            if not data:
                break
            weather = self._proxy.weather
            passes = weather.asks if is_asking else weather.answers
            if self.lost_bytes or not passes:
                self.lost_bytes = True
                self._proxy.count("swallowed")
                continue
            # So long that two requests may overtake each other, and an answer may come after its time.
            time.sleep(random.uniform(0, weather.delay) + (weather.hold if is_asking else 0))
            if is_first and not is_asking:
                time.sleep(weather.greeting)
            is_first = False
            if is_asking and weather.hold:
                self._proxy.count("held")
            if is_asking and weather.repeats:
                self._proxy.repeat(data)
            # Who has gone does not keep the other's bytes from their way.
            with contextlib.suppress(OSError):
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
        self._left -= 1
        if self._left == 0:
            self._proxy.forget(self)
            self._client.close()
            self._server.close()

    def reset(self) -> None:
        _reset(self._client)
        _reset(self._server)


class Proxy:
    """One address in front of one server."""

    def __init__(self, listener: socket.socket, server: tuple[str, int]) -> None:
        self.port: int = listener.getsockname()[1]
        self.weather = CLEAR
        self.counts: dict[str, int] = {}
        self._listener, self._address = listener, server
        self._connections: set[Connection] = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if not self.weather.accepts:
                self.count("refused")
                _reset(client)
                continue
            try:
                server = socket.create_connection(self._address, 5)
                server.settimeout(None)
            except OSError:
                _reset(client)
                continue
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._connections.add(Connection(self, client, server))

    def count(self, what: str) -> None:
        with self._lock:
            self.counts[what] = self.counts.get(what, 0) + 1

    def forget(self, connection: Connection) -> None:
        with self._lock:
            self._connections.discard(connection)

    def repeat(self, data: bytes) -> None:
        """Says it to the server once more, soon, and listens to no answer."""

        def say() -> None:
            time.sleep(random.uniform(0, 2))
            with contextlib.suppress(OSError), socket.create_connection(self._address, 5) as server:
                server.sendall(data)
                server.settimeout(5)
                while server.recv(1 << 16):
                    pass

        self.count("repeated")
        threading.Thread(target=say, daemon=True).start()

    def cut(self) -> None:
        """All connections are reset, on both sides."""
        with self._lock:
            connections = list(self._connections)
            self._connections.clear()
        for connection in connections:
            self.count("cut")
            connection.reset()

    @contextlib.contextmanager
    def under(self, weather: Weather) -> Iterator[None]:
        """This weather, and afterwards a clear sky; connections that lost bytes are reset then."""
        self.weather = weather
        try:
            yield
        finally:
            self.weather = CLEAR
            with self._lock:
                broken = [connection for connection in self._connections if connection.lost_bytes]
            for connection in broken:
                connection.reset()

    def end(self) -> None:
        _reset(self._listener)
        self.cut()


def namespace_of(prefix: list[str]) -> str:
    """The namespace in what is put before a command to run it there."""
    assert prefix[:3] == ["ip", "netns", "exec"] and os.path.exists(f"/run/netns/{prefix[3]}"), prefix
    return prefix[3]
