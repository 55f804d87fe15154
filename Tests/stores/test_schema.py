"""The script that people are given makes the tables that Muster works with."""
from conftest import Connect
from harness.servers import Server
from schema import script


def test_the_script_makes_the_tables(engine: Server, connect: Connect, cluster: str) -> None:
    engine.make_tables(script(engine))
    made = connect(engine.url, cluster, 2000, "no-tables")
    assert made.write("-", "1 1 1 ada").answer == "applied"
    assert made.read().row == "1 1 1 ada"
    assert made.exchange("ada/7/1/a:1").row == "ada/7/1/a:1"
    assert made.write_task("-", "1 1 1 ada 00").answer == "applied"
    assert made.read_task().row == "1 1 1 ada 00"
