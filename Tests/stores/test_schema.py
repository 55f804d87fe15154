"""The script that people are given makes the tables that Muster works with."""
import subprocess

import client
import pytest
from conftest import Connect
from harness.servers import Etcd, MariaDB, Server


def test_the_script_makes_the_tables(engine: Server, connect: Connect, cluster: str) -> None:
    if isinstance(engine, Etcd):
        pytest.skip("etcd has no tables")
    dialect = "mysql" if isinstance(engine, MariaDB) else engine.name
    script = subprocess.run([str(client.DRIVER), "schema", dialect], check=True, capture_output=True, text=True)
    engine.make_tables(script.stdout)
    made = connect(engine.url, cluster, 2000, "no-tables")
    assert made.write("-", "1 1 1 ada").answer == "applied"
    assert made.read().row == "1 1 1 ada"
