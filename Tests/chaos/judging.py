"""What is said of a run by chance: where it went wrong, and what it was."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from chaos import Chaos, write_down
from checker import violations
from fence import Fence


@contextlib.contextmanager
def told(chaos: Chaos, seconds: float) -> Iterator[None]:
    """The run; its story is kept where it goes wrong."""
    print(f"replay with --seed {chaos.seed} --seconds {seconds}")
    try:
        yield
    except BaseException:
        print(f"see {write_down(chaos)}")
        raise
    finally:
        chaos.end()


def judged(chaos: Chaos, fence: Fence, seconds: float) -> str:
    """Fails where two were primary, or a stale write came through; what was seen, for people."""
    history, writes = chaos.history(), fence.writes()
    found = violations(history, writes, chaos.began)
    if found:
        found.append(f"see {write_down(chaos)}, replay with --seed {chaos.seed} --seconds {seconds}")
    assert not found, "\n".join(found)
    refused = sum(len(host.said(work="refused")) for machine in chaos.machines.values() for host in machine.starts)
    tokens = len({interval.token for interval in history})
    # The run was one at all: several were primary, and they wrote.
    assert tokens > 1 and len({write.token for write in writes}) > 1
    return (
        f"seed {chaos.seed}, {seconds:.0f} s, {len(chaos.deeds)} deeds, {tokens} tokens,"
        f" {len(writes)} writes accepted and {refused} refused"
    )
