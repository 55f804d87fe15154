"""`muster doctor`: each thing that can be wrong, made to be so with real nodes, and networks of their own where it takes one."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from conftest import MUSTER, Control, eventually, free_port

TESTS = Path(__file__).resolve().parents[1]
sys.path += [str(TESTS), str(TESTS / "protocol")]

from harness.build import compile_preload  # noqa: E402
from harness.network import Network, why_not  # noqa: E402
from peer import Peer  # noqa: E402

LOCAL = ["--bind", "127.0.0.1", "--multicast", "false"]


class Report:
    """What the doctor has found."""

    def __init__(self, result):
        self.status = result.returncode
        assert result.stderr == "", result.stderr
        self.findings = json.loads(result.stdout)
        for finding in self.findings:
            assert list(finding) == ["check", "severity", "subject", "text", "remedy"]
            assert finding["severity"] in ("ok", "note", "trouble")
            # Whatever is wrong comes with what to do.
            assert (finding["severity"] == "ok") == (finding["remedy"] == ""), finding
        assert self.status == int(any(finding["severity"] == "trouble" for finding in self.findings))

    def of(self, check, severity=None, subject=None):
        return [finding for finding in self.findings if finding["check"] == check
                and severity in (None, finding["severity"]) and subject in (None, finding["subject"])]

    def only(self, check, severity, subject=None):
        """The text of the one finding of this kind."""
        found = self.of(check, severity, subject)
        assert len(found) == 1, self.findings
        return found[0]["text"]

    @property
    def troubles(self):
        return sorted({finding["check"] for finding in self.findings if finding["severity"] == "trouble"})


def examine(place, *words, cluster=None, **how):
    flags = ["--cluster", cluster or place.cluster, "--port", free_port(), *LOCAL]
    # The last word counts.
    return Report(place.muster("doctor", "--json", *flags, *words, **how))


def seed(place):
    return ["--seeds", f"127.0.0.1:{place.seed}"]


def key(place, name):
    path = place.folder / name
    path.write_text(place.muster("keygen").stdout)
    return ["--key-file", path]


# -- all is well


def test_a_cluster_in_order(place):
    secret = key(place, "key")
    # Beacons of loopback reach all clusters here, and no other machine.
    place.agent("a", "--bind", "127.0.0.1", "--multicast", "true", *secret)
    place.agent("b", "--bind", "127.0.0.1", "--multicast", "true", *secret)
    place.see_each_other("a", "b")
    watch = place.control("a")
    assert watch.ask("events") == {"events": True}
    report = examine(place, "--multicast", "true", *secret, *seed(place))
    assert report.status == 0 and report.troubles == [], report.findings
    assert {finding["check"] for finding in report.findings} == {
        "options", "ports", "reach", "multicast", "mtu", "clock", "versions", "node"}
    for check in ("mtu", "clock", "node"):
        assert [finding["subject"] for finding in report.of(check, "ok")] == ["a", "b"]
    assert "answered by" in report.only("multicast", "ok", "")
    # It has left nothing behind: nobody else came or went.
    assert set(place.members("a")) == set(place.members("b")) == {"a", "b"}
    watch.socket.settimeout(0.5)
    with contextlib.suppress(TimeoutError):
        while event := watch.line():
            assert event["member"] in ("a", "b"), event
    assert place.control("b").ask("stats")["membership"]["deaths"] == 0


def test_nodes_with_the_ids_that_they_get_by_default(place):
    secret = key(place, "key")
    name = "21da799d-1dcf-42ed-a355-afcebf5ce676"
    place.agent(name, "--bind", "127.0.0.1", *secret)
    report = examine(place, *secret, *seed(place))
    assert "answers over TCP and UDP" in report.only("reach", "ok")


def test_it_speaks_to_people(place):
    place.agent("a")
    result = place.muster("doctor", "--cluster", place.cluster, *LOCAL, "--port", free_port(), *seed(place))
    assert result.returncode == 0 and result.stderr == ""
    assert "answers over TCP and UDP" in result.stdout
    assert result.stdout.splitlines()[-1].startswith("no trouble, ")
    result = place.muster("doctor", "--cluster", place.cluster, *LOCAL, "--seeds", f"127.0.0.1:{free_port()}")
    assert result.returncode == 1
    assert "-> start the node there" in result.stdout


def test_wrong_usage_is_2(place):
    for words in (["--port", "1"], ["--cluster", "x", "--timeout", "1s"], ["--cluster", "x", "--links", "99"]):
        result = place.muster("doctor", *words)
        assert result.returncode == 2 and result.stdout == "" and result.stderr.startswith("muster: ")


# -- options and ports


def test_options_that_lead_nowhere(place):
    alone = examine(place)
    assert "nothing leads to the others" in alone.only("options", "trouble")
    # Without a key a node is bound to loopback; nothing is sent there.
    bound = examine(place, "--seeds", "192.0.2.1")
    assert "bound to 127.0.0.1, from where 192.0.2.1 cannot be reached" in bound.only("options", "trouble")


def test_notes_of_a_file_are_findings(place):
    file = place.folder / "bootstrap.properties"
    file.write_text(f"managementComponents=cluster\nclusterName={place.cluster}\nfailover.socket.mode=tcp\n")
    report = Report(place.muster("doctor", "--json", "--config", file, *LOCAL, "--port", free_port()))
    assert any("'clusterName' is read as" in finding["text"] for finding in report.of("options", "note"))


def test_a_port_that_another_program_holds(place):
    port = free_port()
    with socket.socket(type=socket.SOCK_DGRAM) as held:
        held.bind(("127.0.0.1", port))
        report = examine(place, "--port", port)
        held_by, moved = (finding["text"] for finding in report.of("ports", "note"))
        assert held_by == "UDP is held by another program"
        # The next one may be another's.
        assert moved.startswith("a node would listen at port ") and int(moved.split()[-1]) > port
        report = examine(place, "--port", port, "--port-range", "1")
        assert "a node cannot start" in report.only("ports", "trouble")
    assert report.troubles != examine(place, "--port", port, "--port-range", "1").troubles


def test_a_port_that_a_node_holds(place):
    place.agent("a")
    report = examine(place, "--port", place.seed)
    assert report.only("ports", "ok") == "held by 'a', a node of this cluster with this key"
    report = examine(place, "--port", place.seed, cluster="another")
    assert any("held by a node of another cluster" in finding["text"] for finding in report.of("ports", "note"))


def test_an_address_of_another_machine(place):
    report = examine(place, "--bind", "192.0.2.1", "--insecure", "true")
    assert "a node cannot listen there" in report.only("ports", "trouble")


# -- who is at an address


def test_nobody_there(place):
    port = free_port()
    report = examine(place, "--seeds", f"127.0.0.1:{port}")
    assert report.troubles == ["reach"]
    assert "refuses connections" in report.only("reach", "trouble", f"127.0.0.1:{port}")
    assert "no member of" in report.only("reach", "note", "")


def test_the_own_place_among_the_seeds(place):
    port = free_port()
    report = examine(place, "--port", port, "--seeds", f"127.0.0.1:{port}")
    assert report.troubles == []
    assert "where no node listens" in report.only("reach", "ok")


def test_the_name_of_this_machine_among_the_seeds(place):
    """As on Debian, where it leads to 127.0.1.1, while the node listens at another address."""
    place.agent("a", "--bind", "127.0.0.1")
    report = examine(place, "--port", place.seed, "--seeds", f"127.0.1.1:{place.seed}")
    assert "this machine's own" in report.only("reach", "ok", f"127.0.1.1:{place.seed}")
    assert report.troubles == []


def test_what_others_are_told_leads_nowhere_from_here(place):
    """As behind a translator that does not lead back."""
    place.agent("a", "--advertise", "192.0.2.1")
    report = examine(place, *seed(place))
    assert "is what others are told of this machine's node" in report.only("reach", "note", "a")
    assert report.troubles == []
    report = examine(place, "--advertise", "192.0.2.2:7000", "--seeds", "192.0.2.2:7000", cluster="nobody")
    assert report.of("reach", "trouble") == []


def test_a_store_of_seeds_is_not_asked(place):
    report = examine(place, "--seed-store", f"sqlite:{place.folder / 'seeds'}")
    assert report.only("seeds", "note", "seed_store") == "the store was not asked"
    assert report.troubles == []


def test_no_time_is_no_trouble(place):
    """Many addresses take connections and say nothing; there is no time left for who comes after them."""
    place.agent("a")
    with socket.socket() as listener:
        listener.bind(("0.0.0.0", 0))
        listener.listen(256)
        port = listener.getsockname()[1]
        mute = [f"127.0.0.{number}:{port}" for number in range(2, 66)]
        report = examine(place, "--timeout", "3s", "--seeds", ",".join([*mute, f"127.0.0.1:{place.seed}"]))
    assert report.of("reach", "trouble", f"127.0.0.1:{place.seed}") == []
    assert report.only("reach", "note", "").startswith("the time was up before ")


def test_a_seed_file_that_is_not_there(place):
    report = examine(place, "--seed-file", place.folder / "seeds")
    assert report.only("seeds", "trouble", str(place.folder / "seeds")).startswith("seed file '")


def test_a_name_that_leads_nowhere(place):
    report = examine(place, "--seeds", "no-such-host.invalid")
    assert "no address of 'no-such-host.invalid'" in report.only("seeds", "trouble")


def test_another_key(place):
    place.agent("a", "--bind", "127.0.0.1", *key(place, "key"))
    report = examine(place, *seed(place), *key(place, "other"))
    assert "rejects our key" in report.only("key", "trouble", f"127.0.0.1:{place.seed}")
    report = examine(place, *seed(place))
    assert "with a key, and these options have none" in report.only("key", "trouble", f"127.0.0.1:{place.seed}")


def test_no_key_there(place):
    place.agent("a")
    report = examine(place, *seed(place), *key(place, "key"))
    assert "without a key, and these options have one" in report.only("key", "trouble", f"127.0.0.1:{place.seed}")


@pytest.mark.parametrize("is_sealed", [False, True])
def test_another_cluster(place, is_sealed):
    secret = key(place, "key") if is_sealed else []
    place.agent("a", *secret)
    report = examine(place, *seed(place), *secret, cluster="another")
    assert "a node of another cluster" in report.only("reach", "trouble")


@contextlib.contextmanager
def server(behave):
    """A program that takes connections and is no node of this release."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(16)

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    threading.Thread(target=behave, args=(connection,), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)


