"""A store whose logins take longer than a renewal may, and whose answers then come at once."""

from __future__ import annotations

import contextlib

import pytest
from chaos import LEASE, Chaos
from engines import Engine, EtcdWithPassword, MariaDBEngine, PostgreSQLEngine
from fence import Fence
from proxy import Weather

from harness.network import Network
from harness.process import Stage, eventually

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
