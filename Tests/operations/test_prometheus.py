"""The alert rules and the dashboard: they ask for metrics that there are."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import subprocess

from conftest import TOP, Town, answers, eventually

OPERATIONS = TOP / "docs/operations"


def metrics(town: Town) -> set[str]:
    """The names of all metrics of a node, of the documentation, and of one that has tasks and a lease besides."""
    page = (TOP / "docs/console.md").read_text().split("## Metrics")[1]
    return set(re.findall(r"`(muster_\w+)", page))


def test_the_rules_are_rules_and_ask_for_what_there_is(town: Town) -> None:
    promtool = shutil.which("promtool")
    assert promtool
    subprocess.run([promtool, "check", "rules", OPERATIONS / "alerts.yml"], check=True, stdout=subprocess.DEVNULL)
    asked = set(re.findall(r"\bmuster_\w+", " ".join(re.findall(r"expr: (.*)", (OPERATIONS / "alerts.yml").read_text()))))
    board = json.loads((OPERATIONS / "grafana.json").read_text())
    for panel in board["panels"]:
        for target in panel["targets"]:
            asked |= set(re.findall(r"\bmuster_\w+", target["expr"]))
    known = metrics(town)
    for name in asked:
        assert re.sub(r"_(sum|count)$", "", name) in known, name


def test_the_page_names_every_metric_that_a_node_has(town: Town) -> None:
    service = town.start("a")
    eventually(lambda: answers(service.port, "/primary"), "a leads")
    port = int(json.loads(answers(service.port, "/console") or "0"))
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    link.request("GET", "/metrics")
    shown = set(re.findall(r"^# TYPE (\w+)", link.getresponse().read().decode(), flags=re.M))
    link.close()
    known = metrics(town) | {"muster_received_datagrams_total", "muster_received_bytes_total"}
    assert shown <= known, shown - known
    assert len(shown) > 25
