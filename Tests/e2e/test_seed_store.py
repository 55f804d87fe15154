"""Members that find each other through a store."""

from __future__ import annotations

import pathlib
import sqlite3
from contextlib import closing, suppress

from harness.process import Host, Stage, eventually

UNSUPPORTED = -11


def entries(store: pathlib.Path) -> list[str]:
    with closing(sqlite3.connect(store, timeout=10)) as connection, suppress(sqlite3.OperationalError):
        return [id for (id,) in connection.execute("SELECT id FROM muster_member ORDER BY id")]
    # The table is not made yet.
    return []


def start(stage: Stage, store: pathlib.Path, id: str, *arguments: str, **more: str) -> Host:
    return stage.start(id, *arguments, seed_store=f"sqlite:{store}", **more)


def test_members_find_each_other(stage: Stage, tmp_path: pathlib.Path) -> None:
    store = tmp_path / "members.db"
    a = start(stage, store, "a")
    eventually(lambda: store.exists() and entries(store) == ["a"], "a leaves word")
    b, c = start(stage, store, "b"), start(stage, store, "c")
    stage.agree(a, b, c)
    eventually(lambda: entries(store) == ["a", "b", "c"], "all leave word")
    # Who leaves takes it back; who is killed does not, and hinders nobody.
    assert b.ask("leave 5000")["result"] == 0
    eventually(lambda: entries(store) == ["a", "c"], "b takes its word back")
    c.kill()
    d = start(stage, store, "d")
    eventually(lambda: d.sees("a", "d"), "d finds a")
    other = start(stage, store, "x", cluster=stage.name + "-other")
    eventually(lambda: "x" in entries(store), "x leaves word")
    assert other.sees("x") and a.sees("a", "d")


def test_one_store_for_members_and_leases(stage: Stage, tmp_path: pathlib.Path) -> None:
    store = tmp_path / "both.db"
    lease = {"failover.authority": "store", "failover.store": f"sqlite:{store}", "failover.lease": "1s"}
    a = start(stage, store, "a", "role=primary", **lease)
    a.wait_for(callback="promote")
    b = start(stage, store, "b", "role=primary", **lease)
    stage.agree(a, b)
    a.kill()
    b.wait_for(callback="promote")


def test_a_store_that_is_away_is_no_obstacle(stage: Stage, tmp_path: pathlib.Path) -> None:
    a = stage.start("a", "host.log=2", seed_store="postgresql://127.0.0.1:1/none")
    b = start(stage, tmp_path / "other.db", "b", seeds=[a])
    stage.agree(a, b)
    eventually(lambda: [line for line in a.said(log="line") if "seed_store" in line["message"]], "it is told of")


def test_a_store_of_no_kind_is_refused(stage: Stage) -> None:
    refused = stage.start("a", seed_store="gopher://x").wait_for(failed="join")
    assert refused["result"] == UNSUPPORTED and "seed_store" in refused["error"], refused
