"""What happens is to be seen at once. The clock of the page is compared with the time that the node gives the event."""

from __future__ import annotations

import contextlib
import signal
import urllib.request

from browser import Page
from harness.process import Host
from town import Town

# A second is what is promised on a machine that has time; the figures are printed.
LATEST = 4000


def lag(page: Page, told: list[str], sight: str, event: str) -> None:
    """Milliseconds from an event of the node's to what it means being seen."""
    late = page.seen(sight) - page.time_of(event)
    told.append(f"{event}: seen as '{sight}' after {late:.0f} ms")
    assert late < LATEST


def awaken(host: Host) -> None:
    host.send(signal.SIGCONT)


def test_a_join(page: Page, town: Town, told: list[str]) -> None:
    (a,) = town.line("a")
    page.open(town.url(a))
    page.says("#verdict", "1 member, all alive")
    b = town.start("b", "role=primary", seeds=[a])
    lag(page, told, "member b alive", "member-joined b")
    page.says("#verdict", "2 members, all alive", "1 role led")
    page.says("[data-role=primary]", f"token {a.token()}", "a\nprimary", "b\nnext in line")
    page.says("tr[data-id=b]", "alive", b.address)
    page.says("tr[data-id=a]", "this node")


def test_a_death_and_who_saw_it(page: Page, town: Town, told: list[str]) -> None:
    hosts = town.line("a", "b", "c")
    page.open(town.url(hosts[1]))
    page.says("[data-role=primary] .first", "a")
    hosts[0].kill()
    lag(page, told, "member a dead", "member-dead a")
    lag(page, told, "primary primary b", "primary-changed primary b")
    page.says("tr[data-id=a].gone", "dead", "the process is gone", "seen by", "silent for")
    page.says("li[data-kind=member-dead]", "a is dead", "seen by", "silent for")
    page.says("li[data-kind=primary-changed]", "b is primary of primary", f"token {hosts[1].token()}")
    page.wait(lambda: "a is dead" in page.run("document.querySelector('#news').textContent"), "listeners are told")


def test_a_freeze_and_its_end(page: Page, town: Town, told: list[str]) -> None:
    hosts = town.line("a", "b", "c")
    page.open(town.url(hosts[0]))
    hosts[2].freeze()
    lag(page, told, "member c unresponsive", "member-unresponsive c")
    page.says("#attention", "c is unresponsive")
    page.says("tr[data-id=c]", "unresponsive", "its process does not answer", "last heard")
    assert page.run("document.title").startswith("\u25b2")
    awaken(hosts[2])
    # Seen alive since the beginning: the second time counts.
    recovered = page.time_of("member-recovered c")
    page.wait_for("document.querySelector('tr[data-id=c]').dataset.state === 'alive'", "c is alive again")
    at = page.run("window.seen.findLast(each => each.what === 'member c alive').at")
    told.append(f"member-recovered c: seen after {at - recovered:.0f} ms")
    assert at - recovered < LATEST
    page.says("#verdict", "3 members, all alive")
    page.wait(lambda: not page.text("#attention"), "nothing needs attention")


def test_a_minority(page: Page, town: Town) -> None:
    hosts = town.line("a", "b", "c", expected_size="3")
    page.open(town.url(hosts[2]))
    hosts[0].kill()
    hosts[1].kill()
    page.says("#attention", "This node is in a minority")
    page.says("#verdict", "1 member, all alive")


def test_a_node_that_does_not_answer(page: Page, town: Town) -> None:
    a, b = town.line("a", "b")
    page.open(town.url(b))
    page.says("tr[data-id=a]", "alive")
    b.freeze()
    page.says("#outage", "b has not answered for")
    page.says("#link", "no answer")
    a.kill()
    awaken(b)
    page.wait_for("document.body.dataset.standing === 'live'", "it is live again")
    # What happened meanwhile was not missed.
    page.seen("event member-dead a")
    page.wait_for("document.querySelector('#outage').hidden", "the outage is over")


def test_another_start_of_the_node(page: Page, town: Town) -> None:
    a, b = town.line("a", "b")
    url = town.url(b)
    page.open(url)
    page.says("tr[data-id=b]", "this node")
    b.kill()
    page.says("#link", "no answer")
    again = town.stage.start("b", "role=primary", seeds=[a], bind="127.0.0.1", http=town.address(b))
    page.wait_for("document.body.dataset.standing === 'live'", "it is live again")
    page.says("#here", f"process {again.pid}")
    a.kill()
    page.seen("event member-dead a")


def test_what_was_before_the_page(page: Page, town: Town) -> None:
    a, b, c = town.line("a", "b", "c")
    c.kill()
    a.wait_for(event="dead", member="c")
    page.open(town.url(a))
    page.says("#event-list", "b joined", "c joined", "c is dead", "a is primary of primary")
    page.says("tr[data-id=c].gone", "dead", "ago")


def test_a_role_that_nobody_is_ready_for(page: Page, town: Town) -> None:
    a, b = town.line("a", "b")
    page.open(town.url(a))
    assert b.ask("ready primary 0")["result"] == 0
    page.says("[data-role=primary] [data-id=b]", "not ready")
    assert a.ask("pause primary 5000")["result"] == 0
    page.says("#attention", "primary is paused")
    page.says("[data-role=primary].paused", "paused")


def test_tags(page: Page, town: Town) -> None:
    a, b = town.line("a", "b")
    page.open(town.url(a))
    assert b.ask("tag zone west")["result"] == 0
    page.says("tr[data-id=b]", "zone west")


def test_where_too_many_follow_the_events(page: Page, town: Town) -> None:
    """Then the page asks again and again instead."""
    (a,) = town.line("a")
    with contextlib.ExitStack() as followers:
        events = f"http://{town.address(a)}/v1/events"
        for _ in range(16):
            assert followers.enter_context(urllib.request.urlopen(events, timeout=10)).readline()
        page.open(town.url(a))
        town.start("b", "role=primary", seeds=[a])
        page.says("tr[data-id=b]", "alive")
        page.says("#link", "live")
    # One has left.
    page.seen("event member-joined b")


def test_members_are_called_by_their_names(page: Page, town: Town) -> None:
    a = town.start("a", "role=primary", name="Ada")
    a.wait_for(callback="promote")
    page.open(town.url(a))
    page.says("#event-list", "Ada is primary of primary")
    b = town.start("b", "role=primary", name="Bob", seeds=[a])
    page.says("#event-list", "Bob joined")
    page.says("tr[data-id=b]", "Bob b")
    page.says("[data-role=primary]", "Ada\nprimary", "Bob\nnext in line")
    b.kill()
    page.says("#event-list", "Bob is dead")
