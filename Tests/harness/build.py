"""Compiles the C parts of a test against a built library."""

from __future__ import annotations

import os
import pathlib
import subprocess

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
COMMON = ["-Wall", "-Wextra", "-Werror", "-g", "-O1", "-pthread", f"-I{TOP}/include"]
FLAGS = ["-std=gnu99", *COMMON]


def library_directory(name: str | None) -> pathlib.Path:
    folder = pathlib.Path(name or TOP / "out/lib").resolve()
    if not (folder / "libmuster.so").exists():
        raise SystemExit(f"no libmuster.so in {folder}: run 'make lib', or name the folder with --library")
    return folder


def compile_c(source: pathlib.Path, program: pathlib.Path, library: pathlib.Path, *more: str) -> pathlib.Path:
    """Compiles one file; a warning is an error."""
    return _compile(c(), source, program, *more, *linked(library))


def compile_cpp(source: pathlib.Path, program: pathlib.Path, library: pathlib.Path) -> pathlib.Path:
    """The same of a host in C++."""
    compiler = [os.environ.get("CXX", "g++"), "-std=c++17", *COMMON]
    return _compile(compiler, source, program, *linked(library))


def compile_preload(source: pathlib.Path, shim: pathlib.Path) -> pathlib.Path:
    """Compiles what is to be preloaded into a process; it does not bring the library along."""
    return _compile(c(), source, shim, "-shared", "-fPIC", "-ldl")


def c() -> list[str]:
    return [os.environ.get("CC", "gcc"), *FLAGS]


def linked(library: pathlib.Path) -> list[str]:
    return [f"-L{library}", f"-Wl,-rpath,{library}", "-lmuster"]


def _compile(compiler: list[str], source: pathlib.Path, result: pathlib.Path, *more: str) -> pathlib.Path:
    command = [*compiler, str(source), "-o", str(result), *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}\n{done.stderr}")
    return result
