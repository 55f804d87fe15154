#!/usr/bin/env python3
"""How fast a death is known and a primary replaced, beside the machine's own limit, in one run.

    failover.py BUILD_DIRECTORY [--runs 30] [--members 3] [--megabytes 64]

Rows (milliseconds, median / p99 / max over the runs):
  limit     kill -9 of a process until the kernel closes the other end of its TCP connection
  dead      kill -9 of a member until every other member's host has been told
  promoted  kill -9 of the primary until on_promote has run in another process
"""
import argparse
import os
import random
import select
import signal
import subprocess
import sys
import time


class Member:
    """One process of benchmarks/host.c; lines are read as they come."""

    def __init__(self, directory, name, port, cluster, megabytes, seeds):
        self.name = name
        command = [
            os.path.join(directory, "host"), str(megabytes), f"cluster={cluster}", f"node_id={name}", f"port={port}",
            "port_range=1", "multicast=false", f"seeds={seeds}", "failover.grace=200ms",
        ]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        os.set_blocking(self.process.stdout.fileno(), False)
        self.rest = b""

    def lines(self):
        """What has been printed since the last call: (nanoseconds, word, who)."""
        try:
            self.rest += os.read(self.process.stdout.fileno(), 65536)
        except BlockingIOError:
            pass
        *complete, self.rest = self.rest.split(b"\n")
        return [(int(line.split()[0]), line.split()[1].decode(), line.split()[2].decode()) for line in complete]


def gather(members, wanted, seconds):
    """Reads until `wanted(seen)` holds, where seen is a list of (member, nanoseconds, word, who)."""
    seen = []
    deadline = time.monotonic() + seconds
    while not wanted(seen):
        left = deadline - time.monotonic()
        if left <= 0:
            raise SystemExit(f"not within {seconds} s: {seen}")
        select.select([member.process.stdout for member in members], [], [], left)
        for member in members:
            seen += [(member.name, *line) for line in member.lines()]
    return seen


def free_ports(count):
    """Port numbers that are free now, for UDP and TCP alike."""
    import socket

    ports, held = [], []
    while len(ports) < count:
        tcp = socket.socket()
        tcp.bind(("127.0.0.1", 0))
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        held += [tcp, udp]
        try:
            udp.bind(("127.0.0.1", tcp.getsockname()[1]))
            ports.append(tcp.getsockname()[1])
        except OSError:
            pass
    for held_socket in held:
        held_socket.close()
    return ports


def one_run(directory, count, megabytes, run):
    """Kills a standby, then the primary of a cluster of `count`. Returns both times in milliseconds."""
    ports = free_ports(count)
    seeds = ",".join(f"127.0.0.1:{port}" for port in ports)
    cluster = f"bench-{os.getpid()}-{run}"
    members = [
        Member(directory, f"m{index:03}", port, cluster, megabytes, seeds) for index, port in enumerate(ports)
    ]
    try:
        def settled(seen):
            joined = sum(1 for line in seen if line[2] == "joined")
            return joined >= count * (count - 1) and any(line[2] == "promoted" for line in seen)

        seen = gather(members, settled, 30)
        primary = next(line[0] for line in seen if line[2] == "promoted")
        time.sleep(0.3 + random.random() * 0.5)
        result = []
        standby = next(member for member in members if member.name != primary)
        for victim_name in [standby.name, primary]:
            victim = next(member for member in members if member.name == victim_name)
            others = [member for member in members if member is not victim]
            gather(others, lambda seen: True, 1)
            killed = time.monotonic_ns()
            os.kill(victim.process.pid, signal.SIGKILL)

            def all_know(seen):
                knows = {line[0] for line in seen if line[2] == "dead" and line[3] == victim_name}
                isReplaced = victim_name != primary or any(line[2] == "promoted" for line in seen)
                return len(knows) == len(others) and isReplaced

            seen = gather(others, all_know, 30)
            word = "promoted" if victim_name == primary else "dead"
            times = [line[1] - killed for line in seen if line[2] == word]
            result.append((max(times) if word == "dead" else min(times)) / 1e6)
            victim.process.wait()
            members = others
            time.sleep(0.2 + random.random() * 0.3)
        return result
    finally:
        for member in members:
            member.process.kill()
            member.process.wait()


def row(name, values, goal, limit=None):
    """One line of the table; the ratio is to the machine's limit."""
    values = sorted(values)
    median = values[len(values) // 2]
    p99 = values[min(len(values) - 1, int(len(values) * 0.99))]
    ratio = f"{median / limit:6.1f}x" if limit else "      -"
    print(f"{name:34} {median:8.2f} {p99:8.2f} {values[-1]:8.2f} {ratio}  {goal}")
    return median


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory")
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--members", type=int, default=3)
    parser.add_argument("--megabytes", type=int, default=64)
    arguments = parser.parse_args()
    dead, promoted, limit = [], [], []
    for run in range(arguments.runs):
        # The limit is taken between the runs, so that all rows see the same machine.
        output = subprocess.check_output([os.path.join(arguments.directory, "limit"), str(arguments.megabytes), "2"])
        limit += [int(line) / 1e6 for line in output.split()]
        first, second = one_run(arguments.directory, arguments.members, arguments.megabytes, run)
        dead.append(first)
        promoted.append(second)
    what = f"N={arguments.members}, hosts of {arguments.megabytes} MB, {arguments.runs} runs"
    print(f"{what:34} {'median':>8} {'p99':>8} {'max':>8} {'ratio':>7}  goal (median)")
    bound = row("kill -9 until TCP says EOF (limit)", limit, "")
    row("kill -9 until all others know", dead, "5 ms", bound)
    row("kill -9 of the primary: on_promote", promoted, "10 ms", bound)


if __name__ == "__main__":
    sys.exit(main())
