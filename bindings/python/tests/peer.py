"""A node in a process of its own, led by lines on standard input and telling on standard output.

python peer.py '{"role": "primary", "options": {...}}'
"""

import json
import sys
from typing import Any

import muster
from harness import until


def tell(what: str, **more: Any) -> None:
    print(json.dumps({"what": what, **more}), flush=True)


def seats(cluster: muster.Cluster) -> int:
    return sum(len(member["seats"]) for member in cluster.members_json())


def main() -> None:
    plan = json.loads(sys.argv[1])
    with muster.join(**plan["options"]) as cluster:
        tell("joined", port=cluster.me.port)
        if plan["role"]:
            seat = cluster.role(plan["role"])
            seat.on_promote(lambda token: tell("promoted", token=token))
            seat.on_demote(lambda token: tell("demoted", token=token))
        for line in sys.stdin:
            order = json.loads(line)
            try:
                if order["do"] == "step_down":
                    seat.step_down(10)
                elif order["do"] == "leave":
                    cluster.leave(5)
                elif order["do"] == "set_tag":
                    cluster.set_tag(order["key"], order["value"])
                elif order["do"] == "wait":
                    until(lambda: seats(cluster) == order["seats"], "the seats")
                tell("done", do=order["do"])
            except muster.Error as error:
                tell("failed", error=type(error).__name__, detail=error.detail)


main()
