"""Real servers, each on a free port with its data in a directory of its own."""
import json
import os
import shutil
import signal
import sqlite3
import ssl
import subprocess
import time
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

from .certificates import Authority
from .process import eventually, free_port


def state(pid: int) -> str:
    """The letter that ps shows; "X" where there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
    except (FileNotFoundError, ProcessLookupError):
        return "X"


def wait_for(pid: int, states: str) -> None:
    """Until the process is in one of the states."""
    eventually(lambda: state(pid) in states, f"process {pid} is {states}", 30)


def descendants(pid: int) -> list[int]:
    """The process and all it started."""
    found = [pid]
    for place in found:
        children = Path(f"/proc/{place}/task/{place}/children")
        if children.exists():
            found += [int(child) for child in children.read_text().split()]
    return found


Row = tuple[str, ...]

COLUMNS = {
    "member": "cluster, id, instance, counter, address",
    "task": "cluster, name, version, nonce, epoch, holder, data",
}
# All the tables, for who drops them.
TABLES = "muster_lease, muster_member, muster_task, muster_schema"


class Server:
    """One engine. `url` is a way in; `wrong` the same with another password, `nowhere` a port without a server."""

    name = ""
    needs: tuple[str, ...] = ()
    package = ""
    process: subprocess.Popen[bytes] | None = None

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = free_port()

    @classmethod
    def program(cls, name: str) -> str | None:
        """Where a program of the engine is."""
        return shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin")

    @classmethod
    def missing(cls) -> str:
        """What is not installed."""
        return next((program for program in cls.needs if cls.program(program) is None), "")

    url = wrong = nowhere = ""

    def start(self) -> None:
        """Starts it, and waits until it serves."""
        raise NotImplementedError

    def spawn(self, *command: str, user: str | None = None) -> subprocess.Popen[bytes]:
        """Starts the server's program."""
        log = (self.directory / "log").open("ab")
        if user and os.geteuid() == 0:
            shutil.chown(self.directory, user)
            os.chmod(self.directory, 0o755)
            return subprocess.Popen(command, stdout=log, stderr=log, user=user, group=user, extra_groups=[])
        return subprocess.Popen(command, stdout=log, stderr=log)

    def wait_until(self, serves: "list[str]", user: str | None = None) -> None:
        """Until a command succeeds."""
        end = time.monotonic() + 60
        while subprocess.run(serves, capture_output=True, check=False).returncode:
            log = (self.directory / "log").read_text()[-2000:]
            assert self.process and self.process.poll() is None, log
            assert time.monotonic() < end, log
            time.sleep(0.05)

    def signal(self, number: int) -> None:
        """To the server and all its processes."""
        assert self.process
        for pid in descendants(self.process.pid):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def freeze(self) -> None:
        """It answers nothing, and its connections stay open."""
        assert self.process
        self.signal(signal.SIGSTOP)
        # Sent is not stopped yet, and each thread stops on its own.
        for pid in descendants(self.process.pid):
            for thread in list(Path(f"/proc/{pid}/task").iterdir()):
                wait_for(int(thread.name), "TtZX")

    def thaw(self) -> None:
        """It goes on."""
        self.signal(signal.SIGCONT)

    def make_tables(self, script: str) -> None:
        """Makes the tables anew, as somebody would who was given the script."""
        raise NotImplementedError

    def kill(self) -> None:
        """It is gone, without a word."""
        if self.process:
            # Stopped first, and seen to be so: until then it may start a process that is not found, outlives it and
            # keeps its memory and its port.
            os.kill(self.process.pid, signal.SIGSTOP)
            wait_for(self.process.pid, "TtZX")
            pids = descendants(self.process.pid)
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
            # Killed is not dead yet: the memory is in use until the last of them has let go of it. (A zombie has.)
            for pid in pids:
                wait_for(pid, "ZX")
            self.process.wait()
            self.process = None

    def fill(self, table: str, rows: list[Row]) -> None:
        """Puts rows into the table of members or tasks, spelled as they stand there: see `COLUMNS`."""
        raise NotImplementedError

    @staticmethod
    def inserts(table: str, rows: list[Row]) -> Iterator[str]:
        """The same in SQL, in statements of moderate length."""
        for start in range(0, len(rows), 100):
            values = ", ".join("(" + ", ".join(f"'{text}'" for text in row) + ")" for row in rows[start:start + 100])
            yield f"INSERT INTO muster_{table} ({COLUMNS[table]}) VALUES {values}"


