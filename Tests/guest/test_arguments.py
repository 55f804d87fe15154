"""Every function of the header, called with handles that are none and arguments that are none.

The calls are made from include/muster.h itself: a function that is added there is called here without anybody
thinking of it, and one whose types are new fails until it is said what is wrong for them.
"""

from __future__ import annotations

import itertools
import math
import pathlib
import re
import subprocess

from harness.build import TOP, compile_c

HEADER = TOP / "include/muster.h"

HANDLES = ["cluster_options_t", "cluster_t", "cluster_members_t", "failover_t", "cluster_task_t"]

# What else a function may take, by type, with values that are wrong or at the edge. Each is tried with each
# wrong handle; `out` is a place for any result, `callback` a function of the right type.
VALUES = {
    "const char *": ["NULL", '""', "long_text", "bad_utf8", '"\\x01"', '"primary"'],
    "uint32_t": ["0", "UINT32_MAX"],
    "int": ["0", "1", "-1"],
    "int32_t": ["-2", "INT32_MIN", "0"],
    "size_t": ["0", "SIZE_MAX"],
    "void *": ["NULL"],
    "const void *": ["NULL", "long_text"],
    "cluster_result": ["(cluster_result)12345", "CLUSTER_OK"],
    "cluster_log_level": ["(cluster_log_level)0", "(cluster_log_level)99", "CLUSTER_LOG_INFO"],
    "cluster_event_fn": ["NULL", "on_event"],
    "cluster_message_fn": ["NULL", "on_message"],
    "cluster_log_fn": ["NULL", "on_log"],
    "failover_promote_fn": ["NULL", "on_role"],
    "failover_demote_fn": ["NULL", "on_role"],
    "failover_warning_fn": ["NULL", "on_warning"],
    "cluster_task_start_fn": ["NULL", "on_start"],
    "cluster_task_stop_fn": ["NULL", "on_stop"],
    "cluster_job_fn": ["NULL", "on_run"],
    "cluster_resolver_fn": ["NULL", "on_resolve"],
    # Memory that is no handle is the caller's to know; NULL is allowed.
    "cluster_event_t *": ["NULL"],
}
# Places for results: NULL and one that must stay as it was.
OUT = ["NULL", "&out"]

# Functions that answer without a handle, and the ones that end something and so answer nothing.
WITHOUT_HANDLE = {
    "cluster_version", "cluster_version_text", "cluster_strerror", "cluster_last_error", "cluster_free",
    "cluster_options_new", "cluster_event_free",
}  # fmt: skip


class Function:
    def __init__(self, result: str, name: str, parameters: list[tuple[str, str]]) -> None:
        self.result, self.name, self.parameters = result, name, parameters


def functions() -> list[Function]:
    text = re.sub(r"/\*.*?\*/", "", HEADER.read_text(), flags=re.DOTALL)
    found = []
    for match in re.finditer(r"^CLUSTER_API (?:CLUSTER_CHECKED )?([^;]*?)(\w+)\(([^;]*)\);", text, re.MULTILINE):
        result, name, inside = match.groups()
        parameters = []
        for part in re.sub(r"\s+", " ", inside).split(","):
            if part.strip() == "void":
                continue
            type, argument = re.fullmatch(r"\s*(.*?)\s*(\w+)\s*", part).groups()  # type: ignore[union-attr]
            parameters.append((re.sub(r"^const (cluster_options_t)", r"\1", type.replace("* *", "**")), argument))
        found.append(Function(result.strip(), name, parameters))
    return found


def test_the_header_is_read_as_a_whole() -> None:
    declared = set(re.findall(r"^CLUSTER_API\b[^;(]*?(\w+)\(", HEADER.read_text(), re.MULTILINE))
    assert {function.name for function in functions()} == declared
    assert len(declared) > 30


def handle_type(type: str) -> str | None:
    name = type.removesuffix(" *").removesuffix("*").strip()
    return name if name in HANDLES and type.count("*") == 1 else None


def choices(type: str) -> list[str]:
    if type.count("*") == 2 or type in ("uint64_t *", "uint32_t *"):
        return [value if value == "NULL" else f"({type}){value}" for value in OUT]
    assert type in VALUES, f"the header has a type that is new here: '{type}'; say what is wrong for it"
    return VALUES[type]


def wrong_handles(type: str) -> list[str]:
    """Never given out, freed, of each other kind, a pointer of the host's own."""
    name = handle_type(type)
    invented = ["NULL", "1", "0x4e00000000000000", "UINTPTR_MAX", "(uintptr_t)&out", "0x4e00000001ffffff"]
    foreign = [f"good_{other}" for other in HANDLES if other != name]
    bits = [f"((uintptr_t)good_{name} ^ ((uintptr_t)1 << {bit}))" for bit in range(64)]
    return [f"({name} *){value}" for value in [*invented, f"freed_{name}", *foreign, *bits]]


