"""A store that refuses at once is asked again soon, but not as fast as it refuses."""

from __future__ import annotations

import contextlib
import time

import pytest
from chaos import LEASE, Chaos
from engines import Engine, EtcdEngine, PostgreSQLEngine
from fence import Fence

from harness.network import Network
from harness.process import Stage, eventually, throughout
from harness.proxy import Weather

SECONDS = 3.0
# A failed look is to be followed by another after a quarter of the renewals' distance: 24 in a second with this lease.
MOST_A_SECOND = 100


@pytest.mark.parametrize("engine", [PostgreSQLEngine, EtcdEngine], indirect=True)
def test_a_store_that_refuses_is_asked_in_measure(
    stage: Stage, network: Network | None, engine: Engine, fence: Fence
) -> None:
    chaos = Chaos(stage, network, engine, "", fence.server.port, fence.statement)
    try:
        chaos.start()
        with contextlib.ExitStack() as stack:
            proxies = [proxy for machine in chaos.machines.values() for proxy in machine.store]
            for proxy in proxies:
                stack.enter_context(proxy.under(Weather(accepts=False)))
                proxy.cut()
            eventually(lambda: not chaos.believers(), "nobody leads without the store")
            # Until the lease that nobody renews has been waited for.
            throughout(lambda: not chaos.believers(), "nobody leads without the store", 3 * LEASE)
            before = [proxy.counts.get("refused", 0) for proxy in proxies]
            time.sleep(SECONDS)
            rates = [(proxy.counts["refused"] - count) / SECONDS for proxy, count in zip(proxies, before, strict=True)]
        chaos.settle()
    finally:
        chaos.end()
    assert max(rates) <= MOST_A_SECOND, rates
