import itertools
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import harness.process  # noqa: E402
from harness.control import Control  # noqa: E402
from harness.process import free_port  # noqa: E402

MUSTER = os.path.abspath(os.environ.get("MUSTER_COMMAND", "muster"))
numbers = itertools.count(1)

# 'muster run' leaves HUP ignored where it was started so, as under nohup; the tests start it in the ordinary way
# however they were started themselves.
signal.signal(signal.SIGHUP, signal.SIG_DFL)


def eventually(check, what="it", seconds=10.0):
    """The first true answer of `check`, asked again and again until the time is up."""
    return harness.process.eventually(check, what, seconds)


def never(check, seconds):
    """Holds that `check` stays false for a while."""
    harness.process.throughout(lambda: not check(), "it stays as it is", seconds)


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


class Place:
    """One machine's worth of nodes: a cluster name, a runtime directory, and the processes started in it."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="mc"))
        self.cluster = f"c{os.getpid()}-{next(numbers)}"
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("MUSTER_")}
        self.environment["XDG_RUNTIME_DIR"] = str(self.folder)
        self.environment.pop("NO_COLOR", None)
        self.processes = []
        self.seed = None
        self.clients = []

    # -- processes

    def muster(self, *words, timeout=20, environment=None, **more):
        """Runs the command to its end."""
        return subprocess.run(
            [MUSTER, *map(str, words)], env=self.environment | (environment or {}), timeout=timeout,
            capture_output=True, text=True, stdin=subprocess.DEVNULL, **more)

    def start(self, *words, environment=None, **more):
        more.setdefault("stdout", subprocess.PIPE)
        more.setdefault("stderr", subprocess.PIPE)
        process = subprocess.Popen(
            [MUSTER, *map(str, words)], env=self.environment | (environment or {}), text=True,
            stdin=subprocess.DEVNULL, **more)
        self.processes.append(process)
        return process

    def join_flags(self, node_id):
        """Flags of a node that finds the others; the first one is everybody's seed."""
        port = free_port()
        flags = ["--cluster", self.cluster, "--node-id", node_id, "--multicast", "false", "--port", port,
                 "--failover-grace", "200ms"]
        if self.seed is None:
            self.seed = port
        else:
            flags += ["--seeds", f"127.0.0.1:{self.seed}"]
        return flags

    def agent(self, node_id, *more, **how):
        process = self.start("agent", *self.join_flags(node_id), *more, **how)
        eventually(lambda: self.answers(node_id), f"the socket of {node_id}")
        return process

    def run(self, node_id, *words, flags=(), **how):
        """`muster run` of a command."""
        how.setdefault("stderr", open(self.folder / f"{node_id}.err", "w"))
        how.setdefault("stdout", subprocess.DEVNULL)
        process = self.start(
            "run", *self.join_flags(node_id), "--grace", "5s", *flags, "--", *words, **how)
        eventually(lambda: self.answers(node_id), f"the socket of {node_id}")
        return process

    # -- looking

    def socket_path(self, node_id):
        return self.folder / "muster" / f"{self.cluster}-{node_id}.sock"

    def answers(self, node_id):
        try:
            client = Control(self.socket_path(node_id))
        except OSError:
            return False
        client.close()
        return True

    def control(self, node_id):
        client = Control(self.socket_path(node_id))
        self.clients.append(client)
        return client

    def members(self, node_id):
        client = Control(self.socket_path(node_id))
        try:
            return {member["id"]: member for member in client.ask("members")}
        finally:
            client.close()

    def see_each_other(self, *node_ids):
        for node_id in node_ids:
            eventually(lambda: set(self.members(node_id)) == set(node_ids), f"{node_id} to see all")

    def stands_by(self, node_id):
        """Waits until the node has its place behind a primary."""
        eventually(lambda: self.members(node_id)[node_id]["position"] == 1, f"{node_id} to stand by")

    def first_event(self, node_id, stream):
        """The first line of `muster events`. Nothing tells when a client has begun to listen; the next member that
        comes and goes does."""
        for _ in range(10):
            if select.select([stream], [], [], 0.5)[0]:
                return stream.readline()
            comer = f"comer{next(numbers)}"
            self.agent(comer)
            eventually(lambda: comer in self.members(node_id), f"{comer} to be a member")
            assert self.muster("leave", "--node-id", comer).returncode == 0
        raise AssertionError("no event is told")

    def clean_up(self):
        for client in self.clients:
            client.close()
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait(10)
            for stream in (process.stdout, process.stderr):
                if stream:
                    stream.close()
        # Commands end when their muster does; none may outlive its test.
        for log in self.folder.glob("*.pids"):
            for pid in map(int, log.read_text().split()):
                eventually(lambda: not is_alive(pid), f"process {pid} to end")
        # A guardian may write its last to a store in there.
        eventually(self.is_removed, f"{self.folder} to be left alone")

    def is_removed(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        return not self.folder.exists()


@pytest.fixture
def place():
    place = Place()
    yield place
    place.clean_up()


class Worker:
    """A command for `muster run` that tells what happens to it, line by line, in one file for all nodes."""

    def __init__(self, place):
        self.place = place
        self.log = place.folder / "log"
        self.log.touch()
        self.count = 0

    def script(self, body):
        self.count += 1
        path = self.place.folder / f"worker{self.count}"
        path.write_text(f"""#!/bin/sh
say() {{ echo "$MUSTER_NODE_ID $*" >> {self.log}; }}
echo $$ >> {self.place.folder}/all.pids
say start $MUSTER_ROLE $MUSTER_TOKEN $MUSTER_CLUSTER $$
{body}
""")
        path.chmod(0o755)
        return path

    def lasting(self, before=""):
        """Ends at TERM with status 7."""
        return self.script(f"{before}\ntrap 'say term; exit 7' TERM\n" + self.forever)

    forever = "say ready\nwhile :; do sleep 0.02; done"

    def lines(self, start):
        return [line.split() for line in self.log.read_text().splitlines() if line.startswith(start)]

    def wait_for(self, start, count=1, seconds=10.0):
        return eventually(
            lambda: len(self.lines(start)) >= count and self.lines(start), f"'{start}' x {count}", seconds)


@pytest.fixture
def worker(place):
    return Worker(place)
