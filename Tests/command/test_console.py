"""The console of a real node, over real sockets: what it answers, whom, and what it does not bear."""

import email.utils
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from urllib.parse import quote

import pytest
from conftest import Control, eventually

HERE = "127.0.0.1"


class Console:
    """A client of one node's console."""

    def __init__(self, place, node_id, token=None):
        own = place.control(node_id).ask("self")
        self.address = own["console"]
        self.host, self.port = HERE, int(self.address.rstrip("/").rsplit(":", 1)[1])
        self.token = token

    def ask(self, path, method="GET", body=None, **headers):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=20)
        try:
            headers = {name.replace("_", "-"): value for name, value in headers.items()}
            if self.token:
                headers["Authorization"] = f"Bearer {self.token}"
            content = None if body is None else json.dumps(body) if not isinstance(body, (str, bytes)) else body
            connection.request(method, path, content, headers)
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    def get(self, path, **headers):
        answer, body = self.ask(path, **headers)
        assert answer.status == 200, (path, answer.status, body)
        assert answer.getheader("Content-Type") == "application/json"
        return json.loads(body)

    def status(self, path, method="GET", body=None, **headers):
        return self.ask(path, method, body, **headers)[0].status

    def order(self, path, body=None):
        answer, content = self.ask(path, "POST", body)
        return answer.status, json.loads(content)

    def open(self):
        link = socket.create_connection((self.host, self.port), timeout=20)
        return link

    def events(self, after=0, **headers):
        return Events(self, after, headers)


class Events:
    """A stream of events, read in the background."""

    def __init__(self, console, after, headers):
        self.connection = http.client.HTTPConnection(console.host, console.port, timeout=60)
        self.connection.request("GET", f"/v1/events?after={after}" if after is not None else "/v1/events", headers=headers)
        self.answer = self.connection.getresponse()
        assert self.answer.status == 200 and self.answer.getheader("Content-Type") == "text/event-stream"
        self.found = []
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        event = {}
        try:
            for line in self.answer:
                line = line.decode().rstrip("\n")
                if not line and "data" in event:
                    data = json.loads(event["data"])
                    assert event["id"] == str(data["number"]) and event["event"] == data["event"]
                    self.found.append(data)
                if not line:
                    event = {}
                elif not line.startswith(":"):
                    name, _, value = line.partition(": ")
                    event[name] = value
        except (OSError, ValueError, AttributeError):
            pass

    def close(self):
        self.connection.sock.shutdown(socket.SHUT_RDWR)
        self.connection.close()


@pytest.fixture
def pair(place):
    """Two nodes with a seat, a primary first, each with a console."""
    place.run("a", "sleep", "1000", flags=["--http", f"{HERE}:0"])
    eventually(lambda: place.members("a")["a"]["role"] == "primary", "a to be primary")
    place.run("b", "sleep", "1000", flags=["--http", f"{HERE}:0"])
    place.stands_by("b")
    return Console(place, "a"), Console(place, "b")


# -- what it says


def test_it_says_what_the_control_socket_says(place, pair):
    a, _ = pair
    assert a.address == f"http://{HERE}:{a.port}/"
    control = place.control("a")
    for path, words in [("/v1/members", "members"), ("/v1/self", "self"), ("/v1/tasks", "tasks")]:
        assert a.get(path) == control.ask(words), path
    (seat,) = [seat for seat in a.get("/v1/roles") if seat["role"] == "primary"]
    assert seat["state"] == "primary" and seat["primary"] == "a" and seat["token"] > 0
    assert 0 < seat["remaining_ms"] <= 60_000
    assert abs(time.time() * 1000 - seat["since"]) < 60_000
    assert a.get("/v1/guarantee")[0]["authority"] == "members"
    date = email.utils.parsedate_to_datetime(a.ask("/live")[0].getheader("Date"))
    assert abs(date.timestamp() - time.time()) < 60
    assert a.get("/v1/statistics")["membership"]["present"] == 2


def test_looking_at_tasks_takes_no_part_in_them(place):
    place.agent("a", "--http", f"{HERE}:0")
    console = Console(place, "a")
    assert console.get("/v1/tasks") == []
    assert console.get("/v1/roles") == []


