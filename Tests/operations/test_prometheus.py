"""The alert rules and the dashboard: they ask for metrics that there are."""

from __future__ import annotations

import http.client
import json
import pathlib
import re
import shutil
import subprocess

import pytest
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


def scraped(port: int) -> dict[str, str]:
    """What a node's console says, by name and labels."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    link.request("GET", "/metrics")
    lines = link.getresponse().read().decode().splitlines()
    link.close()
    return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))


def fires(folder: pathlib.Path, alert: str, series: dict[str, str]) -> bool:
    """Whether the rule of this name has fired within ten minutes of a history: `promtool test rules`, on a copy of the rules.
    A history has a value each 15 seconds, in the words of promtool."""
    (folder / "alerts.yml").write_text((OPERATIONS / "alerts.yml").read_text())
    history = [
        {"series": name.replace("{", '{job="orders",') if "{" in name else name + '{job="orders"}', "values": values}
        for name, values in series.items()
    ]
    question = f'count(last_over_time(ALERTS{{alertname="{alert}",alertstate="firing"}}[10m]))'
    outcomes = []
    for expected in ([], [{"labels": "{}", "value": 1}]):
        asked = {"expr": question, "eval_time": "10m", "exp_samples": expected}
        tests = {
            "rule_files": ["alerts.yml"], "evaluation_interval": "15s",
            "tests": [{"interval": "15s", "input_series": history, "promql_expr_test": [asked]}],
        }  # fmt: skip
        (folder / "tests.yml").write_text(json.dumps(tests))
        done = subprocess.run(["promtool", "test", "rules", "tests.yml"], cwd=folder, capture_output=True, text=True)
        outcomes.append(done.returncode == 0)
    assert outcomes[0] != outcomes[1], done.stdout + done.stderr
    return outcomes[1]


def test_the_first_death_is_alerted(town: Town, tmp_path: pathlib.Path) -> None:
    """From what a real node says before and after it: a series that is not there before has no values."""
    town.trio()
    port = int(json.loads(answers(town.services["a"].port, "/console") or "0"))
    before = scraped(port)
    town.kill("c")
    eventually(lambda: scraped(port)["muster_members{state=\"alive\"}"] == "2", "c is gone")
    after = scraped(port)
    quiet = {name: f"{value}x40" for name, value in before.items()}
    history = {name: f"{before.get(name, '_')}x19 {value}x19" for name, value in after.items()}
    assert not fires(tmp_path, "MusterMemberLost", quiet)
    assert fires(tmp_path, "MusterMemberLost", history)


@pytest.mark.parametrize("trust, is_short", [
    ("0.28 0.25 0.29 0.23 0.3 0.27 0.24 0.3 0.26 0.3x20", False),  # profile=fast, renewed in time
    ("1.5 1.2 1.4 1.5 1.3x20 0.6x20", True),  # the last, until it is scraped again
    ("6.3 5.1 4.4 6.2 5.5 4.3x20", False),  # a lease of 9 s
    ("6.3 5.1 4.4 6.2 5.5 2.1 2.9x20", True),
])  # fmt: skip
def test_trust_is_compared_with_its_own_whole(tmp_path: pathlib.Path, trust: str, is_short: bool) -> None:
    series = {'muster_primary{role="primary"}': "1x40", 'muster_trust_seconds{role="primary"}': trust}
    assert fires(tmp_path, "MusterTrustRunsOut", series) == is_short


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
