"""`kcompat conform`: each target runs in a process of its own; the results become one report."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kcompat.conformance.run import document, suite, xfails
from kcompat.conformance.run.preparation import prepare
from kcompat.conformance.run.selection import Selection
from kcompat.conformance.run.worker import TIMEOUT

RESTARTS = 20
"""How often a target may kill its process and be started again."""
GRACE = 5.0
"""Seconds beyond the timeout after which a process is killed: in it the timeout has had no effect."""
LOADING = 600.0
"""Seconds that a target may take until its first check begins."""

OnProgress = Callable[[str, int, int], None]


@dataclass
class Worker:
    """A running process and what it has written so far."""

    target: str
    process: subprocess.Popen[bytes]
    folder: Path
    started: float
    command: list[str]
    timeout: float
    restarts: int = 0
    lines: list[dict[str, Any]] = field(default_factory=list)
    hung: bool = False
    """Whether the process was killed because it took too long."""
    _heard: float = field(default_factory=time.monotonic)
    _loading: bool = True
    _in_check: bool = False
    _read: int = 0

    @property
    def results(self) -> list[dict[str, Any]]:
        """The results so far."""
        return [line["result"] for line in self.lines if "result" in line]

    @property
    def start(self) -> dict[str, Any]:
        """The first line, on the target itself; empty before it is written."""
        return next((line["start"] for line in self.lines if "start" in line), {})

    def update(self) -> bool:
        """Read new lines, kill the process where it hangs, and give whether it is running."""
        running = self.process.poll() is None
        if self._out.exists():
            with self._out.open("rb") as file:
                file.seek(self._read)
                for line in file:
                    if not line.endswith(b"\n"):
                        break
                    self._hear(json.loads(line))
                    self._read += len(line)
        if running and time.monotonic() - self._heard > (LOADING if self._loading else self.timeout + GRACE):
            self.hung = True
            self.end()
        return running

    @property
    def _out(self) -> Path:
        return self.folder / "out.jsonl"

    def _hear(self, line: dict[str, Any]) -> None:
        self._heard = time.monotonic()
        self._in_check = "began" in line and not self.hung  # it was killed for the check before, which has ended
        if "began" in line:
            self._loading = False
        else:
            self.lines.append(line)

    def end(self) -> None:
        """Kill the process if it is running."""
        self.process.kill()
        self.process.wait()

    def restart(self) -> bool:
        """Go on behind the check that killed the process, and give whether there is more and `RESTARTS` allow it.

        A process that hangs while it loads the target is not started again.
        """
        finished = any("finished" in line for line in self.lines)
        if finished or not self.start or self.restarts == RESTARTS or len(self.results) == self.start["total"]:
            return False
        if self.hung and self._loading:
            return False
        died = [TIMEOUT if self.hung else f"the process ended with {self._ending}"] if self._in_check else []
        os.truncate(self._out, self._read)  # half a line
        self.restarts += 1
        self._heard, self._loading, self._in_check, self.hung = time.monotonic(), True, False, False
        self.process = _start_process([*self.command, *died], self.folder)
        return True

    @property
    def _ending(self) -> str:
        code = self.process.returncode
        return f"signal {-code}, {signal.strsignal(-code)}" if code < 0 else f"exit status {code}"

    def _why_incomplete(self) -> str:
        for line in self.lines:
            if "unusable" in line:
                return str(line["unusable"])
        if self.restarts == RESTARTS:
            return f"the process ended {RESTARTS + 1} times, the last time with {self._ending}"
        if self.hung:
            return f"it took longer than {LOADING:g} s to load the target"
        log = (self.folder / "log").read_text(errors="replace").strip()
        return log[-2000:] or f"the process ended with {self._ending}"

    def describe(self) -> dict[str, Any]:
        """The target's entry in the report."""
        complete = any("finished" in line for line in self.lines)
        levels = document.summary(self.results)
        return {
            "name": self.target,
            "version": self.start.get("version", ""),
            "device": self.start.get("device", ""),
            "status": "complete" if complete else "no data",
            "message": "" if complete else self._why_incomplete(),
            "seconds": round(time.monotonic() - self.started, 1),
            "levels": levels,
            "granted": document.granted(levels) if complete else "",
            "remarks": document.remarks(levels) if complete else [],
        }


