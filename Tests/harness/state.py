"""Reads and writes state files without the library's help: docs/state.md is all that it knows of them."""

from __future__ import annotations

import dataclasses
import ipaddress
import pathlib
import struct
from collections.abc import Iterator

MAGIC = b"MUSTERST"


@dataclasses.dataclass
class State:
    cluster: str = ""
    node_id: str = ""
    is_random_id: bool = False
    generation: int = 0
    tokens: dict[str, int] = dataclasses.field(default_factory=dict)
    addresses: list[str] = dataclasses.field(default_factory=list)
    # The highest epoch that a voter has accepted, by role; read only.
    epochs: dict[str, int] = dataclasses.field(default_factory=dict)
    # By role: the number of the list that it votes under, and of the last list that it knows to be in use; read only.
    lists: dict[str, tuple[int, int]] = dataclasses.field(default_factory=dict)


def checksum(data: bytes) -> int:
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[place]
        value |= (byte & 0x7F) << shift
        place += 1
        shift += 7
        if byte < 0x80:
            return value, place


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    place = 0
    while place < len(data):
        key, place = _varint(data, place)
        if key & 7 == 0:
            number, place = _varint(data, place)
            yield key >> 3, number
        elif key & 7 == 1:
            yield key >> 3, struct.unpack_from("<Q", data, place)[0]
            place += 8
        else:
            assert key & 7 == 2, key
            length, place = _varint(data, place)
            assert place + length <= len(data)
            yield key >> 3, data[place : place + length]
            place += length


def decode(data: bytes) -> State:
    assert data[:8] == MAGIC, data[:8]
    version, length = struct.unpack(">II", data[8:16])
    assert version == 1 and len(data) == 16 + length + 8
    assert struct.unpack(">Q", data[-8:])[0] == checksum(data[:-8])
    state = State()
    for number, value in _fields(data[16:-8]):
        if number == 1 and isinstance(value, bytes):
            state.cluster = value.decode()
        elif number == 2 and isinstance(value, bytes):
            state.node_id = value.decode()
        elif number == 3:
            state.is_random_id = value != 0
        elif number == 4 and isinstance(value, int):
            state.generation = value
        elif number == 5 and isinstance(value, bytes):
            token = dict(_fields(value))
            role, highest = token[1], token[2]
            assert isinstance(role, bytes) and isinstance(highest, int)
            state.tokens[role.decode()] = highest
        elif number == 6 and isinstance(value, bytes):
            address = dict(_fields(value))
            host, port = address[1], address[2]
            assert isinstance(host, bytes) and isinstance(port, int)
            text = str(ipaddress.ip_address(host))
            state.addresses.append(f"[{text}]:{port}" if ":" in text else f"{text}:{port}")
        elif number == 7 and isinstance(value, bytes):
            ballots = dict(_fields(value))
            role, epoch = ballots[1], ballots.get(2, 0)
            assert isinstance(role, bytes) and isinstance(epoch, int)
            state.epochs[role.decode()] = epoch
            listed, settled = ballots.get(3, 0), ballots.get(6, 0)
            assert isinstance(listed, int) and isinstance(settled, int)
            state.lists[role.decode()] = listed, settled
    return state


def _key(number: int, kind: int) -> bytes:
    return _number(number << 3 | kind)


def _number(value: int) -> bytes:
    data = bytearray()
    while value >= 0x80:
        data.append(value & 0x7F | 0x80)
        value >>= 7
    data.append(value)
    return bytes(data)


def _bytes(number: int, value: bytes) -> bytes:
    return _key(number, 2) + _number(len(value)) + value


def encode(state: State) -> bytes:
    body = _bytes(1, state.cluster.encode()) + _bytes(2, state.node_id.encode())
    if state.is_random_id:
        body += _key(3, 0) + b"\x01"
    body += _key(4, 1) + struct.pack("<Q", state.generation)
    for role, token in state.tokens.items():
        body += _bytes(5, _bytes(1, role.encode()) + _key(2, 0) + _number(token))
    for address in state.addresses:
        host, _, port = address.rpartition(":")
        packed = ipaddress.ip_address(host.strip("[]")).packed
        body += _bytes(6, _bytes(1, packed) + _key(2, 0) + _number(int(port)))
    whole = MAGIC + struct.pack(">II", 1, len(body)) + body
    return whole + struct.pack(">Q", checksum(whole))


def read(path: pathlib.Path) -> State:
    return decode(path.read_bytes())
