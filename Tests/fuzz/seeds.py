#!/usr/bin/env python3
"""Writes the inputs that fuzzing begins with: what members, people and attackers really send.

Messages are made by the second implementation of the protocol (Tests/protocol/wire.py). Files whose names begin with
"found-" are inputs that once broke something; this script leaves them alone.
"""

from __future__ import annotations

import pathlib
import random
import sys
from typing import Any

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path[:0] = [str(HERE.parent / "protocol"), str(HERE.parent)]

import ask_seeds  # noqa: E402
import lease_seeds  # noqa: E402
import task_seeds  # noqa: E402
from lease_seeds import BETWEEN_PIECES, joined  # noqa: E402
from wire import (  # noqa: E402
    Evidence,
    Finding,
    Identity,
    Kind,
    Message,
    Receipt,
    Record,
    Seat,
    SeatState,
    Status,
    UserMessage,
    fnv1a,
)

# The cast of Station.swift.
ME = Identity("me", 1000, 1)
PEERS = [Identity(name, 1000 + index, 10 + index) for index, name in enumerate("abcde")]
A, B, C, D, E = PEERS
STRANGER = Identity("stranger", 1, 99)
LOOPBACK = bytes([127, 0, 0, 1])


def record(who: Identity, status: Status = Status.ALIVE, **more: Any) -> Record:
    return Record(who, status=status, address=LOOPBACK, port=7405, version=2).but(**more)


def seat(state: SeatState, token: int) -> Seat:
    return Seat("primary", state, number=1, token=token, highest_token=token)


RECORDS = {
    "plain": record(B),
    "suspect": Record(C, 1, Status.SUSPECT, accuser="a", evidence=Evidence.SILENCE),
    "gone": Record(B, 0, Status.DEAD, accuser="a", evidence=Evidence.CONNECTION_REFUSED),
    "late": Record(B, 0, Status.DEAD, accuser="a", evidence=Evidence.SUSPICION_EXPIRED),
    "left": Record(B, 1, Status.LEFT, evidence=Evidence.FAREWELL),
    "stopped": Record(A, 1, Status.UNRESPONSIVE, accuser="b", evidence=Evidence.KERNEL_ONLY),
    "refutation": record(C, incarnation=1),
    "accusation": Record(ME, 0, Status.SUSPECT, accuser="a", evidence=Evidence.SILENCE),
    "last-incarnation": Record(ME, (1 << 62) - 1, Status.DEAD, accuser="a", evidence=Evidence.SILENCE),
    "duplicate": Record(ME, 0, Status.DEAD, accuser="a", evidence=Evidence.DUPLICATE),
    "former-self": record(Identity("me", 5000, 2), Status.DEAD),
    "other-self": record(Identity("me", 5000, 3)),
    "younger": record(Identity("b", 2000, 50)),
    "older": record(Identity("b", 1, 51)),
    "raised": record(Identity("b", 3000, 11)),
    "newcomer": record(STRANGER, name="a stranger", address=bytes(15) + b"\1"),
    "tags": record(B, version=7, tags=(("zone", "eu-1"), ("empty", ""), ("ünïcode", "ß漢"))),
    "primary": record(A, version=9, seats=(seat(SeatState.PRIMARY, 5 << 16),)),
    "yielding": record(A, version=10, seats=(seat(SeatState.YIELDING, 5 << 16), Seat("other", position=2))),
    "unready": record(B, version=11, seats=(Seat("primary", is_unready=True, has_yielded=True, position=1),)),
    "last-token": record(A, version=12, seats=(seat(SeatState.PRIMARY, (1 << 53) - 1),)),
    "large": record(B, version=13, tags=tuple((f"k{n}", "v" * 60) for n in range(15))),
}


def messages() -> dict[str, Message]:
    """One of each kind that a datagram carries, and gossip with each of the records."""
    found = {
        "ping": Message(Kind.PING, 7, digest=0x0102030405060708),
        "ack": Message(Kind.ACK, 7, digest=1),
        "ack-passed-on": Message(Kind.ACK, 7, target=B),
        "ping-request": Message(Kind.PING_REQUEST, 8, target=B),
        "nack": Message(Kind.NACK, 8, target=B),
        "check": Message(Kind.CHECK, 9, target=B),
        "check-of-me": Message(Kind.CHECK, 9, target=ME),
        "beacon": Message(Kind.BEACON, port=7405),
        "later-kind": Message(200, 1),
        "broadcasts": Message(
            Kind.GOSSIP,
            broadcasts=(UserMessage(1, "topic", b"data", A), UserMessage(64, "", bytes(512), B)),
        ),
        "all-news": Message(Kind.GOSSIP, records=tuple(RECORDS.values())[:8]),
    }
    for finding in Finding:
        found[f"checked-{finding.name.lower()}"] = Message(Kind.CHECKED, 9, target=B, finding=finding)
    for name, news in RECORDS.items():
        found[f"news-{name}"] = Message(Kind.GOSSIP, records=(news,))
    return found