def together(choices: list[list[str]]) -> list[tuple[str, ...]]:
    """Every value with every other; where that is too much to compile, every value at least."""
    if math.prod(len(some) for some in choices) <= 100:
        return list(itertools.product(*choices))
    return [tuple(some[at % len(some)] for some in choices) for at in range(max(len(some) for some in choices))]


def calls() -> list[str]:
    lines = []
    for function in functions():
        handles = [index for index, (type, _) in enumerate(function.parameters) if handle_type(type)]
        assert bool(handles) == (function.name not in WITHOUT_HANDLE), f"{function.name}: with or without a handle?"
        if not handles:
            continue
        first = handles[0]
        for wrong in wrong_handles(function.parameters[first][0]):
            others = [choices(type) if index != first else [wrong] for index, (type, _) in enumerate(function.parameters)]
            for values in together(others):
                call = f"{function.name}({', '.join(values)})"
                is_null = wrong.endswith(")NULL")
                allowed_null = function.name == "cluster_join" and is_null
                if function.result == "cluster_result":
                    check = "expect_invalid" if allowed_null else "expect_handle"
                    lines.append(f"{check}({call}, __LINE__);")
                elif function.result == "void":
                    lines.append(f"{call};")
                elif function.result == "int" and function.name == "cluster_event_fd":
                    lines.append(f"EXPECT({call} == -1);")
                else:
                    # No room for a code: nothing, and the reason in the text.
                    lines.append(f"EXPECT(!{call});")
                lines.append("expect_untouched(__LINE__);")
    return lines


PROGRAM = """
#include "manners.h"
UNUSED static char long_text[70000];
UNUSED static const char bad_utf8[] = "\\xff\\xc0\\x80 \\xed\\xa0\\x80";
UNUSED static uint64_t out = 0x1122334455667788;
UNUSED static void on_event(const cluster_event_t *event, void *user) { (void)event, (void)user; _exit(7); }
UNUSED static void on_log(cluster_log_level level, const char *text, void *user) { (void)level, (void)text, (void)user; _exit(7); }
UNUSED static void on_message(cluster_t *node, const cluster_message_t *message, void *user) { (void)node, (void)message, (void)user; _exit(7); }
UNUSED static void on_warning(failover_t *seat, int32_t left, void *user) { (void)seat, (void)left, (void)user; _exit(7); }
UNUSED static void on_role(failover_t *seat, uint64_t token, void *user) { (void)seat, (void)token, (void)user; _exit(7); }
UNUSED static int on_start(cluster_task_t *task, const char *name, uint64_t token, void *user) { (void)task, (void)name, (void)token, (void)user; _exit(7); }
UNUSED static void on_stop(cluster_task_t *task, const char *name, uint64_t token, void *user) { (void)task, (void)name, (void)token, (void)user; _exit(7); }
UNUSED static int on_run(cluster_task_t *task, const cluster_run_t *run, void *user) { (void)task, (void)run, (void)user; _exit(7); }
UNUSED static int on_resolve(cluster_t *cluster, const char *json, int32_t *owners, uint32_t count, void *user) { (void)cluster, (void)json, (void)owners, (void)count, (void)user; _exit(7); }
UNUSED static cluster_options_t *good_cluster_options_t, *freed_cluster_options_t;
UNUSED static cluster_t *good_cluster_t, *freed_cluster_t;
UNUSED static cluster_members_t *good_cluster_members_t, *freed_cluster_members_t;
UNUSED static failover_t *good_failover_t, *freed_failover_t;
UNUSED static cluster_task_t *good_cluster_task_t, *freed_cluster_task_t;
UNUSED static void expect_handle(int result, int line) {
    /* A wrong argument beside the handle may be found first. */
    if (result != CLUSTER_E_HANDLE && result != CLUSTER_E_INVALID) broken(__FILE__, line, "answers %d", result);
    if (cluster_last_error()[0] == 0) broken(__FILE__, line, "no detail");
}
UNUSED static void expect_invalid(int result, int line) {
    if (result != CLUSTER_E_INVALID) broken(__FILE__, line, "answers %d", result);
}
UNUSED static void expect_untouched(int line) {
    if (out != 0x1122334455667788) broken(__FILE__, line, "a result was written");
}
@PARTS@
int main(void) {
    memset(long_text, 'x', sizeof long_text - 1);
    EXPECT_RESULT(cluster_options_new(&freed_cluster_options_t), CLUSTER_OK);
    cluster_options_free(freed_cluster_options_t);
    EXPECT_RESULT(cluster_options_new(&good_cluster_options_t), CLUSTER_OK);
    freed_cluster_t = JOIN("freed");
    EXPECT_RESULT(failover_open(freed_cluster_t, NULL, &freed_failover_t), CLUSTER_OK);
    failover_close(freed_failover_t);
    EXPECT_RESULT(cluster_task_offer(freed_cluster_t, "task", NULL, NULL, NULL, NULL, &freed_cluster_task_t), CLUSTER_OK);
    cluster_task_close(freed_cluster_task_t);
    EXPECT_RESULT(cluster_members(freed_cluster_t, &freed_cluster_members_t), CLUSTER_OK);
    cluster_members_free(freed_cluster_members_t);
    cluster_close(freed_cluster_t);
    good_cluster_t = JOIN("good");
    EXPECT_RESULT(failover_open(good_cluster_t, NULL, &good_failover_t), CLUSTER_OK);
    EXPECT_RESULT(cluster_task_offer(good_cluster_t, "task", NULL, NULL, NULL, NULL, &good_cluster_task_t), CLUSTER_OK);
    EXPECT_RESULT(cluster_members(good_cluster_t, &good_cluster_members_t), CLUSTER_OK);
@CALLS@
    /* What was given out is as good as before. */
    EXPECT_RESULT(cluster_wait(good_cluster_t, 1, 0), CLUSTER_OK);
    EXPECT_NUMBER(cluster_members_count(good_cluster_members_t), 1);
    EXPECT_RESULT(cluster_options_set(good_cluster_options_t, "port", "0"), CLUSTER_OK);
    EVENTUALLY(failover_is_primary(good_failover_t));
    cluster_members_free(good_cluster_members_t);
    failover_close(good_failover_t);
    EXPECT_RESULT(cluster_task_finish(good_cluster_task_t, NULL), CLUSTER_E_INVALID);
    cluster_task_close(good_cluster_task_t);
    EXPECT_RESULT(cluster_task_finish(good_cluster_task_t, NULL), CLUSTER_E_HANDLE);
    cluster_options_free(good_cluster_options_t);
    cluster_close(good_cluster_t);
    return 0;
}
"""


