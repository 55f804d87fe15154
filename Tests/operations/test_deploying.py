"""The steps of docs/deploying.md, on machines of a network: the key, the file, what the unit runs, how it is looked at."""

from __future__ import annotations

import os
import pathlib
import re
import stat
import subprocess

import pytest
from conftest import COMMAND, TOP, eventually
from harness.network import Network, why_not

PAGE = (TOP / "docs/deploying.md").read_text()


def block(word: str) -> str:
    found = [text for text in re.findall(r"```\w+\n(.*?)```", PAGE, re.S) if word in text]
    assert len(found) == 1, word
    return found[0]


class Machine:
    """With what systemd would give the unit."""

    def __init__(self, network: Network, name: str, folder: pathlib.Path, more: str) -> None:
        self.before = network.on(name)
        self.folder = folder / name
        for part in ("etc", "run", "state"):
            (self.folder / part).mkdir(parents=True)
        text = block("MUSTER_RUN=") + more
        for old, new in {
            "/etc/muster/orders.key": str(folder / "orders.key"), "10.0.0.": "10.77.0.",
            "/usr/local/bin/worker --verbose": f"touch {self.folder}/works && sleep 1000",
        }.items():  # fmt: skip
            assert old in text
            text = text.replace(old, new)
        (self.folder / "etc/orders.env").write_text(text)

    def environment(self) -> str:
        """In the words of a shell, which the file is good for, too."""
        return f"set -a; . {self.folder}/etc/orders.env; export XDG_RUNTIME_DIR={self.folder}/run"

    def start(self) -> subprocess.Popen[bytes]:
        unit = (TOP / "packaging/muster@.service").read_text()
        command = re.findall(r"^ExecStart=@PREFIX@/bin/muster (.*)$", unit, re.M)
        assert command == ["run --log-level info -- $MUSTER_RUN"]
        assert "Environment=MUSTER_STATE_DIR=%S/muster" in unit and "XDG_RUNTIME_DIR=%t/muster-%i" in unit
        line = f'{self.environment()}; MUSTER_STATE_DIR={self.folder}/state exec {COMMAND} run -- sh -c "$MUSTER_RUN"'
        return subprocess.Popen([*self.before, "sh", "-c", line], env=CLEAN)

    def says(self, line: str) -> str:
        """What the page has a person do there."""
        line = line.replace("muster ", f"{COMMAND} ").replace("/etc/muster", f"{self.folder}/etc")
        line = line.replace("/run/muster-orders", f"{self.folder}/run")
        done = subprocess.run([*self.before, "sh", "-c", line], env=CLEAN, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr


CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("MUSTER_")}


@pytest.mark.parametrize("is_leased", [False, True])
def test_three_machines(tmp_path: pathlib.Path, is_leased: bool) -> None:
    if reason := why_not():
        pytest.skip(reason)
    making = block("umask 077; muster keygen").replace("muster keygen", f"{COMMAND} keygen")
    subprocess.run(["sh", "-c", making], cwd=tmp_path, check=True)
    assert stat.S_IMODE((tmp_path / "orders.key").stat().st_mode) == 0o600
    network = Network()
    processes = {}
    try:
        for name in "abc":
            network.machine(name)
        machines = {}
        for name in "abc":
            more = block("MUSTER_FAILOVER_VOTERS").replace("NODE_ID=a", f"NODE_ID={name}") if is_leased else ""
            machines[name] = Machine(network, name, tmp_path, more)
            processes[name] = machines[name].start()
        up = block("muster doctor")

        def working() -> list[str]:
            return [name for name in processes if (machines[name].folder / "works").exists()]

        eventually(working, "one works", 40)
        eventually(lambda: machines["a"].says(up).count("alive") >= 3, "a sees three")
        said = machines["a"].says(up)
        assert "10.77.0.2:7878" in said and "in order" in said, said
        if is_leased:  # else test_doctor.py has an expected failure of this
            assert "\nno trouble" in said, said
        (first,) = working()
        processes.pop(first).kill()
        eventually(lambda: len(working()) == 1, "another works", 40)
    finally:
        for process in processes.values():
            process.terminate()
            process.wait(30)
        network.end()
