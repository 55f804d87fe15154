"""The wheel, as a stranger gets it: in an empty environment, with nothing else installed."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import venv

import pytest

WHEEL = os.environ.get("MUSTER_WHEEL")

TWO_NODES = """
import pathlib, subprocess, sys
import muster

def files(line):
    return line.split()[-1] if "/" in line else ""

first = muster.join("wheel", node_id="a", port=0, multicast=False, failover_grace=50)
second = muster.join("wheel", node_id="b", port=0, multicast=False, seeds=[f"127.0.0.1:{first.me.port}"])
first.wait(2, timeout=10)
seat = first.role("primary")
while not seat.is_primary:
    first.poll(1)
assert [member.id for member in second.members()] == ["a", "b"]

loaded = {files(line) for line in pathlib.Path("/proc/self/maps").read_text().splitlines()}
ours = sorted(path for path in loaded if any(part in path for part in ("muster", "json-c", "sodium")))
for path in ours:
    assert path.startswith(sys.prefix), path
folder = pathlib.Path(muster.__file__).parent
assert (folder / "py.typed").exists()
# The guardian runs, with the libraries that the wheel has; by hand it has nothing to do.
first = muster.join(
    "wheel", node_id="c", port=0, multicast=False, failover_authority="store",
    failover_store="sqlite:leases", failover_guardian=True)
first.close()
assert subprocess.run([folder / "muster-guardian"], stderr=subprocess.DEVNULL).returncode == 2
print(len(ours), "libraries of its own", muster.__version__)
"""


@pytest.mark.skipif(WHEEL is None, reason="no wheel is named by MUSTER_WHEEL")
def test_the_wheel_in_an_empty_environment(tmp_path: pathlib.Path) -> None:
    assert WHEEL is not None
    venv.create(tmp_path, with_pip=False, symlinks=True)
    python = tmp_path / "bin" / "python"
    site = subprocess.check_output(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True
    ).strip()
    install = ["-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target", site, WHEEL]
    subprocess.run([sys.executable, *install], check=True)
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("MUSTER", "PYTHON"))}
    done = subprocess.run(
        [python, "-c", TWO_NODES], capture_output=True, text=True, timeout=60, env=clean, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("3 libraries of its own"), done.stdout
