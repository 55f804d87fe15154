"""The console by way of the host: cluster.http, and the WSGI application in a real server."""

from __future__ import annotations

import json
import textwrap
import threading
import urllib.error
import urllib.request
from wsgiref.simple_server import WSGIRequestHandler, make_server

import muster
import pytest
from conftest import Join
from harness import run, until


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


def test_answers(join: Join) -> None:
    with join() as cluster:
        answer = cluster.http("GET", "/v1/members")
        assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
        assert json.loads(answer.body) == cluster.members_json()
        assert cluster.http("GET", "/metrics").body.startswith(b"# HELP muster")
        assert b"<!doctype html>" in cluster.http("GET", "/").body[:100].lower()
        assert cluster.http("GET", "/ready").status == 200
        assert cluster.http("GET", "/primary").status == 503
        assert cluster.http("DELETE", "/live").headers["Allow"] == "GET, HEAD, OPTIONS"
        assert cluster.http("POST", "/v1/roles/primary/promote", b"{}").status == 400
        assert cluster.http("GET", "/nothing").status == 404
        with pytest.raises(muster.TooBig):
            cluster.http("POST", "/v1/leave", b" " * 65537)
        with pytest.raises(muster.Invalid):
            cluster.http("GET", "/" * 3000)
        with pytest.raises(TypeError):
            cluster.http("POST", "/v1/leave", "text")  # type: ignore[arg-type]
    with pytest.raises(muster.Closed):
        cluster.http("GET", "/live")


def test_events_are_remembered_from_the_first_call_on(join: Join) -> None:
    with join() as cluster:
        assert cluster.http("GET", "/v1/events").body == b"retry: 1000\n\n"
        seat = cluster.role("primary")
        until(lambda: seat.is_primary, "the promotion")
        text = cluster.http("GET", "/v1/events").body.decode()
        assert "event: promoted\ndata: {" in text
        newest = int(text.rsplit("\nid: ", 1)[1].split("\n", 1)[0])
        assert cluster.http("GET", f"/v1/events?after={newest}").body == b"retry: 1000\n\n"
        seat.close()


def test_an_order_from_inside_a_callback_is_refused(join: Join) -> None:
    with join() as cluster:
        answers: list[object] = []

        @cluster.on_event
        def seen(event: muster.Event) -> None:
            try:
                answers.append(cluster.http("GET", "/live").status)
                answers.append(cluster.http("POST", "/v1/leave"))
            except muster.Busy as error:
                answers.append(error)

        cluster.role("primary")
        until(lambda: len(answers) > 1, "the answers")
        assert answers[0] == 200 and isinstance(answers[1], muster.Busy)


def test_as_wsgi(join: Join) -> None:
    with join() as cluster, make_server("127.0.0.1", 0, cluster.wsgi, handler_class=Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{server.server_port}"
        with urllib.request.urlopen(f"{base}/v1/self", timeout=20) as answer:
            assert json.load(answer)["self"] is True
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{base}/role/%C3%A4%20b", timeout=20)
        assert json.load(refused.value) == {"failure": "this node has no seat in 'ä b'"}
        with urllib.request.urlopen(f"{base}/v1/leave", data=b"{}", timeout=20) as answer:
            assert json.load(answer) == {"ok": True}
        server.shutdown()


def test_requests_that_wait_do_not_outlive_their_node(name: str) -> None:
    """A process of its own: what went wrong here would end it."""
    script = """
        import http.client, sys, threading
        import muster

        for round in range(15):
            cluster = muster.join(sys.argv[1], multicast=False, port=0, http="127.0.0.1:0")
            port = int(cluster.self_json()["console"].rstrip("/").rsplit(":", 1)[1])
            asking = threading.Semaphore(0)

            def ask():
                link = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                try:
                    while True:
                        link.request("GET", "/metrics")
                        link.getresponse().read()
                        asking.release()
                except (OSError, http.client.HTTPException):
                    pass

            threads = [threading.Thread(target=ask) for _ in range(30)]
            for thread in threads:
                thread.start()
            for _ in threads:
                asking.acquire()
            cluster.close()
            del cluster
            for thread in threads:
                thread.join()
        """
    done = run(textwrap.dedent(script), name)
    assert done.returncode == 0, done.stderr
