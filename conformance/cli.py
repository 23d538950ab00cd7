"""The suite's part of the command line: `kcompat conform`, `case`, `repro`, `compare`, `mutants`."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kcompat.conformance.run.selection import Selection
from kcompat.conformance.run.suite import LEVELS
from kcompat.conformance.targets.precision import PROFILES


def add_to(commands: Any) -> None:
    """Add the suite's commands to the parser of `kcompat`."""
    conform = commands.add_parser("conform", help="judge backends and other libraries by the conformance suite")
    several: dict[str, Any] = {"action": "extend", "nargs": "+", "default": []}  # `--ops a b` as `--ops a --ops b`
    conform.add_argument("--backend", **several, metavar="NAME", help="backends")
    conform.add_argument(
        "--target", **several, metavar="NAME", help="keras3:torch, raw:jax, or an adapter's MODULE:FACTORY"
    )
    _select(conform)
    conform.add_argument("--device", default="", help="the device that the target is to use, such as cuda")
    conform.add_argument("--ops", **several, metavar="PATTERN", help="ops (or layers) like conv*")
    conform.add_argument("--id", **several, metavar="PATTERN", help="checks like conv-*:gradient")
    conform.add_argument("--quick", action="store_true", help="as few checks as name every clause of the spec")
    conform.add_argument("--xfails", default="", metavar="FILE", help="a TOML file of expected failures")
    conform.add_argument("--report", metavar="FILE", help="write the report as JSON")
    conform.add_argument("--html", metavar="FILE", help="write the matrix as a page")
    conform.add_argument("--junit", metavar="FILE", help="write JUnit's XML")
    conform.add_argument("--failures", choices=("some", "all"), default="some", help="how many to print (default some)")
    conform.add_argument("--jobs", type=int, default=2, help="processes at a time (default 2)")
    conform.add_argument("--timeout", type=float, default=120.0, help="seconds a check (default 120)")
    conform.set_defaults(run=run_conform)

    case = commands.add_parser("case", help="show a check: its input, and what is expected")
    case.add_argument("id")
    case.add_argument("--profile", choices=PROFILES, default="fp32")
    case.set_defaults(run=run_case)

    repro = commands.add_parser(
        "repro", help="print a short script that shows a check's result in the target's own API"
    )
    repro.add_argument("id")
    repro.add_argument("--target", default="numpy")
    repro.add_argument("--profile", choices=PROFILES, default="fp32")
    repro.set_defaults(run=run_repro)

    compare = commands.add_parser("compare", help="say what changed between two reports")
    compare.add_argument("old")
    compare.add_argument("new")
    compare.set_defaults(run=run_compare)

    mutants = commands.add_parser("mutants", help="measure the suite: which planted bugs does it find")
    mutants.add_argument("--ops", **several, metavar="PATTERN", help="mutants of ops like conv*")
    mutants.add_argument("--planted", action="store_true", help="put them into the source of a copy of the package")
    mutants.add_argument("--jobs", type=int, default=2, help="with --planted: processes at a time (default 2)")
    mutants.add_argument("--report", metavar="FILE", help="write the table as JSON")
    mutants.set_defaults(run=run_mutants)


def _select(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--level", choices=LEVELS, default=LEVELS[-1], help="the highest level (default all)")
    parser.add_argument("--profile", choices=PROFILES, default="fp32", help="the precision that the target declares")


def run_conform(options: argparse.Namespace) -> None:
    """Run the suite; the exit status is 1 if anything fails that is not expected to."""
    from kcompat.conformance.report import display, junit, page
    from kcompat.conformance.run import conform, document, xfails

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # as an interrupt: the workers end, too
    selection = Selection(
        level=options.level,
        profile=options.profile,
        device=options.device,
        ops=tuple(options.ops),
        ids=tuple(options.id),
        quick=options.quick,
        xfails=options.xfails,
        timeout=options.timeout,
    )
    targets = [*options.backend, *options.target] or ["numpy"]
    outputs = [path for path in (options.report, options.html, options.junit) if path]
    with usage_errors():
        selection.checks()  # before a bar is drawn
        conform.require_valid(targets, options.jobs)
        if options.xfails:
            xfails.load(options.xfails)
        for path in outputs:
            document.require_writable(path)
    with usage_errors(), display.progress(targets) as on_progress:
        results = conform.conform(targets, selection, options.jobs, on_progress)
    display.show(results, every_failure=options.failures == "all")
    if options.report:
        document.write(results, options.report)
    for path, render in ((options.html, page.render), (options.junit, junit.render)):
        if path:
            document.write_text(render(results), path)
    if document.problems(results):
        sys.exit(1)


def run_case(options: argparse.Namespace) -> None:
    """Show a check."""
    from kcompat.conformance.report import display

    with usage_errors():
        display.show_check(options.id, PROFILES[options.profile])


def run_repro(options: argparse.Namespace) -> None:
    """Print a script."""
    from kcompat.conformance.report import repro

    with usage_errors():
        script = repro.script(options.target, options.id, options.profile)
    if script.startswith(repro.NO_SCRIPT):
        sys.exit(f"kcompat: {script.removeprefix('# ')}")
    print(script)


def run_compare(options: argparse.Namespace) -> None:
    """Say what changed; the exit status is 1 if something that passed does not any more."""
    from kcompat.conformance.report import compare
    from kcompat.conformance.run import document

    with usage_errors():
        changes = compare.compare(document.read(options.old), document.read(options.new))
    print("\n".join(map(str, changes)) or "nothing changed")
    if any(change.worse for change in changes):
        sys.exit(1)


def run_mutants(options: argparse.Namespace) -> None:
    """Run the mutants; the exit status is 1 if one survives."""
    from kcompat.conformance.mutants import mutation, planting
    from kcompat.conformance.report import display
    from kcompat.conformance.run import document

    with usage_errors():
        if options.report:
            document.require_writable(options.report)
        if options.planted:
            with display.progress(["mutants"]) as on_progress:
                fates = planting.run(options.ops, options.jobs, lambda *counts: on_progress("mutants", *counts))
        else:
            fates = mutation.run(options.ops)
        survivors = display.show_mutants(fates, options.report)
    if survivors:
        sys.exit(1)


@contextmanager
def usage_errors() -> Iterator[None]:
    """Within the block, what was asked wrongly ends the command with a line in place of a traceback."""
    try:
        yield
    except BrokenPipeError:  # nothing was asked wrongly: the reader has seen enough
        raise
    except (LookupError, ValueError, ImportError, OSError) as error:
        sys.exit(f"kcompat: {error.args[0] if isinstance(error, KeyError) and error.args else error}")
