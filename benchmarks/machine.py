"""On what it was measured, and how busy the machine was with other things."""

from __future__ import annotations

import datetime
import os
import pathlib
import platform
import subprocess
import time
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parents[1]
PEERS = [
    "golang-github-hashicorp-memberlist-dev", "golang-go", "serf", "keepalived", "etcd-server", "postgresql",
    "mariadb-server", "libsqlite3-0",
]  # fmt: skip


def _said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout.strip()


def _value(path: str, key: str) -> str:
    """Of the first line in a file of the system that has this key."""
    for line in pathlib.Path(path).read_text().splitlines():
        name, _, value = line.replace("=", ":", 1).partition(":")
        if name.strip() == key:
            return value.strip().strip('"')
    return "unknown"


def before() -> dict[str, Any]:
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "commit": _said("git", "describe", "--always", "--dirty"),
        "machine": {
            "processor": _value("/proc/cpuinfo", "model name"),
            "cores": os.cpu_count(),
            "memory_mb": int(_value("/proc/meminfo", "MemTotal").split()[0]) // 1024,
            "kernel": platform.release().partition("-")[0],
            "system": _value("/etc/os-release", "PRETTY_NAME"),
        },
        "peers": {name: _said("dpkg-query", "-W", "-f", "${Version}", name) for name in PEERS},
        # How many processes wanted to run in the minute before: what the machine was busy with besides.
        "load_before": os.getloadavg()[0],
        "began": time.monotonic(),
    }


def after(facts: dict[str, Any]) -> dict[str, Any]:
    began = facts.pop("began")
    return {"minutes": round((time.monotonic() - began) / 60, 1), "load_after": os.getloadavg()[0]}