def run(library: pathlib.Path, folder: pathlib.Path, lines: list[str]) -> None:
    parts, names = [], []
    for index in range(0, len(lines), 400):
        body = "\n    ".join(lines[index : index + 400])
        parts.append(f"static void part_{index}(void) {{\n    {body}\n}}")
        names.append(f"    part_{index}();")
    source = folder / "arguments.c"
    source.write_text(PROGRAM.replace("@PARTS@", "\n".join(parts)).replace("@CALLS@", "\n".join(names)))
    here = pathlib.Path(__file__).resolve().parent
    program = compile_c(source, folder / "arguments", library, f"-I{here}", "-O0", "-g0", "-Wno-unused-value")
    done = subprocess.run([program], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, f"{done.returncode}: {done.stderr}"


def test_no_handle_that_is_none_is_taken(library: pathlib.Path, tmp_path: pathlib.Path) -> None:
    lines = calls()
    assert len(lines) > 2000
    run(library, tmp_path, lines)


def test_good_handles_with_every_wrong_argument(library: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """Nothing traps: whatever the answer is, the process lives and the node works."""
    ends = {
        "cluster_close", "cluster_leave", "failover_close", "cluster_task_close", "cluster_options_free",
        "cluster_members_free",
    }  # fmt: skip
    lines = []
    for function in functions():
        if function.name in ends | WITHOUT_HANDLE:
            continue
        options = []
        for type, _ in function.parameters:
            name = handle_type(type)
            values = [f"good_{name}"] if name else choices(type)
            # A callback or a place that is good would do something; the other programs see to that.
            options.append([value for value in values if not value.startswith(("on_", f"({type})&"))] or ["NULL"])
        for values in itertools.product(*options):
            call = f"{function.name}({', '.join(values)})"
            lines.append(f"{call};" if function.result == "void" else f"{{ volatile long r = (long){call}; (void)r; }}")
    assert len(lines) > 60
    run(library, tmp_path, lines)


def test_functions_without_a_handle(library: pathlib.Path, tmp_path: pathlib.Path) -> None:
    lines = ["cluster_free(NULL);", "cluster_event_free(NULL);", "expect_invalid(cluster_options_new(NULL), __LINE__);"]
    for code in [*range(-40, 40), 2147483647, -2147483647]:
        lines.append(f"EXPECT(cluster_strerror((cluster_result){code}) != NULL);")
        lines.append(f"EXPECT(cluster_strerror((cluster_result){code})[0] != 0);")
    run(library, tmp_path, lines)
