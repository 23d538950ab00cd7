"""The figures of a report, as SVG."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from kcompat.bench.result import Report, Row, quantity, ratio
from kcompat.bench.targets import goals

STYLE = {
    "kcompat": {"color": "#0f766e", "marker": "o", "s": 70, "zorder": 4},
    "native": {"facecolor": "white", "edgecolor": "#111827", "marker": "D", "s": 42, "zorder": 3, "linewidth": 1.4},
    "keras3": {"color": "#dc2626", "marker": "s", "s": 42, "zorder": 2},
}
LABEL = {"kcompat": "kcompat", "native": "written by hand", "keras3": "Keras 3"}
COLOR = {
    "numpy": "#2563eb",
    "jax": "#9333ea",
    "torch": "#ea580c",
    "tensorflow": "#ca8a04",
    "auto": "#0f766e",
    "alone": "#0f766e",
}
SCALE = 1.45
"""Pixels of the page for a point of a figure."""
RC: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#9ca3af",
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.titlesize": 11,
    "grid.color": "#e5e7eb",
}


def svg(figure: Figure) -> str:
    """The element, at its own size at most; the reader's browser chooses the font."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None}, bbox_inches="tight")
    text = buffer.getvalue()
    text = re.sub(r"font: ?([^;\"]*?)(?:'[^']*'|\"[^\"]*\"|sans-serif)[^;\"]*", r"font: \1system-ui, sans-serif", text)
    style = lambda size: f' style="max-width: {float(size[1]) * SCALE:.0f}px"'  # noqa: E731
    return re.sub(r' width="([\d.]+)pt" height="[\d.]+pt"', style, text[text.index("<svg") :], count=1)


def figures(report: Report) -> list[tuple[str, str, str]]:
    """A title, a sentence and the figure, for all that the report has rows for."""
    drawn = []
    with mpl.rc_context(RC):
        for title, said, draw in FIGURES:
            figure = draw(report)
            if figure is not None:
                drawn.append((title, said, svg(figure)))
    return drawn


