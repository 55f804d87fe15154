"""A small member of a Muster cluster that does what docs/protocol.md says and shares no code with the library.

It answers whatever it is asked and merges what it hears. It probes nobody and spreads nothing by itself: a test
says what it does, and may make it lie, fall silent or die.
"""

from __future__ import annotations

import dataclasses
import itertools
import os
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from keyring import Ring
from sealing import Datagrams, Refused, Stream
from votes import Voter
from wills import WILL
from wire import Evidence, Finding, Identity, KeyReply, Kind, Malformed, Message, Receipt, Record, Status, VoterMail
from wire import digest

Address = tuple[str, int]

PATIENCE = 20.0


@dataclasses.dataclass(frozen=True)
class Heard:
    """One message as it arrived."""

    message: Message
    sender: Identity
    address: Address
    at: float
    length: int


class View:
    """What a member knows of the others, merged by the rules of docs/protocol.md, section 7."""

    def __init__(self, own: Record) -> None:
        self.own = own
        self.others: dict[str, Record] = {}
        self.hearsay: set[str] = set()
        """Of whom was only ever heard that they are dead or have left; handed on to nobody."""

    def merge(self, record: Record) -> None:
        if record.identity.id == self.own.identity.id:
            self._refute(record)
            return
        known = self.others.get(record.identity.id)
        if known is None or record.identity != known.identity:
            is_younger = known is None or record.identity.age > known.identity.age
            if record.address and is_younger:
                self.others[record.identity.id] = record
                if known is None and not record.status.is_present:
                    self.hearsay.add(record.identity.id)
            return
        if record.address and record.version > known.version:
            known = known.but(
                address=record.address, port=record.port, name=record.name, tags=record.tags, seats=record.seats,
                version=record.version,
            )  # fmt: skip
        is_from_silence = record.evidence in (Evidence.SILENCE, Evidence.SUSPICION_EXPIRED)
        if record.status == Status.DEAD and is_from_silence and known.status in (Status.ALIVE, Status.SUSPECT):
            record = record.but(status=Status.SUSPECT, evidence=Evidence.SILENCE)
        is_graver = (record.incarnation, record.status) > (known.incarnation, known.status)
        if is_graver and known.status != Status.LEFT:
            known = known.but(
                incarnation=record.incarnation, status=record.status, accuser=record.accuser, evidence=record.evidence
            )
            if record.status.is_present:
                self.hearsay.discard(record.identity.id)
        self.others[record.identity.id] = known

    def _refute(self, record: Record) -> None:
        own = self.own
        if record.identity != own.identity or own.status != Status.ALIVE or record.evidence == Evidence.DUPLICATE:
            return
        if record.status != Status.ALIVE and record.incarnation >= own.incarnation:
            self.own = own.but(incarnation=record.incarnation + 1)

    @property
    def records(self) -> list[Record]:
        return [self.own, *(record for id, record in self.others.items() if id not in self.hearsay)]

    @property
    def digest(self) -> int:
        return digest(self.records)


class Connection:
    """A TCP connection that carries messages."""

    def __init__(self, sock: socket.socket, stream: Stream) -> None:
        self.socket = sock
        self.stream = stream
        self._waiting: list[bytes] = []
        if stream.initiator:
            sock.sendall(stream.hello)

    def send(self, message: Message) -> None:
        self.send_bytes(message.encoded())

    def send_bytes(self, payload: bytes) -> None:
        """Any bytes in the place of a message."""
        while not self.stream.established:
            self._waiting += self._read()
        self.socket.sendall(self.stream.seal(payload))

    def receive(self) -> bytes:
        """The next message. EOFError when the other side has closed."""
        while not self._waiting:
            self._waiting += self._read()
        return self._waiting.pop(0)

    def _read(self) -> list[bytes]:
        raw = self.socket.recv(65536)
        if not raw:
            raise EOFError
        messages, reply = self.stream.receive(raw)
        self.socket.sendall(reply)
        return messages

    def close(self) -> None:
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()


