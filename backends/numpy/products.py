"""Products of matrices whose bits do not depend on the number of threads, on as many threads as are free.

A large product is cut into blocks, by its sizes alone. Each block is a product on one thread of BLAS. Threads that help
take a block when they have time; the caller computes what nobody has begun. So on a busy machine it waits for no block
but those that are being computed, where the threads of BLAS itself wait for a thread that does not run.
"""

from __future__ import annotations

import contextvars
import functools
import math
import os
import queue
import threading
import time
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from kcompat.backends.numpy.blas import library, one_thread, processors
from kcompat.backends.numpy.denormals import Environment, call_in, current_environment

LARGE_PRODUCT = 2**26
"""Multiplications from which on a product is cut. Two threads save at most 0.8 ms of it, and to wake one takes 0.05 ms,
or 1 ms on a virtual machine whose host is busy.
"""
SMALLEST_BLOCK = 2**25
"""Multiplications of a block, at least."""
THINNEST_BLOCK = 256
"""Rows or columns of a block, at least, unless there are two blocks: each packs the other matrix anew."""
SMALL_PRODUCT, SMALL_VECTOR_PRODUCT = 2**18, 2**13
"""Multiplications up to which OpenBLAS takes one thread in any case: of two matrices, and of a matrix and a vector."""

FASTER = 0.9
"""A product is faster for its helpers if it takes less than so much of the time that the caller had needed alone."""
LONGEST_PAUSE = 64
"""Products without helpers, at most, until they are tried again."""


class Block(NamedTuple):
    """A part of a product."""

    x1: np.ndarray
    x2: np.ndarray
    out: np.ndarray


def matmul(x1: np.ndarray, x2: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """`np.matmul` of two arrays of one floating dtype."""
    if x1.size * x2.size <= SMALL_VECTOR_PRODUCT or library is None:
        return np.matmul(x1, x2, out)
    size = multiplications(x1.shape, x2.shape)
    if size <= (SMALL_PRODUCT if x1.ndim > 1 < x2.ndim else SMALL_VECTOR_PRODUCT):
        return np.matmul(x1, x2, out)
    with one_thread:
        if size < LARGE_PRODUCT or x1.ndim < 2 or x2.ndim < 2:
            return np.matmul(x1, x2, out)
        if out is None:
            stack = np.broadcast_shapes(x1.shape[:-2], x2.shape[:-2])
            out = np.empty((*stack, x1.shape[-2], x2.shape[-1]), x1.dtype)
        blocks = cut(x1, x2, out)
        _start_helpers().multiply(blocks, one_thread.before - 1)
    return out


def multiplications(shape1: tuple[int, ...], shape2: tuple[int, ...]) -> int:
    """How many multiplications a product has; fewer if both operands are broadcast."""
    rows = shape1[-2] if len(shape1) > 1 else 1
    columns = shape2[-1] if len(shape2) > 1 else 1
    return max(math.prod(shape1) * columns, math.prod(shape2) * rows)


def cut(x1: np.ndarray, x2: np.ndarray, out: np.ndarray) -> list[Block]:
    """A product as blocks: a stack is cut along its first axis, two matrices along the longer axis of the result."""
    if out.ndim > 2 and len(out) == 1:
        return cut(x1[0] if x1.ndim == out.ndim else x1, x2[0] if x2.ndim == out.ndim else x2, out[0])
    most = out.size * x1.shape[-1] // SMALLEST_BLOCK
    if out.ndim > 2:
        return [Block(_part(x1, out, part), _part(x2, out, part), out[part]) for part in _parts(len(out), most)]
    rows, columns = out.shape
    parts = _parts(max(rows, columns), max(2, min(most, max(rows, columns) // THINNEST_BLOCK)))
    if rows >= columns:
        return [Block(x1[part], x2, out[part]) for part in parts]
    return [Block(x1, x2[:, part], out[:, part]) for part in parts]


def _parts(length: int, most: int) -> list[slice]:
    """At most so many parts of an axis, all but the last of one size."""
    size = -(-length // max(1, most))
    return [slice(start, start + size) for start in range(0, length, size)]


def _part(x: np.ndarray, out: np.ndarray, part: slice) -> np.ndarray:
    """The matrices of a stack that meet a part of the result: all, where one is used for the whole first axis."""
    return x[part] if x.ndim == out.ndim and len(x) == len(out) else x


class _Task(NamedTuple):
    """What a helper is given: blocks, where to say that one is done, and the modes of the caller's thread."""

    blocks: Iterator[Block]
    done: queue.SimpleQueue[BaseException | None]
    context: contextvars.Context
    """NumPy's handling of errors is in it."""
    environment: Environment
    """Whether the processor takes denormal numbers as 0."""


class Helpers:
    """Threads that compute blocks, as long as they make products faster.

    A helper that begins a block and does not get its turn keeps the caller waiting. Products that helpers did not make
    faster are followed by one without them, then by two, four and so on.
    """

    def __init__(self, count: int):
        self.count = count
        self._pause, self._next_pause = 0, 1
        self._tasks: queue.SimpleQueue[_Task] = queue.SimpleQueue()
        for i in range(count):
            threading.Thread(target=self._help, name=f"kcompat-product-{i}", daemon=True).start()

    def multiply(self, blocks: list[Block], most: int) -> None:
        """Compute all blocks, with so many helpers at most. What a block raises is raised after all have ended."""
        left = iter(blocks)  # taking the next one is atomic
        done: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()
        helpers = min(most, self.count, len(blocks) - 1)
        if helpers and self._pause:
            self._pause -= 1
            helpers = 0
        for _ in range(helpers):
            self._tasks.put(_Task(left, done, contextvars.copy_context(), current_environment()))
        start = time.perf_counter()
        own = _compute(left, done)
        between = time.perf_counter()
        errors = [done.get() for _ in blocks]
        if helpers and own:
            alone = (between - start) * len(blocks) / own
            self._judge(time.perf_counter() - start < FASTER * alone)
        for error in errors:
            if error is not None:
                raise error

    def _judge(self, helped: bool) -> None:
        self._pause = 0 if helped else self._next_pause
        self._next_pause = 1 if helped else min(2 * self._next_pause, LONGEST_PAUSE)

    def _help(self) -> None:
        while True:
            task = self._tasks.get()
            call_in(task.environment, task.context.run, _compute, task.blocks, task.done)
            del task  # else its arrays live until the next one


def _compute(blocks: Iterator[Block], done: queue.SimpleQueue[BaseException | None]) -> int:
    """Compute blocks until none is left, and give how many."""
    count = 0
    for block in blocks:
        error = None
        try:
            np.matmul(*block)
        except BaseException as raised:
            error = raised
        done.put(error)
        count += 1
    return count


@functools.cache
def _start_helpers() -> Helpers:
    return Helpers(processors() - 1)


if hasattr(os, "register_at_fork"):  # a forked process has none of its parent's threads
    os.register_at_fork(after_in_child=_start_helpers.cache_clear)
