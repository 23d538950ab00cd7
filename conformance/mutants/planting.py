"""Mutants put into the source: a copy of the package is edited, and the real command judges the copy.

Whatever the suite knows about the package then knows the mutant, too: the oracle runs the wrong body, the envelope is
drawn around it. What finds it is outside: the references and the records.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import types
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from kcompat.conformance.mutants.mutation import Fate, Mutant, mutants
from kcompat.conformance.run.runner import BAD

FOLDERS = ("spec", "backends", "conformance", "bench")
"""What a checkout has beside `kcompat`, and an installed package within it."""


def run(
    patterns: Sequence[str] = (), jobs: int = 2, on_progress: Callable[[int, int], None] = lambda *_: None
) -> list[Fate]:
    """The fates of the mutants that are an edit of the source, of subjects that match a pattern; all without patterns.

    `on_progress` is told how many are done, and of how many. Raises LookupError where there is none, ValueError for
    fewer jobs than one.
    """
    if jobs < 1:
        raise ValueError(f"jobs is at least 1, got {jobs}")
    chosen = [mutant for mutant in mutants(patterns) if mutant.edit]
    if not chosen:
        raise LookupError(f"no mutant of {', '.join(patterns)} is an edit of the source")
    fates: dict[int, Fate] = {}
    with tempfile.TemporaryDirectory() as folder:
        copies: SimpleQueue[Copy] = SimpleQueue()
        for i in range(jobs):
            copies.put(Copy(Path(folder, str(i))))

        def judge(number: int) -> None:
            copy = copies.get()
            try:
                fates[number] = copy.judge(chosen[number])
            finally:
                copies.put(copy)
            on_progress(len(fates), len(chosen))

        with ThreadPoolExecutor(jobs) as pool:
            list(pool.map(judge, range(len(chosen))))
    return [fates[i] for i in range(len(chosen))]


class Copy:
    """A copy of the package, laid out as an installed one, in a folder of its own."""

    def __init__(self, folder: Path):
        self.folder, self.edits = folder, 0
        unwanted = shutil.ignore_patterns("__pycache__", "tests", "toy_backend")
        shutil.copytree(_home("kcompat"), folder / "kcompat", ignore=unwanted)
        for name in FOLDERS:
            if not (folder / "kcompat" / name).exists():
                shutil.copytree(_home(f"kcompat.{name}"), folder / "kcompat" / name, ignore=unwanted)

    def judge(self, mutant: Mutant) -> Fate:
        """Plant a mutant, run `kcompat conform` on the checks of its subject, and put the source right again."""
        assert mutant.edit is not None
        path = self._path(mutant.edit[0])
        right = path.read_text()
        self._write(path, edited_text(right, *mutant.edit))
        try:
            results = self._conform(mutant.op)
        finally:
            self._write(path, right)
        kills = [result for result in results if result["status"] in BAD]
        return Fate(mutant.op, mutant.name, kills[0]["id"] if kills else "", float("inf"), len(results))

    def _path(self, function: types.FunctionType) -> Path:
        """The file of a function in the copy."""
        return self.folder / Path(*function.__module__.split(".")).with_suffix(".py")

    def _write(self, path: Path, text: str) -> None:
        """Replace a file, with a time of its own: Python tells compiled files apart by whole seconds."""
        path.write_text(text)
        self.edits += 1
        os.utime(path, (10**9 + self.edits, 10**9 + self.edits))

    def _conform(self, subject: str) -> list[dict[str, str]]:
        """The results of the real command, in a fresh process with an empty cache."""
        report = self.folder / "report.json"
        report.unlink(missing_ok=True)
        with tempfile.TemporaryDirectory(dir=self.folder) as cache:
            environment = {**os.environ, "PYTHONPATH": str(self.folder), "KCOMPAT_CACHE": cache}
            command = [sys.executable, "-m", "kcompat", "conform", "--backend", "numpy", "--jobs", "1"]
            command += ["--ops", subject, "--report", str(report)]
            done = subprocess.run(
                command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False
            )
        if not report.exists():
            raise RuntimeError(f"conform on a copy with a mutant of {subject} ended without a report: {done.stderr}")
        results: list[dict[str, str]] = json.loads(report.read_text())["results"]
        return results


def _home(package: str) -> Path:
    return Path(next(iter(importlib.import_module(package).__path__)))


def edited_text(text: str, function: types.FunctionType, old: str, new: str) -> str:
    """The text of a module with a piece of one function's code replaced."""
    lines, first = inspect.getsourcelines(function)
    node = ast.parse(textwrap.dedent("".join(lines))).body[0]
    assert isinstance(node, ast.FunctionDef)
    code = node.body[1] if ast.get_docstring(node) else node.body[0]
    start, end = first - 1 + node.lineno - 1, first - 1 + len(lines)
    skipped = range(first - 1 + node.body[0].lineno - 1, first - 1 + code.lineno - 1)  # the docstring
    whole = text.splitlines(keepends=True)
    kept = {i: whole[i] for i in skipped}
    segment = "".join("\0\n" if i in kept else whole[i] for i in range(start, end))
    if segment.count(old) != 1:
        raise LookupError(f"{old!r} stands {segment.count(old)} times in {function.__qualname__}")
    restored = segment.replace(old, new)
    for line in kept.values():
        restored = restored.replace("\0\n", line, 1)
    return "".join([*whole[:start], restored, *whole[end:]])
