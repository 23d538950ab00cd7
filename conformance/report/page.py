"""The matrix of a report: one HTML file that needs no server and no network."""

from __future__ import annotations

import html
import json
import math
from importlib.resources import files
from typing import Any

from kcompat.conformance.report import repro
from kcompat.conformance.run.document import z_of
from kcompat.conformance.run.runner import BAD

Cell = dict[str, Any]
SCRIPTS = 400
"""How many failing cells of a target get a script of their own."""


def render(report: dict[str, Any]) -> str:
    """The page: op by target, coloured by the worst z; with what a click on a cell shows."""
    data = {
        "selection": report["selection"],
        "environment": report["environment"],
        "targets": report["targets"],
        "problems": report["problems"],
        "cells": cells(report),
    }
    template = files("kcompat.conformance.report").joinpath("page.html").read_text()
    encoded = json.dumps(data, separators=(",", ":")).replace("</", "<\\/")  # the text must not end its element
    title = html.escape(f"kcompat conformance: {', '.join(t['name'] for t in report['targets'])}")
    return template.replace("{{title}}", title).replace("{{data}}", encoded)


def cells(report: dict[str, Any]) -> list[Cell]:
    """For each subject, target, level and dtype: how many results of each status, and the worst of them."""
    grouped: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for result in report["results"]:
        key = tuple(result[name] for name in ("family", "subject", "target", "level", "dtype"))
        grouped.setdefault(key, []).append(result)
    failing: dict[str, list[Cell]] = {}
    every = []
    for (family, subject, target, level, dtype), results in grouped.items():
        statuses: dict[str, int] = {}
        for result in results:
            statuses[result["status"]] = statuses.get(result["status"], 0) + 1
        worst = max(results, key=_badness)
        cell: Cell = {"family": family, "subject": subject, "target": target, "level": level, "dtype": dtype}
        cell |= {"statuses": statuses, "worst": _summarize(worst)}
        if worst["status"] in BAD:
            failing.setdefault(target, []).append(cell)
        every.append(cell)
    for target, bad in failing.items():
        _add_scripts(target, bad[:SCRIPTS], report["selection"]["profile"])
    return every


def _badness(result: dict[str, Any]) -> tuple[bool, float]:
    z = z_of(result)
    return result["status"] in BAD, -1.0 if math.isnan(z) else z


def _summarize(result: dict[str, Any]) -> dict[str, Any]:
    """The fields of a result that the page shows, without empty ones."""
    names = ("id", "status", "z", "mean", "p99", "count", "unjudged", "message", "worst", "reason", "link", "clauses")
    return {name: result[name] for name in names if result[name]}


def _add_scripts(target: str, bad: list[Cell], profile: str) -> None:
    """Add to each cell the script that reproduces its worst result."""
    try:
        scripts = repro.scripts(target, (cell["worst"]["id"] for cell in bad), profile)
    except LookupError as error:  # a report of another version; a page without a script is better than none
        scripts = {cell["worst"]["id"]: f"# no script: {error}" for cell in bad}
    for cell in bad:
        cell["script"] = scripts[cell["worst"]["id"]]
