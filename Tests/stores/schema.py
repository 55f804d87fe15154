"""The SQL that makes the tables, as people are given it."""
import subprocess

import client
import pytest
from harness.servers import Etcd, MariaDB, Server


def script(engine: Server, without: str = "") -> str:
    """All of it, or as it was before there was this table."""
    if isinstance(engine, Etcd):
        pytest.skip("etcd has no tables")
    dialect = "mysql" if isinstance(engine, MariaDB) else engine.name
    said = subprocess.run([str(client.DRIVER), "schema", dialect], check=True, capture_output=True, text=True).stdout
    statements = said.split(";\n")
    kept = [statement for statement in statements if not (without and without in statement)]
    assert len(statements) - len(kept) == (1 if without else 0)
    return ";\n".join(kept)
