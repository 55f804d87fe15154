"""The envelope of datagrams and the framing of streams, plain and sealed (docs/protocol.md, sections 3 and 4)."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
from collections.abc import Sequence

from nacl import bindings, exceptions
from wire import Identity, fnv1a

MAGIC, VERSION = b"Mu", 1
SEALED, ADDRESSED = 1, 2
LONGEST_DATAGRAM = 1400
LONGEST_FRAME = 65536
LONGEST_MESSAGE = 1 << 24


class Refused(Exception):
    """The bytes are not for us, or not authentic."""


def preamble(cluster: str, flags: int, version: int = VERSION) -> bytes:
    return MAGIC + bytes([version, flags]) + fnv1a(cluster.encode()).to_bytes(8, "big")


def derive(purpose: bytes, key: bytes) -> bytes:
    """A key for one purpose: BLAKE2b with 32 bytes of output, keyed (RFC 7693)."""
    return hashlib.blake2b(purpose, key=key, digest_size=32).digest()


def nonce(counter: int) -> bytes:
    return counter.to_bytes(24, "big")


def encrypt(plain: bytes, associated: bytes, counter: int, key: bytes) -> bytes:
    return bytes(bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(plain, associated, nonce(counter), key))


def decrypt(sealed: bytes, associated: bytes, counter: int, key: bytes) -> bytes:
    try:
        return bytes(bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(sealed, associated, nonce(counter), key))
    except exceptions.CryptoError as error:
        raise Refused("not authentic") from error


# -- datagrams


@dataclasses.dataclass
class Datagrams:
    """Seals the datagrams of one member and opens those of the others."""

    cluster: str
    identity: Identity
    key: bytes | None = None
    counter: int = 0
    others: Sequence[bytes] = ()
    """Keys that open besides; they seal nothing."""

    def seal(self, payload: bytes, to: str | None = None, version: int = VERSION) -> bytes:
        flags = (SEALED if self.key else 0) | (ADDRESSED if to else 0)
        sender = self._sender(self.identity)
        header = preamble(self.cluster, flags, version) + sender
        if self.key is None:
            return header + payload
        self.counter += 1
        header += self.counter.to_bytes(8, "big")
        subkey = derive(b"muster datagram 1" + sender, self.key)
        return header + encrypt(payload, self._associated(header, to), self.counter, subkey)

    def open(self, datagram: bytes) -> tuple[Identity, bytes]:
        """The sender and the payload."""
        if len(datagram) > LONGEST_DATAGRAM or len(datagram) < 30:
            raise Refused("length")
        flags = datagram[3]
        if datagram[:12] != preamble(self.cluster, flags) or flags & ~(SEALED | ADDRESSED):
            raise Refused("preamble")
        if bool(flags & SEALED) != (self.key is not None):
            raise Refused("plain or sealed")
        end = 13 + datagram[12] + 16
        if not 1 <= datagram[12] <= 64 or len(datagram) < end + (24 if self.key else 0):
            raise Refused("header")
        sender = datagram[12:end]
        identity = Identity(
            sender[1:-16].decode(), int.from_bytes(sender[-16:-8], "big"), int.from_bytes(sender[-8:], "big")
        )
        if self.key is None:
            return identity, datagram[end:]
        header, counter = datagram[: end + 8], int.from_bytes(datagram[end : end + 8], "big")
        associated = self._associated(header, self.identity.id if flags & ADDRESSED else None)
        for key in (self.key, *self.others):
            with contextlib.suppress(Refused):
                return identity, decrypt(
                    datagram[end + 8 :], associated, counter, derive(b"muster datagram 1" + sender, key)
                )
        raise Refused("no key opens it")

    @staticmethod
    def _sender(identity: Identity) -> bytes:
        id = identity.id.encode()
        return bytes([len(id)]) + id + identity.generation.to_bytes(8, "big") + identity.nonce.to_bytes(8, "big")

    def _associated(self, header: bytes, receiver: str | None) -> bytes:
        named = b"" if receiver is None else bytes([len(receiver.encode())]) + receiver.encode()
        return header + self.cluster.encode() + named


# -- streams


class Stream:
    """One end of a connection: bytes in, messages out, and back."""

    def __init__(
        self, initiator: bool, cluster: str, key: bytes | None = None, random: bytes | None = None,
        others: Sequence[bytes] = (),
    ) -> None:  # fmt: skip
        self.cluster = cluster
        self.key = key
        self._others = [] if initiator else list(others)
        self.initiator = initiator
        self.random = random or os.urandom(24)
        self.hello = preamble(cluster, SEALED if key else 0) + self.random
        self.established = False
        self._in = b""
        self._message = b""
        self._theirs = b""
        self._keys = (b"", b"")
        self._sent = self._received = 0

    def receive(self, raw: bytes) -> tuple[list[bytes], bytes]:
        """The messages that these bytes complete, and what is to be sent at once: the responder's hello."""
        self._in += raw
        reply = b""
        if not self.established:
            known = min(12, len(self._in))
            if self._in[:known] != self.hello[:known]:
                raise Refused("hello")
            if len(self._in) < 36:
                return [], b""
            self._establish(self._in[12:36])
            self._in = self._in[36:]
            reply = b"" if self.initiator else self.hello
        messages = []
        while len(self._in) >= 4:
            head = int.from_bytes(self._in[:4], "big")
            length = head & 0x7FFFFFFF
            if not 1 <= length - (16 if self.key else 0) <= LONGEST_FRAME:
                raise Refused("frame")
            if len(self._in) < 4 + length:
                break
            frame, self._in = self._in[: 4 + length], self._in[4 + length :]
            self._message += self._open(frame)
            if len(self._message) > LONGEST_MESSAGE:
                raise Refused("message")
            if head >> 31:
                messages.append(self._message)
                self._message = b""
        return messages, reply

    def seal(self, message: bytes, frame_length: int = LONGEST_FRAME) -> bytes:
        frames = b""
        for start in range(0, len(message), frame_length):
            text = message[start : start + frame_length]
            is_last = start + frame_length >= len(message)
            head = (len(text) + (16 if self.key else 0) | is_last << 31).to_bytes(4, "big")
            if self.key:
                self._sent += 1
                text = encrypt(text, head, self._sent, self._keys[0])
            frames += head + text
        return frames

    def _establish(self, theirs: bytes) -> None:
        self.established = True
        self._theirs = theirs
        if self.key is None:
            return
        self._derive(self.key)

    def _derive(self, key: bytes) -> None:
        theirs = self._theirs
        cluster = self.cluster.encode()
        randoms = self.random + theirs if self.initiator else theirs + self.random
        ours, other = (
            derive(b"muster stream 1 " + side + bytes([len(cluster)]) + cluster + randoms, key)
            for side in ((b"initiator", b"responder") if self.initiator else (b"responder", b"initiator"))
        )
        self._keys = (ours, other)

    def _open(self, frame: bytes) -> bytes:
        if self.key is None:
            return frame[4:]
        self._received += 1
        # The initiator's first frame shows which of the keys is that of the stream.
        while True:
            try:
                text = decrypt(frame[4:], frame[:4], self._received, self._keys[1])
            except Refused:
                if not self._others:
                    raise
                self._derive(self._others.pop(0))
            else:
                self._others = []
                return text