def test_health_follows_the_role(pair):
    a, b = pair
    assert [a.status(path) for path in ["/live", "/ready", "/primary", "/standby", "/role/primary"]] == [200, 200, 200, 503, 200]
    assert [b.status(path) for path in ["/live", "/ready", "/primary", "/standby", "/role/primary"]] == [200, 200, 503, 200, 503]
    assert a.status("/role/other") == 503
    answer, body = b.ask("/primary")
    assert json.loads(body) == {"failure": "this node is not primary of 'primary'"}
    assert json.loads(a.ask("/primary")[1])["token"] > 0
    assert a.order("/v1/roles/primary/step-down") == (200, {"ok": True})
    eventually(lambda: b.status("/primary") == 200 and a.status("/standby") == 200, "b to lead")


def test_a_frozen_primary_does_not_say_yes_when_it_wakes(place, pair):
    a, b = pair
    pid = place.control("a").ask("self")["process"]
    os.kill(pid, signal.SIGSTOP)
    try:
        eventually(lambda: b.status("/primary") == 200, "b to take over")
    finally:
        os.kill(pid, signal.SIGCONT)
    assert a.status("/primary") == 503
    assert b.status("/primary") == 200


def test_methods(pair):
    a, _ = pair
    for path in ["/", "/live", "/v1/members", "/metrics", "/cluster-manager", "/v1/events"]:
        head, nothing = a.ask(path, "HEAD")
        assert head.status == 200 and nothing == b"", path
        options, _ = a.ask(path, "OPTIONS")
        assert options.status == 200 and options.getheader("Allow") == "GET, HEAD, OPTIONS"
        for method in ["POST", "PUT", "DELETE", "PATCH", "TRACE", "BREW"]:
            refused, body = a.ask(path, method)
            if method != "BREW":  # No method of HTTP that the parser knows.
                assert refused.status == 405 and refused.getheader("Allow") == "GET, HEAD, OPTIONS", (path, method)
                assert "error" in json.loads(body)
    order, _ = a.ask("/v1/roles/primary/pause", "GET")
    assert order.status == 405 and order.getheader("Allow") == "POST, OPTIONS"
    assert a.ask("/v1/leave", "OPTIONS")[0].getheader("Allow") == "POST, OPTIONS"


def raw(console, request):
    """All that is answered until the connection ends: head and body."""
    with console.open() as link:
        link.sendall(request.encode())
        answer = b""
        while piece := link.recv(65536):
            answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.decode().split("\r\n"), body