def panels(count: int, columns: int, height: float, width: float = 3.6) -> tuple[Figure, list[Any]]:
    """A figure of small ones beside each other."""
    columns = min(columns, count)
    rows = -(-count // columns)
    figure = Figure(figsize=(max(columns * width, 4), rows * height), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel().tolist()
    for unused in axes[count:]:
        unused.set_visible(False)
    return figure, axes[:count]


def races(measures: tuple[str, ...]) -> Callable[[Report], Figure | None]:
    """For each measure and workload: a line for each framework, on it those who raced there."""

    def draw(report: Report) -> Figure | None:
        groups = {
            key: [row for row in rows if row.values and not row.details.get("curve")]
            for key, rows in report.groups().items()
            if key[0] in measures
        }
        groups = {key: rows for key, rows in groups.items() if rows}
        if not groups:
            return None
        frameworks = list(dict.fromkeys(_framework(row) for rows in groups.values() for row in rows))
        figure, axes = panels(len(groups), 3, 0.7 + 0.32 * max(len(frameworks), 2))
        for ((measure, subject), rows), axis in zip(groups.items(), axes, strict=True):
            _race(axis, rows, frameworks)
            axis.set_title(subject if len(measures) == 1 else f"{measure} of {subject}")
        handles = [axes[0].scatter([], [], **style, label=LABEL[kind]) for kind, style in STYLE.items()]
        figure.legend(handles=handles, loc="outside upper left", ncols=3, frameon=False)
        return figure

    return draw


def _race(axis: Any, rows: list[Row], frameworks: list[str]) -> None:
    for row in rows:
        kind, y = row.contestant.partition(":")[0], frameworks.index(_framework(row))
        low, high = row.quartiles
        axis.plot([low, high], [y, y], color=STYLE[kind].get("color", "#111827"), linewidth=1.2, zorder=1)
        axis.scatter([row.median], [y], **STYLE[kind])
    axis.set_xscale("log")
    medians = [row.median for row in rows]
    axis.set_xlim(min(medians) / 1.35, max(medians) * 1.35)
    axis.set_ylim(len(frameworks) - 0.5, -0.5)
    axis.set_yticks(range(len(frameworks)), frameworks)
    axis.grid(axis="y")
    axis.tick_params(length=0)
    _ticks(axis.xaxis, min(medians) / 1.35, max(medians) * 1.35, rows[0].unit)


def _ticks(axis: Any, low: float, high: float, unit: str) -> None:
    """Few round numbers, with their unit."""
    decades = np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    steps = (1, 2, 5) if high / low < 30 else (1,)
    ticks = [m * 10**d for d in decades for m in steps if low <= m * 10**d <= high]
    if len(ticks) > 5:
        ticks = ticks[:: -(-len(ticks) // 5)]
    if len(ticks) < 2:
        ticks = [float(f"{x:.2g}") for x in np.geomspace(low * 1.15, high / 1.15, 3)]
    axis.set_ticks(ticks)
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda x, _: quantity(x, unit).replace("us", "µs")))


def _framework(row: Row) -> str:
    return row.contestant.partition(":")[2]


def distances(report: Report) -> Figure | None:
    """Each ratio of the goals beside the most that it may be."""
    ratios = [goal for goal in goals(report) if not goal.unit and goal.measure == "step"]
    groups = {
        kind: [g for g in ratios if g.against.partition(":")[0] == kind] for kind in ("native", "keras3", "kcompat")
    }
    groups = {kind: some for kind, some in groups.items() if some}
    if not groups:
        return None
    figure, axes = panels(len(groups), 3, 0.7 + 0.21 * max(map(len, groups.values())), 4.2)
    titles = {"native": "time / loop written by hand", "keras3": "time / Keras 3", "kcompat": "auto / fastest backend"}
    for (kind, some), axis in zip(groups.items(), axes, strict=True):
        for y, goal in enumerate(some):
            color = "#0f766e" if goal.met else "#dc2626"
            axis.plot([1, goal.value], [y, y], color=color, linewidth=5, alpha=0.25, solid_capstyle="butt")
            axis.plot([goal.low, goal.high], [y, y], color=color, linewidth=1.5)
            axis.scatter([goal.value], [y], color=color, s=30, zorder=3)
            axis.plot([goal.limit] * 2, [y - 0.35, y + 0.35], color="#111827", linewidth=1.5)
        axis.axvline(1, color="#9ca3af", linewidth=1)
        axis.set_xscale("log")
        ends = [x for g in some for x in (g.value, g.limit, 1)]
        low, high = min(ends) / 1.2, max(ends) * 1.2
        axis.set_xlim(low, high)
        ticks = [x for x in (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20) if low <= x <= high]
        axis.set_xticks(ticks, [f"{x:g}" for x in ticks])
        axis.xaxis.set_minor_locator(NullLocator())
        axis.set_ylim(len(some) - 0.5, -0.5)
        axis.set_yticks(range(len(some)), [_label(goal) for goal in some])
        axis.tick_params(length=0)
        axis.set_title(titles[kind])
    return figure


def _label(goal: Any) -> str:
    ours, theirs = goal.ours.partition(":")[2], goal.against.partition(":")[2]
    return f"{goal.subject}, {ours}" + ("" if ours == theirs else f" / {theirs}")


def scaling(report: Report) -> Figure | None:
    """The cost of a step, or of training, by what grows."""
    rows = [row for row in report.rows if row.values and row.details.get("curve")]
    curves = list(dict.fromkeys(row.details["curve"] for row in rows))
    if not curves:
        return None
    figure, axes = panels(len(curves), 4, 2.7, 3.0)
    for curve, axis in zip(curves, axes, strict=True):
        names = list(dict.fromkeys(row.contestant for row in rows))
        for name in names:
            points = [(r.details["at"], r.median) for r in rows if r.contestant == name and r.details["curve"] == curve]
            if points:
                xs, ys = zip(*points, strict=True)
                dashed = {"kcompat": "-", "native": "--", "keras3": ":"}[name.partition(":")[0]]
                axis.plot(xs, ys, dashed, marker="o", markersize=4, color=COLOR[name.partition(":")[2]], label=name)
        axis.set_xscale("log", base=2)
        axis.set_yscale("log")
        at = sorted({row.details["at"] for row in rows if row.details["curve"] == curve})
        axis.set_xticks(at, [str(n) for n in at])
        axis.xaxis.set_minor_locator(NullLocator())
        low, high = axis.get_ylim()
        if high / low < 8:
            middle = (low * high) ** 0.5
            low, high = middle / 3, middle * 3
            axis.set_ylim(low, high)
        unit = next(row.unit for row in rows if row.details["curve"] == curve)
        _ticks(axis.yaxis, low, high, unit)
        axis.grid()
        axis.set_title(("memory by " if unit == "B" else "by ") + curve)
        axis.set_xlabel(curve)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper left", ncols=6, frameon=False)
    return figure


def roofline(report: Report) -> Figure | None:
    """How far each train step is from what the machine can do."""
    peaks, costs = report.machine.get("peaks", {}), report.machine.get("costs", {})
    rows = [
        r for r in report.rows if r.measure == "step" and r.values and r.subject in costs and not r.details.get("curve")
    ]
    if not (peaks.get("gemm") and peaks.get("copy") and rows):
        return None
    figure, (axis,) = panels(1, 1, 4.2, 7.5)
    raced = {row.subject for row in rows}
    intensity = {name: cost["flops"] / cost["bytes"] for name, cost in costs.items() if name in raced}
    low, high = min(intensity.values()) / 3, max(max(intensity.values()), peaks["gemm"] / peaks["copy"]) * 3
    xs = np.geomspace(low, high, 100)
    axis.plot(xs, np.minimum(peaks["gemm"], xs * peaks["copy"]), color="#111827", linewidth=2)
    axis.annotate(
        f"matrix product {quantity(peaks['gemm'], 'FLOP/s')}",
        (high, peaks["gemm"]),
        (0, 4),
        ha="right",
        textcoords="offset points",
    )
    axis.annotate(
        f"copy {quantity(peaks['copy'], 'B/s')}", (low, low * peaks["copy"]), (6, 4), textcoords="offset points"
    )
    for row in rows:
        kind, framework = row.contestant.split(":")
        speed = costs[row.subject]["flops"] / row.median
        color, filled = COLOR[framework], kind == "kcompat"
        axis.scatter(
            [intensity[row.subject]],
            [speed],
            s=60,
            marker=STYLE[kind]["marker"],
            edgecolor=color,
            facecolor=color if filled else "none",
            zorder=3,
        )
    for name, x in intensity.items():
        best = max(costs[name]["flops"] / row.median for row in rows if row.subject == name)
        axis.annotate(name, (x, best), (0, 8), textcoords="offset points", ha="center", weight="bold")
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.grid()
    axis.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    bottom, top = axis.get_ylim()
    _ticks(axis.yaxis, bottom, top, "FLOP/s")
    axis.set_xlabel("FLOP for each byte of state and data that must be moved")
    names = list(dict.fromkeys(row.contestant.split(":")[1] for row in rows))
    handles = [axis.scatter([], [], color=COLOR[name], s=40, label=name) for name in names]
    kinds = list(dict.fromkeys(row.contestant.split(":")[0] for row in rows))
    handles += [
        axis.scatter(
            [],
            [],
            marker=STYLE[kind]["marker"],
            s=40,
            edgecolor="#111827",
            label=LABEL[kind],
            facecolor="#111827" if kind == "kcompat" else "none",
        )
        for kind in kinds
    ]
    axis.legend(handles=handles, loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)
    return figure


def precision(report: Report) -> Figure | None:
    """The time of each op beside the error of what it gives."""
    groups = {
        key: [row for row in rows if row.values and "z" in row.details]
        for key, rows in report.groups().items()
        if key[0] == "op"
    }
    points = []
    for judged in filter(None, groups.values()):
        fastest = min(judged, key=lambda row: row.median)
        points += [(row, ratio(row, fastest)[0], float(row.details["z"])) for row in judged]
    if not points:
        return None
    figure, (axis,) = panels(1, 1, 4.2, 7.5)
    for kind, style in STYLE.items():
        some = [(x, min(max(z, 0.01), 1e4)) for row, x, z in points if row.contestant.startswith(kind)]
        if some:
            axis.scatter(*zip(*some, strict=True), **{**style, "s": 28, "alpha": 0.7}, label=LABEL[kind])
    axis.axhline(8, color="#111827", linewidth=1)
    axis.annotate("8: what rounding explains", (axis.get_xlim()[1], 8), (0, 4), textcoords="offset points", ha="right")
    for row, x, z in points:
        if z > 8 or x > 20:
            axis.annotate(
                f"{row.subject}, {row.contestant}", (x, min(z, 1e4)), (5, 3), textcoords="offset points", size=7
            )
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    axis.set_xlabel("time / that of the fastest")
    axis.set_ylabel("z, the error")
    axis.grid()
    axis.legend(frameon=False, loc="center left", bbox_to_anchor=(1.01, 0.5))
    return figure


FIGURES: tuple[tuple[str, str, Callable[[Report], Figure | None]], ...] = (
    (
        "A train step",
        "Further left is faster; the axes are logarithmic. A bar through a mark spans half of the repeats.",
        races(("step",)),
    ),
    (
        "Goals",
        "A dot is a ratio, 1 is as fast; the black mark is the most that it may be. Green reaches it.",
        distances,
    ),
    ("A fit of one epoch", "With all that a call of fit costs.", races(("epoch",))),
    (
        "Evaluate and predict",
        "Seconds a batch; predict@1 has batches of one sample.",
        races(("evaluate", "predict@1", "predict@256")),
    ),
    (
        "First step, and memory",
        "From a model that is not built to the end of its first step; the most that training takes.",
        races(("first", "memory")),
    ),
    (
        "How the step grows",
        "A step is to cost the same however many epochs and samples there are, and no more than in "
        "proportion to batch and depth. Memory is not to grow with streamed samples.",
        scaling,
    ),
    (
        "Distance to the machine's limit",
        "No step can be above the line: the FLOPs are counted from the model, the line is measured.",
        roofline,
    ),
    ("Ops: speed and precision", "Each op at a size that matters. Far right is slow, high is imprecise.", precision),
    ("Imports", "In a process that has NumPy.", races(("import",))),
)
"""Title, what it says, and the figure, in the order of the page."""
