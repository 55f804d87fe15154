"""The pictures of the documents can be taken anew."""

from __future__ import annotations

import pathlib

import pictures
from browser import Page
from harness.process import Stage


def test_the_pictures_are_taken(page: Page, stage: Stage, tmp_path: pathlib.Path) -> None:
    for picture in pictures.take(stage, page, tmp_path):
        data = picture.read_bytes()
        assert data.startswith(b"\x89PNG") and 10_000 < len(data) < pictures.LARGEST
