"""The process of one target: `python -m kcompat.conformance.run.worker TARGET OUT OPTIONS [DIED]`.

It writes a line of JSON when a check begins, by which the parent sees that one hangs, and one for each result, so that
results stay when the library crashes. Started again on the same file it goes on behind the last result; with how it
`DIED` in a check it reports that check as an error, or as a timeout, and goes on behind it.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import sys
from pathlib import Path
from typing import Any

from kcompat.conformance.run import xfails
from kcompat.conformance.run.runner import Late, run
from kcompat.conformance.run.selection import Selection
from kcompat.conformance.targets.target import load

TIMEOUT = "timeout"
"""How a process `DIED` that was killed because a check took too long."""


def main(name: str, out: str, options: str, died: str = "") -> None:
    """Run the selected checks on a target."""
    selection = Selection(**json.loads(options))
    try:
        target = load(name)
        target.use(selection.device, selection.precision)
    except (LookupError, ImportError, ValueError) as error:  # a wrong name or device; the report has the line
        with Path(out).open("a") as file:
            file.write(json.dumps({"unusable": str(error)}) + "\n")
        sys.exit(1)
    target.hurried = selection.quick
    target.name = name  # by which the report, rows of xfails and scripts find it
    checks = selection.checks()
    rows = xfails.load(selection.xfails) if selection.xfails else []
    total = len(checks)
    lines = [json.loads(line) for line in Path(out).read_text().splitlines()] if Path(out).exists() else []
    checks = checks[sum("result" in line for line in lines) :]
    if died:
        checks[0] = dataclasses.replace(checks[0], run=functools.partial(_raise_death, died))
    with Path(out).open("a", buffering=1) as file:

        def write(**line: Any) -> None:
            file.write(json.dumps(line) + "\n")

        if not any("start" in line for line in lines):
            write(start={"target": name, "version": target.version, "device": target.device, "total": total})
        run(
            target,
            checks,
            expected=rows,
            timeout=selection.timeout,
            on_start=lambda check: write(began=check.id),
            on_result=lambda result: write(result=result.as_json()),
        )
        write(finished=True)


def _raise_death(died: str, *_: Any) -> Any:
    raise Late if died == TIMEOUT else ChildProcessError(died)


if __name__ == "__main__":
    main(*sys.argv[1:])
