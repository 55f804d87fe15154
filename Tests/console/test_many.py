"""A thousand members: told to a real node by a member of another make, as gossip would tell it of them."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from browser import Page
from harness.process import Host, eventually
from peer import Peer
from selenium.webdriver.common.keys import Keys
from town import Town
from wire import Identity, Record

COUNT = 1000
# For how many milliseconds the page did not heed its user.
LONGEST = """
window.longest = 0;
new PerformanceObserver(list => {
  window.longest = Math.max(window.longest, ...list.getEntries().map(each => each.duration));
}).observe({ type: 'longtask', buffered: true });
"""


def tell(peer: Peer, host: Host, *numbers: int) -> None:
    """Tells a node of members that nobody runs: one after the other will be found to be silent."""
    for number in numbers:
        identity = Identity(f"node-{number:04}", time.time_ns() // 1000, number + 1)
        tags = (("rack", str(number // 40)), ("zone", "abc"[number % 3]))
        record = Record(identity, address=bytes([127, 0, 0, 1]), port=peer.port, version=1, tags=tags)
        peer.view.others[identity.id] = record
    peer.sync(("127.0.0.1", host.port))


@pytest.fixture
def peer(town: Town) -> Iterator[Peer]:
    peer = Peer("peer", town.stage.name)
    yield peer
    peer.end()


def test_a_thousand_members(page: Page, town: Town, peer: Peer, told: list[str]) -> None:
    (a,) = town.line("a", profile="frugal", links="0")
    tell(peer, a, *range(COUNT))
    eventually(lambda: len(a.members()) == COUNT + 2, "the node knows them")
    page.command("Page.addScriptToEvaluateOnNewDocument", source=LONGEST)
    page.open(town.url(a))
    page.says("#verdict", "1002 members")
    rows = "document.querySelectorAll('#member-list tr').length"
    assert page.run(rows) == 40
    assert page.run("document.querySelectorAll('#board i').length") == COUNT + 2
    assert len(page.run("[...document.querySelectorAll('#event-list li')]")) <= 60

    page.focus("#filter")
    page.press("node-0777")
    page.wait_for(f"{rows} === 1", "one is found")
    page.says("#member-list", "node-0777", "rack 19")
    page.press(Keys.CONTROL + "a", Keys.DELETE)
    page.press("zone c")
    page.wait_for(f"{rows} === 40", "a third of them is found")
    page.press(Keys.CONTROL + "a", Keys.DELETE)

    page.run("[...document.querySelectorAll('#members .rest')][0].click()")
    page.wait_for(f"{rows} >= {COUNT}", "all are shown")
    page.run("void (window.kept = document.querySelector('[data-id=node-0500]'))")
    before = time.time() * 1000
    tell(peer, a, COUNT)
    late = page.seen(f"member node-{COUNT} alive") - before
    longest = page.run("window.longest")
    told.append(f"{COUNT + 3} members, all shown: one more seen after {late:.0f} ms, longest task {longest:.0f} ms")
    # What has not changed is left alone.
    assert page.run("document.querySelector('[data-id=node-0500]') === window.kept")
    assert page.run("document.documentElement.scrollWidth <= innerWidth")
    assert late < 5000 and longest < 5000