def test_head_is_get_without_a_body(pair):
    a, _ = pair
    places = ["/", "/live", "/ready", "/primary", "/standby", "/role/primary", "/role/x", "/metrics", "/cluster-manager", "/nothing",
              "/v1/events?after=x", "/v1/openapi.json", "/v1/leave", "/v1/tasks/x/run", "/v1/roles/primary/pause",
              *["/v1/" + word for word in ["members", "self", "roles", "tasks", "statistics", "guarantee"]], "/" + "x" * 3000]
    for path in places:
        told = {}
        for method in ["GET", "HEAD"]:
            head, body = raw(a, f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            assert (method == "HEAD") == (body == b""), (method, path, body)
            # What is told changes with time.
            told[method] = [line for line in head if not line.startswith(("Date", "Content-Length"))]
            length = [line for line in head if line.startswith("Content-Length: ")]
            assert len(length) == 1 and (method == "HEAD" or length == [f"Content-Length: {len(body)}"])
        assert told["HEAD"] == told["GET"], path
    # A stream has no length, of which nothing is told.
    head, body = raw(a, "HEAD /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert head[0] == "HTTP/1.1 200 OK" and body == b"" and "Content-Type: text/event-stream" in head
    assert not [line for line in head if line.startswith("Content-Length")]


def test_options_of_the_server(pair):
    """RFC 9110, section 9.3.7: `*` is no path."""
    a, _ = pair
    answer, body = a.ask("*", "OPTIONS")
    assert answer.status == 200 and body == b"" and answer.getheader("Content-Length") == "0"
    assert answer.getheader("Allow") == "GET, HEAD, POST, OPTIONS"
    assert a.ask("/*", "OPTIONS")[0].status == 404
    assert a.ask("*", "OPTIONS", Origin="http://evil.example")[0].status == 403
    for method in ["GET", "HEAD", "POST", "DELETE"]:
        assert 400 <= a.ask("*", method)[0].status < 500, method


def test_nothing_else_is_there(pair):
    a, _ = pair
    for path in ["/nothing", "/v1", "/v1/nothing", "/v1/roles/primary/nothing", "/v1/tasks/x/nothing", "/%zz", "/%ff", "/role"]:
        answer, body = a.ask(path, "GET")
        assert answer.status == 404, path
        assert json.loads(body)["error"]["name"] == "CLUSTER_E_INVALID"
    # A name with an escape, a slash and another alphabet in it is one name.
    assert "no seat in 'ä/b c'" in json.loads(a.ask("/role/" + quote("ä/b c", safe=""))[1])["failure"]


# -- orders


def test_orders_to_a_role(pair):
    a, b = pair
    assert a.order("/v1/roles/primary/pause", {}) == (200, {"ok": True})
    assert [seat["paused"] for seat in a.get("/v1/roles")] == [True]
    assert a.order("/v1/roles/primary/resume", "") == (200, {"ok": True})
    status, answer = a.order("/v1/roles/primary/promote", {"member": "b", "timeout_ms": 20000})
    assert (status, answer) == (200, {"ok": True})
    eventually(lambda: b.status("/primary") == 200, "b to lead")
    status, answer = b.order("/v1/roles/primary/promote", {"member": "nobody"})
    assert status == 404 and answer["error"]["name"] == "CLUSTER_E_NO_MEMBER"
    status, answer = a.order("/v1/roles/primary/step-down")
    assert status == 409 and answer["error"]["name"] == "CLUSTER_E_NOT_PRIMARY"
    status, answer = a.order("/v1/roles/nothing/pause")
    assert status == 400 and "'nothing'" in answer["error"]["message"]


@pytest.mark.parametrize("body", ["{", "[]", "5", '"x"', b"\xff", '{"member": 5}', '{"member": "b", "timeout_ms": 0}',
                                  '{"member": "b", "timeout_ms": "1"}', '{"member": "b", "timeout_ms": 99999999999}', "{}", ""])
def test_orders_that_are_none(pair, body):
    a, _ = pair
    status, answer = a.order("/v1/roles/primary/promote", body)
    assert status == 400 and answer["error"]["name"] == "CLUSTER_E_INVALID", answer
    assert a.status("/primary") == 200


def test_an_order_waits_no_longer_than_it_says(pair):
    a, b = pair
    assert a.order("/v1/roles/primary/pause")[0] == 200
    a.order("/v1/roles/primary/step-down")
    status, answer = a.order("/v1/tasks/nothing/pause", {"timeout_ms": 300})
    assert status in (404, 504), answer


def test_leaving(place, pair):
    a, b = pair
    assert b.order("/v1/leave") == (200, {"ok": True})
    eventually(lambda: set(place.members("a")) == {"a"}, "b to be gone")
    with pytest.raises(OSError):
        b.status("/live")


# -- events


def test_events_come_from_the_beginning_and_as_they_happen(place, pair):
    a, _ = pair
    events = a.events()
    eventually(lambda: [event for event in events.found if event["event"] == "promoted"], "the past")
    pid = place.control("b").ask("self")["process"]
    os.kill(pid, signal.SIGKILL)
    (death,) = eventually(lambda: [e for e in events.found if e["event"] == "member-dead"], "the death of b")
    assert death["member"] == "b" and death["evidence"] and death["accuser"] == "a"
    assert abs(death["time"] - time.time() * 1000) < 60_000
    numbers = [event["number"] for event in events.found]
    assert numbers == list(range(1, len(numbers) + 1)), "none is missing and none comes twice"

    # From a number on, as a browser asks that comes back, or as a person asks.
    known = numbers[-3]
    for again in [a.events(after=None, **{"Last-Event-ID": str(known)}), a.events(after=known)]:
        eventually(lambda: len(again.found) >= 2, "what came after it")
        assert [event["number"] for event in again.found][:2] == numbers[-2:]
        again.close()
    # A number of a former start.
    late = a.events(after=10**9)
    eventually(lambda: len(late.found) >= len(numbers), "all of it")
    assert late.found[0]["number"] == 1
    for wrong in ["x", "-1", "1e3", ""]:
        assert a.status(f"/v1/events?after={wrong}") == 400
    late.close()
    events.close()


def test_followers_are_counted(pair):
    a, _ = pair
    followers = [a.events() for _ in range(16)]
    answer, body = a.ask("/v1/events?after=0")
    assert answer.status == 503 and "16 others" in json.loads(body)["error"]["message"]
    followers.pop().close()
    eventually(lambda: a.ask("/v1/events?after=0", "HEAD")[0].status == 200, "room")
    another = eventually(lambda: try_events(a), "room for another")
    for follower in [*followers, another]:
        follower.close()


def try_events(console):
    try:
        return console.events()
    except AssertionError:
        return None


# -- who may ask


def test_pages_of_strangers_are_not_answered(pair):
    a, _ = pair
    for headers in [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Host": "evil.example"},
                    {"Host": f"evil.example:{a.port}"}, {"Host": "127.0.0.1.evil.example"}]:
        answer, body = a.ask("/v1/members", **headers)
        assert answer.status == 403 and "error" in json.loads(body), headers
        assert a.status("/v1/roles/primary/step-down", "POST", **headers) == 403
    for host in ["localhost", f"localhost:{a.port}", f"127.0.0.1:{a.port}", "[::1]", f"[::1]:{a.port}"]:
        assert a.status("/v1/members", Host=host) == 200, host
    assert a.status("/v1/members", Host=f"localhost:{a.port}", Origin=f"http://localhost:{a.port}") == 200
    assert a.status("/primary") == 200, "nothing came of it"


def test_with_a_token(place):
    token = place.folder / "token"
    token.write_text("correct-horse-battery\nsecond line\n")
    place.run("a", "sleep", "1000", flags=["--http", "0.0.0.0:0", "--http-token-file", token])
    eventually(lambda: place.members("a")["a"]["role"] == "primary", "a to be primary")
    console = Console(place, "a")
    for path in ["/v1/members", "/metrics", "/cluster-manager", "/v1/events", "/v1/openapi.json", "/nothing"]:
        answer, body = console.ask(path)
        assert answer.status == 401 and answer.getheader("WWW-Authenticate").startswith("Bearer"), path
        assert b"correct" not in body
    for path in ["/live", "/ready", "/primary", "/role/primary", "/"]:
        assert console.status(path) == 200, path
    assert console.status("*", "OPTIONS") == 200
    for wrong in ["", "Bearer", "Bearer ", "Bearer x", "Basic correct-horse-battery", "Bearer correct-horse-batterx",
                  "Bearer correct-horse-battery2", "correct-horse-battery"]:
        assert console.status("/v1/members", Authorization=wrong) == 401, wrong
        assert console.status("/v1/leave", "POST", Authorization=wrong) == 401, wrong
    console.token = "correct-horse-battery"
    assert console.get("/v1/members")[0]["id"] == "a"
    assert console.status("/v1/members", Host="whatever.example") == 200


@pytest.mark.parametrize("flags, words", [
    (["--http", "127.0.0.1"], "address:port"), (["--http", "8080"], "address:port"),
    (["--http", "localhost:80"], "address:port"), (["--http", "127.0.0.1:99999"], "address:port"),
    (["--http", "0.0.0.0:0"], "http_token_file"), (["--http", "[::]:0"], "http_token_file"),
    (["--http", "127.0.0.1:0", "--http-token-file", "/nowhere"], "/nowhere"),
    (["--http", "203.0.113.7:80", "--http-token-file", "TOKEN"], "cannot listen at 203.0.113.7:80"),
    (["--http", "127.0.0.1:0", "--http-token-file", "SHORT"], "16 to 256 printable characters"),
])  # fmt: skip
def test_what_is_refused_at_start(place, flags, words):
    (place.folder / "TOKEN").write_text("x" * 16)
    (place.folder / "SHORT").write_text("x" * 15)
    flags = [str(place.folder / flag) if flag in ("TOKEN", "SHORT") else flag for flag in flags]
    done = place.muster("agent", *place.join_flags("a"), *flags)
    assert done.returncode not in (0, -signal.SIGILL, -signal.SIGTRAP, -signal.SIGSEGV)
    assert words in done.stderr, done.stderr


def test_a_taken_port_is_an_error(place):
    with socket.socket() as taken:
        taken.bind((HERE, 0))
        taken.listen()
        done = place.muster("agent", *place.join_flags("a"), "--http", f"{HERE}:{taken.getsockname()[1]}")
    assert done.returncode != 0 and "option 'http': cannot listen" in done.stderr


def test_agents_have_a_console_unless_told(place):
    place.agent("a")
    place.agent("b")
    place.agent("c", "--no-console")
    consoles = [place.control(node).ask("self")["console"] for node in "abc"]
    assert consoles[2] is None and consoles[0] != consoles[1]
    assert all(console.startswith("http://127.0.0.1:") for console in consoles[:2])
    assert Console(place, "b").status("/live") == 200


# -- what it does not bear


def exchange(console, data, wait=20):
    """All that comes back for some bytes, until the other side closes."""
    with console.open() as link:
        link.settimeout(wait)
        try:
            link.sendall(data)
        except (ConnectionResetError, BrokenPipeError):
            pass
        answer = b""
        while True:
            try:
                more = link.recv(65536)
            except (ConnectionResetError, TimeoutError):
                return answer
            if not more:
                return answer
            answer += more


@pytest.mark.parametrize("data", [
    b"GARBAGE\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET / HTTP/9.9\r\n\r\n",
    b"GET /live HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"GET /live HTTP/1.1\r\nContent-Length: x\r\n\r\n",
    b"POST /v1/leave HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"GET /live HTTP/1.1\r\nBad Header\r\n\r\n", b"GET /live HTTP/1.1\r\n: x\r\n\r\n", b"\0" * 100,
    b"GET " + b"/" * 200_000 + b" HTTP/1.1\r\n\r\n",
    b"GET /live HTTP/1.1\r\n" + b"X: y\r\n" * 50_000 + b"\r\n",
    b"GET /live HTTP/1.1\r\nX: " + b"y" * 500_000 + b"\r\n\r\n",
    b"POST /v1/roles/primary/promote HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n" + b" " * 100_000,
    b"POST /v1/leave HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + b"4000\r\n" + b" " * 0x4000 + b"\r\n" * 5,
], ids=lambda data: repr(data[:20]))  # fmt: skip
def test_garbage(pair, data):
    a, _ = pair
    answer = exchange(a, data)
    assert answer == b"" or re.match(rb"HTTP/1.1 (400|404|405|408|413|414|431|505) ", answer), answer[:200]
    assert a.status("/primary") == 200


def test_half_requests_end_some_time(pair):
    a, _ = pair
    began = time.monotonic()
    assert exchange(a, b"", wait=60) == b""
    assert re.match(rb"HTTP/1.1 408 ", exchange(a, b"POST /v1/leave HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n{", wait=60))
    assert time.monotonic() - began < 50
    assert a.status("/primary") == 200


def test_requests_behind_each_other_are_answered_in_order(pair):
    a, _ = pair
    one = b"GET /v1/self HTTP/1.1\r\nHost: localhost\r\n\r\n"
    other = b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n"
    last = b"GET /live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    answer = exchange(a, (one + other) * 20 + last)
    statuses = re.findall(rb"HTTP/1.1 (\d+) ", answer)
    assert statuses == [b"200", b"404"] * 20 + [b"200"]


def test_ten_thousand_connections_delay_nobody(place, pair):
    """Membership is not late, memory does not grow, and the console answers again afterwards."""
    a, _ = pair
    pid = place.control("a").ask("self")["process"]
    control = place.control("a")

    def descriptors():
        return len(os.listdir(f"/proc/{pid}/fd"))

    before, open_before = memory(pid), descriptors()
    was = control.ask("stats")["membership"]
    most = 0
    for _ in range(100):
        links = []
        for _ in range(100):
            link = socket.socket()
            link.setblocking(False)
            try:
                link.connect((a.host, a.port))
            except BlockingIOError:
                pass
            links.append(link)
        # So long they stand open: the node takes as many as it takes.
        time.sleep(0.005)
        most = max(most, descriptors())
        for link in links:
            try:
                link.send(b"GET /v1/members HTTP/1.1\r\nHost: localhost\r\n\r\nGET /met")
            except OSError:
                pass
        for link in links:
            link.close()
    assert most - open_before <= 64 + 64, "64 sessions, and those that are about to be closed"
    now = control.ask("stats")["membership"]
    assert now["sleeps"] == was["sleeps"] and now["unanswered"] - was["unanswered"] <= 2
    assert place.members("a")["b"]["state"] == "alive"
    eventually(lambda: a.status("/live") == 200, "an answer")
    eventually(lambda: descriptors() <= open_before + 8, "the descriptors")
    assert memory(pid) - before < 30_000, "kilobytes"


def memory(pid):
    with open(f"/proc/{pid}/status") as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])


