"""Orders: a menu, a question, an answer. Given by the keyboard, as by those who have no mouse."""

from __future__ import annotations

from browser import Page
from harness.process import Host, eventually
from selenium.webdriver.common.keys import Keys
from town import Town


def choose(page: Page, menu: str, word: str) -> None:
    """Opens the menu of a role or a task and takes one of its orders."""
    page.wait_for("document.querySelector(arguments[0])?.checkVisibility()", f"{menu} is there", menu)
    page.focus(menu)
    page.press(Keys.ENTER)
    page.wait_for("document.querySelector('#menu:popover-open')", "the menu is open")
    for _ in range(6):
        if page.focused.startswith(word):
            break
        page.tab()
    assert page.focused.startswith(word)
    page.press(Keys.ENTER)
    page.wait_for("document.querySelector('#question').open", "the question is asked")


def confirm(page: Page) -> None:
    page.focus("#yes")
    page.press(Keys.ENTER)


def is_closed(page: Page) -> None:
    page.wait_for("!document.querySelector('#question').open", "the question is answered")


def give(page: Page, menu: str, word: str, choice: str = "") -> None:
    """An order from the menu to its end; `choice` is typed where a node is to be chosen."""
    choose(page, menu, word)
    if choice:
        page.focus("#choice")
        page.press(choice)
    confirm(page)
    is_closed(page)


ROLE = "[data-role=primary] .quiet"


def test_stepping_down(page: Page, town: Town) -> None:
    a, b = town.line("a", "b")
    page.open(town.url(a))
    page.says("[data-role=primary] .line", "a\nprimary", "b\nnext in line")
    choose(page, ROLE, "Step down")
    assert page.text("#question-text") == "a stops, then b begins."
    confirm(page)
    is_closed(page)
    page.says("[data-role=primary] .first", "b")
    b.wait_for(callback="promote")
    assert page.focused == "Orders for primary"
    page.says("#event-list", "a gave up primary", "b is primary of primary")


def test_promoting_a_chosen_member(page: Page, town: Town) -> None:
    a, _, c = town.line("a", "b", "c")
    page.open(town.url(a))
    page.says("[data-role=primary] .line", "c\n2 in line")
    give(page, ROLE, "Promote", "c")
    c.wait_for(callback="promote")
    page.says("[data-role=primary] .first", "c")


def test_pausing_and_resuming(page: Page, town: Town) -> None:
    a, b = town.line("a", "b")
    page.open(town.url(a))
    give(page, ROLE, "Pause")
    page.says("[data-role=primary].paused", "paused")
    page.says("#attention", "primary is paused")
    eventually(lambda: all(seat["paused"] for seat in b.members()["b"]["seats"]), "b has heard of it")
    give(page, ROLE, "Resume")
    page.wait_for("!document.querySelector('[data-role=primary].paused')", "it goes on")


def test_a_refusal_is_shown(page: Page, town: Town) -> None:
    (a,) = town.line("a")
    page.open(town.url(a))
    choose(page, ROLE, "Step down")
    confirm(page)
    page.says("#answer", "CLUSTER_E_NO_CANDIDATE")
    assert a.is_primary()
    page.press(Keys.ESCAPE)
    is_closed(page)


def test_escape_does_nothing_to_the_cluster(page: Page, town: Town) -> None:
    a, _ = town.line("a", "b")
    page.open(town.url(a))
    page.wait_for("document.querySelector(arguments[0])?.checkVisibility()", "the menu's button is there", ROLE)
    page.focus(ROLE)
    page.press(Keys.ENTER)
    page.wait_for("document.querySelector('#menu:popover-open')", "the menu is open")
    assert page.run("document.querySelector(arguments[0]).ariaExpanded", ROLE) == "true"
    page.press(Keys.ESCAPE)
    page.wait_for("!document.querySelector('#menu:popover-open')", "the menu is closed")
    assert page.focused == "Orders for primary"
    choose(page, ROLE, "Step down")
    # Whoever holds the key down too long gives no order.
    assert page.focused == "Cancel"
    page.press(Keys.ENTER)
    is_closed(page)
    choose(page, ROLE, "Step down")
    page.press(Keys.ESCAPE)
    is_closed(page)
    assert page.focused == "Orders for primary"
    assert a.is_primary()


def running(page: Page, name: str, node: str) -> None:
    page.says(f"[data-task={name}]", "running", node)


def offer(hosts: list[Host], command: str) -> None:
    for host in hosts:
        assert host.ask(command)["result"] == 0


def test_a_task(page: Page, town: Town) -> None:
    hosts = town.line("a", "b")
    page.open(town.url(hosts[0]))
    offer(hosts, "daemon mailer")
    page.says("[data-task=mailer]", "daemon", "running", "of 2")
    owner = page.run("document.querySelector('[data-task=mailer]').dataset.owner")
    other = "a" if owner == "b" else "b"
    button = "[data-task=mailer] .quiet"
    give(page, button, "Move", other)
    page.wait_for("document.querySelector('[data-task=mailer]').dataset.owner === arguments[0]", "it has moved", other)
    running(page, "mailer", other)
    give(page, button, "Pause")
    page.says("[data-task=mailer]", "paused")
    give(page, button, "Resume")
    page.says("[data-task=mailer]", "running")


def test_a_job_is_run_now(page: Page, town: Town) -> None:
    (a,) = town.line("a")
    page.open(town.url(a))
    assert a.ask("job report - 0 0 3 1 1 *")["result"] == 0
    page.says("[data-task=report]", "job", "running", "0 0 3 1 1 *")
    give(page, "[data-task=report] .quiet", "Run now")
    a.wait_for(task="run", name="report")
