"""Work on the images of a batch, shared out among threads: NumPy lets go of the interpreter while it computes."""

from __future__ import annotations

import contextvars
import functools
import itertools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

ENOUGH = 2**17
"""How many elements make another thread worth its start."""


@functools.cache
def threads() -> int:
    """How many threads to use: a core each, or what the variables say that limit BLAS."""
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        if os.environ.get(name, "").isdecimal():
            return max(1, int(os.environ[name]))
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@functools.cache
def _workers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads() - 1, thread_name_prefix="kcompat")


if hasattr(os, "register_at_fork"):  # a forked process has none of its parent's threads
    os.register_at_fork(after_in_child=_workers.cache_clear)


def share_out(work: Callable[[int, int], None], images: int, elements: int) -> None:
    """Call `work(first, last)` for parts of a batch of `images`, which have `elements` together."""
    parts = min(threads(), images, elements // ENOUGH)
    if parts < 2:
        work(0, images)
        return
    cuts = [images * part // parts for part in range(parts + 1)]
    context = contextvars.copy_context  # errors are handled as the caller said
    own, *rest = itertools.pairwise(cuts)
    others = [_workers().submit(context().run, work, *part) for part in rest]
    try:
        work(*own)
    finally:
        for other in others:
            other.result()
