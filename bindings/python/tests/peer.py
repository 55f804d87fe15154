"""A node in a process of its own, led by lines on standard input and telling on standard output.

python peer.py '{"role": "primary", "options": {...}}'
"""

import dataclasses
import json
import os
import sys
from typing import Any

import muster
from harness import until


def tell(what: str, **more: Any) -> None:
    # One write, so that lines of several threads never mix.
    os.write(sys.stdout.fileno(), (json.dumps({"what": what, **more}) + "\n").encode())


def seats(cluster: muster.Cluster) -> int:
    return sum(len(member["seats"]) for member in cluster.members_json())


def work(stop: muster.Stop) -> None:
    tell("began", token=stop.token, mine=stop.task.is_mine)
    stop.wait()
    tell("ended", token=stop.token)


def offer(cluster: muster.Cluster, order: dict[str, Any]) -> None:
    """Offers what the order says, or gives an order about a task."""
    do, name = order["do"], order.get("name", "")
    if do == "offer_task":
        cluster.offer_task(name, work)
    elif do == "offer_daemon":
        cluster.offer_daemon(name, work)
    elif do == "schedule_job":

        @cluster.job(order["schedule"], name, attempts=order.get("attempts"))
        def job(run: muster.Run) -> None:
            # One write, so that rows of several processes never mix.
            row = f"{run.occurrence} {run.attempt} {order['id']}\n".encode()
            file = os.open(order["file"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            os.write(file, row)
            os.close(file)
            if order.get("fails"):
                raise ValueError(f"not on {order['id']}")

    elif do == "tasks":
        tell("tasks", tasks=[dataclasses.asdict(task) for task in cluster.tasks(10)])
    else:
        getattr(cluster, do)(name, *order.get("more", []), timeout=10)


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
                elif order["do"] == "wait_members":
                    cluster.wait(order["members"], 10)
                else:
                    offer(cluster, order)
                tell("done", do=order["do"])
            except muster.Error as error:
                tell("failed", error=type(error).__name__, detail=error.detail)


main()