class Peer:
    """One member: a UDP socket and a TCP listener on one port, and a thread for each."""

    def __init__(
        self, id: str, cluster: str, key: bytes | None = None, identity: Identity | None = None, port: int = 0,
        **attributes: Any,
    ) -> None:  # fmt: skip
        self.cluster = cluster
        self.ring = Ring([key] if key else [])
        self.listener, self.udp = bind_pair(port)
        self.port: int = self.udp.getsockname()[1]
        self.me = identity or Identity(id, time.time_ns() // 1000, int.from_bytes(os.urandom(8), "little"))
        own = Record(self.me, address=bytes([127, 0, 0, 1]), port=self.port, version=1, **attributes)
        self.view = View(own)
        self.seal = Datagrams(cluster, self.me, key)
        self.key_replies: Callable[[KeyReply], KeyReply] = lambda reply: reply
        """What it says about its keys instead of the truth."""
        self.heard: list[Heard] = []
        """Every message that arrived, also those that were not answered."""
        self.datagrams: list[bytes] = []
        self.letters: list[tuple[bytes, Address]] = []
        """What guardians have sent, and from where."""
        self.links: list[Connection] = []
        self.answers: Callable[[Message, Identity], bool] = lambda message, sender: True
        """Whether to react to a message. One that is not answered is only written down; its stream is closed."""
        self.finding: Finding | None = None
        """What `check` is answered with; None: what a look has shown."""
        self.receipt = Receipt.TAKEN
        """What `deliver` is answered with."""
        self.voter: Voter | None = None
        """Who answers `vote`, where anybody does."""
        self.coordinator: Callable[[Connection, Message], None] | None = None
        """Who takes mail about tasks, where anybody does; it answers over the stream that brought it."""
        self.tells: Callable[[], tuple[int, str]] = lambda: (time.time_ns() // 1000, "python")
        """The wall clock, in microseconds, and the version that it tells; (0, "") as a member that knows neither."""
        self.is_stalled = False
        """Accepts connections and then says nothing, like a process that was stopped."""
        self.answered = 0
        """How many pings it has answered."""
        self._sequences = itertools.count(1)
        self._sending = threading.Lock()
        self._news = threading.Condition()
        self._connections: list[Connection] = []
        self._is_over = False
        for body in (self._receive_datagrams, self._accept):
            threading.Thread(target=body, daemon=True).start()

    # -- what a test asks

    def said(self, kind: int, sender: str | None = None, since: int = 0, **wanted: Any) -> list[Heard]:
        """The messages of this kind, and with these values, so far."""
        with self._news:
            return [
                heard for heard in self.heard[since:]
                if heard.message.kind == kind and sender in (None, heard.sender.id)
                and all(getattr(heard.message, name) == value for name, value in wanted.items())
            ]  # fmt: skip

    def mark(self) -> int:
        with self._news:
            return len(self.heard)

    def wait(self, condition: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
        """The first true answer, asked for again with each message that arrives."""
        deadline = time.monotonic() + seconds
        with self._news:
            while True:
                answer = condition()
                if answer:
                    return answer
                left = deadline - time.monotonic()
                assert left > 0, f"{self.me.id}: not within {seconds} s: {what}"
                self._news.wait(min(left, 0.05))

    def wait_for(
        self, kind: int, sender: str | None = None, seconds: float = PATIENCE, since: int = 0, **wanted: Any
    ) -> Heard:
        found = self.wait(lambda: self.said(kind, sender, since, **wanted), f"{kind!r} {wanted}", seconds)
        return found[0]  # type: ignore[no-any-return]

    def knows(self, id: str) -> Record | None:
        with self._news:
            return self.view.others.get(id)

    @property
    def own(self) -> Record:
        with self._news:
            return self.view.own

    def sequence(self) -> int:
        return next(self._sequences)

    # -- what a test makes it do

    def send(self, message: Message, to: Address, receiver: str | None = None) -> bytes:
        # Counters leave in their order: a node takes the first that it can prove new, and none before it.
        with self._sending:
            datagram = self.seal.seal(message.encoded(), receiver)
            try:
                self.udp.sendto(datagram, to)
            except OSError:
                if not self._is_over:
                    raise
        return datagram

    def ping(self, to: Address, receiver: str | None = None, seconds: float = PATIENCE, **more: Any) -> Heard:
        """Asks and waits for the answer: whatever was sent before has been looked at by then."""
        sequence = self.sequence()
        with self._news:
            more = {"digest": self.view.digest, **more}
        self.send(Message(Kind.PING, sequence, **more), to, receiver)
        return self.wait_for(Kind.ACK, seconds=seconds, sequence=sequence, target=None)

    @property
    def key(self) -> bytes | None:
        """The key that it seals with; None in plain mode."""
        return self.ring.keys[0] if self.ring.keys else None

    def set_keys(self, *keys: bytes) -> None:
        """The first seals, all of them open."""
        self.ring.keys = list(keys)
        self.seal.key, self.seal.others = keys[0], keys[1:]

    def connect(self, to: Address, seconds: float = PATIENCE, key: bytes | None = None) -> Connection:
        sock = socket.create_connection(to, timeout=seconds)
        sock.settimeout(seconds)
        return Connection(sock, Stream(True, self.cluster, key or self.key))

    def request(self, message: Message, to: Address, seconds: float = PATIENCE) -> Message:
        """Opens a stream, asks, and returns the answer."""
        connection = self.connect(to, seconds)
        try:
            connection.send(dataclasses.replace(message, sender=message.sender or self.me))
            return Message.decode(connection.receive())
        finally:
            connection.close()

    def sync(self, to: Address) -> Message:
        """Exchanges views: this is how to join."""
        with self._news:
            question = Message(Kind.SYNC, digest=self.view.digest, records=tuple(self.view.records))
        reply = self.request(question, to)
        with self._news:
            for record in reply.records:
                self.view.merge(record)
        return reply

    def link(self, to: Address) -> Connection:
        connection = self.connect(to)
        connection.send(Message(Kind.LINK, sender=self.me))
        reply = Message.decode(connection.receive())
        assert reply.kind == Kind.LINKED
        self.links.append(connection)
        return connection

    def change(self, **attributes: Any) -> Record:
        """Says something new about itself from now on."""
        with self._news:
            self.view.own = self.view.own.but(version=self.view.own.version + 1, **attributes)
            return self.view.own

    def look(self, target: Identity) -> Finding:
        """Tries the address of a member: what `check` asks for."""
        known = self.knows(target.id)
        if known is None or known.identity != target:
            return Finding.NOTHING
        try:
            answer = self.request(Message(Kind.CHALLENGE), (text(known.address), known.port), seconds=0.2)
        except ConnectionRefusedError:
            return Finding.REFUSED
        except TimeoutError:
            return Finding.KERNEL_ONLY
        except (OSError, EOFError, Refused, Malformed):
            return Finding.SILENCE
        return Finding.ANSWERED if answer.sender == target else Finding.SILENCE

    def stop_listening(self) -> None:
        """From now on connections are refused, as they are where a process has died."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def close_links(self) -> None:
        for connection in self.links:
            connection.close()

    def end(self) -> None:
        if self._is_over:
            return
        self._is_over = True
        for sock in (self.listener, self.udp):
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            sock.close()
        with self._news:
            connections = [*self._connections, *self.links]
        for connection in connections:
            connection.close()

    # -- datagrams

    def _receive_datagrams(self) -> None:
        while not self._is_over:
            try:
                datagram, address = self.udp.recvfrom(2048)
            except OSError:
                return
            if datagram[3:4] == bytes([WILL]):
                with self._news:
                    self.letters.append((datagram, address))
                    self._news.notify_all()
                continue
            try:
                sender, payload = self.seal.open(datagram)
                message = Message.decode(payload)
            except (Refused, Malformed):
                continue
            with self._news:
                self.datagrams.append(datagram)
            if self._note(message, sender, address, len(datagram)):
                self._answer(message, sender, address)

    def _note(self, message: Message, sender: Identity, address: Address, length: int) -> bool:
        """Writes the message down; whether to react to it."""
        with self._news:
            reacts = self.answers(message, sender)
            if reacts and sender.id != self.me.id:
                for record in message.records:
                    self.view.merge(record)
            self.heard.append(Heard(message, sender, address, time.monotonic(), length))
            self._news.notify_all()
            return reacts

    def _answer(self, message: Message, sender: Identity, address: Address) -> None:
        with self._news:
            current = self.view.digest
        if message.kind == Kind.PING:
            said = 0 if message.digest == current else current
            self.send(Message(Kind.ACK, message.sequence, said), address, sender.id)
            with self._news:
                self.answered += 1
                self._news.notify_all()
        elif message.kind == Kind.PING_REQUEST and message.target:
            threading.Thread(target=self._relay, args=(message, sender, address), daemon=True).start()
        elif message.kind == Kind.CHECK and message.target:
            threading.Thread(target=self._check, args=(message, sender, address), daemon=True).start()

    def _relay(self, message: Message, sender: Identity, address: Address) -> None:
        known = self.knows(message.target.id) if message.target else None
        if known is None or known.identity != message.target:
            return
        try:
            self.ping((text(known.address), known.port), known.identity.id, seconds=2)
        except (AssertionError, OSError):
            return
        self.send(Message(Kind.ACK, message.sequence, target=message.target), address, sender.id)

    def _check(self, message: Message, sender: Identity, address: Address) -> None:
        assert message.target is not None
        found = self.look(message.target) if self.finding is None else self.finding
        self.send(Message(Kind.CHECKED, message.sequence, target=message.target, finding=found), address, sender.id)

    # -- streams

    def _accept(self) -> None:
        while not self._is_over:
            try:
                sock, address = self.listener.accept()
            except OSError:
                return
            stream = Stream(False, self.cluster, self.key, others=self.ring.keys[1:])
            connection = Connection(sock, stream)
            with self._news:
                self._connections.append(connection)
            if not self.is_stalled:
                threading.Thread(target=self._serve, args=(connection, address), daemon=True).start()

    def _serve(self, connection: Connection, address: Address) -> None:
        try:
            while True:
                raw = connection.receive()
                message = Message.decode(raw)
                if message.sender is None or not self._note(message, message.sender, address, len(raw)):
                    break
                if message.kind == Kind.TASKS and self.coordinator:
                    self.coordinator(connection, message)
                    continue
                reply = self._reply(message)
                if reply is None:
                    break
                connection.send(reply)
                if reply.kind == Kind.LINKED:
                    self.links.append(connection)
        except (OSError, EOFError, Refused, Malformed):
            pass
        connection.close()

    def _reply(self, message: Message) -> Message | None:
        with self._news:
            match message.kind:
                case Kind.CHALLENGE:
                    clock, release = self.tells()
                    return Message(Kind.ANSWER, message.sequence, sender=self.me, clock=clock, release=release)
                case Kind.SYNC:
                    records = tuple(self.view.records)
                    return Message(Kind.SYNC_REPLY, digest=self.view.digest, records=records, sender=self.me)
                case Kind.DELIVER:
                    return Message(Kind.DELIVERED, message.sequence, sender=self.me, receipt=self.receipt)
                case Kind.LINK:
                    return Message(Kind.LINKED, sender=self.me)
                case Kind.KEYS if message.key_request and self.key:
                    reply = self.key_replies(self.ring.answer(message.key_request))
                    self.set_keys(*self.ring.keys)
                    return Message(Kind.KEYS_REPLY, message.sequence, sender=self.me, key_reply=reply)
                case Kind.VOTE if message.voting and self.voter:
                    mail = VoterMail(message.voting.role, self.voter.answer(message.voting.data))
                    return Message(Kind.VOTED, sender=self.me, voting=mail)
                case _:
                    return None


def bind_pair(port: int) -> tuple[socket.socket, socket.socket]:
    """A TCP listener and a UDP socket on one port number."""
    for _ in range(64):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", port))
            udp.bind(listener.getsockname())
            listener.listen()
            return listener, udp
        except OSError:
            listener.close()
            udp.close()
    raise OSError("no port is free for both UDP and TCP")


def text(address: bytes) -> str:
    return socket.inet_ntop(socket.AF_INET if len(address) == 4 else socket.AF_INET6, address)
