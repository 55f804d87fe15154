"""Real servers, each on a free port with its data in a directory of its own."""
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
from pathlib import Path


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def descendants(pid: int) -> list[int]:
    """The process and all it started."""
    found = [pid]
    for place in found:
        children = Path(f"/proc/{place}/task/{place}/children")
        if children.exists():
            found += [int(child) for child in children.read_text().split()]
    return found


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
        self.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on."""
        self.signal(signal.SIGCONT)

    def make_tables(self, script: str) -> None:
        """Makes the tables anew, as somebody would who was given the script."""
        raise NotImplementedError

    def kill(self) -> None:
        """It is gone, without a word."""
        if self.process:
            # Stopped first, so that it starts no process that would outlive it and keep its memory.
            os.kill(self.process.pid, signal.SIGSTOP)
            self.signal(signal.SIGKILL)
            self.process.wait()
            self.process = None


class SQLite(Server):
    """No server: a file."""

    name = "sqlite"

    def start(self) -> None:
        self.url = f"sqlite:{self.directory}/leases.db"

    def make_tables(self, script: str) -> None:
        (self.directory / "leases.db").unlink(missing_ok=True)
        with sqlite3.connect(self.directory / "leases.db") as database:
            database.executescript(script)


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
            "-k", str(self.directory), user="postgres",
        )
        self.wait_until([f"{binaries}/pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)])
        place = f"127.0.0.1:{self.port}/postgres"
        self.url = f"postgresql://muster:secret@{place}"
        self.wrong = f"postgresql://muster:guess@{place}"
        self.nowhere = f"postgresql://muster:secret@127.0.0.1:{free_port()}/postgres"

    def make_tables(self, script: str) -> None:
        self.sql("DROP TABLE IF EXISTS muster_lease, muster_schema", script)

    def sql(self, *statements: str, user: str = "muster") -> str:
        """Runs SQL as the owner."""
        binaries = self.binaries()
        return subprocess.run(
            [f"{binaries}/psql", "-qAtX", "-h", "127.0.0.1", "-p", str(self.port), "-U", user, "postgres",
             *(word for statement in statements for word in ("-c", statement))],
            env={**os.environ, "PGPASSWORD": "secret"}, capture_output=True, text=True, check=True,
        ).stdout


class Etcd(Server):
    """One member, with a user and a password."""

    name = "etcd"
    package = "etcd-server etcd-client"
    needs = ("etcd", "etcdctl")

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.peer = free_port()

    def control(self, *words: str, login: bool = False) -> list[str]:
        """A command of etcdctl."""
        user = ["--user", "root:secret"] if login else []
        return ["env", "ETCDCTL_API=3", "etcdctl", "--endpoints", f"127.0.0.1:{self.port}", *user, *words]

    def start(self) -> None:
        fresh = not (self.directory / "data").exists()
        here, peer = f"http://127.0.0.1:{self.port}", f"http://127.0.0.1:{self.peer}"
        self.process = self.spawn(
            "etcd", "--data-dir", str(self.directory / "data"), "--listen-client-urls", here,
            "--advertise-client-urls", here, "--listen-peer-urls", peer,
            "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}",
        )
        self.wait_until(self.control("get", "nothing", login=not fresh))
        if fresh:
            for words in (["user", "add", "root:secret"], ["user", "grant-role", "root", "root"], ["auth", "enable"]):
                subprocess.run(self.control(*words), check=True, capture_output=True)
        nowhere = free_port()
        # The first endpoint is down: the second is tried.
        self.url = f"etcd://root:s%65cret@127.0.0.1:{nowhere},127.0.0.1:{self.port}"
        self.wrong = f"etcd://root:guess@127.0.0.1:{self.port}"
        self.nowhere = f"etcd://root:secret@127.0.0.1:{nowhere}"


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
        self.sql("USE muster; DROP TABLE IF EXISTS muster_lease, muster_schema", script)

    def sql(self, *statements: str) -> str:
        """Runs SQL as root."""
        return subprocess.run(
            ["mariadb", "--no-defaults", "-uroot", f"--socket={self.directory}/socket", "-N", "-e",
             ";".join(statements)],
            capture_output=True, text=True, check=True,
        ).stdout


ENGINES: list[type[Server]] = [SQLite, PostgreSQL, Etcd, MariaDB]
