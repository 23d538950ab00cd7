"""Products of matrices whose bits do not depend on the number of threads, on as many threads as are free.

A large product is cut into blocks, by its sizes alone. Each block is a product on one thread of BLAS. Threads that help
take a block when they have time; the caller computes what nobody has begun. So on a busy machine it waits for no block
but those that are being computed, where the threads of BLAS itself wait for a thread that does not run.
"""

from __future__ import annotations

import contextlib
import contextvars
import math
import os
import queue
import threading
import time
from typing import NamedTuple

import numpy as np

from kcompat.backends.numpy import blas
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
    if x1.size * x2.size <= SMALL_VECTOR_PRODUCT or blas.library is None:
        return np.matmul(x1, x2, out)
    size = multiplications(x1.shape, x2.shape)
    if size <= (SMALL_PRODUCT if x1.ndim > 1 < x2.ndim else SMALL_VECTOR_PRODUCT):
        return np.matmul(x1, x2, out)
    if size < LARGE_PRODUCT or x1.ndim < 2 or x2.ndim < 2:
        result: np.ndarray = blas.on_one_thread(np.matmul, x1, x2, out)
        return result
    if out is None:
        stack = np.broadcast_shapes(x1.shape[:-2], x2.shape[:-2])
        out = np.empty((*stack, x1.shape[-2], x2.shape[-1]), x1.dtype)
    blas.on_one_thread(_multiply, cut(x1, x2, out))
    return out


def _multiply(blocks: list[Block]) -> None:
    """Compute blocks, on as many threads as BLAS would have."""
    _helpers().multiply(blocks, blas.threads_outside - 1)


def multiplications(shape1: tuple[int, ...], shape2: tuple[int, ...]) -> int:
    """How many multiplications a product has; fewer if both operands are broadcast."""
    rows = shape1[-2] if len(shape1) > 1 else 1
    columns = shape2[-1] if len(shape2) > 1 else 1
    return max(math.prod(shape1) * columns, math.prod(shape2) * rows)


def cut(x1: np.ndarray, x2: np.ndarray, out: np.ndarray) -> list[Block]:
    """A product as blocks: a stack is cut along its first axis, two matrices along the longer axis of the result."""
    most = out.size * x1.shape[-1] // SMALLEST_BLOCK
    if out.ndim > 2 and len(out) < most:  # few large products
        return [block for i in range(len(out)) for block in cut(_part(x1, out, i), _part(x2, out, i), out[i])]
    if out.ndim > 2:
        parts = _parts(len(out), most)
        return [Block(_part(x1, out, part), _part(x2, out, part), out[part]) for part in parts]
    rows, columns = out.shape
    parts = _parts(max(rows, columns), max(2, min(most, max(rows, columns) // THINNEST_BLOCK)))
    if rows >= columns:
        return [Block(x1[part], x2, out[part]) for part in parts]
    return [Block(x1, x2[:, part], out[:, part]) for part in parts]


def _parts(length: int, most: int) -> list[slice]:
    """At most so many parts of an axis, all but the last of one size."""
    size = -(-length // max(1, most))
    return [slice(start, start + size) for start in range(0, length, size)]


def _part(x: np.ndarray, out: np.ndarray, part: slice | int) -> np.ndarray:
    """The matrices of a stack that meet a part of the result."""
    if x.ndim < out.ndim:  # they meet all of it
        return x
    if len(x) == len(out):
        return x[part]
    return x[0] if isinstance(part, int) else x


class _Work:
    """Blocks that several threads share, and what became of them."""

    def __init__(self, blocks: list[Block]):
        self.count = len(blocks)
        self._left = iter(blocks)  # taking the next one is atomic
        self._results: list[BaseException | None] = []
        self._finished: queue.SimpleQueue[None] = queue.SimpleQueue()
        """Gets an item after the last block. Unlike `threading.Event` it is C's, which no signal leaves locked."""

    def compute(self) -> int:
        """Compute blocks until all have been begun, and give how many."""
        own = 0
        for block in self._left:
            error = None
            try:
                np.matmul(*block)
            except BaseException as raised:
                error = raised
            self._results.append(error)
            own += 1
        if len(self._results) == self.count:
            self._finished.put(None)
        return own

    def wait(self) -> None:
        """Wait until all blocks are computed."""
        while len(self._results) < self.count:
            self._finished.get()

    def check(self) -> None:
        """Raise what one of the blocks raised."""
        for error in self._results:
            if error is not None:
                raise error


class _Task(NamedTuple):
    """What a helper is given: work, and the modes of the caller's thread."""

    work: _Work
    context: contextvars.Context
    """NumPy's handling of errors is in it."""
    environment: Environment
    """Whether the processor takes denormal numbers as 0."""


class Helpers:
    """Threads that compute blocks, as long as they make products faster.

    A helper that begins a block and does not get its turn keeps the caller waiting. So there is an exponential
    back-off: products that helpers did not make faster are followed by one without them, then by two, four and so on.
    There may be fewer threads than asked for, where the system starts no more.
    """

    def __init__(self, count: int):
        self.count = 0
        self._pause, self._next_pause = 0, 1
        self._tasks: queue.SimpleQueue[_Task] = queue.SimpleQueue()
        with contextlib.suppress(RuntimeError):
            for _ in range(count):
                threading.Thread(target=self._help, name=f"kcompat-product-{self.count}", daemon=True).start()
                self.count += 1

    def multiply(self, blocks: list[Block], most: int) -> None:
        """Compute all blocks, with so many helpers at most. What a block raises is raised after all have ended."""
        work = _Work(blocks)
        helpers = min(most, self.count, len(blocks) - 1)
        if helpers and self._pause:
            self._pause -= 1
            helpers = 0
        try:
            for _ in range(helpers):
                self._tasks.put(_Task(work, contextvars.copy_context(), current_environment()))
            start = time.perf_counter()
            own = work.compute()
            between = time.perf_counter()
            work.wait()
        except BaseException:  # such as Ctrl-C: nobody may write into the result afterwards
            work.compute()
            work.wait()
            raise
        if helpers and own:
            self._judge(time.perf_counter() - start < FASTER * (between - start) * len(blocks) / own)
        work.check()

    def _judge(self, helped: bool) -> None:
        """Decide how many of the next products to compute without helpers."""
        self._pause = 0 if helped else self._next_pause
        self._next_pause = 1 if helped else min(2 * self._next_pause, LONGEST_PAUSE)

    def _help(self) -> None:
        while True:
            task = self._tasks.get()
            call_in(task.environment, task.context.run, task.work.compute)
            del task  # else its arrays live until the next one


_start_lock = threading.RLock()  # a signal's handler may multiply, too
_started: Helpers | None = None


def _helpers() -> Helpers:
    """Those of this process, which are started when they are first needed."""
    global _started
    if _started is None:
        with _start_lock:
            if _started is None:
                _started = Helpers(blas.processors() - 1)
    return _started


def _start_afresh() -> None:
    """Forget, in a forked process, threads that it does not have."""
    global _start_lock, _started
    _start_lock, _started = threading.RLock(), None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_afresh)
