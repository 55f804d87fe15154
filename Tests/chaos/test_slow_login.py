"""A store whose logins take longer than a renewal may, and whose answers then come at once."""

from __future__ import annotations

import contextlib
import re
from typing import Any

import pytest
from chaos import LEASE, Chaos
from engines import Engine, EtcdWithPassword, MariaDBEngine, PostgreSQL, PostgreSQLEngine
from fence import Fence

from harness.network import Network
from harness.process import Stage, eventually
from harness.proxy import Proxy, Weather, listen

SLOW = 0.4 * LEASE


@pytest.mark.parametrize(
    "engine",
    [PostgreSQLEngine, EtcdWithPassword, MariaDBEngine],
    indirect=True,
)
def test_a_login_that_takes_longer_than_a_renewal_succeeds(
    stage: Stage, network: Network | None, engine: Engine, fence: Fence
) -> None:
    chaos = Chaos(stage, network, engine, "", fence.server.port, fence.statement)
    try:
        with contextlib.ExitStack() as stack:
            for machine in chaos.machines.values():
                for proxy in machine.store:
                    stack.enter_context(proxy.under(Weather(greeting=SLOW)))
            for machine in chaos.machines.values():
                machine.start()
            eventually(lambda: len(chaos.believers()) == 1, "one primary", 10)
    finally:
        chaos.end()


@pytest.mark.parametrize("engine", [PostgreSQLEngine], indirect=True)
def test_a_slow_login_does_not_shorten_later_requests(stage: Stage, engine: Engine) -> None:
    (server,) = engine.servers
    assert isinstance(server, PostgreSQL)
    server.sql("ALTER SYSTEM SET log_statement = 'all'", "SELECT pg_reload_conf()")
    proxy = Proxy(listen(None), ("127.0.0.1", server.port))
    store: dict[str, Any] = {"failover.authority": "store", "failover.store": engine.url([proxy.port])}
    store["failover.lease"] = "6600ms"
    try:
        # A request may take a sixth of the lease: 1100 ms. Of those the login takes 800.
        with proxy.under(Weather(greeting=0.8)):
            stage.start("a", "role=primary", **store).wait_for(callback="promote")
    finally:
        stage.end()
        proxy.end()
    given = re.findall(r"statement_timeout', '(\d+)'", (server.directory / "log").read_text())
    assert given and min(map(int, given)) >= 1100
