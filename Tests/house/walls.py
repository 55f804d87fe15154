#!/usr/bin/env python3
"""Checks that the house stands as docs/architecture.md draws it.

- No file imports a room that Package.swift does not draw an arrow to, and no arrow points up.
- The core imports nothing but the core: no Foundation, no clock, no socket, no lock.
- The library imports no Foundation, no Dispatch, no Synchronization.Mutex, starts no Swift task.
- Nothing in Sources can be told to trap: no force unwrap by try! or as!, no fatalError, no precondition.
- The links of the pages lead somewhere (links.py).
"""
import pathlib
import re
import sys

import links

ROOT = pathlib.Path(__file__).resolve().parents[2]

# From the ground up. A room may import rooms that stand before it, where an arrow is drawn.
CORE = {
    "Basics": set(),
    "Schedule": {"Basics"},
    "Wire": {"Basics"},
    "Membership": {"Basics", "Wire"},
    "Failover": {"Basics", "Wire"},
    "Lease": {"Basics", "Wire"},
    "Tasks": {"Basics", "Wire", "Schedule"},
    "Engine": {"Basics", "Wire", "Membership", "Failover", "Lease"},
}
NIO = {"NIOCore", "NIOPosix", "NIOConcurrencyHelpers"}
EFFECTS = {
    "Options": {"Basics", "CToml", "Glibc"},
    "Sealing": {"Basics", "CSodium"},
    "Memory": {"Basics", "Wire", "CGuest", "Glibc", "Synchronization"},
    "Zones": {"Schedule", "Glibc"},
    "Threads": {"Basics", "CGuest", "Glibc"},
    "Stores": {"Basics", "Lease", "Threads", "CStores", "CGuest", "CJson", "Glibc"},
    "Transport": {"Basics", "Sealing", "Threads", "CGuest", "Glibc"} | NIO,
    "Node": set(CORE) | {"Options", "Sealing", "Memory", "Threads", "Transport", "Stores", "Zones", "CGuest", "CGuardian", "CJson", "Glibc", "Synchronization"} | NIO,
    "Console": {"Node", "Options", "Tasks", "Transport", "CConsole", "Glibc", "NIOCore", "NIOPosix", "NIOHTTP1"},
    "CAPI": {"Node", "Console", "Options", "Tasks", "CTypes", "CGuest", "Glibc", "NIOConcurrencyHelpers"},
}
ABOVE = {
    "Simulation": set(CORE),
    "Simulate": {"Simulation", "Glibc"} | set(CORE),
    "Command": {"Node", "Console", "Options", "Sealing", "Stores", "Schedule", "Tasks", "Basics", "Wire", "Threads", "CGuest", "CSupervisor", "Transport", "Glibc", "ArgumentParser", "NIOCore", "NIOPosix", "NIOSSL"},
    "Guardian": {"Basics", "Lease", "Threads", "Stores", "CGuest", "CGuardian", "Glibc"},
}
ROOMS = CORE | EFFECTS | ABOVE

IMPORT = re.compile(
    r"^[ \t]*(?:@\w+[ \t]+)?(?:(?:public|package|internal|private)[ \t]+)?import[ \t]+"
    r"(?:(?:struct|class|enum|func|protocol|typealias|let|var)[ \t]+)?(\w+)",
    re.M,
)
TRAPS = re.compile(r"\btry!|\bas!|\bfatalError\(|\bpreconditionFailure\(|\bprecondition\(|\bassert\(|\bunsafeBitCast\(")
TASKS = re.compile(r"\bTask\s*[{.]|\basync\s+(?:let|throws|->)|\bactor\s+\w|\bMutex<|\bDispatchQueue\b")


def without_comments(text: str) -> str:
    """The code alone; words in comments and texts break no wall."""
    text = re.sub(r"//[^\n]*", "", text)
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    return re.sub(r'"(?:\\.|[^"\\\n])*"', '""', text)


def main() -> int:
    faults = []
    seen = set()
    for path in sorted((ROOT / "Sources").rglob("*.swift")):
        room = path.relative_to(ROOT / "Sources").parts[0]
        seen.add(room)
        where = path.relative_to(ROOT)
        if room not in ROOMS:
            faults.append(f"{where}: the room {room} is not drawn in Tests/house/walls.py")
            continue
        code = without_comments(path.read_text())
        for module in IMPORT.findall(code):
            if module not in ROOMS[room]:
                faults.append(f"{where}: {room} must not import {module}")
        for trap in TRAPS.findall(code):
            faults.append(f"{where}: '{trap}' could end the host's process")
        if room in CORE or room in EFFECTS:
            for task in TASKS.findall(code):
                faults.append(f"{where}: '{task}' starts what the library must not have")
    for room in ROOMS:
        if room not in seen:
            faults.append(f"Sources/{room}: the room is drawn in Tests/house/walls.py and does not exist")
    faults += links.faults()
    for fault in faults:
        print(fault)
    print(f"{len(seen)} rooms and {len(links.pages())} pages looked at, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
