"""TLS to etcd: whom we trust, and what is said where it comes to nothing."""
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import client
import pytest
from harness.certificates import Authority
from client import Client
from conftest import Connect
from harness.process import free_port
from harness.servers import Etcd, EtcdTLS
from harness.serving import serving


@pytest.fixture(scope="module")
def server() -> Iterator[EtcdTLS]:
    with serving(EtcdTLS) as server:
        yield server


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "authority")


class TLSServer:
    """Shakes hands, notes what it saw, and closes."""

    def __init__(self, authority: Authority, name: str, version: ssl.TLSVersion | None = None) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if version:
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = context.maximum_version = version
        context.load_cert_chain(authority.file(f"{name}.pem"), authority.file(f"{name}.key"))
        context.sni_callback = lambda connection, name, context: self.names.append(name)
        self.context = context
        self.names: list[str | None] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.settimeout(5)
            try:
                with self.context.wrap_socket(connection, server_side=True) as wrapped:
                    wrapped.recv(1)
            except OSError:
                pass

    def url(self, authority: Authority, host: str = "127.0.0.1") -> str:
        """A way in that trusts the authority."""
        return f"etcds://{host}:{self.port}?cacert={authority.file('ca.pem')}"


def refused(asked: Client) -> str:
    """Nothing was sent, so nothing happened."""
    reply = asked.write("-", "1 1 1 ada")
    assert reply.answer == "failed", reply
    return reply.error


def test_a_name_that_is_named_is_accepted(server: EtcdTLS, connect: Connect, cluster: str) -> None:
    asked = connect(f"etcds://root:secret@localhost:{server.port}?{server.files}", cluster)
    assert asked.write("-", "1 1 1 ada").answer == "applied"
    assert asked.exchange("ada/7/1/a:1").row == "ada/7/1/a:1"


def test_an_unknown_authority_is_not_trusted(server: EtcdTLS, connect: Connect, authority: Authority) -> None:
    place = f"127.0.0.1:{server.port}"
    for url in (f"etcds://{place}", f"etcds://{place}?cacert={authority.file('ca.pem')}"):
        said = refused(connect(url))
        assert said.startswith(f"unreachable: the certificate of etcd at {place} is not trusted: "), said


def test_an_expired_certificate_is_not_trusted(connect: Connect, authority: Authority) -> None:
    authority.issue("old", "IP:127.0.0.1", days=-1)
    said = refused(connect(TLSServer(authority, "old").url(authority)))
    assert said.startswith("unreachable: the certificate of etcd at ") and "certificate has expired" in said


@pytest.mark.parametrize(
    ("host", "names", "words"),
    [("localhost", "DNS:other.example", "hostname mismatch"), ("localhost", "DNS:l*", "hostname mismatch"),
     ("127.0.0.1", "DNS:127.0.0.1", "IP address mismatch"), ("127.0.0.1", "IP:127.0.0.2", "IP address mismatch")],
)
def test_a_certificate_of_another_is_not_trusted(
    connect: Connect, authority: Authority, host: str, names: str, words: str
) -> None:
    authority.issue("other", names)
    said = refused(connect(TLSServer(authority, "other").url(authority, host)))
    assert said.startswith("unreachable: the certificate of etcd at ") and words in said, said


def test_the_server_is_told_which_name_is_wanted(connect: Connect, authority: Authority) -> None:
    authority.issue("named", "IP:127.0.0.1,DNS:localhost")
    server = TLSServer(authority, "named")
    for host in ("localhost", "127.0.0.1"):
        # The handshake is done; then it closes, and nobody knows what it read.
        assert connect(server.url(authority, host)).write("-", "1 1 1 ada").answer == "unknown"
    # An address is no name.
    assert server.names == ["localhost", None]


def test_old_versions_are_not_spoken(connect: Connect, authority: Authority) -> None:
    authority.issue("named", "IP:127.0.0.1")
    assert connect(TLSServer(authority, "named", ssl.TLSVersion.TLSv1_2).url(authority)).read().error.endswith(
        "closed the connection")
    with pytest.warns(DeprecationWarning):
        old = TLSServer(authority, "named", ssl.TLSVersion.TLSv1_1)
    assert refused(connect(old.url(authority))).startswith("unreachable: no TLS with etcd at ")


