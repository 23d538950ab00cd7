"""Single ops: the suite's own cases at benchmark sizes, timed and held to the oracle: what precision costs."""

from __future__ import annotations

import functools
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from kcompat.bench.contestants import Contestant, Unavailable
from kcompat.bench.result import Row
from kcompat.conformance.cases import questions
from kcompat.conformance.cases.questions import Case
from kcompat.conformance.judge import gate
from kcompat.spec import OPS

SQUARE = (384, 384)
IMAGES = (16, 28, 28, 16)
SIZES: dict[str, tuple[tuple[int, ...], ...]] = {
    "add": (SQUARE, SQUARE),
    "exp": (SQUARE,),
    "tanh": (SQUARE,),
    "sigmoid": (SQUARE,),
    "gelu": (SQUARE,),
    "softmax": (SQUARE,),
    "logsumexp": (SQUARE,),
    "matmul": ((256, 256), (256, 256)),
    "einsum": ((256, 256), (256, 256)),
    "sum": ((48, 48, 64),),
    "mean": ((48, 48, 64),),
    "var": ((48, 48, 64),),
    "cumsum": (SQUARE,),
    "sort": (SQUARE,),
    "where": (SQUARE, SQUARE, (384,)),
    "take": ((512, 16, 16), (256,)),
    "conv": (IMAGES, (3, 3, 16, 32)),
    "conv_transpose": (IMAGES, (3, 3, 8, 16)),
    "depthwise_conv": (IMAGES, (3, 3, 16, 1)),
    "max_pool": (IMAGES,),
    "average_pool": (IMAGES,),
    "batch_normalization": ((256, 48, 16), (16,), (16,), (16,), (16,)),
    "layer_normalization": ((48, 48, 64), (64,), (64,)),
    "one_hot": ((4096,),),
    "sparse_categorical_crossentropy": ((2048,), (2048, 100)),
}
"""The shape of each tensor of an op; the attributes are those of its ordinary sample."""
PARTS = ("forward", "gradient")


def sized(name: str, dtype: str = "float32") -> Case:
    """The first case of an op, its tensors as large as `SIZES` says: numbers near those that the suite has chosen."""
    if name not in SIZES:
        raise LookupError(f"--op {name}: there are sizes for {', '.join(SIZES)}")
    case, rng = questions.cases_of(OPS[name], dtype)[0], np.random.default_rng(0)
    arrays = [_larger(rng, np.asarray(x), shape) for x, shape in zip(case.sample.args, SIZES[name], strict=True)]
    return replace(case, index="large", sample=replace(case.sample, args=tuple(arrays)))


def _larger(rng: np.random.Generator, x: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    chosen = rng.choice(x.ravel(), shape)
    return chosen * rng.uniform(0.9, 1.1, shape) if x.dtype.kind == "f" else chosen


def timed(contestant: Contestant, op: str, part: str) -> Callable[[], tuple[Any, ...]]:
    """A function that calls the op, or what gives its gradient, and waits for the results, which it gives.

    The gradient is that of all float tensors, forward pass included, compiled where calls alone would be.
    """
    target = _target(contestant)
    case = sized(op, contestant.dtype)
    if part == "gradient" and not (case.differentiable and target.vjp):
        raise Unavailable(f"{op} has no gradient in {contestant.name}")
    with target.running():
        call = _call(target, case) if part == "forward" else _pullback(target, case)

    def run() -> tuple[Any, ...]:
        with target.running():
            return _waited(call())

    return run


def measure(contestant: Contestant, op: str, part: str, seconds: float = 0.1) -> Iterator[dict[str, Any]]:
    """Seconds of one call; with the path of a file that holds what it gave."""
    run, to_numpy = timed(contestant, op, part), _target(contestant).to_numpy
    with tempfile.NamedTemporaryFile(prefix="kcompat-bench-", suffix=".npz", delete=False) as file:
        np.savez(file, *[np.asarray(to_numpy(y)) for y in run()])
    begin = time.perf_counter()
    run()
    times = max(1, round(seconds / (time.perf_counter() - begin)))
    while True:
        begin = time.perf_counter()
        for _ in range(times):
            run()
        yield {"value": (time.perf_counter() - begin) / times, "answer": file.name}


@functools.cache
def _target(contestant: Contestant) -> Any:
    from kcompat.conformance.targets import target
    from kcompat.conformance.targets.precision import PROFILES

    prefix = {"kcompat": "", "keras3": "keras3:", "native": "raw:"}[contestant.kind]
    try:
        judged = target.load(prefix + contestant.framework)
    except LookupError as error:
        raise Unavailable(str(error.args[0])) from error
    if contestant.kind == "kcompat":
        judged.use("" if contestant.device == "cpu" else contestant.device, PROFILES["fp32"])
    return judged


def _call(target: Any, case: Case) -> Any:
    from kcompat.conformance.targets.target import Unsupported

    try:
        function = target.function(case.op)
    except Unsupported as error:
        raise Unavailable(str(error)) from error
    args = questions.arguments(target, case)
    return lambda: _parts(function(*args, **case.sample.attrs))


def _pullback(target: Any, case: Case) -> Any:
    args, function = questions.arguments(target, case), target.function(case.op)
    shape = _call(target, case)()[0].shape
    cotangent = target.asarray(questions.cotangent(case, 0, tuple(shape)).astype(questions.numpy_dtype(case.dtype)))

    def pull_back(*tensors: Any) -> tuple[Any, ...]:
        def f(*tensors: Any) -> tuple[Any, ...]:
            full = list(args)
            for i, tensor in zip(case.floats, tensors, strict=True):
                full[i] = tensor
            return _parts(function(*full, **case.sample.attrs))

        _, pull = target.vjp(f, tensors)
        return tuple(pull((cotangent,)))

    f = target.compile(pull_back) if target.compiles_ops and target.compile else pull_back
    return lambda: f(*(args[i] for i in case.floats))


def _parts(y: Any) -> tuple[Any, ...]:
    return tuple(y) if isinstance(y, (tuple, list)) else (y,)


def _waited(parts: tuple[Any, ...]) -> tuple[Any, ...]:
    for part in parts:
        if hasattr(part, "block_until_ready"):
            part.block_until_ready()
    return parts


def judge(row: Row, op: str, part: str, dtype: str) -> None:
    """Hold what a contestant gave to the oracle: `z` goes into the row's details; up to 8 is explained by rounding."""
    path = row.details.pop("answer", None)
    if path is None:
        return
    with np.load(path) as arrays:
        got = tuple(arrays.values())
    os.unlink(path)
    question = questions.value if part == "forward" else questions.gradient
    row.details["z"] = gate.judge(_case(op, dtype), question, got, _profile(dtype)).z


_cases: dict[tuple[str, str], Case] = {}


def _case(op: str, dtype: str) -> Case:
    """One object for each case: what is expected of it is remembered by identity."""
    return _cases.setdefault((op, dtype), sized(op, dtype))


def _profile(dtype: str) -> Any:
    from kcompat.conformance.targets.precision import PROFILES

    return next(p for p in PROFILES.values() if p.dtype == dtype and p.factor_bits is None)
