"""The report in the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar
from rich.table import Table

from kcompat.bench.result import Report, Row, ratio, reference


@contextmanager
def progress() -> Iterator[Callable[[str, float], None]]:
    """A bar on the error stream, while something runs."""
    with Bar(BarColumn(), TextColumn("{task.description}"), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=1.0)
        yield lambda text, share: bar.update(task, description=text, completed=share)


def show(report: Report) -> None:
    """Print all rows, each beside the loop written by hand and Keras in the same framework."""
    console = Console()
    found = Table("measure", "of", "contestant", title="medians, with quartiles")
    for column in ("median", "quartiles", "of the hand-written", "of Keras 3"):
        found.add_column(column, justify="right")
    for (measure, subject), rows in report.groups().items():
        for row in rows:
            if row.error:
                found.add_row(measure, subject, row.contestant, "[dim]-", "", f"[dim]{row.error}", "")
            else:
                low, high = row.quartiles
                beside = reference(rows, row)
                compared = [ratio_text(row, beside.get(kind)) for kind in ("native", "keras3")]
                span = f"{quantity(low, row.unit)} to {quantity(high, row.unit)}"
                found.add_row(measure, subject, row.contestant, quantity(row.median, row.unit), span, *compared)
        found.add_section()
    console.print(found)


def ratio_text(row: Row, other: Row | None) -> str:
    """A ratio with its quartiles."""
    if other is None:
        return ""
    middle, low, high = ratio(row, other)
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


def quantity(value: float, unit: str) -> str:
    """A number with three digits and a prefix."""
    steps = {"s": ((1, "s"), (1e-3, "ms"), (1e-6, "us")), "B": ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))}
    for size, name in steps[unit]:
        if value >= size:
            return f"{value / size:.3g} {name}"
    size, name = steps[unit][-1]
    return f"{value / size:.3g} {name}"
