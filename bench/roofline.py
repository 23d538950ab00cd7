"""What the machine can do at most: a large matrix product and a large copy, by each framework that is asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from kcompat.bench.contestants import Contestant, Unavailable

SIDE, MEGABYTES = 1024, 128


def measure(contestant: Contestant) -> Iterator[dict[str, Any]]:
    """FLOP/s of a float32 product of squares, and bytes/s of a copy, read and written: the best of five."""
    makers = {"numpy": _numpy, "torch": _torch, "jax": _jax}
    if contestant.framework not in makers:
        raise Unavailable(f"the roofline is measured by {', '.join(makers)}")
    side = SIDE if contestant.device == "cpu" else 8 * SIDE
    size = (MEGABYTES if contestant.device == "cpu" else 16 * MEGABYTES) * 2**18
    make = makers[contestant.framework]
    product, copy = (make(what, side, size, contestant.device == "cuda") for what in ("gemm", "copy"))
    while True:
        yield {"values": {"gemm": 2 * side**3 / _best(product), "copy": 8 * size / _best(copy)}}


def _best(run: Callable[[], Any]) -> float:
    seconds = []
    for _ in range(6):  # the first one warms up
        begin = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - begin)
    return min(seconds[1:])


def _numpy(what: str, side: int, size: int, _: bool) -> Callable[[], Any]:
    a, b, out = (np.ones((side, side), "float32") for _ in range(3))
    x, y = (np.ones(size, "float32") for _ in range(2))
    return (lambda: np.matmul(a, b, out=out)) if what == "gemm" else (lambda: np.copyto(y, x))


def _torch(what: str, side: int, size: int, on_gpu: bool) -> Callable[[], Any]:
    import torch

    device = "cuda" if on_gpu else "cpu"
    a, b = (torch.ones(side, side, device=device) for _ in range(2))
    x, y = (torch.ones(size, device=device) for _ in range(2))

    def run() -> None:
        torch.mm(a, b) if what == "gemm" else y.copy_(x)
        if on_gpu:
            torch.cuda.synchronize()

    return run


def _jax(what: str, side: int, size: int, _: bool) -> Callable[[], Any]:
    import jax
    from jax import numpy as jnp

    a, x = jnp.ones((side, side), "float32"), jnp.ones(size, "float32")
    product, copy = jax.jit(jnp.matmul), jax.jit(lambda x: x + 1)
    return lambda: (product(a, a) if what == "gemm" else copy(x)).block_until_ready()
