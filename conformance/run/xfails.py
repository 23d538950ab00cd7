"""Expected failures: known, explained, linked, and temporary.

A TOML file of tables:

    [[xfail]]
    id = "elu-*:value"          # a check's id, or a pattern of them
    target = "tensorflow"       # optional: the target it is about
    status = "fail"             # or "error", "timeout"
    reason = "computes exp(x) - 1"
    link = "https://github.com/tensorflow/tensorflow/issues/..."
    until = 2027-06-30          # from this day on the row is an error

A row that matches no check that was run is an error, and so is a check that passes although a row expects it to fail.
"""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

FIELDS = ("id", "status", "reason", "link", "until")


@dataclass(frozen=True)
class Row:
    """One expected failure."""

    id: str
    status: str
    reason: str
    link: str
    until: datetime.date
    target: str = "*"

    def matches(self, target: str, check: str) -> bool:
        """Whether the row is about this check of this target."""
        return fnmatchcase(target, self.target) and fnmatchcase(check, self.id)


def load(path: str | Path) -> list[Row]:
    """The rows of a file. Raises ValueError for one that lacks a field, has an unknown one, or has expired."""
    rows = []
    document = tomllib.loads(Path(path).read_text())
    if document.keys() - {"xfail"}:
        raise ValueError(f"{path}: rows are tables called [[xfail]], got {', '.join(sorted(document))}")
    tables = document.get("xfail", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise ValueError(f"{path}: rows are tables called [[xfail]], in two brackets, got xfail = {tables!r}")
    for number, table in enumerate(tables, 1):
        rows.append(_row(f"{path}, row {number}", table))
    return rows


def _row(name: str, table: dict[str, Any]) -> Row:
    lacking = [field for field in FIELDS if not table.get(field)]
    unknown = sorted(table.keys() - {*FIELDS, "target"})
    if lacking or unknown:
        raise ValueError(f"{name}: lacks {lacking or 'nothing'}, does not know {unknown or 'nothing'}; see {__name__}")
    if wrong := [name for name in table if name != "until" and not isinstance(table[name], str)]:
        raise ValueError(f"{name}: {', '.join(wrong)} must be a string, got {[table[each] for each in wrong]}")
    if table["status"] not in ("fail", "error", "timeout"):
        raise ValueError(f"{name}: status is fail, error or timeout, got {table['status']!r}")
    until = table["until"]
    try:
        until = until if type(until) is datetime.date else datetime.date.fromisoformat(str(until)[:10])
    except ValueError as error:
        raise ValueError(f"{name}: until is a date such as 2027-06-30, got {until!r}") from error
    if not str(table["link"]).startswith(("https://", "http://")):
        raise ValueError(f"{name}: link is an address that begins with https://, got {table['link']!r}")
    if until <= datetime.date.today():
        raise ValueError(f"{name}: expired on {until}; look at {table['link']} again, then extend it or take it out")
    return Row(**{**table, "until": until})


def find(rows: Iterable[Row], target: str, check: str) -> Row | None:
    """The first row about a check."""
    return next((row for row in rows if row.matches(target, check)), None)
