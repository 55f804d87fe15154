"""Machines with a cable of their own each, on one switch: for peers that want a network and not a loopback."""

from __future__ import annotations

import subprocess

from network import Network


class Machines:
    """Network namespaces that live as long as the processes that hold them. Needs no privileges."""

    def __init__(self, size: int) -> None:
        self._switch = Network()
        self._holders: list[subprocess.Popen[bytes]] = []
        self._on_switch("ip", "link", "add", "bridge", "type", "bridge")
        self._on_switch("ip", "link", "set", "bridge", "up")
        for number in range(size):
            holder = subprocess.Popen(
                [*self._switch.inside, "unshare", "--net", "sh", "-c", "ip link set lo up && echo up && exec cat"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )  # fmt: skip
            self._holders.append(holder)
            assert holder.stdout is not None and holder.stdout.readline() == b"up\n"
            pair = ["type", "veth", "peer", "name", "eth0", "netns", str(holder.pid)]
            self._on_switch("ip", "link", "add", f"to-{number}", *pair)
            self._on_switch("ip", "link", "set", f"to-{number}", "master", "bridge", "up")
            for words in (["address", "add", f"10.77.0.{number + 1}/24", "dev", "eth0"], ["link", "set", "eth0", "up"]):
                subprocess.run([*self.inside(number), "ip", *words], check=True)

    def _on_switch(self, *command: str) -> None:
        subprocess.run([*self._switch.inside, *command], check=True)

    def inside(self, number: int) -> list[str]:
        """What is put before a command to run it on one of them, in the same process."""
        target = str(self._holders[number].pid)
        return ["nsenter", "--preserve-credentials", "--user", "--net", "--target", target]

    def end(self) -> None:
        for holder in self._holders:
            holder.kill()
            holder.communicate()
        self._switch.end()
