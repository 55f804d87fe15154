"""Authority `store` with PostgreSQL behind TLS: whoever does not trust the server's certificate does not lead."""

from __future__ import annotations

import pathlib
from typing import Any

from harness.certificates import Authority
from harness.process import Stage, throughout
from harness.servers import PostgreSQLTLS
from harness.serving import serving

ROLE = "primary"
OUT_OF_ORDER = 1


def leased(url: str) -> dict[str, Any]:
    return {"failover.authority": "store", "failover.store": url, "failover.lease": "1s"}


def test_who_verifies_the_store_leads_and_who_cannot_says_why(stage: Stage, tmp_path: pathlib.Path) -> None:
    with serving(PostgreSQLTLS) as server:
        wrong = server.way_in(Authority(tmp_path / "stranger"))
        b = stage.start("b", "role=" + ROLE, **leased(wrong))
        said = b.wait_for(event="authority", value=OUT_OF_ORDER)["detail"]
        assert "certificate verify failed" in said and "secret" not in said, said
        a = stage.start("a", "role=" + ROLE, seeds=[b], **leased(server.url))
        began = a.wait_for(callback="promote")
        row = server.sql("SELECT epoch, holder FROM muster_lease").strip().split("|")
        assert row == [str(began["token"]), "a"]
        a.kill()
        stage.agree(b)
        throughout(lambda: not b.is_primary(), "b does not lead without the store", 2.5)
        assert server.seen() <= {"TLSv1.3"}
