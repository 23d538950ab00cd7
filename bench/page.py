"""The report as a page: one HTML file that needs no server and no network."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable
from importlib.resources import files

from kcompat.bench.plots import figures
from kcompat.bench.result import Report, Row, quantity, ratio, reference
from kcompat.bench.targets import Goal, goals


def render(report: Report) -> str:
    """The page."""
    parts = {
        "title": f"kcompat bench, {report.device}, {report.date[:10]}",
        "summary": _cards(report),
        "goals": _goals(goals(report)),
        "figures": "".join(_figure(*figure) for figure in figures(report)),
        "rows": _rows(report),
        "environment": _environment(report),
    }
    text = files("kcompat.bench").joinpath("page.html").read_text()
    for name, part in parts.items():
        text = text.replace("{{" + name + "}}", part)
    return text


def _figure(title: str, said: str, picture: str) -> str:
    return f"<section><h2>{html.escape(title)}</h2><p>{html.escape(said)}</p>{picture}</section>"


def _cards(report: Report) -> str:
    """For each backend: how its train steps compare, in the mean over the workloads."""
    steps = [row for row in report.rows if row.measure == "step" and row.values and not row.details.get("curve")]
    cards = []
    for name in dict.fromkeys(row.contestant for row in steps):
        kind, _, framework = name.partition(":")
        if kind != "kcompat":
            continue
        lines = []
        for other, label in (("native", "the loops written by hand"), ("keras3", "Keras 3")):
            pairs = [(row, reference(steps_of(report, row), row).get(other)) for row in steps if row.contestant == name]
            ratios = [ratio(row, theirs)[0] for row, theirs in pairs if theirs]
            if ratios:
                mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
                lines.append(f"<p>{_times(mean)} {label}</p>")
        if lines:
            cards.append(f"<div class='card'><h3>kcompat on {html.escape(framework)}</h3>{''.join(lines)}</div>")
    return "".join(cards)


def steps_of(report: Report, row: Row) -> list[Row]:
    """The rows that a row raced against."""
    return report.groups()[row.measure, row.subject]


def _times(mean: float) -> str:
    if 0.95 <= mean <= 1.05:
        return "<b>as fast</b> as"
    return (
        f"<b class='fast'>{1 / mean:.2g} x faster</b> than"
        if mean < 1
        else f"<b class='slow'>{mean:.2g} x slower</b> than"
    )


def _goals(all_goals: list[Goal]) -> str:
    """A line for each measure and subject, a column for each backend."""
    if not all_goals:
        return ""
    backends = list(dict.fromkeys(_backend(goal) for goal in all_goals))
    lines: dict[tuple[str, str, str], dict[str, Goal]] = {}
    for goal in all_goals:
        kind, _, framework = goal.against.partition(":")
        label = {"native": "written by hand", "keras3": "Keras 3", "kcompat": "fastest backend", "": "a number"}[kind]
        if framework and framework != _backend(goal) and kind == "keras3":
            label += f" on {framework}"
        lines.setdefault((goal.measure, goal.subject, label), {})[_backend(goal)] = goal
    met = sum(goal.met for goal in all_goals)
    head = _cells("th", ("measure", "of", "beside", *backends))
    body = "".join(
        f"<tr>{_cells('td', key)}{''.join(_goal(cells.get(backend)) for backend in backends)}</tr>"
        for key, cells in lines.items()
    )
    said = f"{met} of {len(all_goals)} are met. A cell has the median ratio, and the most that it may be."
    return f"<section><h2>Goals, one by one</h2><p>{said}</p><table><tr>{head}</tr>{body}</table></section>"


def _backend(goal: Goal) -> str:
    return goal.ours.partition(":")[2] or goal.ours


def _goal(goal: Goal | None) -> str:
    if goal is None:
        return "<td></td>"
    value, limit = (quantity(x, goal.unit) if goal.unit else f"{x:.2f}" for x in (goal.value, goal.limit))
    sign = "&le;" if goal.met else "&gt;"
    spread = f"half of the repeats from {goal.low:.3g} to {goal.high:.3g}"
    return f"<td class='{'met' if goal.met else 'missed'}' title='{spread}'><b>{value}</b> {sign} {limit}</td>"


def _rows(report: Report) -> str:
    head = _cells("th", ("measure", "of", "contestant", "median", "quartiles", "/ by hand", "/ Keras 3", "z", ""))
    lines = []
    for rows in report.groups().values():
        for row in rows:
            beside = reference(rows, row)
            if row.values:
                low, high = (quantity(x, row.unit) for x in row.quartiles)
                cells = [quantity(row.median, row.unit), f"{low} to {high}"]
                cells += [f"{ratio(row, beside[k])[0]:.2f}" if k in beside else "" for k in ("native", "keras3")]
                cells += [f"{row.details['z']:.2g}" if "z" in row.details else "", str(row.details.get("way", ""))]
                lines.append(f"<tr>{_cells('td', (row.measure, row.subject, row.contestant, *cells))}</tr>")
    return f"<table><tr>{head}</tr>{''.join(lines)}</table>"


def _cells(tag: str, texts: Iterable[str]) -> str:
    return "".join(f"<{tag}>{html.escape(text)}</{tag}>" for text in texts)


def _environment(report: Report) -> str:
    environment = report.environment
    said = {
        "date": report.date,
        "device": report.device,
        "dtype": report.dtype,
        "CPU": f"{environment['cpu']}, {environment['cores']} cores, {environment['threads']} used",
        "system": f"{environment['system']}, Python {environment['python']}",
        "packages": ", ".join(f"{name} {version}" for name, version in environment["packages"].items()),
        "variables": ", ".join(f"{name}={value}" for name, value in environment["variables"].items()) or "none",
    }
    for name, contestant in report.contestants.items():
        threads = ", ".join(f"{library} {n}" for library, n in contestant.get("threads", {}).items())
        said[name] = contestant.get("absent") or f"threads: {threads}"
    for row in report.rows:
        if row.error and "absent" not in report.contestants.get(row.contestant, {}):
            said[f"{row.contestant}, {row.measure} of {row.subject}"] = row.error
    return "".join(f"<dt>{html.escape(name)}</dt><dd>{html.escape(text)}</dd>" for name, text in said.items())