def test_who_asks_without_pause_fills_no_memory(place, pair):
    """More than the console's share, so that something waits all the time."""
    a, _ = pair
    pid = place.control("a").ask("self")["process"]
    request = b"GET /nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n" + bytes(60000)
    done = []

    def ask():
        with a.open() as link:
            for _ in range(40):
                link.sendall(request)
                assert link.recv(4096).startswith(b"HTTP/1.1 404")
        done.append(True)

    before = memory(pid)
    askers = [threading.Thread(target=ask) for _ in range(48)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert len(done) == 48
    assert memory(pid) - before < 30_000, "kilobytes, of 115,000 that were sent"


def test_a_reader_that_does_not_read_is_cut_off(place, pair):
    a, _ = pair
    with a.open() as link:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        request = b"GET /v1/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
        link.settimeout(5)
        try:
            for _ in range(4000):
                link.sendall(request * 100)
            assert False, "it takes requests without end"
        except TimeoutError:
            pass
        assert a.status("/primary") == 200
        eventually(lambda: closed(link), "the end", seconds=40)


def closed(link):
    link.settimeout(1)
    try:
        while link.recv(1 << 20):
            pass
        return True
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False


# -- what other programs make of it


def test_curl(pair):
    a, _ = pair
    curl = shutil.which("curl")
    assert curl
    done = subprocess.run([curl, "-sf", a.address + "v1/members"], capture_output=True, timeout=20, check=True)
    assert {member["id"] for member in json.loads(done.stdout)} == {"a", "b"}


@pytest.mark.parametrize("accept", [None, "application/openmetrics-text; version=1.0.0, text/plain;q=0.5"])
def test_metrics_as_prometheus_checks_them(place, pair, accept):
    a, _ = pair
    eventually(lambda: a.get("/v1/statistics")["membership"]["round_trips"] > 0, "a probe that is answered")
    answer, text = a.ask("/metrics", **({"Accept": accept} if accept else {}))
    assert answer.status == 200
    kind = answer.getheader("Content-Type")
    assert kind.startswith("application/openmetrics-text; version=1.0.0" if accept else "text/plain; version=0.0.4")
    if accept:
        from prometheus_client.openmetrics.parser import text_string_to_metric_families
    else:
        from prometheus_client.parser import text_string_to_metric_families
        promtool = shutil.which("promtool")
        assert promtool
        done = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, timeout=20)
        assert done.returncode == 0 and not done.stdout and not done.stderr, done
    found = {}
    for family in text_string_to_metric_families(text.decode()):
        for sample in family.samples:
            found[sample.name, tuple(sorted(sample.labels.items()))] = sample.value
    assert found["muster_members", (("state", "alive"),)] == 2
    assert found["muster_primary", (("role", "primary"),)] == 1
    assert found["muster_info", (("cluster", place.cluster), ("name", "a"), ("node", "a"))] == 1
    assert found["muster_probes_total", ()] >= found["muster_probe_seconds_count", ()] > 0
    assert 0 < found["muster_probe_seconds_sum", ()] < 60
    assert found["muster_events_total", (("event", "promoted"),)] == 1
    assert 0 < found["muster_trust_seconds", (("role", "primary"),)] < 60
    assert found["muster_sent_bytes_total", (("kind", "ping"),)] > 0
    assert ("muster_dropped_datagrams_total", (("reason", "forged"),)) in found