def of_another_version(connection):
    """A member whose preamble has another third byte: it closes at that, as section 4 of docs/protocol.md has it."""
    said = b""
    while len(said) < 3:
        said += connection.recv(3 - len(said)) or b"..."
    connection.close()


def speaks_http(connection):
    connection.recv(1)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    connection.close()


def says_nothing(connection):
    while connection.recv(1024):
        pass


@pytest.mark.parametrize(("behave", "check", "words"), [
    (of_another_version, "versions", "another version of the protocol"),
    (speaks_http, "reach", "does not speak Muster's protocol"),
    (says_nothing, "reach", "accepts connections, and has not answered")])
def test_no_node_of_this_release(place, behave, check, words):
    with server(behave) as address:
        report = examine(place, "--seeds", address)
    assert words in report.only(check, "trouble", address)


# -- clocks and versions


@pytest.fixture(scope="session")
def offset(tmp_path_factory):
    shim = compile_preload(TESTS / "harness/clock_offset.c", tmp_path_factory.mktemp("clock") / "clock_offset.so")
    return lambda seconds: {"LD_PRELOAD": str(shim), "CLOCK_OFFSET": str(seconds)}


@pytest.mark.parametrize(("seconds", "words"), [(90, "90 s ahead of"), (-90, "behind")])
def test_a_clock_that_is_wrong(place, offset, seconds, words):
    place.agent("a")
    place.agent("b", environment=offset(seconds))
    place.see_each_other("a", "b")
    report = examine(place, *seed(place))
    assert words in report.only("clock", "trouble", "b")
    assert len(report.of("clock", "ok", "a")) == 1 and report.troubles == ["clock"]


