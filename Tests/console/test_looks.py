"""It can be read and used on a phone, in the dark, by the keyboard, and by those who do not see it."""

from __future__ import annotations

import importlib.resources
import json
from typing import Any

import pytest
from browser import DESK, PHONE, Page
from selenium.webdriver.common.keys import Keys
from town import Town

SCHEMES = ["light", "dark"]
SIZES = [PHONE, (768, 1024), DESK]


def busy(page: Page, town: Town) -> None:
    """A page with something of everything: roles, tags, tasks, somebody frozen and somebody dead."""
    hosts = town.line("a", "b", "c", "d", expected_size="4")
    for host in hosts[:2]:
        assert host.ask("daemon mailer")["result"] == 0
        assert host.ask("tag zone west")["result"] == 0
    assert hosts[0].ask("pause primary 5000")["result"] == 0
    assert hosts[1].ask("ready primary 0")["result"] == 0
    page.open(town.url(hosts[0]))
    hosts[2].freeze()
    hosts[3].kill()
    page.seen("member c unresponsive")
    page.seen("member d dead")
    page.says("#task-list", "running")
    page.says("#attention", "c is unresponsive", "primary is paused")


def violations(page: Page) -> list[str]:
    """What axe-core finds that keeps somebody out, or may."""
    page.driver.execute_script((importlib.resources.files("axe_playwright_python") / "axe.min.js").read_text())
    found: list[dict[str, Any]] = page.driver.execute_async_script(
        "const done = arguments[0]; axe.run(document).then(({ violations }) => done(violations))"
    )
    return [f"{each['impact']}: {each['help']}: {json.dumps(each['nodes'][:3])}" for each in found]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_nothing_keeps_anybody_out(page: Page, town: Town, scheme: str) -> None:
    page.look(DESK, scheme)
    busy(page, town)
    assert not violations(page)
    page.look(PHONE, scheme)
    assert not violations(page)
    page.focus("[data-role=primary] .quiet")
    page.press(Keys.ENTER)
    page.wait_for("document.querySelector('#menu:popover-open')", "the menu is open")
    assert not violations(page)
    page.press(Keys.ENTER)
    page.wait_for("document.querySelector('#question').open", "the question is asked")
    assert not violations(page)


def test_it_fits(page: Page, town: Town) -> None:
    busy(page, town)
    for size in SIZES:
        page.look(size)
        assert page.run("document.documentElement.scrollWidth <= innerWidth"), size
        beyond = (
            "[...document.querySelectorAll('main *, header *, aside *')]"
            ".filter(each => each.checkVisibility() && !each.closest('.unseen, .strip'))"
            ".filter(each => each.getBoundingClientRect().right > innerWidth + 1).map(each => each.outerHTML)"
        )
        assert page.run(beyond) == [], size


def test_dark_is_dark(page: Page, town: Town) -> None:
    (a,) = town.line("a")
    page.open(town.url(a))
    light = page.run("getComputedStyle(document.documentElement).backgroundColor")
    page.look(DESK, "dark")
    dark = page.run("getComputedStyle(document.documentElement).backgroundColor")

    def brightness(colour: str) -> int:
        return sum(map(int, colour.removeprefix("rgb(").rstrip(")").split(",")))

    assert brightness(light) > 600 > 150 > brightness(dark)


def test_the_keyboard_reaches_all(page: Page, town: Town) -> None:
    busy(page, town)
    reachable = "[...document.querySelectorAll('a, button, input, aside')].filter(each => each.checkVisibility())"
    count = page.run(f"{reachable}.length")
    assert count >= 10
    page.run("document.activeElement.blur()")
    page.run("window.reached = new Set()")
    for _ in range(count):
        page.tab()
        page.run("void reached.add(document.activeElement)")
        assert page.run("document.activeElement.matches(':focus-visible')"), page.focused
        outline = page.run("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", page.focused
    assert page.run(f"{reachable}.filter(each => !reached.has(each)).map(each => each.outerHTML)") == []


def test_states_are_told_in_words_and_shapes(page: Page, town: Town) -> None:
    busy(page, town)
    shapes = {}
    for id, state in (("a", "alive"), ("c", "unresponsive"), ("d", "dead")):
        page.says(f"tr[data-id={id}]", state)
        shapes[state] = page.run("document.querySelector(`tr[data-id=${arguments[0]}] use`).getAttribute('href')", id)
    assert len(set(shapes.values())) == 3


def test_who_wants_no_motion_gets_none(page: Page, town: Town) -> None:
    page.look(is_calm=True)
    (a,) = town.line("a")
    page.open(town.url(a))
    page.run("Element.prototype.animate = function () { window.moved = true; }")
    town.start("b", "role=primary", seeds=[a])
    page.seen("event member-joined b")
    assert page.run("window.moved") is None


def test_landmarks_and_tables(page: Page, town: Town) -> None:
    busy(page, town)
    tree = page.command("Accessibility.getFullAXTree")["nodes"]
    roles = [node["role"]["value"] for node in tree if "role" in node and not node["ignored"]]
    for role in ("banner", "navigation", "main", "complementary"):
        assert roles.count(role) == 1, role
    headings = page.run(
        "[...document.querySelectorAll('h1, h2, h3')].filter(each => each.checkVisibility()).map(each => each.tagName)"
    )
    assert headings[0] == "H1" and headings.count("H1") == 1 and "H3" not in headings[:2]
    assert roles.count("table") == 2 and roles.count("columnheader") == 11
    assert page.run("document.querySelector('#news').ariaLive") == "polite"
