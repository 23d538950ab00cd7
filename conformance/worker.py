"""The process of one target: `python -m kcompat.conformance.worker TARGET OUT OPTIONS`.

It writes a line of JSON for each result, so that what was found stays when the library crashes.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from kcompat.conformance import target, xfails
from kcompat.conformance.runner import run
from kcompat.conformance.selection import Selection


def main(name: str, out: str, options: str) -> None:
    """Run the selected checks on a target."""
    selection = Selection(**json.loads(options))
    selection.prepare(name)
    asked = target.load(name)
    checks = selection.checks()
    rows = xfails.load(selection.xfails) if selection.xfails else []
    with Path(out).open("w", buffering=1) as file:

        def write(**line: Any) -> None:
            file.write(json.dumps(line) + "\n")

        write(start={"target": name, "version": asked.version, "device": asked.device, "total": len(checks)})
        run(
            asked,
            checks,
            expected=rows,
            timeout=selection.timeout,
            on_result=lambda result: write(result=result.as_json()),
        )
        write(finished=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