def requests() -> dict[str, Message]:
    """What opens a stream, and what answers it."""
    view = tuple(record(peer) for peer in (A, B, C))
    return {
        "challenge": Message(Kind.CHALLENGE, sender=A),
        "challenge-of-other": Message(Kind.CHALLENGE, sender=A, target=Identity("me", 5000, 2)),
        "answer": Message(Kind.ANSWER, sender=B),
        "sync": Message(Kind.SYNC, sender=A, digest=5, records=view),
        "sync-of-stranger": Message(Kind.SYNC, sender=STRANGER, records=(RECORDS["newcomer"],)),
        "sync-of-namesake": Message(Kind.SYNC, sender=Identity("me", 5000, 3), records=(RECORDS["other-self"],)),
        "sync-reply": Message(Kind.SYNC_REPLY, sender=A, digest=5, records=view),
        "compare": Message(Kind.COMPARE, sender=A, parts=tuple(range(64))),
        "difference": Message(Kind.DIFFERENCE, sender=A, parts=(0,) * 64, records=view),
        "offer": Message(Kind.OFFER, sender=A, records=view),
        "accepted": Message(Kind.ACCEPTED, sender=A),
        "deliver": Message(Kind.DELIVER, sender=A, target=ME, message=UserMessage(1, "topic", b"data")),
        "delivered": Message(Kind.DELIVERED, sender=B, receipt=Receipt.FULL),
        "link": Message(Kind.LINK, sender=A),
        "linked": Message(Kind.LINKED, sender=B),
    }


def preamble(flags: int = 0) -> bytes:
    cluster_tag: int = fnv1a(b"orders")
    return b"Mu" + bytes([1, flags]) + cluster_tag.to_bytes(8, "big")


def envelope(who: Identity, payload: bytes) -> bytes:
    """A plain datagram, whole."""
    name: bytes = who.id.encode()
    numbers = who.generation.to_bytes(8, "big") + who.nonce.to_bytes(8, "big")
    return preamble() + bytes([len(name)]) + name + numbers + payload


# -- pieces of the datagram targets: DatagramTargets.swift, Acts.swift


def from_peer(payload: bytes, index: int = 0) -> bytes:
    return bytes([index << 5 | 8]) + payload


def act(number: int, *choices: int) -> bytes:
    return bytes([17 + number, *choices])


WAIT, SLEEP, REQUEST_FAILS, LINK, OPEN_SEAT, CLOSE_SEAT, STEP_DOWN = range(7)
ALL_ANSWER = 11


def datagrams() -> dict[str, bytes]:
    found = {name: from_peer(message.encoded()) for name, message in messages().items()}
    raw = messages()["ping"].encoded()
    gone = RECORDS["gone"]
    found |= {
        "raw": joined(b"\0" + envelope(A, raw), b"\0" + envelope(STRANGER, raw), b"\0" + envelope(ME, raw)),
        "tampered": joined(*(bytes([14, 3, place, place]) + raw for place in (0, 1, 5, 250))),
        "streams": joined(*(bytes([15]) + message.encoded() for message in requests().values())),
        "answers": joined(*(bytes([16]) + message.encoded() for message in requests().values())),
        "promotion": joined(act(WAIT, 0, 5), act(WAIT, 0, 5), act(STEP_DOWN), act(WAIT, 0, 5), act(CLOSE_SEAT)),
        "link-closes": joined(
            act(LINK, 0, 1, 0), act(LINK, 0, 1, 2), act(WAIT, 0, 1), act(REQUEST_FAILS), act(WAIT, 0, 3),
            from_peer(messages()["checked-refused"].encoded()), act(WAIT, 0, 5),
        ),
        "silence": joined(*(act(WAIT, 0, 5) for _ in range(6))),
        "sleep": joined(act(WAIT, 0, 5), act(SLEEP, 0, 4), act(ALL_ANSWER), act(WAIT, 0, 4)),
        "arbitration": joined(
            from_peer(messages()["news-younger"].encoded()), act(REQUEST_FAILS), act(WAIT, 0, 4), act(ALL_ANSWER)
        ),
        "overlap": joined(
            *(act(WAIT, 0, 5) for _ in range(2)), from_peer(messages()["news-last-token"].encoded()), act(WAIT, 0, 4)
        ),
        "leaving": joined(act(10), from_peer(Message(Kind.ACK, 1).encoded()), act(WAIT, 0, 5), act(WAIT, 0, 5)),
        "death": joined(
            from_peer(Message(Kind.GOSSIP, records=(gone,)).encoded()), act(SLEEP, 0, 11), act(SLEEP, 0, 11)
        ),
    }  # fmt: skip
    return found


