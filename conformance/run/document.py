"""The report of a run as one JSON document, read by the page, the table, `compare` and CI."""

from __future__ import annotations

import contextlib
import json
import math
import os
import platform
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from kcompat.conformance.run.runner import BAD
from kcompat.conformance.run.suite import LEVELS

FORMAT = 1
PACKAGES = ("kcompat", "numpy", "ml_dtypes", "jax", "jaxlib", "torch", "tensorflow", "tensorflow-cpu", "keras")
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TF_ENABLE_ONEDNN_OPTS", "XLA_FLAGS")


def environment() -> dict[str, Any]:
    """Where the run took place: versions, processor, settings that change results."""
    versions = {}
    for name in PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            versions[name] = version(name)
    settings = {name: os.environ[name] for name in THREADS if name in os.environ}
    return {
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "machine": platform.machine(),
        "processors": os.cpu_count(),
        "packages": versions,
        "settings": settings,
    }


def summary(results: Iterable[dict[str, Any]]) -> dict[str, dict[str, int]]:
    """How many results of each status there are, by level."""
    counts: dict[str, Counter[str]] = {}
    for result in results:
        counts.setdefault(result["level"], Counter())[result["status"]] += 1
    return {level: dict(counts[level]) for level in LEVELS if level in counts}


def granted(levels: dict[str, dict[str, int]]) -> str:
    """The highest level up to which nothing failed, something passed, and most is supported; "" for none."""
    reached = ""
    for level, counts in levels.items():
        if any(counts.get(status) for status in BAD) or not counts.get("pass") or _mostly_unsupported(counts):
            break
        reached = level
    return reached


def _mostly_unsupported(counts: dict[str, int]) -> bool:
    """Whether a target lacks more than half of what a level asks of it."""
    return 2 * counts.get("unsupported", 0) > sum(n for status, n in counts.items() if status != "skip")


def remarks(levels: dict[str, dict[str, int]]) -> list[str]:
    """Why a level is not granted although nothing failed there: sentences."""
    return [
        f"{level} is not granted: {counts['unsupported']} of its {sum(counts.values())} checks are unsupported"
        for level, counts in levels.items()
        if _mostly_unsupported(counts) and not any(counts.get(status) for status in BAD)
    ]


def z_of(result: dict[str, Any]) -> float:
    """The z of a result; NaN where it was not judged by distance."""
    return math.nan if result["z"] is None else float(result["z"])


def problems(report: dict[str, Any]) -> list[str]:
    """Why a run fails as a whole: sentences, none if it does not."""
    sentences = list(report["problems"])
    for target in report["targets"]:
        if target["status"] != "complete":
            sentences.append(f"{target['name']}: no data: {target['message']}")
        counts = Counter(r["status"] for r in report["results"] if r["target"] == target["name"])
        if counts and counts.keys() <= {"unsupported", "skip"}:
            sentences.append(f"{target['name']}: nothing was judged: {_listed(counts)}")
        bad = {status: n for status, n in counts.items() if status in BAD}
        if bad:
            sentences.append(f"{target['name']}: {_listed(bad)}")
    return sentences


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{n} {status}" for status, n in counts.items())


def suspects(report: dict[str, Any]) -> list[str]:
    """Checks that every target fails on the same side of the oracle: it may be the oracle that is wrong."""
    sides: dict[str, list[float]] = {}
    for result in report["results"]:
        if result["status"] in ("pass", "fail"):
            side = math.copysign(1.0, float(result["signed"])) if result["status"] == "fail" else 0.0
            sides.setdefault(result["id"], []).append(side)
    return [name for name, signs in sides.items() if len(signs) > 1 and abs(sum(signs)) == len(signs)]


def write(report: dict[str, Any], path: str | Path) -> None:
    """Write a report as JSON, whole or not at all."""
    write_text(json.dumps(report, indent=1), path)


def write_text(text: str, path: str | Path) -> None:
    """Write a file whole or not at all: beside its place, then moved there.

    A device or pipe is written to directly, and so is a file that is the standard output or error, such as /dev/stdout.
    A link stays one: the file that it leads to is written.
    """
    for number in (1, 2):
        if _is_open_as(number, path):
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
            with open(number, "w", closefd=False) as open_file:  # behind what is there
                open_file.write(text)
            return
    path = Path(os.path.realpath(path))
    if path.exists() and not path.is_file():
        path.write_text(text)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    aside.write_text(text)
    os.replace(aside, path)


def _is_open_as(number: int, path: str | Path) -> bool:
    """Whether a descriptor of this process leads to the file at a path."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(number))
    except OSError:  # there is no such file, or the stream is closed
        return False


def require_writable(path: str | Path) -> None:
    """Raise OSError where no report could be written: before a run of an hour rather than after it."""
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; name a file in it")
    real = Path(os.path.realpath(path))
    if real.exists() and not real.is_file():
        if not os.access(real, os.W_OK):
            raise PermissionError(f"{path} cannot be written")
        return
    real.parent.mkdir(parents=True, exist_ok=True)
    if not os.access(real.parent, os.W_OK) or (real.exists() and not os.access(real, os.W_OK)):
        raise PermissionError(f"{path} cannot be written")


def read(path: str | Path) -> dict[str, Any]:
    """Read a report. Raises ValueError where the file holds none."""
    try:
        report = json.loads(Path(path).read_text())
    except ValueError:
        report = None
    if not isinstance(report, dict) or report.get("format") != FORMAT or not isinstance(report.get("results"), list):
        raise ValueError(f"{path} is no report of format {FORMAT}; make one with kcompat conform --report {path}")
    return report
