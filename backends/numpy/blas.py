"""NumPy's library for products of matrices, OpenBLAS: its threads, and how many processors there are for them."""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

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


class _OneThread:
    """A context in which BLAS has one thread. BLAS knows one number for the process, so its threads share the context.

    Threads of BLAS wait for each other at the end of each product. On a busy machine, or in a container that may use
    fewer processors than it sees, the wait is as long as the scheduler's turns: milliseconds, for products of
    microseconds. And the bits of a product depend on the number of threads, where a run is to give the same bits again.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the blocks that are open: in a forked process, no thread will leave those of its parent."""
        self._lock = threading.Lock()
        self._depth = 0
        self.before = 1
        """How many threads BLAS had before, and has afterwards."""

    def __enter__(self) -> None:
        if library is None:
            return
        set_threads, get_threads = library
        with self._lock:
            if not self._depth:
                self.before = get_threads()
                if self.before != 1:
                    set_threads(1)
            self._depth += 1

    def __exit__(self, *error: Any) -> None:
        if library is None:
            return
        with self._lock:
            self._depth -= 1
            if not self._depth and self.before != 1:
                library[0](self.before)


one_thread = _OneThread()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=one_thread.reset)