# -- pieces of the stream targets: StreamTargets.swift

HELLO, MESSAGE, LONG, LYING, CHANGED, AGAIN, TIME, RAW = range(8)
AT_INITIATOR, IN_PARTS = 128, 2 << 4


def streams() -> dict[str, bytes]:
    hello = bytes([HELLO])
    raw_hello = preamble() + bytes(24)
    sync = requests()["sync"].encoded()
    found = {
        name: joined(hello, bytes([MESSAGE | IN_PARTS]) + message.encoded())
        for name, message in requests().items()
    }
    found |= {
        "long": joined(hello, bytes([LONG, 129, 5]) + sync, bytes([LONG | AT_INITIATOR, 255, 0])),
        "lying": joined(hello, *(bytes([LYING, length, 1]) + sync for length in range(12))),
        "lying-to-initiator": joined(hello, bytes([LYING | AT_INITIATOR, 7, 0]) + sync),
        "changed": joined(hello, bytes([MESSAGE]) + sync, bytes([CHANGED]) + sync),
        "again": joined(hello, bytes([MESSAGE]) + sync, bytes([AGAIN]), bytes([MESSAGE]) + sync),
        "raw": bytes([RAW]) + raw_hello + (len(sync) | 1 << 31).to_bytes(4, "big") + sync,
        "slow": joined(bytes([RAW]) + raw_hello[:5], bytes([TIME]), bytes([RAW]) + raw_hello[5:]),
        "stranger": bytes([RAW]) + b"GET / HTTP/1.1\r\n\r\n",
        "other-cluster": bytes([RAW]) + b"Mu\1\0" + bytes(32),
        "sealed-hello": bytes([RAW]) + preamble(1) + bytes(24),
    }
    return found


def histories() -> dict[str, bytes]:
    """By chance: every byte is a choice (HistoryTarget.swift). And some that meet the bounds."""
    chance = random.Random(1)
    found = {
        f"chance-{number:02}": joined(*(chance.randbytes(chance.randrange(2, 40)) for _ in range(4 + 2 * number)))
        for number in range(12)
    }

    def hundredfold(kind: int, target: bytes, *records: bytes) -> bytes:
        head = bytes([13, 7, 1, 7, kind, 0, 0, 0, 0])
        return head + target + bytes([len(records), *b"".join(records), 0, 0, 1])

    def stranger(number: int, generation: int) -> bytes:
        return bytes([0, 2, number, generation, 5, 0, 0, 0, 0, 1, 0, 0, 7, 0, 0])

    def strangers(generation: int) -> bytes:
        return hundredfold(3, b"\0", *(stranger(number, generation) for number in (0, 100, 199)))

    peer, unknown = b"\1\2\7", b"\1\0\2\0\1\5"
    found |= {
        "many-relays": hundredfold(2, peer),
        "many-newcomers": joined(strangers(1), strangers(2)),
        "many-inquests": joined(strangers(1), hundredfold(4, unknown)),
    }
    return found


# -- text

VALUES = """cluster=orders
clusterName=ördérs
node_id=node-1
name=
bind=127.0.0.1
bind=::1
bind=fe80::1%eth0
port=0
port=65536
port_range=1000
advertise=10.0.0.1:7878
advertise=[2001:db8::1]:1
seeds=a:1, b;[::1]:7878 c.example.
multicast=no
multicast_group=239.1.2.3
multicast_interface=eth0
multicast_ttl=255
multicast_interval=1.5s
key=00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
key=MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=
key_file=/dev/null
insecure=on
probe_interval=500ms
probe_timeout=0.1s
suspicion_min=5m
suspect.max=1h
sync_interval=1 h
reconnect_interval=100
tombstone_time=7d
links=16
dispatch=manual
event_queue=1048576
control=/tmp/socket
failover.position=1000000
failover.slave.position=3
failover.grace=0.000001ms
failover.expect=10000
failover.unresponsive_after=1.5s
failover.demote_timeout=0
failover.authority=majority
port=\u009b2J
probeInterval=1s
position=1
=
"""

