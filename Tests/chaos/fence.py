"""The fenced table of docs/fencing.md in a real PostgreSQL, and what it took in which order."""

from __future__ import annotations

import pathlib
import re

from checker import Write
from engines import PostgreSQL

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs/fencing.md"

# Of every row that is written, in the order of the writes: the row of the fence is locked meanwhile.
AUDIT = """
CREATE TABLE audit (number bigserial PRIMARY KEY, token bigint NOT NULL, state text NOT NULL);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO audit (token, state) VALUES (new.token, new.state); RETURN new; END $$;
CREATE TRIGGER note AFTER INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION note();
"""


def snippets(heading: str, language: str) -> list[str]:
    """The texts in this language under a heading of the page."""
    section = PAGE.read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(rf"(?s)```{language}\n(.*?)```", section)


class Fence:
    def __init__(self, server: PostgreSQL) -> None:
        self.server = server
        tables, self.statement = snippets("PostgreSQL", "sql")
        self._tables = tables

    def make_anew(self) -> None:
        former = "DROP TABLE IF EXISTS fence, orders, audit; DROP FUNCTION IF EXISTS note()"
        self.server.sql(former, self._tables, AUDIT)

    def writes(self) -> list[Write]:
        """What was accepted, in order."""
        lines = self.server.sql("SELECT state, token FROM audit ORDER BY number").splitlines()
        return [Write(who, int(token)) for who, token in (line.split("|") for line in lines)]
