"""The report in the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar
from rich.table import Table

from kcompat.bench.compare import Change
from kcompat.bench.result import Report, Row, quantity, ratio, reference
from kcompat.bench.targets import Goal, goals

COLORS = {"slower": "red", "faster": "green", "": "dim"}


@contextmanager
def progress() -> Iterator[Callable[[str, float], None]]:
    """A bar on the error stream, while something runs."""
    with Bar(BarColumn(), TextColumn("{task.description}"), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=1.0)
        yield lambda text, share: bar.update(task, description=text, completed=share)


def show(report: Report) -> None:
    """Print all rows, each beside the loop written by hand and Keras in the same framework; then the goals."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=150)  # a file has no width of its own
    medians = Table("measure", "of", "contestant", title="Medians and quartiles")
    for column in ("median", "quartiles", "/ by hand", "/ Keras 3"):
        medians.add_column(column, justify="right")
    medians.add_column("z", justify="right")
    for (measure, subject), rows in report.groups().items():
        for row in rows:
            if row.values:
                medians.add_row(measure, subject, row.contestant, *_cells(row, rows))
        medians.add_section()
    console.print(medians)
    absent = {name: said["absent"] for name, said in report.contestants.items() if "absent" in said}
    for why in dict.fromkeys(absent.values()):
        names = ", ".join(name for name, said in absent.items() if said == why)
        console.print(f"{names}: {why}", style="dim")
    for row in report.rows:
        if row.error and "absent" not in report.contestants.get(row.contestant, {}):
            console.print(f"{row.measure} of {row.subject}, {row.contestant}: {row.error}", style="yellow")
    reached = goals(report)
    if reached:
        console.print(_goals(reached))
        missed = sum(not goal.met for goal in reached)
        console.print(f"{len(reached) - missed} of {len(reached)} goals are met.")


def _cells(row: Row, rows: list[Row]) -> list[str]:
    low, high = row.quartiles
    beside = reference(rows, row)
    ratios = [_ratio(row, beside.get(kind)) for kind in ("native", "keras3")]
    z = f"{row.details['z']:.2g}" if "z" in row.details else ""
    spread = f"{quantity(low, row.unit)} to {quantity(high, row.unit)}"
    return [quantity(row.median, row.unit), spread, *ratios, z]


def _ratio(row: Row, other: Row | None) -> str:
    return "" if other is None else "{:.2f} ({:.2f} to {:.2f})".format(*ratio(row, other))


def _goals(all_goals: list[Goal]) -> Table:
    """A line for each measure and subject, a column for each backend."""
    backends = list(dict.fromkeys(goal.ours.partition(":")[2] or goal.ours for goal in all_goals))
    shown = Table("measure", "of", "beside", *backends, title="Goals: median ratio, and the most it may be")
    lines: dict[tuple[str, str, str], dict[str, str]] = {}
    for goal in all_goals:
        backend = goal.ours.partition(":")[2] or goal.ours
        kind, _, framework = goal.against.partition(":")
        beside = goal.against if framework and framework != backend else kind
        mark = "green" if goal.met else "bold red"
        value = quantity(goal.value, goal.unit) if goal.unit else f"{goal.value:.2f}"
        limit = quantity(goal.limit, goal.unit) if goal.unit else f"{goal.limit:g}"
        cell = f"[{mark}]{value}{'' if goal.met else ' >'}[/] [dim]{'' if not goal.met else '<= '}{limit}[/]"
        lines.setdefault((goal.measure, goal.subject, beside), {})[backend] = cell
    for key, cells in lines.items():
        shown.add_row(*key, *(cells.get(backend, "") for backend in backends))
    return shown


def show_changes(changes: list[Change], conditions: list[str]) -> None:
    """Print what moved, and under which other conditions."""
    console = Console()
    for line in conditions:
        console.print(f"not the same: {line}", style="yellow")
    moved = [change for change in changes if change.verdict]
    if moved:
        changed = Table("measure", "of", "contestant", "old", "new", "new / old", "")
        for change in sorted(moved, key=lambda change: -change.factor):
            old, new = change.old, change.new
            values = quantity(old.median, old.unit), quantity(new.median, new.unit), f"{change.factor:.2f}"
            changed.add_row(*new.key, *values, f"[{COLORS[change.verdict]}]{change.verdict}[/]")
        console.print(changed)
    console.print(f"{len(moved)} of {len(changes)} rows moved beyond their spread")
