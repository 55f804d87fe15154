"""The golden vectors of Tests/SealingTests, and what the document says about bytes, without any node."""

from __future__ import annotations

import pathlib
import re

import pytest
from conftest import KEY
from keyring import name
from sealing import Datagrams, Refused, Stream, preamble
from wire import Identity, Kind, Malformed, Message, Record, Seat, SeatState, Status, digest, fields, fnv1a, varint

TOP = pathlib.Path(__file__).resolve().parents[2]
ALICE = Identity("alice", 0x0102030405060708, 0x1112131415161718)


def golden(name: str) -> list[str]:
    """The hex texts of one constant of the Swift test; neighbours joined with + are one text."""
    source = (TOP / "Tests/SealingTests/GoldenTests.swift").read_text()
    found = re.search(rf"static let {name} =\s*(\[.*?\]|\".*?)\n\n|static let {name} = (\[.*?\n    \])", source, re.S)
    assert found, name
    text = re.sub(r'"\s*\+\s*"', "", found[0])
    return re.findall(r'"([0-9a-f]+)"', text)


def test_plain_datagram() -> None:
    assert [Datagrams("red", ALICE).seal(b"hello").hex()] == golden("plainDatagram")


def test_sealed_datagrams() -> None:
    alice = Datagrams("red", ALICE, KEY)
    first, second = alice.seal(b"hello"), alice.seal(b"hello", to="bob")
    assert [first.hex()] == golden("sealedDatagram")
    assert [second.hex()] == golden("addressedDatagram")
    bob = Datagrams("red", Identity("bob", 1, 1), KEY)
    assert bob.open(first) == (ALICE, b"hello")
    assert bob.open(second) == (ALICE, b"hello")
    with pytest.raises(Refused):
        Datagrams("red", Identity("eve", 1, 1), KEY).open(second)


@pytest.mark.parametrize("name, key", [("sealedStream", KEY), ("plainStream", None)])
def test_streams(name: str, key: bytes | None) -> None:
    initiator = Stream(True, "red", key, random=b"\xaa" * 24)
    responder = Stream(False, "red", key, random=b"\xbb" * 24)
    nothing, answer = responder.receive(initiator.hello)
    assert nothing == []
    assert initiator.receive(answer) == ([], b"")
    first = initiator.seal(b"hello")
    assert responder.receive(first) == ([b"hello"], b"")
    second = responder.seal(b"hello")
    assert initiator.receive(second) == ([b"hello"], b"")
    assert [part.hex() for part in (initiator.hello, answer, first, second)] == golden(name)


def test_the_fingerprint() -> None:
    assert f"`{name(KEY)}`" in (TOP / "docs/protocol.md").read_text()
    assert f'"{name(KEY)}"' in (TOP / "Tests/SealingTests/KeyTests.swift").read_text()


def test_the_document_prints_the_vectors() -> None:
    document = re.sub(r"\s+", "", (TOP / "docs/protocol.md").read_text())
    for name in ("plainDatagram", "sealedDatagram", "addressedDatagram", "sealedStream", "plainStream"):
        for text in golden(name):
            assert text in document, name


def test_the_hash() -> None:
    # From the draft that became RFC 9923, appendix C.
    assert fnv1a(b"") == 0xCBF29CE484222325
    assert fnv1a(b"a") == 0xAF63DC4C8601EC8C
    assert fnv1a(b"foobar") == 0x85944171F73967E8
    assert preamble("red", 0).hex() == "4d75010089e9be1960f4c21c"


def test_the_digest_that_the_document_prints() -> None:
    alive = Record(ALICE, incarnation=2, version=3)
    assert digest([alive]) != digest([alive.but(status=Status.SUSPECT)])
    assert digest([alive, alive.but(status=Status.DEAD)]) == digest([alive])
    assert f"{digest([alive]):016x}" in (TOP / "docs/protocol.md").read_text()


def test_a_message_comes_back() -> None:
    seat = Seat("db", SeatState.PRIMARY, 1, 2, True, True, 3 << 40, 4 << 40)
    record = Record(
        ALICE, 7, Status.UNRESPONSIVE, bytes(16), 7878, "Älice", (("a", "1"), ("b", "")), (seat,), 9, "bob"
    )
    message = Message(Kind.CHECKED, 5, 6, Identity("t", 1, 2), records=(record,), sender=ALICE, port=8)
    assert Message.decode(message.encoded()) == message


@pytest.mark.parametrize("raw", ["08", "0a05", "0b", "0f", "80" * 10 + "02", "11aabb"])
def test_what_is_no_encoding(raw: str) -> None:
    with pytest.raises(Malformed):
        list(fields(bytes.fromhex(raw)))


def test_the_schema_has_the_numbers_of_the_code() -> None:
    schema = (TOP / "docs/muster.proto").read_text()
    swift = (TOP / "Sources/Wire/Message.swift").read_text()
    for name, value in re.findall(r"case (\w+) = (\d+)", swift.split("enum Finding")[0]):
        word = re.sub(r"([A-Z])", r"_\1", name).upper()
        assert re.search(rf"\b{word} = {value};", schema), name
        assert Kind[word] == int(value)
    assert varint(300).hex() == "ac02"