def test_the_list_of_interlok(place):
    place.agent("a", "--http", f"{HERE}:0", "--name", "MyInterlokInstance")
    console = Console(place, "a")
    ((kind, instances),) = console.get("/cluster-manager").items()
    assert kind == "java.util.Collection"
    (instance,) = instances
    own = instance["com.adaptris.mgmt.cluster.ClusterInstance"]
    assert set(own) == {"cluster-uuid", "jmx-address", "unique-id"}
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", own["cluster-uuid"])
    assert own["unique-id"] == "MyInterlokInstance" and own["jmx-address"] == ""


def test_the_description_holds(place, pair):
    """schemathesis asks everything that the description names, with good and bad values, and compares. That the time is
    up, or the node has left, is no fault of the server."""
    _, b = pair
    (place.folder / "schemathesis.toml").write_text(
        '[checks]\nnot_a_server_error.expected-statuses = ["2xx", "4xx", "503", "504"]\n')
    schemathesis = shutil.which("schemathesis") or shutil.which("st")
    assert schemathesis, "schemathesis is installed beside pytest"
    done = subprocess.run(
        [schemathesis, "run", b.address + "v1/openapi.json", "--url", b.address, "--max-examples", "15",
         "--exclude-path", "/v1/events", "--exclude-path", "/v1/leave",
         "--exclude-checks", "positive_data_acceptance,unsupported_method", "--suppress-health-check", "all",
         "--request-timeout", "40", "--no-color", "--seed", "1"],
        capture_output=True, text=True, timeout=600, cwd=place.folder)  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
