"""One client of a store: a process of its own that runs Tests/stores/driver."""
import itertools
import os
import queue
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from harness.process import eventually

DRIVER = Path()


@dataclass(frozen=True)
class Reply:
    """What the store answered."""

    answer: str
    row: str
    error: str


class Client:
    """Asks, and hands out the replies in the order of the questions."""

    def __init__(self, url: str, cluster: str = "alpha", patience_ms: int = 5000, *words: str) -> None:
        self.process = subprocess.Popen(
            [str(DRIVER), url, cluster, str(patience_ms), *words],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
        )
        self.numbers = itertools.count()
        self.replies: dict[int, Reply] = {}
        self.lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()
        self.opened = self._line(20)

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put("ended")

    def _line(self, within: float) -> str:
        return self.lines.get(timeout=within)

    def ask(self, words: str) -> int:
        """Sends a request without waiting."""
        assert self.process.stdin
        self.process.stdin.write(words + "\n")
        self.process.stdin.flush()
        return next(self.numbers)

    def reply(self, number: int, within: float = 20) -> Reply:
        """The reply to a request."""
        while number not in self.replies:
            line = self._line(within)
            assert line != "ended", f"the driver ended with {self.process.wait()}"
            found, answer, row, error = line.split("\t")
            self.replies[int(found)] = Reply(answer, row, error)
        return self.replies.pop(number)

    def read(self, role: str = "primary") -> Reply:
        """What stands there."""
        return self.reply(self.ask(f"read {role}"))

    def write(self, expected: str, row: str, role: str = "primary") -> Reply:
        """`expected` is "VERSION.NONCE" or "-"; `row` is "VERSION NONCE EPOCH HOLDER"."""
        return self.reply(self.ask(f"write {role} {expected} {row}"))

    def exchange(self, own: str = "-", *removed: str) -> Reply:
        """An entry is "ID/INSTANCE/COUNTER/ADDRESS"."""
        return self.reply(self.ask(" ".join(["exchange", own, *removed])))

    def members(self) -> list[str]:
        """The entries that stand there."""
        reply = self.exchange()
        assert reply.answer == "members", reply
        return reply.row.split()

    def read_task(self, name: str = "t") -> Reply:
        """The row is "VERSION NONCE EPOCH HOLDER DATA"; "." stands for no holder, "-" for no data."""
        return self.reply(self.ask(f"task read {name.encode().hex()}"))

    def write_task(self, expected: str, row: str, name: str = "t") -> Reply:
        """`expected` is as for `write`."""
        return self.reply(self.ask(f"task write {name.encode().hex()} {expected} {row}"))

    def remove_task(self, expected: str, name: str = "t") -> Reply:
        """Only as it was seen."""
        return self.reply(self.ask(f"task remove {name.encode().hex()} {expected}"))

    def tasks(self, after: str | None = None, most: int = 1000) -> list[tuple[str, str]]:
        """Names and rows."""
        behind = "-" if after is None else after.encode().hex()
        reply = self.reply(self.ask(f"task list {behind} {most}"))
        assert reply.answer == "rows", reply
        rows = [row.split(" ", 1) for row in reply.row.split(",") if row != "-"]
        return [(bytes.fromhex(name).decode(), row) for name, row in rows]

    def eventually(self, answer: str, within: float = 30) -> Reply:
        """Reads until the answer comes, for a store that has just come back."""
        found: list[Reply] = []

        def comes() -> bool:
            found.append(self.read())
            return found[-1].answer == answer

        eventually(comes, f"the store answers '{answer}'", within)
        return found[-1]

    def threads(self) -> int:
        """How many threads the process has."""
        return len(list(Path(f"/proc/{self.process.pid}/task").iterdir()))

    def sockets(self) -> set[str]:
        """Those that the process has now."""
        found = set()
        for place in Path(f"/proc/{self.process.pid}/fd").iterdir():
            try:
                found.add(os.readlink(place))
            except FileNotFoundError:
                pass
        return {name for name in found if name.startswith("socket:")}

    def close(self) -> None:
        """Ends it."""
        self.process.kill()
        self.process.wait()
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def race(clients: list[Client], deed: Callable[[int, Client], Reply]) -> int:
    """All do it at the same moment, each with its number; the one to whose deed the store says "applied"."""
    answers = [""] * len(clients)
    start = threading.Barrier(len(clients))

    def run(index: int, client: Client) -> None:
        start.wait()
        answers[index] = deed(index, client).answer

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # A locked file or a transaction that lost may say "failed": nothing happened.
    assert set(answers) <= {"applied", "conflict", "failed"}, answers
    assert answers.count("applied") == 1, answers
    return answers.index("applied")
