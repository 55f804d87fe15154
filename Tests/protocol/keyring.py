"""The ring of keys of one member, and what others may ask of it (docs/protocol.md, section 18)."""

from __future__ import annotations

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox
from sealing import derive
from wire import KeyOperation, KeyOutcome, KeyReply, KeyRequest

MOST = 8


def fingerprint(key: bytes) -> int:
    return int.from_bytes(derive(b"muster key fingerprint 1", key)[:8], "big")


def name(key: bytes) -> str:
    """The fingerprint as people read it."""
    return f"{fingerprint(key):016x}"


def add(key: bytes, box: bytes) -> KeyRequest:
    """The request that hands a key over to the member whose box this is."""
    sealed = SealedBox(PublicKey(box)).encrypt(key)
    return KeyRequest(KeyOperation.ADD, fingerprint(key), bytes(sealed))


class Ring:
    def __init__(self, keys: list[bytes]) -> None:
        self.keys = keys
        self.box = PrivateKey.generate()

    def answer(self, request: KeyRequest) -> KeyReply:
        before = list(self.keys)
        outcome = self._change(request)
        if self.keys != before:
            self.box = PrivateKey.generate()
        return KeyReply(outcome, tuple(fingerprint(key) for key in self.keys), bytes(self.box.public_key))

    def _change(self, request: KeyRequest) -> KeyOutcome:
        meant = [key for key in self.keys if fingerprint(key) == request.fingerprint]
        match request.operation:
            case KeyOperation.ADD:
                try:
                    key = SealedBox(self.box).decrypt(request.sealed_key)
                except (CryptoError, ValueError):
                    return KeyOutcome.UNREADABLE
                if fingerprint(key) != request.fingerprint:
                    return KeyOutcome.UNREADABLE
                if not meant and len(self.keys) == MOST:
                    return KeyOutcome.FULL
                if not meant:
                    self.keys.append(key)
            case KeyOperation.USE:
                if not meant:
                    return KeyOutcome.MISSING
                self.keys.remove(meant[0])
                self.keys.insert(0, meant[0])
            case KeyOperation.REMOVE:
                if meant and self.keys[0] == meant[0]:
                    return KeyOutcome.SEALING
                if meant:
                    self.keys.remove(meant[0])
        return KeyOutcome.DONE