def test_a_server_without_tls_is_said(connect: Connect, server: EtcdTLS, tmp_path: Path) -> None:
    plain = Etcd(tmp_path)
    plain.start()
    try:
        said = refused(connect(f"etcds://127.0.0.1:{plain.port}?{server.files}"))
        # Whether its answer in plain words or the end of the connection comes first is chance.
        assert said.startswith(("unreachable: no TLS with etcd at ", "unreachable: etcd at ")), said
    finally:
        plain.kill()
    # The other way round, it answers with HTTP 400.
    reply = connect(f"etcd://127.0.0.1:{server.port}").read()
    assert reply.answer == "failed"


def test_a_client_without_certificate_is_refused(server: EtcdTLS, connect: Connect) -> None:
    url = f"etcds://root:secret@127.0.0.1:{server.port}?cacert={server.authority.file('ca.pem')}"
    said = refused(connect(url))
    assert said.startswith(f"refused: etcd at 127.0.0.1:{server.port} does not accept our certificate: "), said


def test_a_client_of_another_authority_is_refused(server: EtcdTLS, connect: Connect, authority: Authority) -> None:
    authority.issue("client", "DNS:client")
    url = (f"etcds://root:secret@127.0.0.1:{server.port}?cacert={server.authority.file('ca.pem')}"
           f"&cert={authority.file('client.pem')}&key={authority.file('client.key')}")
    assert refused(connect(url)).startswith("refused: etcd at ")


def test_a_common_name_is_what_etcds_gateway_refuses(server: EtcdTLS, connect: Connect) -> None:
    server.authority.issue("common", "DNS:client", subject="/CN=common")
    files = server.files.replace("client.", "common.")
    said = refused(connect(f"etcds://root:secret@127.0.0.1:{server.port}?{files}"))
    assert said.startswith("refused: ") and "CommonName of client" in said, said


def test_who_says_nothing_is_left(server: EtcdTLS, connect: Connect, cluster: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silence = f"127.0.0.1:{silent.getsockname()[1]}"
        asked = connect(f"etcds://root:secret@{silence},127.0.0.1:{server.port}?{server.files}", cluster, 6000)
        # A first request may be over before the second endpoint's turn; the login that was begun is not.
        asked.eventually("nothing", 60)
        assert asked.write("-", "1 1 1 ada").answer == "applied"
        start = time.monotonic()
        said = refused(connect(f"etcds://root:secret@{silence}?{server.files}", cluster, 1000))
        assert said.startswith("hangs: ") and time.monotonic() - start < 6


def test_a_key_with_a_passphrase_is_not_asked_for(authority: Authority) -> None:
    authority.issue("client", "DNS:client")
    authority.openssl("pkcs8", "-topk8", "-in", "client.key", "-out", "locked.key", "-passout", "pass:secret")
    url = f"etcds://127.0.0.1?cert={authority.file('client.pem')}&key={authority.file('locked.key')}"
    said = subprocess.run([str(client.DRIVER), url, "alpha", "1000"], input="", capture_output=True, text=True,
                          check=False, timeout=20)
    assert said.stdout.startswith("error\tbadSettings: key ")
    assert said.stderr == ""


def test_files_that_cannot_be_used_are_named(authority: Authority) -> None:
    authority.issue("one", "DNS:one")
    authority.issue("other", "DNS:other")
    one, other, text = (authority.file(name) for name in ("one.pem", "other.key", "text"))
    text.write_text("no certificate")
    for parameters, words in (
        (f"cacert={text}", f"cacert {text}"), (f"cert={text}&key={other}", f"cert {text}"),
        (f"cert={one}&key={text}", f"key {text}"), (f"cert={one}&key={other}", "key values mismatch"),
        (f"cert=/none&key={other}", "cert /none cannot be used: No such file or directory"),
    ):
        with Client(f"etcds://127.0.0.1?{parameters}") as asked:
            assert asked.opened.startswith("error\tbadSettings: ") and words in asked.opened, asked.opened


def test_certificates_are_renewed_while_the_host_runs(connect: Connect, tmp_path: Path) -> None:
    server = EtcdTLS(tmp_path / "server")
    server.start()
    try:
        asked = connect(server.url)
        assert asked.write("-", "1 1 1 ada").answer == "applied"
        server.kill()
        again = Authority(tmp_path / "again")
        again.issue("server", "IP:127.0.0.1")
        again.issue("client", "DNS:client")
        for file in again.directory.iterdir():
            file.rename(server.authority.file(file.name))
        server.start()
        assert asked.read().row == "1 1 1 ada"
    finally:
        server.kill()
