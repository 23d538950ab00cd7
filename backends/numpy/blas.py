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


_lock = threading.RLock()  # reentrant: a signal's handler may multiply, too
_running = 0
threads_outside = 1
"""How many threads BLAS has while nobody calls `on_one_thread`."""


def on_one_thread(f: Callable[..., Any], *args: Any) -> Any:
    """`f(*args)`, during which BLAS has one thread. It knows one number for the process, so its threads share the call.

    Threads of BLAS wait for each other at the end of each product. On a busy machine, or in a container that may use
    fewer processors than it sees, the wait is as long as the scheduler's turns: milliseconds, for products of
    microseconds. And the bits of a product depend on the number of threads, where a run is to give the same bits again.

    Who sets that number elsewhere, as `threadpoolctl.threadpool_limits` does, does so before `f` is called: within,
    it would find the 1 and put it back later.
    """
    if library is None:
        return f(*args)
    global _running, threads_outside
    set_threads, get_threads = library
    counted = False
    try:
        with _lock:
            _running += 1
            counted = True  # no signal comes between these two lines: no function is called
            if _running == 1:
                threads_outside = get_threads()
                if threads_outside != 1:
                    set_threads(1)
        return f(*args)
    finally:
        if counted:
            with _lock:
                _running = _running - 1 if _running else 0  # as in a process that `f` has forked; no function is called
                if not _running and threads_outside != 1:
                    set_threads(threads_outside)


def _start_afresh() -> None:
    """Forget, in a forked process, the calls of threads that it does not have."""
    global _lock, _running
    _lock = threading.RLock()
    if _running and library is not None:
        library[0](threads_outside)
    _running = 0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_afresh)
