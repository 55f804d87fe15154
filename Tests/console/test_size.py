"""The page is in every library, and sent as it is."""

from __future__ import annotations

import re

from harness.build import TOP

PAGE = (TOP / "Sources/CConsole/page.html").read_bytes()


def test_it_is_small() -> None:
    assert len(PAGE) <= 40 * 1024


def test_it_makes_no_markup_of_text() -> None:
    """Every text goes through `put` and `say`, which make text nodes."""
    assert not re.search(rb"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", PAGE)
