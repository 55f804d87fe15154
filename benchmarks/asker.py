"""Asks a member whether it is there, again and again, as other members do, and beside it a process that does nothing but answer.

    asker.py PORT SECONDS

It is a member itself, of the protocol in Tests/protocol. Prints, for each question, "ours" or "kernel" and the
milliseconds from the moment in which the question lies in the socket of the asked one until the answer leaves it: by the
kernel's own stamps, so that nobody waits for this program. Also "probe" and the seconds between two probes of the member's.
"""

from __future__ import annotations

import itertools
import pathlib
import random
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Tests" / "protocol"))

from peer import Peer  # noqa: E402
from sealing import Refused  # noqa: E402
from wire import Kind, Malformed, Message  # noqa: E402

HERE = "127.0.0.1"
# A question each so often on average; by chance, so that none follows the rhythm of what is asked.
PAUSE = 0.02
PATIENCE = 5.0
# Numbers that the kernel's headers have and Python does not name.
SO_TIMESTAMPNS = 35
ECHO = """
import socket
here = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
here.bind(("127.0.0.1", 0))
print(here.getsockname()[1], flush=True)
while True:
    here.sendto(*here.recvfrom(2048))
"""


class Question:
    """One that is under way at a time."""

    def __init__(self, port: int) -> None:
        self._to = (HERE, port)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((HERE, 0))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._socket.settimeout(PATIENCE)

    def asked(self, datagram: bytes, is_answer: object) -> float:
        """The milliseconds until the answer left."""
        began = time.clock_gettime_ns(time.CLOCK_REALTIME)
        self._socket.sendto(datagram, self._to)
        while True:
            answer, controls, _, _ = self._socket.recvmsg(2048, 64)
            if callable(is_answer) and is_answer(answer):
                seconds, nanoseconds = struct.unpack("qq", controls[0][2])
                return (seconds * 1_000_000_000 + nanoseconds - began) / 1e6


def main() -> None:
    port, seconds = int(sys.argv[1]), float(sys.argv[2])
    peer = Peer("asker", "bench")
    answer = peer.sync((HERE, port))
    # A link, as every member has: without it the asked one would look elsewhere whether this one lives.
    peer.link((HERE, port))
    peer.ping((HERE, port))
    asked = answer.sender
    assert asked is not None
    echo = subprocess.Popen([sys.executable, "-c", ECHO], stdout=subprocess.PIPE, text=True)
    assert echo.stdout is not None
    ours, kernel = Question(port), Question(int(echo.stdout.readline()))
    mark = peer.mark()
    end = time.monotonic() + seconds
    try:
        for sequence in itertools.count(1 << 20):
            if time.monotonic() >= end:
                break

            def is_ack(datagram: bytes, sequence: int = sequence) -> bool:
                try:
                    message = Message.decode(peer.seal.open(datagram)[1])
                except (Refused, Malformed):
                    return False
                return message.kind == Kind.ACK and message.sequence == sequence

            question = peer.seal.seal(Message(Kind.PING, sequence, peer.view.digest).encoded())
            print("ours", ours.asked(question, is_ack))
            print("kernel", kernel.asked(question, lambda answer, question=question: answer == question))
            time.sleep(random.uniform(0, 2 * PAUSE))
    finally:
        echo.kill()
        echo.wait()
    probes = [heard.at for heard in peer.said(Kind.PING, asked.id, mark)]
    for former, later in itertools.pairwise(probes):
        print("probe", later - former)
    peer.end()


if __name__ == "__main__":
    main()
