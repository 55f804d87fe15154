"""Inputs that have to do with tasks: the mail about them, rows, and what a host says of one; see seeds.py."""

from __future__ import annotations

import taskmail as t
from lease_seeds import joined
from taskmail import Mail, News, Verb
from wire import nested, number

JOB = t.definition("a", t.JOB, "every 1s", 1_800_000_000_000)
ROW = t.row("a", 3, kind=t.JOB, schedule="every 1s", begun=t.run(1_800_000_000_000))


def mails() -> dict[str, bytes]:
    """One of each kind."""
    status = nested(16, b"\x0a\1a" + number(2, 1) + number(3, t.RUNNING) + b"\x22\1b" + number(5, 9))
    found = {
        "hello": t.hello(3, ("gpu", "ssd"), 5),
        "offers": t.offers(JOB, t.definition("b", requires=("gpu",))),
        "holdings": t.holdings(("a", 7), ("b", 1 << 53)),
        "write": t.write(4, ROW, t.stamp(2)),
        "write-first": t.write(5, t.row("c")),
        "assign": number(1, Mail.ASSIGN) + number(2, 7 << 20 | 1) + nested(5, JOB),
        "keep": number(1, Mail.KEEP) + number(2, 1) + nested(13, ROW) + nested(15, b"\x0a\1b"),
        "table": number(1, Mail.TABLE) + status + number(14, 1),
        "found": number(1, Mail.FOUND) + number(2, 4) + nested(13, ROW),
        "rows": number(1, Mail.ROWS) + nested(13, ROW) + number(14, 1),
        "welcome": t.mail(Mail.WELCOME, 7, flag=True),
        "later-kind": number(1, 99),
    }
    for kind in (Mail.READY, Mail.RENEW, Mail.KEPT, Mail.RENEWED):
        found[kind.name.lower()] = t.mail(kind, 1)
    for kind in (Mail.WITHDRAW, Mail.READ, Mail.STOP):
        found[kind.name.lower()] = t.mail(kind, 7 << 20 | 1, name="a")
    for news in News:
        found[f"report-{news.name.lower()}"] = t.report("a", 7 << 20 | 1, news, "reason")
    for verb in Verb:
        found[f"order-{verb.name.lower()}"] = t.mail(Mail.ORDER, 8, name="a", code=verb, text="b")
    for code in range(1, 5):
        found[f"answer-{code}"] = t.mail(Mail.ANSWER, 8, code=code, text="why")
        found[f"written-{code}"] = t.mail(Mail.WRITTEN, 8, code=code)
    return found


SPECS = {
    "job": "report\n0 */5 * * * * zone=Europe/Berlin misfire=once\nattempts=5 delivery=at_most_once grace=1m",
    "task": "a\n\nrequires=b,a prefers=c apart=x together=y weight=2 stop_timeout=5s singleton=false",
    "long": "n" * 64 + "\nevery 7d from=+10s repeat=9 until=2399-01-01T00:00 misfire=all\nrequires="
    + ",".join(f"{n:02}" + "l" * 62 for n in range(16)),
    "wrong": "a\nevery 5s\nweight=0 colour=red",
}  # fmt: skip


def inputs() -> dict[str, bytes]:
    return mails() | {"row": ROW} | {f"spec-{name}": text.encode() for name, text in SPECS.items()}


# -- pieces of the target of histories: TaskTargets.swift

FIRST, SECOND, OWN = 0, 1 << 5, 2 << 5
TO_COORDINATOR, TO_WORKER, ACT, PASS_TIME = 0, 12, 18, 24
DISCONNECTED, CONNECTED, STARTED, STOPPED, TRUST, OFFER = 2, 3, 5, 6, 7, 9


def histories() -> dict[str, bytes]:
    found = mails()

    def said(raw: bytes, who: int = FIRST) -> bytes:
        return bytes([who | TO_COORDINATOR]) + raw

    def act(what: int, *more: int) -> bytes:
        return bytes([ACT, 0, what, *more])

    def come(who: int) -> tuple[bytes, ...]:
        return tuple(said(found[name], who) for name in ("hello", "offers", "ready"))

    later = bytes([PASS_TIME + 5])
    token = 7 << 20 | 1
    own = (act(OFFER, 1), act(CONNECTED))
    history = {
        "one": joined(*own, later, act(STARTED), later),
        "two": joined(*come(FIRST), *come(SECOND), *own, later, said(t.report("a", token, News.RUNNING)), later),
        "held-twice": joined(
            said(found["hello"]), said(found["offers"]), said(t.holdings(("a", 5))), said(found["ready"]),
            said(found["hello"], SECOND), said(found["offers"], SECOND), said(t.holdings(("a", 6)), SECOND),
            said(found["ready"], SECOND), *own, later,
        ),
        "orders": joined(
            *come(FIRST), *come(SECOND), *own, later,
            *(said(found[f"order-{verb.name.lower()}"]) for verb in Verb), later,
        ),
        "writes": joined(
            *come(FIRST), *own, later, said(found["write-first"]), said(found["write"]), said(found["rows"]),
            said(found["read"]), said(found["kept"]),
        ),
        "failures": joined(
            *come(FIRST), *own, later, said(t.report("a", token, News.FAILED)), later,
            said(t.report("a", token + 1, News.COMPLETED)), later,
        ),
        "worker": joined(
            act(OFFER, 1), act(CONNECTED), *(bytes([TO_WORKER]) + found[name] for name in (
                "welcome", "assign", "stop", "keep", "table", "renewed", "order-run", "answer-1", "found",
            )), act(STARTED), act(TRUST, 1), act(STOPPED), later,
        ),
        "lost-and-back": joined(*own, later, act(STARTED), act(DISCONNECTED), later, act(CONNECTED), later),
    }  # fmt: skip
    return history
