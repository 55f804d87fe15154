"""A detour through user space, since not every kernel can delay packets: stands between members that tell others
its ports instead of their own, and passes on what they say, later and in another order.

    proxy.py HOST DELAY_MS JITTER_MS PORT=MEMBER_HOST:MEMBER_PORT ...

Each member has one port here, for UDP and TCP. A datagram to it leaves from the port of its sender, so that its
receiver sees the address which the sender tells. Each datagram has a delay of its own, so they overtake each other;
the bytes of a connection keep their order. Only the handshake of TCP is as fast as the cable.

Says `ready` when it listens, and how much it did when its standard input ends.
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
import struct
import sys

Place = tuple[str, int]


class Delay:
    def __init__(self, milliseconds: float, jitter: float) -> None:
        self._milliseconds, self._jitter = milliseconds, jitter

    def seconds(self) -> float:
        return (self._milliseconds + random.uniform(-self._jitter, self._jitter)) / 1000


class Port(asyncio.DatagramProtocol):
    """What others take for one member."""

    everyone: dict[Place, Port] = {}
    datagrams = overtaken = connections = 0

    def __init__(self, member: Place, delay: Delay) -> None:
        self.member, self.delay = member, delay
        self.sent = self.newest = 0
        Port.everyone[member] = self

    async def listen(self, host: str, port: int) -> None:
        loop = asyncio.get_running_loop()
        self.datagram_transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(host, port))
        await asyncio.start_server(self.accepted, host, port)

    def datagram_received(self, data: bytes, addr: Place) -> None:
        sender = Port.everyone.get(addr)
        if sender is None:
            return
        self.sent += 1
        asyncio.get_running_loop().call_later(self.delay.seconds(), self.pass_on, data, sender, self.sent)

    def pass_on(self, data: bytes, sender: Port, number: int) -> None:
        Port.datagrams += 1
        if number < self.newest:
            Port.overtaken += 1
        self.newest = max(self.newest, number)
        sender.datagram_transport.sendto(data, self.member)

    async def accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        Port.connections += 1
        try:
            onward, back = await asyncio.open_connection(*self.member)
        except OSError:
            # A reset, as the member's own kernel would have said.
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.close()
            return
        await asyncio.gather(self.pump(reader, back), self.pump(onward, writer))

    async def pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Passes the bytes of one direction on, and then its end."""
        loop = asyncio.get_running_loop()
        last = 0.0
        while True:
            try:
                data = await reader.read(65536)
            except OSError:
                data = b""
            last = max(last, loop.time() + self.delay.seconds())
            if not data:
                loop.call_at(last, writer.close)
                return
            loop.call_at(last, writer.write, data)


async def main(host: str, milliseconds: str, jitter: str, *routes: str) -> None:
    delay = Delay(float(milliseconds), float(jitter))
    for route in routes:
        port, _, member = route.partition("=")
        member_host, _, member_port = member.rpartition(":")
        await Port((member_host, int(member_port)), delay).listen(host, int(port))
    print("ready", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    print(json.dumps({key: getattr(Port, key) for key in ("datagrams", "overtaken", "connections")}), flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
