"""Networks of one's own: a switch and any number of machines, as namespaces of the kernel."""

from __future__ import annotations

import itertools
import json
import os
import random
import subprocess

_counter = itertools.count()


def _run(*command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done


def why_not() -> str:
    """Why no network can be made here; empty where one can."""
    name = f"muster-try-{os.getpid()}"
    try:
        done = _run("ip", "netns", "add", name, check=False)
        if done.returncode == 0:
            done = _run("ip", "netns", "exec", name, "nft", "list", "tables", check=False)
            _run("ip", "netns", "delete", name)
    except FileNotFoundError as error:
        return f"no command '{error.filename}'"
    return "" if done.returncode == 0 else f"network namespaces are not permitted: {done.stderr.strip()}"


class Network:
    """A bridge in a namespace of its own, so that nothing of it is seen on the machine that runs the tests."""

    def __init__(self) -> None:
        self._prefix = f"muster-{os.getpid()}-{random.getrandbits(24):x}-{next(_counter)}"
        self._namespaces: list[str] = []
        self._addresses: dict[str, str] = {}
        self.switch = self._namespace("switch")
        self._ip(self.switch, "link", "add", "bridge", "type", "bridge")
        self._ip(self.switch, "link", "set", "bridge", "up")

    def _namespace(self, name: str) -> str:
        full = f"{self._prefix}-{name}"
        _run("ip", "netns", "add", full)
        self._namespaces.append(full)
        # An address of IPv6 is good at once; nobody else has it here.
        _run("ip", "netns", "exec", full, "sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0")
        return full

    def _ip(self, namespace: str, *arguments: str) -> None:
        _run("ip", "-n", namespace, *arguments)

    def machine(self, name: str) -> str:
        """Adds a machine; its address. With IPv6 it is `v6(name)`, and a link-local one."""
        namespace = self._namespace(name)
        address = f"10.77.0.{len(self._addresses) + 1}"
        self._addresses[name] = address
        self._ip(namespace, "link", "set", "lo", "up")
        self.replug(name)
        return address

    def cut(self, name: str) -> None:
        """Takes the machine's interface away."""
        self.ip(name, "link", "delete", "eth0")

    def replug(self, name: str) -> None:
        """Gives the machine an interface in place of the one it may have had."""
        namespace = f"{self._prefix}-{name}"
        address = self._addresses[name]
        _run("ip", "-n", namespace, "link", "delete", "eth0", check=False)
        self._ip(self.switch, "link", "add", f"to-{name}", "type", "veth", "peer", "name", "eth0", "netns", namespace)
        self._ip(self.switch, "link", "set", f"to-{name}", "master", "bridge", "up")
        self._ip(namespace, "address", "add", f"{address}/24", "broadcast", "10.77.0.255", "dev", "eth0")
        self._ip(namespace, "address", "add", f"{self.v6(name)}/64", "dev", "eth0")
        self._ip(namespace, "link", "set", "eth0", "up")
        # Groups are reached through the only cable there is.
        self._ip(namespace, "route", "add", "default", "dev", "eth0")

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
        return "fd77::" + self._addresses[name].rpartition(".")[2]

    def link_local(self, name: str) -> str:
        done = _run("ip", "-n", f"{self._prefix}-{name}", "-j", "-6", "address", "show", "dev", "eth0", "scope", "link")
        return str(json.loads(done.stdout)[0]["addr_info"][0]["local"])

    def ip(self, name: str, *arguments: str) -> None:
        """The command `ip` on a machine."""
        self._ip(f"{self._prefix}-{name}", *arguments)

    def run(self, name: str, *command: str) -> None:
        _run(*self.on(name), *command)

    def on(self, name: str) -> list[str]:
        """What is put before a command to run it on this machine."""
        return ["ip", "netns", "exec", f"{self._prefix}-{name}"]

    def split(self, *sides: list[str]) -> None:
        """No frame passes from one of these sides to another, without a word to anybody."""
        rules = ["add table bridge split", "add chain bridge split forward { type filter hook forward priority 0; }"]
        for here, there in itertools.permutations(sides, 2):
            rules += [
                f'add rule bridge split forward iifname "to-{a}" oifname "to-{b}" drop' for a in here for b in there
            ]
        _run("ip", "netns", "exec", self.switch, "nft", "; ".join(rules))

    def heal(self) -> None:
        _run("ip", "netns", "exec", self.switch, "nft", "delete table bridge split")

    def unplug(self, name: str) -> None:
        """As when the power of a machine fails: its kernel answers no more either."""
        self._ip(self.switch, "link", "set", f"to-{name}", "down")

    def plug(self, name: str) -> None:
        self._ip(self.switch, "link", "set", f"to-{name}", "up")

    def end(self) -> None:
        for namespace in self._namespaces:
            _run("ip", "netns", "delete", namespace, check=False)