def conform(
    targets: Sequence[str],
    selection: Selection,
    jobs: int = 2,
    on_progress: OnProgress = lambda target, done, total: None,
) -> dict[str, Any]:
    """Run the selected checks on each target and give the report.

    Args:
        targets: names as `kcompat.conformance.targets.target.load` takes them.
        selection: which checks.
        jobs: how many processes at a time.
        on_progress: called with a target, how many checks are done and how many there are.

    Raises ValueError where `require_valid` does.
    """
    require_valid(targets, jobs)
    checks = selection.checks()  # raises for a wrong selection before anything runs
    rows = xfails.load(selection.xfails) if selection.xfails else []
    if not selection.quick:  # so few checks that each worker computes the expectations itself
        prepare([check.subject for check in checks], selection.precision, jobs, on_progress)
    with tempfile.TemporaryDirectory() as folder:
        outcomes = _run_workers(targets, selection, jobs, Path(folder), on_progress, len(checks))
    results = [result for name in targets for result in outcomes[name][1]]
    return {
        "format": document.FORMAT,
        "selection": selection.as_json(),
        "environment": document.environment(),
        "checks": len(checks),
        "targets": [outcomes[name][0] for name in targets],
        "problems": [*_unmatched(rows, results), *_too_few(selection, checks)],
        "results": results,
    }


def require_valid(targets: Sequence[str], jobs: int) -> None:
    """Raise ValueError for fewer jobs than one, or for a target that is named twice."""
    if jobs < 1:
        raise ValueError(f"jobs is at least 1, got {jobs}")
    if len(set(targets)) < len(targets):
        raise ValueError(f"each target is named once, got {', '.join(targets)}")


def _run_workers(
    targets: Sequence[str], selection: Selection, jobs: int, folder: Path, on_progress: OnProgress, total: int
) -> dict[str, tuple[dict[str, Any], list[dict[str, Any]]]]:
    """The entry in the report and the results of each target; at most `jobs` processes run at a time.

    None is left behind where this ends early, as by an interrupt of this process alone.
    """
    waiting, running = list(targets), list[Worker]()
    outcomes: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                running.append(_start(waiting.pop(0), selection, folder / str(len(waiting))))
            time.sleep(0.1)
            for worker in list(running):
                alive = worker.update()
                on_progress(worker.target, len(worker.results), worker.start.get("total", total))
                if not alive:
                    worker.update()  # what it wrote between the last look and its end
                    if not worker.restart():
                        running.remove(worker)
                        outcomes[worker.target] = (worker.describe(), worker.results)
    finally:
        for worker in running:
            worker.end()
    return outcomes


def _start(target: str, selection: Selection, folder: Path) -> Worker:
    folder.mkdir()
    command = [sys.executable, "-m", "kcompat.conformance.run.worker", target, str(folder / "out.jsonl")]
    command.append(json.dumps(selection.as_json()))
    return Worker(target, _start_process(command, folder), folder, time.monotonic(), command, selection.timeout)


def _start_process(command: list[str], folder: Path) -> subprocess.Popen[bytes]:
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(command, stdout=log, stderr=log)


def _unmatched(rows: Iterable[xfails.Row], results: Sequence[dict[str, Any]]) -> list[str]:
    """Rows that are about nothing that was run: a fixed typo, or a case that is gone."""
    return [
        f"xfail {row.id!r} for {row.target!r} matches no check that was run; take it out"
        for row in rows
        if not any(row.matches(result["target"], result["id"]) for result in results)
    ]


def _too_few(selection: Selection, checks: Sequence[suite.Check]) -> list[str]:
    """A suite that has shrunk unnoticed proves nothing."""
    if not selection.whole or selection.level != suite.LEVELS[-1]:
        return []
    counts = {level: sum(check.level == level for check in checks) for level in suite.LEVELS}
    return [
        f"{level} has {counts[level]} checks, fewer than the {least} that the manifest asks for"
        for level, least in suite.MINIMUM.items()
        if counts[level] < least
    ]
