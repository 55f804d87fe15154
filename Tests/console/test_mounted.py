"""The page where a host's own web server has put it, below a path, without a stream of events."""

from __future__ import annotations

import os
import pathlib
import sys
import threading
from collections.abc import Iterable, Iterator
from typing import Any
from wsgiref import simple_server

import pytest
from browser import Page
from harness.build import TOP
from harness.process import Host
from town import QUICK, Town

PREFIX = "/admin/cluster"


class Quiet(simple_server.WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def mounted(library: pathlib.Path, town: Town) -> Iterator[tuple[Host, str]]:
    """A node, and the URL of another in this process, which answers as a host in Python does."""
    os.environ["MUSTER_LIBRARY"] = str(library / "libmuster.so")
    sys.path.insert(0, str(TOP / "bindings/python/src"))
    import muster

    a = town.start("a", "role=primary")
    a.wait_for(callback="promote")
    options: dict[str, Any] = {**QUICK, "node_id": "python", "multicast": False, "port": 0, "seeds": [a.address]}
    with muster.join(town.stage.name, options=options) as cluster:

        def site(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
            if not environ["PATH_INFO"].startswith(f"{PREFIX}/"):
                start("404 Not Found", [])
                return []
            environ["PATH_INFO"] = environ["PATH_INFO"].removeprefix(PREFIX)
            return cluster.wsgi(environ, start)

        cluster.role("primary")
        with simple_server.make_server("127.0.0.1", 0, site, handler_class=Quiet) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield a, f"http://127.0.0.1:{server.server_port}{PREFIX}/"
            server.shutdown()


def test_below_a_path(page: Page, mounted: tuple[Host, str]) -> None:
    a, url = mounted
    page.open(url)
    page.says("#here", "seen by python")
    page.says("[data-role=primary] .first", "a")
    a.kill()
    page.seen("event member-dead a")
    page.says("[data-role=primary] .first", "python")
    page.says("#link", "live")
