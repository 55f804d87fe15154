#!/usr/bin/env python3
"""What Python's zoneinfo says of time zones, for ZoneTableTests to compare with.

    table.py                   the zones checked in beside this script: makes table.txt
    table.py FOLDER SAMPLES    every zone of a folder, so many random moments in each

Each line: the zone, a moment in seconds since 1970 UTC, the offset there, and the first moment at which the clock
shows what it shows there (another one where an hour comes twice).
"""
import pathlib
import random
import sys
import zoneinfo
from datetime import datetime, timedelta, timezone

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
FIRST = 0
# datetime ends with the year 9999; schedules end with 2399.
LAST = int((datetime(2399, 12, 30, tzinfo=timezone.utc) - EPOCH).total_seconds())


def offset(zone: zoneinfo.ZoneInfo, moment: int) -> int:
    there = (EPOCH + timedelta(seconds=moment)).astimezone(zone)
    distance = there.utcoffset()
    assert distance is not None
    return int(distance.total_seconds())


def first_showing(zone: zoneinfo.ZoneInfo, moment: int) -> int:
    there = (EPOCH + timedelta(seconds=moment)).astimezone(zone).replace(fold=0)
    return int((there - EPOCH) // timedelta(seconds=1))


def change_between(zone: zoneinfo.ZoneInfo, low: int, high: int) -> int:
    """The first second with the offset of `high`, where one change lies between."""
    while high - low > 1:
        middle = (low + high) // 2
        if offset(zone, middle) == offset(zone, low):
            low = middle
        else:
            high = middle
    return high


def moments(zone: zoneinfo.ZoneInfo, samples: int, chance: random.Random, years: tuple[tuple[int, int], ...]) -> list[int]:
    chosen = [chance.randrange(FIRST, LAST) for _ in range(samples)]
    week = 7 * 86400
    for begin, end in years:
        start = int((datetime(begin, 1, 1, tzinfo=timezone.utc) - EPOCH).total_seconds())
        stop = int((datetime(end, 1, 1, tzinfo=timezone.utc) - EPOCH).total_seconds())
        for moment in range(start, stop, week):
            if offset(zone, moment) != offset(zone, moment + week):
                change = change_between(zone, moment, moment + week)
                chosen += [change - 3601, change - 1, change, change + 1, change + 1799, change + 3600, change + 7201]
    return sorted(set(chosen))


def main() -> None:
    here = pathlib.Path(__file__).parent
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here / "zones"
    samples = int(sys.argv[2]) if len(sys.argv) > 2 else 40
    years = () if len(sys.argv) > 1 else ((1996, 1998), (2010, 2012), (2025, 2028), (2037, 2039), (2087, 2089), (2398, 2399))
    chance = random.Random(5)
    lines = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or not path.read_bytes().startswith(b"TZif"):
            continue
        name = str(path.relative_to(folder))
        if name.startswith(("right/", "posix/")):
            continue
        with path.open("rb") as file:
            zone = zoneinfo.ZoneInfo.from_file(file, key=name)
        for moment in moments(zone, samples, chance, years):
            lines.append(f"{name} {moment} {offset(zone, moment)} {first_showing(zone, moment)}")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
