"""Networks of one's own: a switch and any number of machines, as namespaces of the kernel."""

from __future__ import annotations

import itertools
import json
import os
import random
import re
import subprocess

from .process import eventually

_counter = itertools.count()


def _run(*command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done


def sweep() -> None:
    """Deletes what a run left behind that was killed."""
    for line in _run("ip", "netns", "list").stdout.splitlines():
        name = line.split(" ")[0]
        words = name.split("-")
        if words[0] == "muster" and words[1].isdecimal() and not os.path.exists(f"/proc/{words[1]}"):
            _run("ip", "netns", "delete", name, check=False)


def why_not() -> str:
    """Why no network can be made here; empty where one can."""
    try:
        sweep()
        network = Network()
    except FileNotFoundError as error:
        return f"no command '{error.filename}'"
    except AssertionError as error:
        return f"network namespaces are not permitted: {error}"
    try:
        network.machine("try")
        network.rule("try", "input", "numgen random mod 100 < 1 counter drop")
        network.split(["try"], ["other"])
    except FileNotFoundError as error:
        return f"no command '{error.filename}'"
    except AssertionError as error:
        return f"the kernel lacks what these networks are made of: {error}"
    finally:
        network.end()
    return ""


class Network:
    """A bridge in a namespace of its own, so that nothing of it is seen on the machine that runs the tests."""

    def __init__(self, version: int = 4) -> None:
        """Machines have addresses of this version of IP, 4 or 6, and of no other; 46 for both."""
        self.version = version
        self._prefix = f"muster-{os.getpid()}-{random.getrandbits(24):x}-{next(_counter)}"
        self._namespaces: list[str] = []
        self._addresses: dict[str, str] = {}
        self.switch = self._namespace("switch")
        try:
            self._ip(self.switch, "link", "add", "bridge", "type", "bridge")
            self._ip(self.switch, "link", "set", "bridge", "up")
        except AssertionError:
            self.end()
            raise

    def _namespace(self, name: str) -> str:
        full = f"{self._prefix}-{name}"
        _run("ip", "netns", "add", full)
        self._namespaces.append(full)
        # An address of IPv6 is good at once; nobody else has it here.
        _run("ip", "netns", "exec", full, "sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0")
        return full

    def _ip(self, namespace: str, *arguments: str) -> None:
        _run("ip", "-n", namespace, *arguments)

    def _nft(self, namespace: str, *arguments: str) -> str:
        return _run("ip", "netns", "exec", namespace, "nft", *arguments).stdout

    def _of(self, name: str) -> str:
        return f"{self._prefix}-{name}"

    # -- machines

    def machine(self, name: str) -> str:
        """The address of a machine, which is made where there is none of this name."""
        if name in self._addresses:
            return self._addresses[name]
        namespace = self._namespace(name)
        number = len(self._addresses) + 1
        self._addresses[name] = f"fd77::{number:x}" if self.version == 6 else f"10.77.0.{number}"
        self._ip(namespace, "link", "set", "lo", "up")
        self.plug_in(name)
        return self._addresses[name]

    def pull_out(self, name: str) -> None:
        """Takes the machine's interface away."""
        self.ip(name, "link", "delete", "eth0")

    def plug_in(self, name: str) -> None:
        """Gives the machine an interface in place of the one it may have had."""
        namespace = self._of(name)
        _run("ip", "-n", namespace, "link", "delete", "eth0", check=False)
        self._ip(self.switch, "link", "add", f"to-{name}", "type", "veth", "peer", "name", "eth0", "netns", namespace)
        self._ip(self.switch, "link", "set", f"to-{name}", "master", "bridge", "up")
        self.give_address(name)
        self.up(name)

    def behind(self, router: str, name: str) -> None:
        """Adds a machine, 192.168.7.2, that a machine leads to by a cable of their own."""
        namespace = self._namespace(name)
        self.ip(router, "link", "add", "inner", "type", "veth", "peer", "name", "eth0", "netns", namespace)
        self.ip(router, "address", "add", "192.168.7.1/24", "dev", "inner")
        self.ip(router, "link", "set", "inner", "up")
        self.run(router, "sysctl", "-qw", "net.ipv4.ip_forward=1")
        self._ip(namespace, "address", "add", "192.168.7.2/24", "dev", "eth0")
        self._ip(namespace, "link", "set", "eth0", "up")
        self._ip(namespace, "link", "set", "lo", "up")
        self._ip(namespace, "route", "add", "default", "via", "192.168.7.1")

    def v6(self, name: str) -> str:
        """The second address of a machine in a network of both versions."""
        return "fd77::" + self._addresses[name].rpartition(".")[2]

    def link_local(self, name: str) -> str:
        """The kernel gives it some time after the interface is up."""

        def given() -> str | None:
            done = _run("ip", "-n", self._of(name), "-j", "-6", "address", "show", "dev", "eth0", "scope", "link")
            found = [entry for each in json.loads(done.stdout) for entry in each.get("addr_info", [])]
            return next((entry["local"] for entry in found if "local" in entry and "tentative" not in entry), None)

        return str(eventually(given, f"{name} has an address of its link"))

    def ip(self, name: str, *arguments: str) -> None:
        """The command `ip` on a machine."""
        self._ip(self._of(name), *arguments)

    def run(self, name: str, *command: str) -> None:
        _run(*self.on(name), *command)

    def address(self, name: str) -> str:
        return self._addresses[name]

    def on(self, name: str) -> list[str]:
        """What is put before a command to run it on this machine."""
        return ["ip", "netns", "exec", self._of(name)]

    def give_address(self, name: str) -> None:
        address = self._addresses[name]
        if self.version != 6:
            words = ["address", "add", f"{address}/24", "broadcast", "10.77.0.255", "dev", "eth0"]
            self._ip(self._of(name), *words)
        if self.version != 4:
            # Nobody else has it: no need to wait until the kernel has asked around.
            six = address if self.version == 6 else self.v6(name)
            self._ip(self._of(name), "address", "add", f"{six}/64", "dev", "eth0", "nodad")

    def take_address(self, name: str) -> None:
        length = 24 if self.version == 4 else 64
        self._ip(self._of(name), "address", "delete", f"{self._addresses[name]}/{length}", "dev", "eth0")

    def down(self, name: str) -> None:
        """The machine shuts its own interface: its programs are told that there is no route."""
        self._ip(self._of(name), "link", "set", "eth0", "down")

    def up(self, name: str) -> None:
        self._ip(self._of(name), "link", "set", "eth0", "up")
        # Groups are reached through the only cable there is. Without it the kernel forgets the route.
        if self.version != 6:
            self._ip(self._of(name), "route", "replace", "default", "dev", "eth0")

    # -- the firewall of a machine

    def rule(self, name: str, chain: str, *rules: str) -> None:
        """Adds rules of nftables to the `input` or `output` of a machine."""
        lines = ["add table inet faults", f"add chain inet faults {chain} {{ type filter hook {chain} priority 0; }}"]
        lines += [f"add rule inet faults {chain} {rule}" for rule in rules]
        self._nft(self._of(name), "; ".join(lines))

    def hits(self, name: str) -> int:
        """How many packets the rules of a machine with the word `counter` have met."""
        return self._counted(self._of(name), "inet", "faults")

    def _counted(self, namespace: str, family: str, table: str) -> int:
        listed = json.loads(self._nft(namespace, "-j", "list", "table", family, table))
        rules = [entry["rule"] for entry in listed["nftables"] if "rule" in entry]
        counters = [word["counter"] for rule in rules for word in rule["expr"] if "counter" in word]
        return sum(int(counter["packets"]) for counter in counters)

    def clear(self, name: str) -> None:
        """Takes the rules of a machine away."""
        self._nft(self._of(name), "delete", "table", "inet", "faults")

    def reset_connections(self, name: str) -> bool:
        """Every connection of a machine is closed with a reset to both ends, while the programs live on. False where
        this kernel cannot do that (INET_DIAG_DESTROY)."""
        _run(*self.on(name), "ss", "-K", "-t", "state", "established")
        return self.connections(name) == 0

    def connections(self, name: str) -> int:
        """How many connections of a machine are established."""
        return len(_run(*self.on(name), "ss", "-Htn", "state", "established").stdout.splitlines())

    def said(self, name: str) -> str:
        """How many bytes each connection of a machine has carried, in either direction."""
        text = _run(*self.on(name), "ss", "-Htin", "state", "established").stdout
        return " ".join(re.findall(r"bytes_(?:sent|received):\d+", text))

    def listens_for_datagrams(self, name: str, port: int) -> bool:
        """Whether a program of a machine has this port open."""
        return bool(_run(*self.on(name), "ss", "-Hlun", f"sport = :{port}").stdout)

    # -- the switch

    def split(self, *sides: list[str]) -> None:
        """No frame passes from one of these sides to another, without a word to anybody."""
        for here, there in itertools.permutations(sides, 2):
            self._drop(here, there, "")

    def cut(self, senders: list[str], receivers: list[str]) -> None:
        """What programs say is lost from these to those, and passes the other way. The kernels still find each other:
        else nothing would pass either way."""
        self._drop(senders, receivers, "meta l4proto { tcp, udp }")

    def _drop(self, senders: list[str], receivers: list[str], what: str) -> None:
        lines = ["add table bridge split", "add chain bridge split forward { type filter hook forward priority 0; }"]
        lines += [
            f'add rule bridge split forward iifname "to-{a}" oifname "to-{b}" {what} counter drop'
            for a in senders
            for b in receivers
        ]
        self._nft(self.switch, "; ".join(lines))

    def lost(self) -> int:
        """How many frames the switch has dropped since it was split or cut."""
        return self._counted(self.switch, "bridge", "split")

    def heal(self) -> None:
        self._nft(self.switch, "delete", "table", "bridge", "split")

    def unplug(self, name: str) -> None:
        """As when the power of a machine fails: its kernel answers no more either."""
        self._ip(self.switch, "link", "set", f"to-{name}", "down")

    def plug(self, name: str) -> None:
        self._ip(self.switch, "link", "set", f"to-{name}", "up")

    def end(self) -> None:
        for namespace in self._namespaces:
            _run("ip", "netns", "delete", namespace, check=False)
