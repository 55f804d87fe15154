"""Takes the pictures of the console in docs/: Tests/console/pictures.py [LIBRARY DIRECTORY] [FOLDER]"""

from __future__ import annotations

import pathlib
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import browser  # noqa: E402
from harness.build import TOP, compile_c, library_directory  # noqa: E402
from harness.process import Host, Stage, eventually  # noqa: E402
from PIL import Image  # noqa: E402
from town import Town  # noqa: E402

SIZE = (1280, 1090)
LARGEST = 150_000


def busy_morning(town: Town, pause: float) -> tuple[Host, list[Host]]:
    """A small cluster on which something happened: who looks on, and all that live. `pause`: seconds between that."""
    look = town.start("hamburg-1", "role=orders", "role=invoices")
    look.wait_for(callback="promote")
    hosts = [look]
    for id, roles in {
        "hamburg-2": ["orders"], "berlin-1": ["orders", "invoices"], "berlin-2": ["orders", "invoices"],
        "munich-1": ["orders"], "munich-2": [],
    }.items():  # fmt: skip
        hosts.append(town.start(id, *[f"role={role}" for role in roles], seeds=[look]))
        town.stage.agree(*hosts)
    for host in hosts:
        assert host.ask(f"tag site {host.id.split('-')[0]}")["result"] == 0
        assert host.ask("daemon mailer")["result"] == 0
        assert host.ask("job nightly-report - 0 0 3 * * *")["result"] == 0
    by_id = {host.id: host for host in hosts}
    time.sleep(2 * pause)
    assert look.ask("promote orders hamburg-2 10000")["result"] == 0
    by_id["hamburg-2"].wait_for(callback="promote")
    time.sleep(pause)
    by_id["hamburg-2"].kill()
    eventually(lambda: look.primary("orders") not in (None, "hamburg-2"), "another leads")
    eventually(lambda: any(task["state"] == "running" for task in look.ask("tasks 10000")["json"]), "tasks run")
    time.sleep(pause)
    return look, [host for host in hosts if host.id != "hamburg-2"]


def take(stage: Stage, page: browser.Page, folder: pathlib.Path, pause: float = 0) -> list[pathlib.Path]:
    town = Town(stage)
    look, hosts = busy_morning(town, pause)
    hosts[-1].freeze()
    page.look(SIZE, is_calm=True)
    page.open(town.url(look))
    page.seen("member munich-2 unresponsive")
    page.seen("event member-dead hamburg-2")
    page.says("#task-list", "running")
    pictures = []
    for scheme in ("light", "dark"):
        page.look(SIZE, scheme, is_calm=True)
        picture = folder / f"console-{scheme}.png"
        page.picture(picture)
        # It has few colours, and as many bytes a pixel as a photograph.
        Image.open(picture).convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE).save(picture, optimize=True)
        pictures.append(picture)
    return pictures


def main() -> None:
    library = library_directory(sys.argv[1] if len(sys.argv) > 1 else None)
    folder = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else TOP / "docs")
    with tempfile.TemporaryDirectory() as scratch:
        stage = Stage(compile_c(TOP / "Tests/e2e/host.c", pathlib.Path(scratch) / "host", library))
        # The name is to be seen.
        stage.name = "shop"
        driver = browser.start()
        try:
            for picture in take(stage, browser.Page(driver), folder, pause=11):
                print(picture, picture.stat().st_size)
        finally:
            driver.quit()
            stage.end()


if __name__ == "__main__":
    main()
