"""Names, roles and tags come from whoever is in the cluster."""

from __future__ import annotations

from browser import Page
from harness.process import eventually
from town import Town

EVIL = "<img src=x onerror=window.caught=1>"


def test_what_others_chose_is_text(page: Page, town: Town) -> None:
    (a,) = town.line("a")
    page.open(town.url(a))
    b = town.start(EVIL, f"role={EVIL}", f"name={EVIL}", seeds=[a])
    for key in ("<b>key</b>", "plain"):
        assert b.ask(f"tag {key} {EVIL}")["result"] == 0
    assert b.ask("daemon <script>window.caught=1</script>")["result"] == 0
    page.says("#member-list", EVIL, "<b>key</b>")
    page.says("#role-list", EVIL)
    page.says("#event-list", f"{EVIL} joined")
    page.says("#task-list", "<script>window.caught=1</script>")
    b.kill()
    page.says("#event-list", f"{EVIL} is dead")
    page.says("#member-list .gone", EVIL)
    assert page.run("document.querySelectorAll('#console img, #console script').length") == 0
    assert page.run("window.caught") is None


def test_marks_that_turn_the_writing_are_shown(page: Page, town: Town) -> None:
    a, b = town.line("a", "b")
    page.open(town.url(a))
    assert b.ask("tag note before\u202eafter\x07")["result"] == 0
    page.says("tr[data-id=b]", "before\ufffdafter\ufffd")


def test_long_names_stay_in_the_page(page: Page, town: Town) -> None:
    (a,) = town.line("a")
    long = "x" * 64
    b = town.start(long, f"role={long}", f"name={long}", seeds=[a])
    assert b.ask(f"tag {'k' * 60} {'v' * 200}")["result"] == 0
    eventually(lambda: a.members().get(long, {}).get("tags"), "a knows the tag")
    page.look((360, 740))
    page.open(town.url(a))
    page.says("#member-list", "v" * 200)
    assert page.run("document.documentElement.scrollWidth <= innerWidth")
