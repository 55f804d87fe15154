"""The console of a node, for programs that have a web server of their own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from ctypes import byref, c_char_p, c_uint32, c_void_p, cast
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from ._abi import lib
from ._errors import Closed, Duplicate, Error
from ._node import Node
from ._values import encoded, octets

_LONGEST_BODY = 65536


@dataclass(frozen=True)
class HttpAnswer:
    """What a node answers to a request."""

    status: int
    headers: dict[str, str]
    body: bytes


def handle(node: Node, method: str, path: str, body: bytes) -> HttpAnswer:
    status, headers, content = c_uint32(), c_void_p(), c_void_p()
    data = octets(body)
    node.call(
        lib.cluster_http_handle, encoded(method, "method"), encoded(path, "path"), data, len(data),
        byref(status), byref(headers), byref(content),
    )  # fmt: skip
    try:
        lines = (cast(headers, c_char_p).value or b"").decode().splitlines()
        return HttpAnswer(
            status.value, dict(line.split(": ", 1) for line in lines), cast(content, c_char_p).value or b""
        )
    finally:
        lib.cluster_free(headers)
        lib.cluster_free(content)


def wsgi(node: Node) -> Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]:
    """A WSGI application (PEP 3333) that answers for the node."""

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        def refuse(status: int, why: str) -> Iterable[bytes]:
            start_response(f"{status} {HTTPStatus(status).phrase}", [("Content-Type", "application/json")])
            return [json.dumps({"failure": why}).encode()]

        # WSGI decodes the path's escapes and takes the bytes for Latin-1.
        path = "".join(
            chr(byte) if chr(byte).isalnum() and byte < 128 or chr(byte) in "/-._~" else f"%{byte:02X}"
            for byte in environ.get("PATH_INFO", "/").encode("latin-1")
        )
        if environ.get("QUERY_STRING"):
            path += "?" + environ["QUERY_STRING"]
        said = environ.get("CONTENT_LENGTH") or "0"
        if not said.isdecimal():
            return refuse(400, "the length of the body is no number")
        if int(said) > _LONGEST_BODY:
            return refuse(413, f"a body has at most {_LONGEST_BODY} bytes")
        try:
            answer = handle(node, environ["REQUEST_METHOD"], path or "/", environ["wsgi.input"].read(int(said)))
        except (Closed, Duplicate) as error:
            return refuse(503, str(error))
        except Error as error:
            return refuse(400, str(error))
        headers = [*answer.headers.items(), ("Content-Length", str(len(answer.body)))]
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [answer.body]

    return application
