"""What a guardian sends to voters (docs/protocol.md, section 3), encoded by hand."""

from __future__ import annotations

import dataclasses

from wire import Malformed, fnv1a

WILL = 4
"""The flag in the preamble."""
LETTER, RECEIPT = 1, 2


def head(cluster: str, kind: int) -> bytes:
    return b"Mu" + bytes([1, WILL]) + eight(fnv1a(cluster.encode())) + bytes([kind])


def eight(value: int) -> bytes:
    return value.to_bytes(8, "big")


@dataclasses.dataclass(frozen=True)
class Letter:
    cluster: str
    number: int
    id: str
    instance: int
    secret: tuple[int, int]
    role: str

    def encoded(self) -> bytes:
        return (
            head(self.cluster, LETTER) + eight(self.number) + eight(self.instance)
            + eight(self.secret[0]) + eight(self.secret[1]) + bytes([len(self.id.encode())]) + self.id.encode()
            + self.role.encode()
        )  # fmt: skip

    def receipt(self) -> bytes:
        return head(self.cluster, RECEIPT) + eight(self.number) + self.role.encode()

    @classmethod
    def decode(cls, raw: bytes, cluster: str) -> Letter:
        if raw[:13] != head(cluster, LETTER):
            raise Malformed("no letter for this cluster")
        number, instance, high, low = (int.from_bytes(raw[at : at + 8], "big") for at in (13, 21, 29, 37))
        end = 46 + raw[45]
        return cls(cluster, number, raw[46:end].decode(), instance, (high, low), raw[end:].decode())