@pytest.fixture
def member(place):
    """A member of another program, in this process."""
    peers = []

    def join(id, tells):
        peer = Peer(id, place.cluster)
        peers.append(peer)
        peer.tells = tells
        peer.sync(("127.0.0.1", place.seed))
        eventually(lambda: id in place.members("a"), f"{id} to be a member")
        return peer

    yield join
    for peer in peers:
        peer.end()


def test_a_member_that_does_not_tell_the_time(place, member):
    place.agent("a")
    member("old", lambda: (0, ""))
    report = examine(place, *seed(place))
    assert report.troubles == []
    assert "cannot tell" in report.only("clock", "note", "old")
    assert report.only("versions", "note") == "no version is told by old: cannot tell"


def test_several_versions(place, member):
    place.agent("a")
    member("new", lambda: (time.time_ns() // 1000, "9.9.9"))
    report = examine(place, *seed(place))
    text = report.only("versions", "note")
    assert text.startswith("several versions are in use: ") and "(a)" in text and "9.9.9 (new)" in text


# -- a node of this machine


def test_a_frozen_node(place):
    agent = place.agent("a")
    agent.send_signal(signal.SIGSTOP)
    report = examine(place, *seed(place))
    assert "takes connections, and has not answered" in report.only("node", "trouble", str(place.socket_path("a")))
    assert "accepts connections, and has not answered" in report.only("reach", "trouble")


def test_a_frozen_member(place):
    place.agent("a")
    frozen = place.agent("b")
    place.see_each_other("a", "b")
    frozen.send_signal(signal.SIGSTOP)
    eventually(lambda: place.members("a")["b"]["state"] == "unresponsive", "b to be unresponsive")
    report = examine(place, *seed(place))
    texts = [finding["text"] for finding in report.of("node", "trouble", "a")]
    assert any("it holds 'b' to be unresponsive" in text for text in texts), texts
    assert any("it is isolated" in text for text in texts), texts
    assert "has not answered" in report.only("reach", "trouble", "b")


def test_a_node_that_stood_still(place):
    agent = place.agent("a")
    place.agent("b")
    place.see_each_other("a", "b")
    agent.send_signal(signal.SIGSTOP)
    eventually(lambda: place.members("b")["a"]["state"] != "alive", "a to be missed")
    agent.send_signal(signal.SIGCONT)
    eventually(lambda: place.members("b")["a"]["state"] == "alive", "a to be back", 20)
    eventually(lambda: place.members("a")["b"]["state"] == "alive", "a to see b again", 20)
    report = examine(place, *seed(place))
    texts = [finding["text"] for finding in report.of("node", "note", "a")]
    assert any("its loop stood still" in text for text in texts), texts
    assert any("times while it lived" in text for text in texts), texts
    assert report.troubles == []


def test_a_minority(place):
    place.agent("a", "--expected-size", "3")
    eventually(lambda: place.members("a")["a"]["minority"], "a to be in a minority")
    report = examine(place, *seed(place))
    assert "it is in a minority" in report.only("node", "trouble", "a")


def test_a_role_that_nobody_leads(place):
    place.run("a", "sleep", "60", flags=["--failover-quorum", "3"])
    eventually(lambda: place.members("a")["a"]["seats"], "the seat")
    report = examine(place, *seed(place))
    assert report.only("node", "trouble", "a") == "nobody leads 'primary'"


def test_a_store_that_does_not_answer(place):
    url = f"postgresql://muster@127.0.0.1:{free_port()}/muster"
    place.run("a", "sleep", "60", flags=["--failover-authority", "store", "--failover-store", url])
    eventually(lambda: place.control("a").ask("stats")["register"]["failures"] > 0, "the store to be missed", 20)
    report = examine(place, *seed(place))
    texts = [finding["text"] for finding in report.of("node", "trouble", "a")]
    assert any("the register of its leases does not answer" in text for text in texts), texts


def test_somebody_knocks_with_another_key(place):
    secret = key(place, "key")
    place.agent("a", *secret)
    over = threading.Event()
    stranger = Peer("stranger", place.cluster, key=os.urandom(32))

    def knock():
        while not over.wait(0.02):
            with contextlib.suppress(OSError, AssertionError):
                stranger.ping(("127.0.0.1", place.seed), seconds=0.02)

    thread = threading.Thread(target=knock)
    thread.start()
    try:
        report = examine(place, *secret, *seed(place))
    finally:
        over.set()
        thread.join()
        stranger.end()
    assert "it refuses input under another key" in report.only("node", "trouble", "a")
    report = examine(place, *secret, *seed(place))
    assert report.troubles == []
    texts = [finding["text"] for finding in report.of("node", "note", "a")]
    assert any("it has refused input under another key" in text for text in texts), texts


# -- networks of one's own


class Machines:
    """Machines on one switch, with an agent on some."""

    def __init__(self, place, network):
        self.place = place
        self.network = network
        self.secret = key(place, "key")

    def flags(self):
        six = ["--bind", "::"] if self.network.version == 6 else []
        return ["--cluster", self.place.cluster, "--port", "7000", "--port-range", "1", *self.secret, *six]

    def environment(self, name):
        # Sockets are files, which all these machines share.
        folder = self.place.folder / name
        folder.mkdir(exist_ok=True)
        return {**self.place.environment, "XDG_RUNTIME_DIR": str(folder)}

    def agent(self, name, *words):
        self.network.machine(name)
        process = Process(self, name, ["agent", *self.flags(), "--node-id", name, *map(str, words)])
        eventually(lambda: self.socket(name).exists(), f"the socket of {name}", 20)
        return process

    def socket(self, name):
        return self.place.folder / name / "muster" / f"{self.place.cluster}-{name}.sock"

    def members(self, name):
        client = Control(self.socket(name))
        try:
            return {member["id"] for member in client.ask("members")}
        finally:
            client.close()

    def doctor(self, name, *words):
        self.network.machine(name)
        return Report(Process(self, name, ["doctor", "--json", *self.flags(), *map(str, words)]).result())


class Process:
    def __init__(self, machines, name, words):
        self.process = subprocess.Popen(
            [*machines.network.on(name), MUSTER, *map(str, words)], env=machines.environment(name), text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        machines.place.processes.append(self.process)

    def result(self):
        out, err = self.process.communicate(timeout=20)
        return subprocess.CompletedProcess([], self.process.returncode, out, err)


@pytest.fixture(scope="session")
def networks_permitted():
    reason = why_not()
    if reason:
        pytest.skip(reason)


@pytest.fixture
def machines(networks_permitted, place, request):
    """With addresses of IPv4, or of the version that is given as the parameter."""
    network = Network(getattr(request, "param", 4))
    try:
        yield Machines(place, network)
    finally:
        place.clean_up()
        place.folder.mkdir(exist_ok=True)
        network.end()


def seeded(machines, name):
    return ["--seeds", f"{machines.network.machine(name)}:7000"]


@pytest.mark.parametrize("machines", [4, 6], indirect=True)
def test_machines_in_order(machines):
    machines.agent("b")
    report = machines.doctor("a")
    assert report.status == 0 and report.troubles == [], report.findings
    # By multicast alone: it is not told where anybody is.
    assert report.only("multicast", "ok", "") == "answered by b"
    assert len(report.of("multicast", "ok", "eth0")) == 1
    # Beacons come from an address of the link, where there are such.
    assert all("answers over TCP and UDP" in finding["text"] for finding in report.of("reach", "ok", "b"))
    assert len(report.of("reach", subject="b")) == len(report.of("reach", "ok", "b")) >= 1
    assert "arrive whole" in report.only("mtu", "ok", "b")


@pytest.mark.parametrize(("rule", "words"), [
    ("meta l4proto { tcp, udp } drop", "is silent, neither over TCP nor over UDP"),
    ("meta l4proto tcp drop", "is silent, though UDP is answered"),
    ("udp dport 7000 drop", "answers over TCP, and is silent over UDP"),
    ("udp dport 7000 reject", "answers over TCP, and its machine refuses UDP")])
def test_a_firewall(machines, rule, words):
    machines.agent("b")
    machines.network.rule("b", "input", rule)
    report = machines.doctor("a", *seeded(machines, "b"))
    assert words in report.only("reach", "trouble", f"{machines.network.address('b')}:7000")


def test_no_route(machines):
    machines.network.machine("a")
    machines.network.ip("a", "route", "delete", "default")
    report = machines.doctor("a", "--seeds", "192.0.2.1", "--multicast", "false")
    assert "cannot be reached" in report.only("reach", "trouble")


def test_a_narrow_way_there(machines):
    """The other end takes 1300 bytes and says nothing about longer ones."""
    machines.agent("b")
    machines.network.ip("b", "link", "set", "eth0", "mtu", "1300")
    report = machines.doctor("a", *seeded(machines, "b"))
    text = report.only("mtu", "trouble", "b")
    # The veth lets a frame of VLAN through, whose head has 4 bytes more.
    assert text == "datagrams of 1400 bytes do not arrive: the longest that arrives whole has 1276 bytes", text
    assert report.troubles == ["mtu"]


def test_a_narrow_way_out(machines):
    """The own interface takes 1300 bytes; the kernel cuts what is longer."""
    machines.agent("b")
    machines.network.machine("a")
    machines.network.ip("a", "link", "set", "eth0", "mtu", "1300")
    report = machines.doctor("a", *seeded(machines, "b"))
    assert report.only("mtu", "note", "b") == (
        "datagrams of 1400 bytes arrive in pieces: the longest that arrives whole has 1272 bytes")
    assert report.troubles == []


def test_multicast_that_does_not_pass(machines):
    """Seeds lead there all the same: a note. So it is where a node here has answered: others may be silent for that."""
    machines.agent("b")
    machines.network.rule("b", "input", "udp dport 7879 drop")
    machines.network.rule("b", "output", "udp dport 7879 drop")
    report = machines.doctor("a", *seeded(machines, "b"))
    assert report.only("multicast", "note", "") == "no other machine has answered, though there are b"
    assert report.troubles == []
    machines.agent("a", *seeded(machines, "b"))
    eventually(lambda: machines.members("a") == {"a", "b"}, "they see each other")
    report = machines.doctor("a")
    assert report.only("multicast", "note", "") == (
        "only members of this machine have answered (a), though there are b")
    assert report.troubles == []


def test_a_firewall_that_lets_in_the_port_of_nodes_alone(machines):
    """Who has heard the doctor comes to that port."""
    machines.agent("b")
    # Its own beacons tell nothing then.
    machines.network.rule("b", "output", "udp dport 7879 drop")
    machines.network.machine("a")
    machines.network.rule("a", "input", "tcp flags & (syn | ack) == syn tcp dport != 7000 drop")
    report = machines.doctor("a")
    assert report.only("multicast", "ok", "") == "answered by b"
    assert report.troubles == []


@pytest.mark.parametrize("machines", [6], indirect=True)
def test_an_address_of_the_link(machines):
    """Members tell theirs without an interface."""
    machines.network.machine("b")
    machines.agent("b", "--advertise", machines.network.link_local("b"))
    report = machines.doctor("a")
    assert report.of("reach", "ok", "b") and report.troubles == []


@pytest.mark.parametrize("machines", [6], indirect=True)
def test_loopback_cannot_multicast_with_ipv6(machines):
    report = machines.doctor("a", "--bind", "::1")
    assert "loopback cannot multicast with IPv6" in report.only("multicast", "note")
    assert report.troubles == []


def test_multicast_that_the_own_firewall_drops(machines):
    machines.network.machine("a")
    machines.network.rule("a", "input", "ip daddr 239.255.78.78 drop")
    report = machines.doctor("a")
    assert "does not come back" in report.only("multicast", "trouble", "eth0")
    assert report.troubles == ["multicast"]


def test_another_key_is_heard_by_multicast(machines):
    machines.agent("b")
    machines.secret = key(machines.place, "other")
    report = machines.doctor("a")
    assert "under another key" in report.only("key", "trouble", machines.network.address("b"))