class SQLite(Server):
    """No server: a file."""

    name = "sqlite"

    def start(self) -> None:
        self.url = f"sqlite:{self.directory}/leases.db"

    def make_tables(self, script: str) -> None:
        (self.directory / "leases.db").unlink(missing_ok=True)
        with sqlite3.connect(self.directory / "leases.db") as database:
            database.executescript(script)

    def fill(self, table: str, rows: list[Row]) -> None:
        with sqlite3.connect(self.directory / "leases.db") as database:
            for statement in self.inserts(table, rows):
                database.execute(statement)


class PostgreSQL(Server):
    """A cluster made by initdb; passwords are asked for over TCP."""

    name = "postgresql"
    package = "postgresql"

    @classmethod
    def missing(cls) -> str:
        return "" if cls.binaries() else "initdb"

    @staticmethod
    def binaries() -> Path | None:
        """Where Debian keeps the newest release's programs."""
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        return found[-1].parent if found else None

    @property
    def data(self) -> Path:
        """The cluster's directory."""
        return self.directory / "data"

    def start(self) -> None:
        binaries = self.binaries()
        assert binaries
        if not self.data.exists():
            password = self.directory / "password"
            password.write_text("secret\n")
            initdb = self.spawn(
                f"{binaries}/initdb", "-D", str(self.data), "-U", "muster", "-A", "scram-sha-256",
                "--pwfile", str(password), "--no-sync", user="postgres",
            )
            assert initdb.wait() == 0, (self.directory / "log").read_text()
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        self.process = self.spawn(
            f"{binaries}/postgres", "-D", str(self.data), "-p", str(self.port), "-h", "127.0.0.1",
            "-k", str(self.directory), *self.settings(), user="postgres",
        )
        self.wait_until([f"{binaries}/pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)])
        place = f"127.0.0.1:{self.port}/postgres"
        self.url = f"postgresql://muster:secret@{place}"
        self.wrong = f"postgresql://muster:guess@{place}"
        self.nowhere = f"postgresql://muster:secret@127.0.0.1:{free_port()}/postgres"

    def settings(self) -> list[str]:
        """More words for the server."""
        return []

    def make_tables(self, script: str) -> None:
        self.sql(f"DROP TABLE IF EXISTS {TABLES}", script)

    def fill(self, table: str, rows: list[Row]) -> None:
        for statement in self.inserts(table, rows):
            self.sql(statement)

    def sql(self, *statements: str, user: str = "muster") -> str:
        """Runs SQL as the owner."""
        binaries = self.binaries()
        return subprocess.run(
            [f"{binaries}/psql", "-qAtX", "-h", "127.0.0.1", "-p", str(self.port), "-U", user, "postgres",
             *(word for statement in statements for word in ("-c", statement))],
            env={**os.environ, "PGPASSWORD": "secret"}, capture_output=True, text=True, check=True,
        ).stdout


class PostgreSQLTLS(PostgreSQL):
    """The same with a certificate of its own; `url` verifies it. Who comes without TLS is turned away."""

    name = "postgresqls"
    package = "postgresql openssl"

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.authority = Authority(directory / "tls")
        self.authority.issue("server", "IP:127.0.0.1,DNS:localhost")

    @classmethod
    def missing(cls) -> str:
        return super().missing() or ("" if cls.program("openssl") else "openssl")

    def settings(self) -> list[str]:
        # It reads no key that others may read,.
        key = self.authority.file("server.key")
        key.chmod(0o600)
        if os.geteuid() == 0:
            shutil.chown(key, "postgres")
        rules = self.directory / "rules"
        rules.write_text("hostssl all all 127.0.0.1/32 scram-sha-256\n")
        chosen = {
            "ssl": "on", "ssl_cert_file": self.authority.file("server.pem"), "ssl_key_file": key, "hba_file": rules,
        }
        return [word for name, value in chosen.items() for word in ("-c", f"{name}={value}")]

    def start(self) -> None:
        super().start()
        self.url = self.way_in(self.authority)

    def way_in(self, trusted: Authority, host: str = "127.0.0.1", mode: str = "verify-full") -> str:
        """A URL for who trusts this authority."""
        files = f"sslmode={mode}&sslrootcert={trusted.file('ca.pem')}"
        return f"postgresql://muster:secret@{host}:{self.port}/postgres?{files}"

    def seen(self) -> set[str]:
        """How the connections of Muster that stand now are encrypted, by the server's account."""
        return set(self.sql(
            "SELECT coalesce(version, 'not') FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) "
            "WHERE application_name = 'muster'",
        ).split())


class Etcd(Server):
    """One member, with a user and a password."""

    name = "etcd"
    package = "etcd-server etcd-client"
    needs: tuple[str, ...] = ("etcd", "etcdctl")
    scheme = "http"
    trust: ssl.SSLContext | None = None

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.peer = free_port()
        self.nobody = free_port()

    def control(self, *words: str, login: bool = False) -> list[str]:
        """A command of etcdctl."""
        user = ["--user", "root:secret"] if login else []
        return ["env", "ETCDCTL_API=3", "etcdctl", "--endpoints", f"{self.scheme}://127.0.0.1:{self.port}",
                *self.flags("cacert", "cert", "key"), *user, *words]

    def flags(self, *names: str) -> list[str]:
        """The files of TLS, under these names."""
        return []

    def start(self) -> None:
        fresh = not (self.directory / "data").exists()
        here, peer = f"{self.scheme}://127.0.0.1:{self.port}", f"http://127.0.0.1:{self.peer}"
        self.process = self.spawn(
            "etcd", "--data-dir", str(self.directory / "data"), "--listen-client-urls", here,
            "--advertise-client-urls", here, "--listen-peer-urls", peer,
            "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}",
            *self.flags("trusted-ca-file", "cert-file", "key-file"),
        )
        self.wait_until(self.control("get", "nothing", login=not fresh))
        if fresh:
            for words in (["user", "add", "root:secret"], ["user", "grant-role", "root", "root"], ["auth", "enable"]):
                subprocess.run(self.control(*words), check=True, capture_output=True)
        # The first endpoint is down: the second is tried.
        self.url = self.way_in("root:s%65cret", f"127.0.0.1:{self.nobody},127.0.0.1:{self.port}")
        self.wrong = self.way_in("root:guess", f"127.0.0.1:{self.port}")
        self.nowhere = self.way_in("root:secret", f"127.0.0.1:{self.nobody}")

    def way_in(self, login: str, places: str) -> str:
        """A URL."""
        return f"etcd://{login}@{places}"

    def ask(self, path: str, body: object, token: str = "") -> dict[str, str]:
        """A request of the gateway."""
        request = urllib.request.Request(
            f"{self.scheme}://127.0.0.1:{self.port}{path}", json.dumps(body).encode(),
            {"Authorization": token} if token else {})
        with urllib.request.urlopen(request, context=self.trust) as answer:
            said: dict[str, str] = json.load(answer)
            return said

    def fill(self, table: str, rows: list[Row]) -> None:
        token = self.ask("/v3/auth/authenticate", {"name": "root", "password": "secret"})["token"]
        puts = []
        for cluster, name, *words in rows:
            data = b" " + bytes.fromhex(words.pop()) if table == "task" else b""
            value = " ".join(words).encode() + data
            key = f"muster_{table}/{cluster}/{name}".encode()
            puts.append({"request_put": {"key": b64encode(key).decode(), "value": b64encode(value).decode()}})
        for start in range(0, len(puts), 100):
            self.ask("/v3/kv/txn", {"success": puts[start:start + 100]}, token)


class EtcdTLS(Etcd):
    """The same behind TLS, for clients with a certificate."""

    name = "etcds"
    package = "etcd-server etcd-client openssl"
    needs = ("etcd", "etcdctl", "openssl")
    scheme = "https"

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.authority = Authority(directory / "tls")
        self.authority.issue("server", "IP:127.0.0.1,DNS:localhost")
        self.authority.issue("client", "DNS:client")
        self.trust = ssl.create_default_context(cafile=str(self.authority.file("ca.pem")))
        self.trust.load_cert_chain(self.authority.file("client.pem"), self.authority.file("client.key"))

    def flags(self, *names: str) -> list[str]:
        whose = "client" if names[1] == "cert" else "server"
        files = [self.authority.file(name) for name in ("ca.pem", f"{whose}.pem", f"{whose}.key")]
        flags = [word for name, file in zip(names, files) for word in (f"--{name}", str(file))]
        return flags + (["--client-cert-auth"] if whose == "server" else [])

    @property
    def files(self) -> str:
        """The parameters of a URL that is accepted."""
        directory = self.authority.directory
        return f"cacert={directory}/ca.pem&cert={directory}/client.pem&key={directory}/client.key"

    def way_in(self, login: str, places: str) -> str:
        return f"etcds://{login}@{places}?{self.files}"


class MariaDB(Server):
    """A server of its own, reached through unixODBC and MariaDB's driver."""

    name = "mariadb"
    package = "mariadb-server odbc-mariadb unixodbc"
    needs = ("mariadbd", "mariadb-install-db", "mariadb-admin", "odbcinst")

    def start(self) -> None:
        data = self.directory / "data"
        server, install = self.program("mariadbd"), self.program("mariadb-install-db")
        assert server and install
        socket_path = str(self.directory / "socket")
        if fresh := not data.exists():
            made = self.spawn(
                install, "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal",
                "--skip-test-db", user="mysql",
            )
            assert made.wait() == 0, (self.directory / "log").read_text()
        self.process = self.spawn(
            server, "--no-defaults", f"--datadir={data}", f"--port={self.port}", "--bind-address=127.0.0.1",
            f"--socket={socket_path}", f"--pid-file={self.directory}/pid", user="mysql",
        )
        admin = ["mariadb-admin", "--no-defaults", "-uroot", f"--socket={socket_path}", "ping"]
        self.wait_until(admin)
        if fresh:
            self.sql(
                "CREATE DATABASE muster", "CREATE USER muster@'127.0.0.1' IDENTIFIED BY 'secret'",
                "GRANT ALL ON muster.* TO muster@'127.0.0.1'",
            )
        driver = next(Path("/usr/lib").glob("*/odbc/libmaodbc.so"))

        def url(port: int, password: str, more: str = "") -> str:
            return f"odbc:DRIVER={driver};SERVER=127.0.0.1;PORT={port};DATABASE=muster;UID=muster;PWD={password}{more}"

        self.url = url(self.port, "secret")
        self.wrong = url(self.port, "guess")
        self.nowhere = url(free_port(), "secret")

    def make_tables(self, script: str) -> None:
        self.sql(f"USE muster; DROP TABLE IF EXISTS {TABLES}", script)

    def fill(self, table: str, rows: list[Row]) -> None:
        for statement in self.inserts(table, rows):
            self.sql("USE muster", statement)

    def sql(self, *statements: str) -> str:
        """Runs SQL as root."""
        return subprocess.run(
            ["mariadb", "--no-defaults", "-uroot", f"--socket={self.directory}/socket", "-N", "-e",
             ";".join(statements)],
            capture_output=True, text=True, check=True,
        ).stdout


ENGINES: list[type[Server]] = [SQLite, PostgreSQL, Etcd, EtcdTLS, MariaDB]