TOML = {
    "flat": 'cluster = "orders"\nport = 7878\nmulticast = false\nfailover.position = 2\n',
    "tables": '# a file\n[failover]\ngrace = "1.5s"\nposition = 1\n[failover.secondary]\nposition = 1\n',
    "lists": 'seeds = ["a:1", \'b\', """c\n"""]\n[[x]]\ny = {z = 1}\n',
    "strings": 'cluster = "a\\u00e9\\tb\\\\"\nname = \'\'\'x\ny\'\'\'\nnode_id = """\\\n   z"""\n',
    "numbers": "port = 0x1F\nlinks = 1_0\nmulticast_ttl = 1e2\nname = 1979-05-27T07:32:00Z\nx = inf\n",
    "dots": "a.a.a.a.a.a.a.a.a.a = 1\n",
    "nested": "a = [[[[[[[[[[[[1]]]]]]]]]]]]\n",
    "unclosed": '[[=\n"""',
    "wso2": (
        '[cluster_config]\nnode_id = "n"\n[[datasource]]\nid = "WSO2_COORDINATION_DB"\n'
        'url = "jdbc:postgresql://h:5432/d?sslmode=require"\nusername = "u"\npassword = "p"\n[task_handling]\n'
        'resolver_class = "RoundRobinResolver"\nresolving_period = 2\n[[task_resolver]]\ntask_server_count = "2"\n'
    ),
    "heartbeats": '[system.parameter]\nheartBeatInterval = 5000\nheartbeatMaxRetry = 3\nlocalGroupId = "g"\n',
    "mysql": (
        '[[datasource]]\nid = "WSO2_COORDINATION_DB"\nurl = "jdbc:mysql://h/d?useSSL=true&user=%40"\n'
        'password = "$secret{x}"\n'
    ),
}

PROPERTIES = {
    "flat": "cluster=orders\nport : 7878\n! remark\n# remark\n\nfailover.position=2",
    "joined": "seeds=a\\:1,\\\r\n    b,\\\n  c\nname = \\u00e9\\ud83d\\ude00\\t\\q\\\\\n",
    "broken": "cluster=\\u12\n",
    "bare": "cluster\n",
    "twice": "cluster=a\nclusterName=a\ncluster=b\n",
    "marked": "\ufeffcluster=a\\=b\n",
    "interlok": (
        "managementComponents=jetty:cluster\nclusterName=a\nclusterDebug=true\nrest.cluster-manager.path=/c/*\n"
        "failover.socket.mode=tcp\nfailover.tcp.host=10.0.0.1\nfailover.tcp.port=4444\n"
        "failover.ping.interval.seconds=3\nfailover.instance.timeout.seconds=20\n"
    ),
    "interlok-old": "adapterConfigUrl=a\nfailover.group=230.0.0.1\nfailover.port=2710\nfailover.delay=1000\nfailover.retries=5\n",
    "jboss": "jboss.node.name=a\njboss.socket.binding.port-offset=100\nfailover.jgroups.config.file=x\n",
}

ADDRESSES = """127.0.0.1
0.0.0.0
255.255.255.255
1.2.3.04
10.0.0.1:7878
::
::1
1::8
1:2:3:4:5:6:7:8
1:2:3:4:5:6:7::
::ffff:1.2.3.4
fe80::1%eth0
[2001:db8::1]:65535
[::1]
host.example.:1
a_b-c
1.2.3
224.0.0.1
ff02::1
a:1,b;c [::1]:2""".splitlines()

HEX = "00112233445566778899aabbccddeeff" * 2
BASE64 = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

KEYS = {
    "hex": HEX,
    "capitals": HEX.upper() + "\r\nanything",
    "base64": BASE64,
    "blanks": f"  {BASE64}\t\n",
    "odd": HEX[:-1],
    "dirty-bits": BASE64.replace("Y=", "Z="),
    "padded-twice": BASE64[:-2] + "==",
    "url": BASE64.replace("Mz", "-_"),
    "empty": "",
}

