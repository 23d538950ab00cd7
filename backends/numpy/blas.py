"""How many threads NumPy's matrix products take: one, unless a product is large enough for several to pay.

Threads of BLAS wait for each other at the end of each product. On a busy machine, or in a container that may use fewer
processors than it sees, the wait is as long as the scheduler's turns: milliseconds, for products of microseconds. So a
program whose largest product is small runs them on one thread, and one of large products on as many as there are
processors for them. The choice depends on sizes and the machine alone, never on a measurement: another number of
threads rounds otherwise, and a run is to give the same bits again.
"""

from __future__ import annotations

import ctypes
import math
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from kcompat.runtime.graph import Call

LARGE_PRODUCT = 2 * 10**9
"""Multiplications in a product from which on threads pay on a busy machine too, divided by the number of processors.

On two processors that others keep busy, a product of 1024 x 1024 x 1024 takes as long on two threads as on one, and a
quarter of it twice as long.
"""

QUOTA = Path("/sys/fs/cgroup/cpu.max")
"""Where Linux says how much processor time a container has, in microseconds a period."""

_PREFIXES, _SUFFIXES = ("scipy_", ""), ("64_", "_64", "")


def _find_library() -> tuple[Callable[[int], None], Callable[[], int]] | None:
    """OpenBLAS's functions that set and give its number of threads; None if NumPy has another library."""
    try:
        mapped = Path("/proc/self/maps").read_text()
    except OSError:  # not on Linux
        return None
    paths = dict.fromkeys(line.split(maxsplit=5)[-1] for line in mapped.splitlines() if "openblas" in line)
    for path in sorted(paths, key=lambda path: "numpy" not in path):  # SciPy may have loaded its own
        try:
            library = ctypes.CDLL(path)
        except OSError:
            continue
        for prefix in _PREFIXES:
            for suffix in _SUFFIXES:
                name = f"{prefix}openblas_%s_num_threads{suffix}"
                if hasattr(library, name % "set"):
                    return getattr(library, name % "set"), getattr(library, name % "get")
    return None


library = _find_library()


def processors() -> int:
    """How many processors this process may use at a time, the quota of a container counted."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = QUOTA.read_text().split()
    except (OSError, ValueError):  # no cgroups, or of version 1
        return count
    return count if quota == "max" else max(1, min(count, int(quota) // int(period)))


def largest_product(calls: Iterable[Call]) -> int:
    """How many multiplications the largest matrix product of some calls has, those of convolutions included."""
    return max((_multiplications(call) for call in calls), default=0)


def _multiplications(call: Call) -> int:
    shapes = [tuple(x.shape) for x in (*call.args, *call.results) if hasattr(x, "shape")]
    if call.op == "matmul" and len(shapes) == 3 and shapes[0]:
        return math.prod(shapes[2]) * shapes[0][-1]
    if call.op.startswith("conv") and len(shapes) == 3:  # each of the three sizes is met by two of the tensors
        return math.isqrt(math.prod(map(math.prod, shapes)) // max(1, shapes[0][0] if shapes[0] else 1))
    return 0


def threads_for(calls: Iterable[Call]) -> int | None:
    """The number of threads for a program of these calls; None: as many as the library takes."""
    if library is None:
        return None
    count = processors()
    if largest_product(calls) * count < LARGE_PRODUCT:
        return 1
    return count if count < library[1]() else None


class limited:  # noqa: N801  (a context, read as a word: `with limited(threads):`)
    """Within the block products take so many threads; None changes nothing."""

    __slots__ = ("_before", "_threads")

    def __init__(self, threads: int | None):
        self._threads, self._before = threads, 0

    def __enter__(self) -> None:
        if self._threads is not None and library is not None:
            set_threads, get_threads = library
            self._before = get_threads()
            if self._before != self._threads:
                set_threads(self._threads)

    def __exit__(self, *error: Any) -> None:
        if self._threads is not None and library is not None and self._before != self._threads:
            library[0](self._before)
