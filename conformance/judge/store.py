"""Expectations on disk: the oracle and the envelope are asked once for all targets, and once a version.

There is a file of arrays for each subject and profile, in a folder named by a hash of everything that the answers
depend on. The folder (`KCOMPAT_CACHE`, by default `~/.cache/kcompat`) may be deleted at any time.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import platform
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

import kcompat
from kcompat import conformance, spec
from kcompat.backends import numpy as numpy_backend

SOURCES = (kcompat, spec, numpy_backend)
ROOMS = ("targets", "cases", "references", "records", "judge")
"""The rooms of the suite that expectations depend on."""
DIGEST = "digest"
"""The name of the array that says whether the others are what was kept."""
KEPT = 3
"""How many versions stay on disk."""


def root() -> Path:
    """The folder of all versions."""
    return Path(os.environ.get("KCOMPAT_CACHE") or Path.home() / ".cache" / "kcompat")


@functools.cache
def folder() -> Path:
    """The folder of this version."""
    digest = hashlib.sha256(f"{np.__version__} {platform.machine()}".encode())
    homes = [Path(next(iter(package.__path__))) for package in SOURCES]
    homes += [Path(next(iter(conformance.__path__)), room) for room in ROOMS]
    for home in homes:
        for path in sorted(p for p in home.rglob("*") if p.suffix in (".py", ".json", ".safetensors")):
            digest.update(path.read_bytes())
    return root() / digest.hexdigest()[:20]


def path_of(subject: str, profile: str) -> Path:
    """The file of a subject."""
    return folder() / f"{profile}-{hashlib.sha256(subject.encode()).hexdigest()[:16]}.npz"


def open_version() -> None:
    """Make this version's folder, and remove those that were used longest ago."""
    folder().mkdir(parents=True, exist_ok=True)
    os.utime(folder())
    versions = sorted((p for p in root().iterdir() if p.is_dir()), key=lambda p: p.stat().st_mtime, reverse=True)
    for old in versions[KEPT:]:
        shutil.rmtree(old, ignore_errors=True)


def save(subject: str, profile: str, arrays: Mapping[str, np.ndarray]) -> None:
    """Write a subject's arrays, whole or not at all."""
    with tempfile.NamedTemporaryFile(dir=folder(), suffix=".part", delete=False) as file:
        digest = np.array(_digest(subject, profile, arrays))
        np.savez(file, **arrays, **{DIGEST: digest})  # type: ignore[arg-type]  # its names are those of arrays
    os.replace(file.name, path_of(subject, profile))


@functools.lru_cache(maxsize=8)
def load(subject: str, profile: str) -> dict[str, np.ndarray]:
    """A subject's arrays; nothing where none are kept, or where the file is broken: it is removed."""
    path = path_of(subject, profile)
    try:
        with path.open("rb") as file, np.load(file) as archive:
            arrays = dict(archive)
        if str(arrays.pop(DIGEST)) == _digest(subject, profile, arrays) and _is_sound(arrays):
            return arrays
    except FileNotFoundError:
        return {}
    except Exception:  # a file that something else has written raises anything: it is computed again, whatever is wrong
        pass
    with contextlib.suppress(OSError):
        path.unlink()
    return {}


def _digest(subject: str, profile: str, arrays: Mapping[str, np.ndarray]) -> str:
    """A hash of what is kept of a subject."""
    digest = hashlib.sha256(f"{subject} {profile}".encode())
    for name in sorted(arrays):
        x = np.asarray(arrays[name])
        digest.update(f" {name} {x.dtype} {x.shape} ".encode() + x.tobytes())
    return digest.hexdigest()


def _is_sound(arrays: Mapping[str, np.ndarray]) -> bool:
    """Whether each value has a bound and a sigma, all of them numbers, and in the value's shape."""
    for name in arrays:
        stem, _, kind = name.rpartition(" ")
        parts = [arrays.get(f"{stem} {part}") for part in ("value", "bound", "sigma")]
        if kind == "value" and not all(
            part is not None and part.dtype.kind in "biuf" and part.shape == arrays[name].shape for part in parts
        ):
            return False
    return True