SCHEDULES = [
    "0 */5 * * * *",
    "*/5 9-17 * * mon-fri misfire=once until=2027-01-01T00:00 repeat=100 from=2026-12-01T00:00 zone=Europe/Berlin",
    "0 15 10 ? * 6#3 2026-2030",
    "0 0 22-2 L-3,15W,LW NOV-FEB ?",
    "30 4 1,15 * 5L",
    "30 2 * * * zone=Europe/Berlin",
    "0 0 30 2 *",
    "@daily zone=+05:45",
    "every 1.5s from=+10s repeat=9 misfire=all",
    "every 7d from=2026-12-01T08:00:00.250+01:00",
    "at 2026-12-01T08:00:00Z",
    "at 2026-10-25T02:30 zone=Europe/Berlin",
    "in 90m",
    "1796083200000-d2f2c66ccf7daf8d",
]


def zones() -> dict[str, bytes]:
    """The files that ScheduleTests reads, and the rule of one with hardly a table."""
    folder = HERE.parent / "ScheduleTests" / "zones"
    files = {path.name: path.read_bytes() for path in sorted(folder.glob("*/*"))}

    def block(version: bytes) -> bytes:
        counts = b"".join(number.to_bytes(4, "big") for number in (0, 0, 0, 0, 1, 4))
        return b"TZif" + version + bytes(15) + counts + bytes(6) + b"UTC\0"

    for name, rule in {"rule": "EET-2EEST,M3.4.4/50,M10.4.4/50", "days": "<-02>2<-01>,J60/-1,300/167:59:59"}.items():
        files[name] = block(b"3") + block(b"3") + b"\n" + rule.encode() + b"\n"
    files["version-1"] = block(b"\0")
    return files


def environment() -> str:
    lines = (line.partition("=") for line in VALUES.splitlines())
    return "".join(f"MUSTER_{name.replace('.', '_').upper()}={value}\n" for name, _, value in lines)


def texts(given: dict[str, str]) -> dict[str, bytes]:
    return {name: text.encode() for name, text in given.items()}


CORPUS = {
    "message": {name: message.encoded() for name, message in (messages() | requests()).items()},
    "datagram": datagrams(),
    "stream": streams(),
    "history": histories(),
    "options": texts({"all": VALUES} | {f"line-{n:02}": line for n, line in enumerate(VALUES.splitlines())}),
    "toml": texts(TOML),
    "properties": texts(PROPERTIES),
    "environment": {"all": environment().encode(), "no-text": b"MUSTER_NAME=\xff\xfe\nMUSTER_NODE_ID=a\n"},
    "address": texts({f"line-{n:02}": line for n, line in enumerate(ADDRESSES)}),
    "key": texts(KEYS),
    "schedule": texts({f"line-{n:02}": line for n, line in enumerate(SCHEDULES)}),
    "zone": zones(),
    "voting": lease_seeds.voting(),
    "will": lease_seeds.letters_of_guardians(),
    "state": lease_seeds.states(),
    "http": lease_seeds.responses(),
    "etcd": lease_seeds.answers(),
    "entry": texts(lease_seeds.ENTRIES),
    "tasks": task_seeds.inputs(),
    "task-mail": task_seeds.histories(),
    "control": ask_seeds.lines(),
    "console": ask_seeds.requests(),
}


def words_of_messages() -> dict[str, bytes]:
    """The end of a piece, whole records, and names."""
    entries = {"between_pieces": BETWEEN_PIECES}
    entries |= {f"record_{name}": Message(0, records=(news,)).encoded() for name, news in RECORDS.items()}
    entries |= {f"peer_{peer.id}": Message(0, target=peer).encoded() for peer in [ME, *PEERS]}
    return entries


def dictionary(entries: dict[str, bytes]) -> str:
    """What mutations put in."""
    quoted = ("".join(f"\\x{byte:02x}" for byte in entry) for entry in entries.values())
    return "".join(f'{name.replace("-", "_")}="{text}"\n' for name, text in zip(entries, quoted, strict=True))


def main() -> None:
    for target, inputs in CORPUS.items():
        folder = HERE / "corpus" / target
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            if not old.name.startswith("found-"):
                old.unlink()
        for name, content in inputs.items():
            (folder / name).write_bytes(content)
    (HERE / "messages.dict").write_text(dictionary(words_of_messages()))
    (HERE / "requests.dict").write_text(dictionary(ask_seeds.words()))
    (HERE / "answers.dict").write_text(dictionary(lease_seeds.words_of_answers()))


if __name__ == "__main__":
    main()
