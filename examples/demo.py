#!/usr/bin/env python3
"""The main job on real processes: a C host, a Python host and a shell command, one primary.

    demo.py BUILD_DIRECTORY      (what 'make demo' made there: bin/primary, bin/muster, lib/)

Each takes a seat in the role 'primary'. The demo looks on as a member without a seat, kills the primary with
kill -9, tells who took over after how many milliseconds, and starts it again.
"""

import os
import pathlib
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "bindings" / "python" / "src"))

BUILD = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "out").resolve()
os.environ.setdefault("MUSTER_LIBRARY", str(BUILD / "lib" / "libmuster.so.0"))

import muster  # noqa: E402

CLUSTER = f"demo-{os.getpid()}"
WORK = 'echo "shell: my command runs, token $MUSTER_TOKEN"; exec sleep 1000'
HOSTS = {
    "c-host": [BUILD / "bin" / "primary", CLUSTER, "c-host"],
    "python-host": [sys.executable, ROOT / "examples" / "primary.py", CLUSTER, "python-host"],
    "shell-host": [BUILD / "bin" / "muster", "run", "--cluster", CLUSTER, "--node-id", "shell-host",
                   "--control", f"/tmp/{CLUSTER}.sock", "--", "sh", "-c", WORK],
}


def start(name: str) -> "subprocess.Popen[bytes]":
    environment = dict(os.environ, PYTHONPATH=str(ROOT / "bindings" / "python" / "src"))
    return subprocess.Popen([str(word) for word in HOSTS[name]], env=environment)


def stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()


def wait_for(what: str, found, seconds: float = 20.0):
    """Waits until found() is true; ends the demo where it never becomes so."""
    deadline = time.monotonic() + seconds
    while not (result := found()):
        if time.monotonic() > deadline:
            sys.exit(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.002)
    return result


def seats(cluster: "muster.Cluster") -> "dict[str, str]":
    """Each seat's member and whether it is 'primary' or 'standby'."""
    return {
        member["id"]: seat["state"]
        for member in cluster.members_json() for seat in member["seats"] if seat["role"] == "primary"
    }


def primary_of(cluster: "muster.Cluster") -> "str | None":
    return next((member for member, state in seats(cluster).items() if state == "primary"), None)


def show(cluster: "muster.Cluster") -> None:
    print(f"\n    {'member':<14}{'state':<14}{'address':<22}role")
    roles = seats(cluster)
    for member in cluster.members_json():
        address = f"{member['address']}:{member['port']}"
        print(f"    {member['id']:<14}{member['state']:<14}{address:<22}{roles.get(member['id'], '-')}")
    print(flush=True)


def main() -> None:
    processes = {}
    with muster.join(CLUSTER, node_id="onlooker") as cluster:
        try:
            print("Three hosts and an onlooker find each other by multicast on loopback.", flush=True)
            processes = {name: start(name) for name in HOSTS}
            cluster.wait(1 + len(HOSTS), timeout=20)
            first = wait_for("a primary", lambda: primary_of(cluster))
            wait_for("three seats", lambda: len(seats(cluster)) == len(HOSTS))
            show(cluster)

            print(f"kill -9 of {first}", flush=True)
            killed = time.monotonic()
            os.kill(processes[first].pid, signal.SIGKILL)
            second = wait_for("another primary", lambda: (now := primary_of(cluster)) != first and now)
            print(f"{second} took over; the onlooker knew after {(time.monotonic() - killed) * 1000:.1f} ms", flush=True)
            processes[first].wait()
            show(cluster)

            print(f"{first} comes back and stands by.", flush=True)
            processes[first] = start(first)
            cluster.wait(1 + len(HOSTS), timeout=20)
            wait_for("three seats", lambda: len(seats(cluster)) == len(HOSTS))
            show(cluster)
            if primary_of(cluster) != second:
                sys.exit(f"{second} should still be primary")
            print("An arrival displaces nobody. Done.", flush=True)
        finally:
            # The primary last, so that nobody takes over from it meanwhile.
            leader = primary_of(cluster)
            for name in sorted(processes, key=lambda name: name == leader):
                stop(processes[name])


if __name__ == "__main__":
    main()
