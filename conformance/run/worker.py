"""The process of one target: `python -m kcompat.conformance.run.worker TARGET OUT OPTIONS [DIED]`.

It writes a line of JSON for each result, so that results stay when the library crashes. Started again on the same
file, with how it `DIED`, it reports the check that killed it as an error and goes on behind that.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import sys
from pathlib import Path
from typing import Any

from kcompat.conformance.run import xfails
from kcompat.conformance.run.runner import run
from kcompat.conformance.run.selection import Selection
from kcompat.conformance.targets.target import load


def main(name: str, out: str, options: str, died: str = "") -> None:
    """Run the selected checks on a target."""
    selection = Selection(**json.loads(options))
    try:
        target = load(name)
        target.use(selection.device, selection.precision)
    except (LookupError, ImportError, ValueError) as error:  # a wrong name or device; the report has the line
        sys.exit(f"{error}")
    target.hurried = selection.quick
    target.name = name  # by which the report, rows of xfails and scripts find it
    checks = selection.checks()
    rows = xfails.load(selection.xfails) if selection.xfails else []
    if died:
        done = sum("result" in json.loads(line) for line in Path(out).read_text().splitlines())
        deadly = dataclasses.replace(checks[done], run=functools.partial(_raise_death, died))
        checks = [deadly, *checks[done + 1 :]]
    with Path(out).open("a", buffering=1) as file:

        def write(**line: Any) -> None:
            file.write(json.dumps(line) + "\n")

        if not died:
            write(start={"target": name, "version": target.version, "device": target.device, "total": len(checks)})
        run(
            target,
            checks,
            expected=rows,
            timeout=selection.timeout,
            on_result=lambda result: write(result=result.as_json()),
        )
        write(finished=True)


def _raise_death(died: str, *_: Any) -> Any:
    raise ChildProcessError(died)


if __name__ == "__main__":
    main(*sys.argv[1:])
