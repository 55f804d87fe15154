"""One of several identical processes; exactly one of them works, the others stand by.

python primary.py orders a & python primary.py orders b & python primary.py orders c &
"""

import signal
import sys

import muster

cluster_name, name = sys.argv[1:3]
signals = {signal.SIGTERM, signal.SIGINT}
signal.pthread_sigmask(signal.SIG_BLOCK, signals)

with muster.join(cluster_name, node_id=name) as cluster:
    seat = cluster.role("primary")

    @seat.on_promote
    def promoted(token: int) -> None:
        print(f"{name}: I am primary now, fencing token {token}", flush=True)

    @seat.on_demote
    def demoted(token: int) -> None:
        print(f"{name}: I stop: token {token} is no longer mine", flush=True)

    # Work is done while seat.is_primary; here the process only waits to be told to end.
    signal.sigwait(signals)
    cluster.leave(timeout=2)
