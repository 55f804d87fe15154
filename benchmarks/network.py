"""A loopback of one's own: what one cluster sends is counted apart, and any port number is free."""

from __future__ import annotations

import pathlib
import subprocess


class Network:
    """A network namespace, for as long as the process that holds it lives. Needs no privileges."""

    def __init__(self) -> None:
        self._holder = subprocess.Popen(
            ["unshare", "--user", "--map-root-user", "--net", "sh", "-c", "ip link set lo up && echo up && exec cat"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert self._holder.stdout is not None
        if self._holder.stdout.readline() != b"up\n":
            raise SystemExit("no network namespace could be made (unshare --user --net)")
        self._counts = pathlib.Path(f"/proc/{self._holder.pid}/net/dev")

    @property
    def inside(self) -> list[str]:
        """What is put before a command to run it there, in the same process."""
        return ["nsenter", "--preserve-credentials", "--user", "--net", "--target", str(self._holder.pid)]

    def sent(self) -> tuple[int, int]:
        """Bytes and packets that all the members together have sent: whole IP packets, UDP and TCP, with the
        acknowledgements."""
        for line in self._counts.read_text().splitlines():
            name, _, numbers = line.partition(":")
            if name.strip() == "lo":
                fields = numbers.split()
                return int(fields[8]), int(fields[9])
        raise AssertionError("there is no loopback")

    def end(self) -> None:
        self._holder.kill()
        self._holder.communicate()
