"""A node that is reached from elsewhere shows itself to those who have its token."""

from __future__ import annotations

import pathlib

from browser import Page
from selenium.webdriver.common.keys import Keys
from town import Town

TOKEN = "correct-horse-battery-staple"


def enter(page: Page, token: str) -> None:
    page.wait_for("document.activeElement.id === 'token'", "the field has the focus")
    page.press(token, Keys.ENTER)


def test_the_token_is_asked_for(page: Page, town: Town, tmp_path: pathlib.Path) -> None:
    (a,) = town.line("a", http_token_file=town.token_file(tmp_path, TOKEN))
    page.open(town.url(a), "locked")
    assert page.run("!document.querySelector('#console').checkVisibility()")
    assert page.run("document.querySelector('#token').type") == "password"
    enter(page, "wrong")
    page.says("#refused", "The node refused this token.")
    enter(page, TOKEN)
    page.says("#verdict", "1 member, all alive")
    assert page.run("document.querySelector('#console').checkVisibility()")
    assert not page.run("document.querySelector('#entry').checkVisibility()")
    # Events too, which come by another way.
    town.start("b", "role=primary", seeds=[a])
    page.seen("event member-joined b")
    page.driver.refresh()
    page.says("#verdict", "2 members, all alive")
    assert TOKEN not in str(page.run("[location.href, document.cookie, JSON.stringify(localStorage)]"))
    assert TOKEN not in str(page.run("document.documentElement.outerHTML"))


def test_an_order_bears_the_token(page: Page, town: Town, tmp_path: pathlib.Path) -> None:
    (a,) = town.line("a", http_token_file=town.token_file(tmp_path, TOKEN))
    page.open(town.url(a), "locked")
    enter(page, TOKEN)
    page.wait_for("document.querySelector('[data-role=primary] .quiet')?.checkVisibility()", "the role is there")
    page.focus("[data-role=primary] .quiet")
    page.press(Keys.ENTER)
    page.wait_for("document.querySelector('#menu:popover-open')", "the menu is open")
    page.run("[...document.querySelectorAll('#menu button')].find(each => each.innerText.startsWith('Pause')).click()")
    page.focus("#yes")
    page.press(Keys.ENTER)
    page.says("#attention", "primary is paused")
