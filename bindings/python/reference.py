#!/usr/bin/env python3
"""Prints docs/python.md: every public name of the package with its docstring, read from src without importing it.

    bindings/python/reference.py > docs/python.md
"""

from __future__ import annotations

import ast
import pathlib
import re
import sys
import textwrap
from collections.abc import Iterator

SOURCES = pathlib.Path(__file__).resolve().parent / "src" / "muster"

INTRODUCTION = """\
# Python

This page is made from the docstrings by `Tools/generate`. [tasks.md](tasks.md) has tasks in full,
[options.md](options.md) the options, [json.md](json.md) the keys of what ends in `_json`.

Python 3.9 or later on Linux, without any other package. From a clone:

```sh
make lib wheel                              # the wheel has the library inside
pip install out/wheel/muster-*.whl
```

The package loads the library that the environment variable `MUSTER_LIBRARY` names, else the one inside the
wheel, else the system's `libmuster.so.0`. With it the package runs from the clone, too:

```sh
MUSTER_LIBRARY=$PWD/out/lib/libmuster.so.0 PYTHONPATH=bindings/python/src python3 examples/primary.py orders a
```

- Names, types and units are Python's: seconds as `float`, `None` for no limit, exceptions in place of
  results, and dataclasses that are copies. The package is typed (`py.typed`).
- Callbacks of seats, events and messages run one at a time on a thread of the package; functions of
  tasks each have their own. What one raises goes to `logging.getLogger("muster")`.
- Events come in one of four ways: `on_event`, `for event in cluster`, `async for event in cluster`, or
  `fileno()` and `poll()` in a loop of your own.
- In a forked child every call raises `Forked`: join after the fork.
"""

ORDER = [
    ("_cluster", ["join", "Cluster"]),
    ("_seat", ["Seat"]),
    ("_tasks", ["Task", "Stop", "Run", "TaskStatus"]),
    ("_records", ["Member", "Event", "Message"]),
    ("_http", ["HttpAnswer"]),
]


def tree(module: str) -> ast.Module:
    return ast.parse((SOURCES / f"{module}.py").read_text())


def prose(text: str) -> str:
    """A docstring as Markdown: what is code there is code here."""
    text = textwrap.dedent(text.replace('"""', ""))
    return re.sub(r"``([^`]+)``", r"`\1`", re.sub(r"`(docs/(\w+\.md))`|\bdocs/(\w+\.md)", linked, text))


def linked(match: re.Match[str]) -> str:
    page = match[2] or match[3]
    return f"[{page}]({page})"


def sentence(text: str) -> str:
    """A docstring in one line."""
    return " ".join(prose(text).split())


def signature(function: ast.FunctionDef) -> str:
    """Names and defaults; the types are for the type checker."""
    given = function.args
    positional = [*given.posonlyargs, *given.args]
    without = len(positional) - len(given.defaults)
    words = [
        part.arg if number < without else f"{part.arg}={ast.unparse(given.defaults[number - without])}"
        for number, part in enumerate(positional)
        if part.arg != "self"
    ]
    if given.kwonlyargs:
        words.append("*")
    for part, default in zip(given.kwonlyargs, given.kw_defaults):
        words.append(part.arg if default is None else f"{part.arg}={ast.unparse(default)}")
    if given.kwarg:
        words.append(f"**{given.kwarg.arg}")
    return f"{function.name}({', '.join(words)})"


def is_marked(function: ast.FunctionDef, word: str) -> bool:
    return any(isinstance(mark, ast.Name) and mark.id == word for mark in function.decorator_list)


def described(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    """The public members of a class that are described, in the order of the source."""
    for number, part in enumerate(body):
        if isinstance(part, ast.FunctionDef) and not part.name.startswith("_") and not is_marked(part, "overload"):
            text = ast.get_docstring(part)
            if text and not is_marked(part, "classmethod"):
                yield part.name if is_marked(part, "property") else signature(part), sentence(text)
        if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
            following = body[number + 1] if number + 1 < len(body) else None
            text = ""
            if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
                text = str(following.value.value)
            yield part.target.id, sentence(text)


def entries(module: str, names: list[str]) -> Iterator[str]:
    found = {part.name: part for part in tree(module).body if isinstance(part, (ast.ClassDef, ast.FunctionDef))}
    for name in names:
        part = found[name]
        text = prose(ast.get_docstring(part) or "")
        if isinstance(part, ast.FunctionDef):
            yield f"## {name}\n\n`{signature(part)}`\n\n{text}\n"
            continue
        rows = [
            f"| `{heading}` | {words} |"
            for heading, words in described(part.body)
            if name not in INTERNAL or heading.split("(")[0] not in INTERNAL[name]
        ]
        yield f"## {name}\n\n{text}\n"
        if rows:
            yield "\n".join(["| | |", "|---|---|", *rows]) + "\n"


# Methods that the package itself calls.
INTERNAL = {"Task": {"start", "stop", "run", "join", "ask_to_stop", "is_inside", "check_outside"}}


def exceptions() -> str:
    rows = []
    for part in tree("_errors").body:
        if isinstance(part, ast.ClassDef):
            bases = ", ".join(f"`{ast.unparse(base)}`" for base in part.bases)
            rows.append(f"| `{part.name}` | {bases} | {sentence(ast.get_docstring(part) or '')} |")
    return "\n".join(["## Exceptions", "", "| | is also | |", "|---|---|---|", *rows]) + "\n"


def enumerations() -> str:
    rows = [
        f"| `{part.name}` | {', '.join(names_of(part))} |"
        for part in tree("_abi").body
        if isinstance(part, ast.ClassDef) and part.name in ("EventKind", "LogLevel", "MemberState", "TaskNews")
    ]
    head = ["## Numbers", "", "Their meaning is in [c-api.md](c-api.md).", "", "| | |", "|---|---|"]
    return "\n".join([*head, *rows]) + "\n"


def names_of(enumeration: ast.ClassDef) -> list[str]:
    return [f"`{part.targets[0].id}`" for part in enumeration.body
            if isinstance(part, ast.Assign) and isinstance(part.targets[0], ast.Name)]  # fmt: skip


def page() -> str:
    parts = [INTRODUCTION]
    for module, names in ORDER:
        parts += entries(module, names)
    return "\n".join([*parts, exceptions(), enumerations()])


def missing() -> set[str]:
    """Names that the package exports and this page leaves out."""
    exported: set[str] = set()
    for part in ast.walk(tree("__init__")):
        if isinstance(part, ast.Assign) and getattr(part.targets[0], "id", "") == "__all__":
            exported = set(ast.literal_eval(part.value))
    return {name for name in exported if f"`{name}`" not in page() and f"## {name}\n" not in page()}


if __name__ == "__main__":
    left_out = missing() - {"__version__", "Result"}
    if left_out:
        sys.exit(f"reference.py leaves out {sorted(left_out)}")
    sys.stdout.write(page())
