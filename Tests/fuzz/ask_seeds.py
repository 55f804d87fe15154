"""What people and tools ask of a node: lines to its control socket, and requests of HTTP to its console."""

from __future__ import annotations

import json
from typing import Any

KEY = "09" * 32
WORDS = ["members", "self", "stats", "roles", "events", "messages", "tasks", "leave", "keys"]
WISH = {"role": "primary", "member": "me", "timeout_ms": 20}
LINES: dict[str, list[str]] = {
    **{word: [word] for word in WORDS},
    "step-down": ["step-down primary"],
    "pause": ["pause primary", "roles", "resume primary"],
    "other-role": ["pause a role of two words", "step-down none"],
    "promote": ["promote " + json.dumps(WISH)],
    "promote-stranger": ["promote " + json.dumps({**WISH, "member": "stranger"})],
    "send": ["send " + json.dumps({"member": "me", "topic": "t", "text": "hello", "timeout_ms": 20})],
    "broadcast": ["broadcast " + json.dumps({"topic": "t", "text": "ünïcode\u0000 \u2028"}, ensure_ascii=False)],
    "escapes": ['broadcast {"text":"\\u0000\\ud83d\\ude00\\n"}', 'send {"text":"","member":""}'],
    "key-rounds": [f"key-add {KEY}", "keys", "key-use 0123456789abcdef", "key-remove 0123456789abcdef"],
    "task-list": ["tasks", 'task {"verb":"run","name":"job","timeout_ms":20}'],
    "task-verbs": [
        "task " + json.dumps({"verb": verb, "name": "job", "timeout_ms": 20})
        for verb in ("pause", "resume", "forget", "run", "move", "else")
    ],
    "task-move": ['task {"verb":"move","name":"job","target":"me","timeout_ms":20}'],
    "wrong": ["", "unknown", "members all", "send", "promote {", "promote []", 'promote {"role":1}', "task null"],
    "numbers": ['send {"text":"","timeout_ms":99999999999999999999}', 'send {"text":"","timeout_ms":-1}'],
    "many": ["self"] * 200,
}


def lines() -> dict[str, bytes]:
    found = {name: "".join(line + "\n" for line in given).encode() for name, given in LINES.items()}
    return found | {"unended": b"members\nself", "terminal": b"members\r\nself\r\n", "no-text": b"members \xff\xfe\n\x00\n"}


def request(method: str, target: str, body: bytes = b"", version: str = "1.1", **headers: Any) -> bytes:
    head = [f"{method} {target} HTTP/{version}", "Host: localhost"]
    head += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if body:
        head.append(f"Content-Length: {len(body)}")
    return "".join(line + "\r\n" for line in [*head, ""]).encode() + body


READ = [
    "/", "/live", "/ready", "/primary", "/standby", "/role/primary", "/metrics", "/cluster-manager", "/v1/members",
    "/v1/self", "/v1/roles", "/v1/tasks", "/v1/statistics", "/v1/guarantee", "/v1/events?after=3", "/v1/openapi.json",
]  # fmt: skip


def requests() -> dict[str, bytes]:
    found = {"get" + target.split("?")[0].replace("/", "-"): request("GET", target) for target in READ}
    wish = json.dumps({"member": "me", "timeout_ms": 20}).encode()
    for verb in ("promote", "step-down", "pause", "resume"):
        found[f"post-{verb}"] = request("POST", f"/v1/roles/primary/{verb}", wish)
    for verb in ("pause", "resume", "move", "run", "forget"):
        found[f"task-{verb}"] = request("POST", f"/v1/tasks/job/{verb}", wish if verb == "move" else b"{}")
    return found | {
        "leave": request("POST", "/v1/leave"),
        "head": request("HEAD", "/v1/members"),
        "options": request("OPTIONS", "/v1/roles/primary/promote", Origin="http://localhost"),
        "stranger": request("GET", "/v1/self", Origin="http://evil.example"),
        "token": request("GET", "/v1/self", Authorization="Bearer secret"),
        "last-event": request("GET", "/v1/events", Last_Event_ID="7"),
        "openmetrics": request("GET", "/metrics", Accept="application/openmetrics-text; version=1.0.0"),
        "escapes": request("GET", "/role/%70r%69mary%2f%00%ff"),
        "whole-url": request("GET", "http://localhost/v1/self?a=b&after=%31"),
        "expect": request("POST", "/v1/roles/primary/pause", b"{}", Expect="100-continue"),
        "old": request("GET", "/v1/events", version="1.0"),
        "twice": request("GET", "/live") + request("GET", "/v1/self", Connection="close"),
        "chunks": request("POST", "/v1/roles/primary/pause", Transfer_Encoding="chunked") + b"2\r\n{}\r\n0\r\n\r\n",
        "both-lengths": request("POST", "/v1/leave", b"{}", Transfer_Encoding="chunked"),
        "upgrade": request("GET", "/", Connection="Upgrade", Upgrade="h2c"),
        "broken": b"GET\r\n\r\n",
        "no-http": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    }


def words() -> dict[str, bytes]:
    texts = [
        *WORDS, "step-down ", "promote ", "pause ", "resume ", "task ", "send ", "broadcast ", "key-add ", "key-use ",
        "key-remove ", "primary", "me", *(f'"{word}":' for word in ("role", "member", "timeout_ms", "verb", "name")),
        '"target":', '"topic":', '"text":', KEY, "GET ", "POST ", "HEAD ", "OPTIONS ", " HTTP/1.1\r\n", " HTTP/1.0\r\n",
        "\r\n\r\n", "Content-Length: ", "Transfer-Encoding: chunked\r\n", "Expect: 100-continue\r\n", "Host: localhost\r\n",
        "Origin: http://localhost\r\n", "Authorization: Bearer ", "Last-Event-ID: ", "Sec-Fetch-Site: none\r\n", *READ,
        "/v1/roles/primary/", "/v1/tasks/job/", "/v1/leave",
    ]  # fmt: skip
    return {f"word_{number}": text.encode() for number, text in enumerate(texts)}
