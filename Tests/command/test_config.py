"""`muster config check`, the files of docs/migrating, and the notes of commands that join."""

import json
import re
from pathlib import Path

import pytest
from conftest import free_port

TOP = Path(__file__).resolve().parents[2]
FILES = TOP / "Tests/config"
BEFORE = sorted(FILES.glob("*/before/*"))
AFTER = sorted(FILES.glob("*/after/*"))


def check(place, *files):
    result = place.muster("config", "check", "--json", *files)
    answer = json.loads(result.stdout)
    assert result.returncode == (2 if answer["errors"] else 0)
    assert result.stderr == ""
    return answer


@pytest.mark.parametrize("file", BEFORE + AFTER, ids=lambda file: str(file.relative_to(FILES)))
def test_the_files_of_the_pages_are_understood(place, file):
    (place.folder / "muster.key").write_text(place.muster("keygen").stdout)
    result = place.muster("config", "check", file, cwd=place.folder)
    assert (result.returncode, result.stderr) == (0, ""), result.stdout
    # Every key is shown, with its line.
    text = file.read_text()
    for number, key in re.findall(r"^(\d+) +(\S+)", result.stdout, re.M):
        assert key.rpartition(".")[2] in text.splitlines()[int(number) - 1], (number, key)
    assert "s3cret" not in result.stdout and "wso2carbon" not in result.stdout


def test_the_pages_show_the_files(place):
    shown = []
    for page in (TOP / "docs/migrating").glob("*.md"):
        for path, block in re.findall(r"^<!-- (\S+) -->\n```\w+\n(.*?)^```$", page.read_text(), re.M | re.S):
            assert (TOP / path).read_text() == block, f"{page.name} shows another {path}"
            shown.append(TOP / path)
    assert sorted(shown) == sorted(BEFORE + AFTER)


def test_what_becomes_of_each_key(place):
    answer = check(place, FILES / "interlok-clustering/before/bootstrap.properties")
    assert answer["errors"] == [] and answer["notes"] == []
    [file] = answer["files"]
    assert file["program"] == "Interlok"
    keys = {key["key"]: key for key in file["keys"]}
    assert keys["clusterName"] == {"line": 6, "key": "clusterName", "options": {"cluster": "MyCluster"}, "remark": ""}
    assert keys["clusterDebug"]["options"] == {"debug": "true"}
    assert keys["managementComponents"]["options"] == {}
    assert any("4 other keys are Interlok's" in note for note in file["notes"])


def test_secrets_are_not_shown(place):
    answer = check(place, FILES / "wso2-micro-integrator/before/deployment.toml")
    keys = {key["key"]: key["options"] for file in answer["files"] for key in file["keys"]}
    assert keys["datasource[0].url"] == {
        "failover.store": "(set)", "seed_store": "(set)", "failover.authority": "store", "cluster": "default"}
    assert keys["datasource[0].password"] == {"failover.store": "(set)"}
    assert keys["keystore.primary.password"] == {}
    assert "s3cret" not in json.dumps(answer) and "wso2carbon" not in json.dumps(answer)


def test_every_mistake_is_named_with_its_line_and_the_status_is_2(place):
    file = place.folder / "a.toml"
    file.write_text('cluster = "a"\nprot = 1\nlinks = 99\n')
    result = place.muster("config", "check", file)
    assert result.returncode == 2
    assert result.stderr == (
        f"muster: {file}:2: unknown option 'prot'; did you mean 'port'?\n"
        f"muster: {file}:3: option 'links' cannot be '99': must be a whole number from 0 to 16\n")
    assert re.search(r"^1 +cluster +cluster +a$", result.stdout, re.M)
    assert check(place, file)["files"][0]["errors"] == [line[len("muster: "):] for line in result.stderr.splitlines()]


def test_what_is_wrong_with_all_files_together(place):
    (place.folder / "a.toml").write_text('cluster = "a"\nprobe_timeout = "2s"\n')
    (place.folder / "b.toml").write_text('probe_interval = "3s"\n')
    alone = check(place, place.folder / "a.toml")
    assert alone["files"][0]["errors"] == [] and "'probe_timeout' (2s) must be below" in alone["errors"][0]
    assert check(place, place.folder / "a.toml", place.folder / "b.toml")["errors"] == []
    nameless = check(place, place.folder / "b.toml")
    assert nameless["errors"] == [] and "no file names the cluster" in nameless["notes"][0]


@pytest.mark.parametrize("words", [[], ["/nonexistent.toml"], ["/"]])
def test_no_file_is_2(place, words):
    result = place.muster("config", "check", *words)
    assert result.returncode == 2 and result.stderr.startswith("muster: ")


def test_notes_are_told_once_by_a_command_that_joins(place):
    file = place.folder / "bootstrap.properties"
    file.write_text(
        f"managementComponents=cluster\nclusterName={place.cluster}\nfailover.ping.interval.seconds=2\n"
        f"failover.tcp.port={free_port()}\nfailover.socket.mode=tcp\n")
    agent = place.start("agent", "--config", file, "--node-id", "a")
    assert "a is a member at 127.0.0.1:" in agent.stdout.readline()
    # Clients read the same file and say nothing.
    result = place.muster("members", "--config", file)
    assert result.returncode == 0 and result.stderr == ""
    agent.terminate()
    told = agent.communicate(timeout=10)[1].splitlines()
    assert f"muster: note: {file}:2: 'clusterName' is read as cluster={place.cluster}" in told
    assert any("'failover.ping.interval.seconds' is read as probe_interval=2s, " in line for line in told)
    assert len(told) == len(set(told))
