"""The command line: `kcompat backends`, `kcompat bench`, and the commands of the conformance suite."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence

from kcompat import __version__
from kcompat.bench import cli as bench
from kcompat.conformance import cli as conformance
from kcompat.runtime.interpreter import COMPOSED, MISSING, NATIVE
from kcompat.runtime.registry import BackendInfo, list_backends
from kcompat.spec import OPS


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line `arguments`, those of the process if None."""
    parser = argparse.ArgumentParser(
        prog="kcompat", description="A Keras-compatible library, one spec for all backends."
    )
    parser.add_argument("--version", action="version", version=f"kcompat {__version__}")
    commands = parser.add_subparsers(required=True, metavar="command")
    backends = commands.add_parser(
        "backends",
        help="list the backends",
        description="List the registered backends: version, devices, and how many ops are native, composed or missing.",
    )
    backends.add_argument("--ops", action="store_true", help="also say how each backend runs each op")
    backends.set_defaults(run=lambda options: print_backends(options.ops))
    parser.set_defaults(extras=dict.fromkeys(("rich", "mpmath", "ml_dtypes"), "conformance"))
    conformance.add_to(commands)
    bench.add_to(commands)
    options = parser.parse_args(arguments)
    try:
        options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        print("kcompat: interrupted", file=sys.stderr)
        sys.exit(128 + signal.SIGINT)
    except ModuleNotFoundError as error:
        extra = options.extras.get(error.name)
        if extra is None:
            raise
        sys.exit(f"kcompat: this command needs {error.name}: pip install 'kcompat[{extra}]'")


def print_backends(ops: bool) -> None:
    """Print a line for each backend; with `ops`, also one for each op."""
    found = list_backends()
    print(table([("backend", "version", NATIVE, COMPOSED, MISSING, "devices"), *map(backend_row, found)]))
    if ops:
        installed = [info for info in found if info.installed]
        support = [support_of(info) for info in installed]
        rows = [(op.family, op.name, *(how[op.name] for how in support)) for op in OPS.values()]
        print("\n" + table([("family", "op", *(info.name for info in installed)), *sorted(rows)]))


def backend_row(info: BackendInfo) -> tuple[str, ...]:
    """What the list says of one backend: figures, or how to get it."""
    if not info.installed:
        return (info.name, f"not usable: {info.error}")
    counts = (str(len(ops)) for ops in (info.native, info.composed, info.missing))
    return (info.name, info.version or "?", *counts, ", ".join(info.devices))


def support_of(info: BackendInfo) -> dict[str, str]:
    """Native, composed or missing, for each op."""
    groups = {NATIVE: info.native, COMPOSED: info.composed, MISSING: info.missing}
    return {op: how for how, ops in groups.items() for op in ops}


def table(rows: Sequence[tuple[str, ...]]) -> str:
    """Rows of text in columns; the last entry of a short row may be as long as it likes."""
    full = [row for row in rows if len(row) == len(rows[0])]
    widths = [max(map(len, column)) for column in zip(*full, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
