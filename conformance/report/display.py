"""Reports in a terminal."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from kcompat.conformance.cases.questions import Case
from kcompat.conformance.judge.expectations import expected
from kcompat.conformance.judge.precision import Profile
from kcompat.conformance.report import report
from kcompat.conformance.run.runner import BAD
from kcompat.conformance.run.suite import LEVELS, checks

console = Console(highlight=False)
if not console.is_terminal:
    console = Console(highlight=False, width=140)
SHOWN = 20


@contextlib.contextmanager
def progress(targets: Sequence[str]) -> Iterator[Callable[[str, int, int], None]]:
    """A bar a target; gives the function that moves them."""
    columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()]
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks = {name: bars.add_task(name, total=None) for name in ("expectations", *targets)}
        yield lambda target, done, total: bars.update(tasks[target], completed=done, total=total)


def show(found: dict[str, Any]) -> None:
    """A row a target with its counts by level, the worst z, and what failed."""
    table = Table(title=f"kcompat conform, profile {found['selection']['profile']}, {found['checks']} checks a target")
    levels = [level for level in LEVELS if any(level in target["levels"] for target in found["targets"])]
    for name in ("target", *levels, "worst z", "z <= 4", "granted", "seconds"):
        table.add_column(name, justify="left" if name == "target" else "right", no_wrap=True)
    for target in found["targets"]:
        mine = [r for r in found["results"] if r["target"] == target["name"]]
        z = np.array([report.z_of(r) for r in mine if r["status"] in ("pass", "fail")])
        z = z[~np.isnan(z)]
        cells = [_counts(target["levels"].get(level, {})) for level in levels]
        worst, share = (f"{z.max():.3g}", f"{np.mean(z <= 4):.1%}") if z.size else ("", "")
        granted = target["granted"] or ("-" if target["status"] == "complete" else "[red]no data[/red]")
        table.add_row(
            f"{target['name']} {target['version']}", *cells, worst, share, granted, f"{target['seconds']:.0f}"
        )
    console.print(table)
    bad = [r for r in found["results"] if r["status"] in BAD]
    for result in bad[:SHOWN]:
        console.print(f"[red]{result['status']}[/red] {result['target']} {result['id']}: {result['message'][:300]}")
    if len(bad) > SHOWN:
        console.print(f"and {len(bad) - SHOWN} more; --report and --html have them all")
    if suspected := report.suspects(found):
        console.print(
            f"all targets differ from the oracle on the same side, suspect it: {', '.join(suspected[:SHOWN])}"
        )
    for problem in report.problems(found):
        console.print(f"[red]{problem}[/red]")


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
    """A check's clauses and input, and the value, bound and sigma of what is expected."""
    found = {check.id: check for check in checks(profile=profile)}
    if identifier not in found:
        near = [name for name in found if name.startswith(identifier.partition(":")[0])]
        hint = f"; there are {', '.join(near[:12])}" if near else ""
        raise LookupError(f"no check is called {identifier!r}{hint}")
    check = found[identifier]
    console.print(f"{check.id}, level {check.level}, of {check.family}\n{check.case!r}")
    console.print(f"clauses: {', '.join(check.clauses) or 'none'}")
    if not isinstance(check.case, Case):
        return
    with np.printoptions(threshold=40):
        for name, x in zip(check.case.tensor_names, check.case.arrays, strict=True):
            console.print(f"{name} = {x!r}", markup=False)
        if check.question is not None:
            for i, output in enumerate(expected(check.case, check.question, profile)):
                console.print(f"output {i}: value {output.value!r}", markup=False)
                console.print(f"  bound {output.bound!r}\n  sigma {output.sigma!r}", markup=False)


def show_mutants(found: Sequence[Any], path: str | None) -> list[str]:
    """A row a mutant; gives the names of the survivors."""
    table = Table(title="mutants: planted bugs that the suite has to find")
    for name in ("op", "mutant", "killed by", "margin"):
        table.add_column(name)
    for mutant in found:
        killed = mutant.killed_by or "[red]survives[/red]"
        table.add_row(mutant.op, mutant.name, killed, f"{mutant.margin:.3g}" if mutant.killed_by else "")
    console.print(table)
    survivors = [mutant.name for mutant in found if not mutant.killed_by]
    console.print(f"{len(found) - len(survivors)} of {len(found)} killed")
    if path:
        report.write({"mutants": [mutant.as_json() for mutant in found]}, path)
    return survivors
