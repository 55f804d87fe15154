"""The host's own choice of which node has which task."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Callable, Optional

Chooser = Callable[[list[dict[str, Any]], list[dict[str, Any]]], Mapping[str, Optional[str]]]


def answering(choose: Chooser) -> Callable[[bytes, Any, int], None]:
    """What the library calls: asks the function in names, and writes places of nodes."""

    def answer(text: bytes, owners: Any, count: int) -> None:
        question = json.loads(text)
        nodes = question["nodes"]
        places = {node["id"]: place for place, node in enumerate(nodes)}
        for task in question["tasks"]:
            task["capable"] = [nodes[place]["id"] for place in task["capable"]]
            task["owner"] = None if task["owner"] is None else nodes[task["owner"]]["id"]
        chosen = choose(question["tasks"], nodes)
        for index, task in enumerate(question["tasks"][:count]):
            owner = chosen.get(task["name"])
            if owner is None:
                continue
            if owner not in places:
                raise ValueError(f"task {task['name']!r} was given to {owner!r}, which is no node that is there")
            owners[index] = places[owner]

    return answer
