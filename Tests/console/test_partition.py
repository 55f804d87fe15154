"""A cable is cut and mended, in network namespaces, before the eyes of whoever looks at one side."""

from __future__ import annotations

import contextlib
import pathlib
import subprocess
import sys
import urllib.request
from collections.abc import Iterator

from browser import HERE, Page
from harness import machines
from harness.network import Network
from harness.process import Stage, eventually, free_port


def answers(url: str) -> bool:
    try:
        return bool(urllib.request.urlopen(f"{url}live", timeout=5).status == 200)
    except OSError:
        return False


@contextlib.contextmanager
def window(network: Network, machine: str, port: int, folder: pathlib.Path) -> Iterator[str]:
    """The URL under which a port of a machine's own loopback is seen from here."""
    path, here = str(folder / machine), free_port()
    relay = [sys.executable, str(HERE / "relay.py")]
    inside = subprocess.Popen([*network.on(machine), *relay, path, str(port)])
    outside = subprocess.Popen([*relay, str(here), path])
    try:
        url = f"http://127.0.0.1:{here}/"
        eventually(lambda: answers(url), "the relay listens")
        yield url
    finally:
        for process in (outside, inside):
            process.kill()
            process.wait()


def test_a_cut_and_its_end(
    page: Page, stage: Stage, network: Network, tmp_path: pathlib.Path, told: list[str]
) -> None:  # fmt: skip
    hosts = machines.cluster(stage, network, "a", "b", "c", http="127.0.0.1:7880", **{"suspicion_min": "500ms"})
    with window(network, "c", 7880, tmp_path) as url:
        page.open(url)
        page.says("#verdict", "3 members, all alive")
        page.says("[data-role=primary] .first", "a")
        network.split(["a", "b"], ["c"])
        page.says("#attention", "is suspect")
        page.seen("event member-suspect a")
        for id in ("a", "b"):
            late = page.seen(f"member {id} dead") - page.time_of(f"member-dead {id}")
            told.append(f"behind a cut cable, member-dead {id}: seen after {late:.0f} ms")
            assert late < 4000
        page.says("#attention", "This node is isolated")
        # Each side has a primary, and this one shows its own.
        page.says("[data-role=primary] .first", "c")
        network.heal()
        page.wait(lambda: "isolated" not in page.text("#attention"), "it is not alone any more")
        page.says("#verdict", "3 members, all alive")
        page.wait_for("document.querySelectorAll('[data-role=primary] .first').length === 1", "one leads")
        leaders = [host.id for host in hosts if host.is_primary()]
        page.says("[data-role=primary] .first", *leaders)
        page.says("#event-list", "c is isolated no more")
