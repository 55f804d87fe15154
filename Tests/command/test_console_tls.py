"""The console as https: certificates that are wrong, clients that are, and certificates that are renewed."""

import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from conftest import eventually
from test_console import HERE, Console, Events

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from harness.certificates import Authority  # noqa: E402


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    authority = Authority(tmp_path_factory.mktemp("tls") / "ca")
    authority.issue("node", f"DNS:localhost,IP:{HERE}")
    authority.issue("other", "DNS:localhost")
    authority.issue("expired", "DNS:localhost", days=-1)
    authority.openssl("pkey", "-in", "node.key", "-aes256", "-passout", "pass:secret", "-out", "locked.key")
    return authority


class Secure(Console):
    """A client that believes one authority."""

    def __init__(self, place, node_id, authority, token=None):
        super().__init__(place, node_id, token)
        self.context = ssl.create_default_context(cafile=authority.file("ca.pem"))

    def connect(self, timeout=20):
        return http.client.HTTPSConnection(self.host, self.port, timeout=timeout, context=self.context)

    def ask(self, path, method="GET", body=None, **headers):
        connection = self.connect()
        try:
            headers = {name.replace("_", "-"): value for name, value in headers.items()}
            if self.token:
                headers["Authorization"] = f"Bearer {self.token}"
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    def secure(self):
        """A connection whose handshake is done."""
        return self.context.wrap_socket(self.open(), server_hostname=HERE)

    @property
    def serial(self):
        """Of the certificate that is shown."""
        with self.secure() as link:
            return link.getpeercert()["serialNumber"]


def flags(authority, name="node"):
    return ["--http-certificate", authority.file(f"{name}.pem"), "--http-private-key", authority.file(f"{name}.key")]


@pytest.fixture
def console(place, authority):
    place.agent("a", "--http", f"{HERE}:0", *flags(authority))
    return Secure(place, "a", authority)


def test_clients_of_others(place, console, authority):
    assert console.address == f"https://{HERE}:{console.port}/"
    assert [member["id"] for member in console.get("/v1/members")] == ["a"]
    curl = [shutil.which("curl"), "-sS", "--cacert", authority.file("ca.pem"), console.address + "v1/members"]
    done = subprocess.run(curl, capture_output=True, timeout=20, check=True)
    assert json.loads(done.stdout)[0]["id"] == "a"
    # Whoever does not know the authority is told so by its own program.
    strange = subprocess.run([curl[0], "-sS", console.address], capture_output=True, timeout=20)
    assert strange.returncode == 60, strange
    assert console.status("/v1/leave", "POST", Origin="https://evil.example") == 403
    assert console.status("/v1/members", Origin=f"https://{HERE}:{console.port}", Host=f"{HERE}:{console.port}") == 200


@pytest.mark.parametrize("version, is_spoken", [("-tls1_1", False), ("-tls1_2", True), ("-tls1_3", True)])
def test_versions(console, version, is_spoken):
    words = ["openssl", "s_client", "-connect", f"{HERE}:{console.port}", version]
    if version == "-tls1_1":
        # What Debian does not let it say otherwise.
        words += ["-cipher", "ALL:@SECLEVEL=0"]
    done = subprocess.run(words, input=b"", capture_output=True, timeout=20)
    assert (b"Server certificate" in done.stdout) == is_spoken, done.stdout
    assert is_spoken or b"alert protocol version" in done.stderr, done.stderr
    assert console.status("/live") == 200


