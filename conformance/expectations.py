"""What is expected, kept on disk: the oracle and the envelope are asked once for all targets, and once a version.

A file of arrays for each subject and profile, in a folder named by a hash of everything that the answers depend on.
Delete the folder (`KCOMPAT_CACHE`, by default `~/.cache/kcompat`) whenever you like.
"""

from __future__ import annotations

import concurrent.futures
import functools
import hashlib
import multiprocessing
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

import kcompat
from kcompat import conformance, spec
from kcompat.backends import numpy as numpy_backend
from kcompat.conformance import gate
from kcompat.conformance.gate import Expected
from kcompat.conformance.precision import PROFILES

SOURCES = (kcompat, spec, conformance, numpy_backend)
KEPT = 3
"""How many versions stay."""


def root() -> Path:
    """The folder of all versions."""
    return Path(os.environ.get("KCOMPAT_CACHE") or Path.home() / ".cache" / "kcompat")


@functools.cache
def folder() -> Path:
    """The folder of this version."""
    digest = hashlib.sha256(f"{np.__version__} {platform.machine()}".encode())
    for package in SOURCES:
        for path in sorted(Path(next(iter(package.__path__))).rglob("*.py")):
            if "tests" not in path.parts and "mutants" not in path.parts:
                digest.update(path.read_bytes())
    return root() / digest.hexdigest()[:20]


def _path(subject: str, profile: str, place: Path) -> Path:
    return place / f"{profile}-{hashlib.sha256(subject.encode()).hexdigest()[:16]}.npz"


def prepare(
    wanted: Iterable[tuple[str, str]], jobs: int, on_progress: Callable[[str, int, int], None]
) -> None:
    """Compute what is expected for (subject, profile) pairs and not on disk, in `jobs` processes."""
    place = folder()
    place.mkdir(parents=True, exist_ok=True)
    _forget_old(place)
    lacking = [pair for pair in dict.fromkeys(wanted) if not _path(*pair, place).exists()]
    if not lacking:
        return
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(jobs, mp_context=context) as pool:
        futures = [pool.submit(_compute, subject, profile, str(place)) for subject, profile in lacking]
        for done, future in enumerate(concurrent.futures.as_completed(futures), 1):
            future.result()
            on_progress("expectations", done, len(futures))


def _forget_old(place: Path) -> None:
    """Remove the versions that were used longest ago."""
    os.utime(place)
    versions = sorted((p for p in root().iterdir() if p.is_dir()), key=lambda p: p.stat().st_mtime, reverse=True)
    for old in versions[KEPT:]:
        shutil.rmtree(old, ignore_errors=True)


def _compute(subject: str, profile: str, place: str) -> None:
    """Ask oracle and envelope everything about one subject, and write the answers whole or not at all."""
    from kcompat.conformance import suite  # which knows the questions, and is judged by the gate

    precision, arrays = PROFILES[profile], {}
    for check in suite.checks_of(subject, precision):
        if check.question is None:
            continue
        try:
            answers = gate.computed(check.case, check.question, precision)
        except Exception:  # a worker meets it again, and reports it with the check
            continue
        for i, part in enumerate(answers):
            for name in ("value", "bound", "sigma"):
                arrays[f"{_key(check.case, check.question)} {i} {name}"] = getattr(part, name)
    with tempfile.NamedTemporaryFile(dir=place, suffix=".part", delete=False) as file:
        np.savez(file, **arrays)
    os.replace(file.name, _path(subject, profile, Path(place)))


def _key(case: Any, question: Any) -> str:
    return f"{case.id} {question.__name__}"


def found(subject: str, case: Any, question: Any, profile: str) -> tuple[Expected, ...] | None:
    """What is on disk for a question; None if nothing is."""
    arrays = _loaded(subject, profile)
    key = _key(case, question)
    if f"{key} 0 value" not in arrays:
        return None
    outputs = []
    while f"{key} {len(outputs)} value" in arrays:
        outputs.append(Expected(*(arrays[f"{key} {len(outputs)} {name}"] for name in ("value", "bound", "sigma"))))
    return tuple(outputs)


@functools.lru_cache(maxsize=8)
def _loaded(subject: str, profile: str) -> dict[str, np.ndarray]:
    path = _path(subject, profile, folder())
    if not path.exists():
        return {}
    with np.load(path) as arrays:
        return dict(arrays)
