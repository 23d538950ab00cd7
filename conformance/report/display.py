"""Tables in a terminal, or in a file or pipe."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from kcompat.conformance.cases.questions import Case
from kcompat.conformance.judge.expectations import expected
from kcompat.conformance.run import document
from kcompat.conformance.run.runner import BAD
from kcompat.conformance.run.suite import LEVELS, checks
from kcompat.conformance.targets.precision import Profile

WIDE = 10_000
"""Columns of a file or pipe: nothing is wrapped or left out there."""
FAILURES = 5
"""How many failures of a target are printed unless all are asked for."""
SUSPECTS = 20
"""How many suspected checks are printed."""
LEGEND = """\
L0 functions, shapes, dtypes, refusals; L1 values; L2 gradients; L2s gradients at kinks as the spec declares them;
L3 layers, losses, metrics, optimizers; L4 training runs; L5 the same seed gives the same bits.
granted: the highest level up to which nothing failed and half is supported, at least.
z: the error over what rounding explains; up to 8 is right.
native: the backend's own code for an op; composed: the spec's body for it. kink: a point without a derivative.
clause: one promise of the spec, which checks name. witness: Keras, asked for what "compatible" means.
All terms are in docs/pages/guide/glossary.md."""

console = Console(highlight=False)
if not console.is_terminal:
    console = Console(highlight=False, width=WIDE)


@contextlib.contextmanager
def progress(targets: Sequence[str]) -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar for each target; gives the function that moves them."""
    columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()]
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks = {name: bars.add_task(name, total=None) for name in ("expectations", *targets)}
        yield lambda target, done, total: bars.update(tasks[target], completed=done, total=total)


def show(report: dict[str, Any], every_failure: bool = False) -> None:
    """Print a row for each target with its counts by level and the worst z, then what failed."""
    console.print(_matrix(report))
    console.print(LEGEND, style="dim")
    for target in report["targets"]:
        _show_failures(report, target["name"], every_failure)
        for remark in target.get("remarks", ()):
            console.print(f"{target['name']}: {remark}", markup=False)
    if suspected := document.suspects(report):
        names = ", ".join(suspected[:SUSPECTS])
        console.print(f"all targets differ from the oracle on the same side, suspect it: {names}")
    for problem in document.problems(report):
        console.print(f"[red]{escape(problem)}[/red]")


def _matrix(report: dict[str, Any]) -> Table:
    title = f"kcompat conform, profile {report['selection']['profile']}, {report['checks']} checks a target"
    table = Table(title=title)
    levels = [level for level in LEVELS if any(level in target["levels"] for target in report["targets"])]
    for name in ("target", *levels, "worst z", "z <= 4", "granted", "seconds"):
        table.add_column(name, justify="left" if name == "target" else "right", no_wrap=True)
    for target in report["targets"]:
        results = [r for r in report["results"] if r["target"] == target["name"]]
        z = np.array([document.z_of(r) for r in results if r["status"] in ("pass", "fail")])
        z = z[~np.isnan(z)]
        cells = [_counts(target["levels"].get(level, {})) for level in levels]
        worst, share = (f"{z.max():.3g}", f"{np.mean(z <= 4):.1%}") if z.size else ("", "")
        granted = target["granted"] or ("-" if target["status"] == "complete" else "[red]no data[/red]")
        name = f"{target['name']} {target['version']}"
        table.add_row(name, *cells, worst, share, granted, f"{target['seconds']:.0f}")
    return table


def _show_failures(report: dict[str, Any], target: str, every: bool) -> None:
    bad = [r for r in report["results"] if r["target"] == target and r["status"] in BAD]
    for result in bad if every else bad[:FAILURES]:
        message = escape(" ".join(result["message"].split())[:300])
        console.print(f"[red]{result['status']}[/red] {target} {escape(result['id'])}: {message}")
    if len(bad) > FAILURES and not every:
        console.print(
            f"and {len(bad) - FAILURES} more of {target}: kcompat conform --target {target} --failures all "
            "prints them, --html FILE has a script for each"
        )


def _counts(levels: dict[str, int]) -> str:
    """Passed of judged, then what else there is."""
    if not levels:
        return ""
    judged = sum(n for status, n in levels.items() if status not in ("skip", "unsupported"))
    colour = "red" if any(levels.get(status) for status in BAD) else "green"
    passed = levels.get("pass", 0) + levels.get("xfail", 0)
    lacking = f" ({levels['unsupported']} unsupported)" if levels.get("unsupported") else ""
    return f"[{colour}]{passed}/{judged}[/{colour}]{lacking}"


def show_check(identifier: str, profile: Profile) -> None:
    """Print a check's clauses and input, and the value, bound and sigma of what is expected."""
    every = {check.id: check for check in checks(profile=profile)}
    if identifier not in every:
        near = [name for name in every if name.startswith(identifier.partition(":")[0])]
        hint = f"; there are {', '.join(near[:12])}" if near else ""
        raise LookupError(f"no check is called {identifier!r}{hint}")
    check = every[identifier]
    console.print(f"{check.id}, level {check.level}, of {check.family}\n{check.case!r}", markup=False)
    console.print(f"clauses: {', '.join(check.clauses) or 'none'}", markup=False)
    if not isinstance(check.case, Case):
        return
    with np.printoptions(threshold=40):
        for name, x in zip(check.case.tensor_names, check.case.arrays, strict=True):
            console.print(f"{name} = {x!r}", markup=False)
        if check.question is not None:
            for i, output in enumerate(expected(check.case, check.question, profile)):
                console.print(f"output {i}: value {output.value!r}", markup=False)
                console.print(f"  bound {output.bound!r}\n  sigma {output.sigma!r}", markup=False)


def show_mutants(fates: Sequence[Any], path: str | None) -> list[str]:
    """Print a row for each mutant, and give the names of the survivors."""
    table = Table(title="mutants: planted bugs that the suite has to find")
    for name in ("op", "mutant", "killed by", "margin"):
        table.add_column(name)
    for fate in fates:
        killed = escape(fate.killed_by) or "[red]survives[/red]"
        table.add_row(fate.op, escape(fate.name), killed, f"{fate.margin:.3g}" if fate.killed_by else "")
    console.print(table)
    survivors = [fate.name for fate in fates if not fate.killed_by]
    console.print(f"{len(fates) - len(survivors)} of {len(fates)} killed")
    if path:
        document.write({"mutants": [fate.as_json() for fate in fates]}, path)
    return survivors