def test_what_is_no_tls(console):
    with console.open() as link:
        link.settimeout(20)
        link.sendall(b"GET /v1/members HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert not said_in_clear(link)
    for rubbish in [b"\0" * 5000, os.urandom(5000), b"\x16\x03\x01\xff\xff" + b"x" * 70000]:
        with console.open() as link:
            link.settimeout(20)
            try:
                link.sendall(rubbish)
                assert not said_in_clear(link)
            except ConnectionError:
                pass
    assert console.status("/live") == 200


def said_in_clear(link):
    answer = b""
    try:
        while piece := link.recv(65536):
            answer += piece
    except ConnectionError:
        pass
    assert len(answer) < 64
    return b"HTTP" in answer or b"{" in answer


@pytest.mark.parametrize("chain, key, words", [
    ("node.pem", None, "go together"), (None, "node.key", "go together"),
    ("nowhere.pem", "node.key", "nowhere.pem': No such file"), ("node.pem", "nowhere.key", "nowhere.key': No such file"),
    ("node.key", "node.key", "node.key' holds no certificates"), ("node.pem", "node.pem", "node.pem' holds no private key"),
    ("empty", "node.key", "empty' holds no certificates"), ("node.pem", "empty", "empty' holds no private key"),
    ("node.pem", "locked.key", "locked.key' holds no private key in PEM without a passphrase"),
    ("node.pem", "other.key", "other.key' is not that of the certificate in"), (".", "node.key", ".': Is a directory"),
    ("expired.pem", "expired.key", "expired.pem': the certificate expired on 20"),
])  # fmt: skip
def test_what_is_refused_at_start(place, authority, chain, key, words):
    authority.file("empty").touch()
    given = []
    if chain:
        given += ["--http-certificate", authority.file(chain)]
    if key:
        given += ["--http-private-key", authority.file(key)]
    # A passphrase is asked of nobody.
    done = place.muster("agent", *place.join_flags("a"), "--http", f"{HERE}:0", *given)
    assert done.returncode == 2, (done.returncode, done.stderr)
    assert words.replace(".'", f"{authority.directory}'") in done.stderr if chain == "." else words in done.stderr, done.stderr
    assert "secret" not in done.stderr


def test_a_certificate_for_no_console_is_refused(place, authority):
    files = ["--http-certificate", authority.file("node.pem"), "--http-private-key", authority.file("node.key")]
    ended = place.muster("agent", *place.join_flags("a"), "--no-console", *files)
    assert ended.returncode == 2 and "say --http" in ended.stderr


def test_the_token_stays(place, authority):
    (place.folder / "token").write_text("correct-horse-battery\n")
    refused = place.muster("agent", *place.join_flags("a"), "--http", "0.0.0.0:0", *flags(authority))
    assert refused.returncode != 0 and "http_token_file" in refused.stderr
    place.agent("a", "--http", "0.0.0.0:0", "--http-token-file", place.folder / "token", *flags(authority))
    console = Secure(place, "a", authority)
    assert console.status("/v1/members") == 401
    assert console.status("/live") == 200
    console.token = "correct-horse-battery"
    assert console.get("/v1/members")[0]["id"] == "a"


def test_events(place, console):
    class SecureEvents(Events):
        def __init__(self, console):
            self.connection = console.connect(60)
            self.connection.request("GET", "/v1/events?after=0")
            self.answer = self.connection.getresponse()
            assert self.answer.status == 200
            self.found = []
            threading.Thread(target=self.read, daemon=True).start()

    events = SecureEvents(console)
    place.agent("b")
    eventually(lambda: [event for event in events.found if event.get("member") == "b"], "what happens")
    place.processes[0].terminate()
    assert place.processes[0].wait(20) == 0


def test_one_connection_many_requests(console):
    """And answers that are larger than what any buffer on the way takes at once."""
    connection = console.connect()
    for _ in range(20):
        for path in ["/", "/v1/openapi.json", "/metrics", "/v1/members"]:
            connection.request("GET", path)
            answer = connection.getresponse()
            assert answer.status == 200 and len(answer.read()) == int(answer.getheader("Content-Length"))
    connection.close()
    with console.secure() as link:
        request = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
        link.sendall(request * 20 + request.replace(b"Host", b"Connection: close\r\nHost"))
        time.sleep(1)
        answer = b""
        while piece := link.recv(65536):
            answer += piece
        assert answer.count(b"HTTP/1.1 200 OK") == 21 and answer.endswith(b"</html>\n"), answer[-200:]


def closed(link, seconds):
    """How long it takes until a connection that nobody writes to is closed."""
    began = time.monotonic()
    link.settimeout(seconds)
    try:
        while link.recv(65536):
            pass
    except ConnectionError:
        pass
    return time.monotonic() - began


def test_half_handshakes_end_and_count(place, console):
    """Silence, half a greeting, and a whole one without the rest: each has a place of the 64, until its time is up."""
    pid = place.control("a").ask("self")["process"]
    descriptors = lambda: len(os.listdir(f"/proc/{pid}/fd"))  # noqa: E731
    before = descriptors()
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    greeting = console.context.wrap_bio(incoming, outgoing, server_hostname=HERE)
    with pytest.raises(ssl.SSLWantReadError):
        greeting.do_handshake()
    hello = outgoing.read()
    links = []
    opened = time.monotonic()
    for number in range(64):
        link = console.open()
        link.sendall([b"", hello[: len(hello) // 2], hello][number % 3])
        links.append(link)
    late = console.open()
    late.settimeout(5)
    assert closed(late, 5) < 4, "the 65th is closed at once"
    for link in links:
        closed(link, 40)
        assert 5 < time.monotonic() - opened < 30, "its time, no less and not much more"
        link.close()
    late.close()
    eventually(lambda: descriptors() <= before + 2, "the descriptors")
    assert console.status("/live") == 200


def test_whoever_does_not_read_is_cut_off(place, console):
    """As long as it reads nothing at all: what it is owed goes with it."""
    pid = place.control("a").ask("self")["process"]
    descriptors = lambda: len(os.listdir(f"/proc/{pid}/fd"))  # noqa: E731
    before = descriptors()
    with console.secure() as link:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        link.settimeout(2)
        request = b"GET /v1/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
        with pytest.raises(TimeoutError):
            for _ in range(4000):
                link.sendall(request * 100)
        assert console.status("/live") == 200
        assert descriptors() > before
        eventually(lambda: descriptors() <= before, "the end", seconds=60)


def test_renewal(place, authority):
    files = [place.folder / "chain.pem", place.folder / "key.pem"]

    def put(name):
        """As programs replace files that others read."""
        for file, kind in zip(files, ["pem", "key"], strict=True):
            new = file.with_suffix(".new")
            shutil.copy(authority.file(f"{name}.{kind}"), new)
            new.rename(file)

    put("node")
    log = place.folder / "a.log"
    place.agent("a", "--http", f"{HERE}:0", "--http-certificate", files[0], "--http-private-key", files[1], "--log-level",
                "info", stderr=open(log, "w"))  # fmt: skip
    console = Secure(place, "a", authority)
    first = console.serial
    standing = console.connect()
    standing.request("GET", "/live")
    standing.getresponse().read()
    authority.issue("renewed", f"DNS:localhost,IP:{HERE}")
    put("renewed")
    eventually(lambda: console.serial != first, "the new certificate")
    second = console.serial
    assert "the console's certificate was read again" in log.read_text()
    standing.request("GET", "/live")
    assert standing.getresponse().status == 200, "who was connected before stays"
    standing.close()
    # What is no good changes nothing, and is said once.
    files[0].write_text("nothing")
    eventually(lambda: console.serial == second and "keeps its certificate" in log.read_text(), "the complaint")
    time.sleep(1.5)
    assert console.serial == second
    assert log.read_text().count("keeps its certificate") == 1
    assert f"'{files[0]}' holds no certificates in PEM" in log.read_text()
    put("node")
    eventually(lambda: console.serial == first, "the first again")


def test_a_flood_of_handshakes_delays_no_probe(place, console):
    """What they cost is not the node's time."""
    place.agent("b")
    place.see_each_other("a", "b")
    control = place.control("a")
    was = control.ask("stats")["membership"]
    until = time.monotonic() + 5
    made = [0] * 4

    def flood(index):
        context = ssl.create_default_context(cafile=None)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        while time.monotonic() < until:
            try:
                context.wrap_socket(console.open()).close()
                made[index] += 1
            except OSError:
                pass

    threads = [threading.Thread(target=flood, args=(index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(made) > 100
    now = control.ask("stats")["membership"]
    assert now["sleeps"] == was["sleeps"] and now["unanswered"] - was["unanswered"] <= 2
    assert place.members("a")["b"]["state"] == "alive"
