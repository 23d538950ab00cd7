"""`kcompat bench`: what is asked for, and where the answers go."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kcompat.bench.result import Report

DTYPES = ("float32", "float64", "bfloat16", "float16")
PRESETS = ("quick", "table", "untuned", "scaling", "ops", "gpu", "full")


def add_to(commands: Any) -> None:
    """Add `bench` to the parser of `kcompat`; what it takes to run is imported when it runs."""
    parser = commands.add_parser(
        "bench",
        help="measure how fast it is, beside loops written by hand and Keras 3",
        description="Race kcompat:BACKEND, native:FRAMEWORK (loops written by hand) and keras3:BACKEND.",
    )
    parser.set_defaults(run=run, extras=dict.fromkeys(("rich", "matplotlib", "threadpoolctl"), "bench"))
    parser.add_argument("--preset", choices=PRESETS, help="what to measure; table is the default, gpu that of cuda")
    parser.add_argument("--quick", action="store_true", help="the preset quick: NumPy alone, in less than two minutes")
    several: dict[str, Any] = {"action": "extend", "nargs": "+", "default": [], "metavar": "NAME"}
    parser.add_argument("--workload", **several, help="as mlp or cnn@1")
    parser.add_argument("--op", **several, help="ops, as softmax")
    parser.add_argument("--measure", **several, help="as step")
    parser.add_argument("--contestant", **several, help="as kcompat:jax")
    parser.add_argument("--repeats", type=int, default=5, help="repeats of each, interleaved (default 5)")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="cores to use (default all)")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--dtype", choices=DTYPES, default="float32")
    parser.add_argument("--json", metavar="FILE", help="write the report as JSON")
    parser.add_argument("--html", metavar="FILE", help="write the report as a page")
    more = parser.add_subparsers(metavar="compare")
    compare = more.add_parser("compare", help="say what moved between two reports, beyond their spread")
    compare.add_argument("old")
    compare.add_argument("new")
    compare.set_defaults(run=run_compare)
    counts = more.add_parser("overhead", help="count the bytecode instructions that a step of fit takes in Python")
    counts.add_argument("--record", action="store_true", help="write them into the tree")
    counts.set_defaults(run=run_overhead)
    page = more.add_parser("page", help="make the page of a report that was written before")
    page.add_argument("report")
    page.add_argument("page")
    page.set_defaults(run=run_page)


def run(options: argparse.Namespace) -> None:
    """Race, and report."""
    if not hasattr(os, "fork"):
        sys.exit("kcompat: bench stops and forks processes, which Linux and macOS can do, and Windows within WSL")
    from kcompat.bench import presets, result, session, table
    from kcompat.conformance.run import document

    with told_plainly():
        plan = presets.plan(options)
        for path in filter(None, (options.json, options.html)):  # before a run of an hour
            document.require_writable(path)
    with table.progress() as show:
        report = session.measured(plan, options.device, options.dtype, options.threads, show)
    if options.json:
        result.write(report, options.json)
    table.show(report)
    if not any(row.values for row in report.rows):
        sys.exit(f"kcompat: nothing was measured on --device {options.device}; see above what each contestant lacks")
    if options.html:
        _write_page(report, options.html)


def run_page(options: argparse.Namespace) -> None:
    """Make a page of a report."""
    from kcompat.bench import result
    from kcompat.conformance.run import document

    with told_plainly():
        report = result.read(options.report)
        document.require_writable(options.page)
    _write_page(report, options.page)


def _write_page(report: Report, path: str) -> None:
    from kcompat.bench import page
    from kcompat.conformance.run import document

    document.write_text(page.render(report), path)


def run_compare(options: argparse.Namespace) -> None:
    """Say what moved; the exit status is 1 if something became slower."""
    from kcompat.bench import compare, result, table

    with told_plainly():
        old, new = result.read(options.old), result.read(options.new)
        changes = compare.compare(old, new)
    table.show_changes(changes, compare.conditions(old, new))
    if any(change.verdict == "slower" for change in changes):
        sys.exit(1)


def run_overhead(options: argparse.Namespace) -> None:
    """Count instructions, beside those that were recorded; or record them."""
    from kcompat.bench import overhead

    if options.record:
        overhead.record()
    for line in overhead.lines():
        print(line)


@contextmanager
def told_plainly() -> Iterator[None]:
    """What was asked wrongly is said in a line, without a traceback."""
    try:
        yield
    except BrokenPipeError:  # nothing was asked wrongly: the reader has seen enough
        raise
    except (LookupError, ValueError, OSError) as error:
        sys.exit(f"kcompat: {error.args[0] if isinstance(error, LookupError) else error}")
