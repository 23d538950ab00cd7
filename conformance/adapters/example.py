"""An example of an adapter: NumPy, without gradients and without kcompat's backend for it.

Run it with `kcompat conform --target kcompat.conformance.adapters.example:target`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kcompat.conformance.targets.target import Target, Unsupported

SAME = (
    "exp expm1 log log1p sqrt sin cos tanh floor ceil trunc isnan isfinite add subtract multiply divide maximum minimum"
)


def softmax(x: Any, axis: int = -1) -> Any:
    """What a library may have under the name of an op; the suite passes attributes by the spec's names."""
    powers = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return powers / np.sum(powers, axis=axis, keepdims=True)


def top_k(x: Any, k: int, **options: Any) -> Any:
    """A tuple of results where the op has several; `Unsupported` for what the library does not offer."""
    if options.get("sorted") is False:
        raise Unsupported("values are always sorted here")
    indices = np.argsort(-x, axis=-1, kind="stable")[..., :k]
    return np.take_along_axis(x, indices, axis=-1), indices.astype("int32")


FUNCTIONS = {
    **{name: getattr(np, name) for name in SAME.split()},
    "absolute": np.abs,
    "concatenate": lambda *xs, axis=0: np.concatenate(xs, axis),
    "matmul": np.matmul,
    "mean": np.mean,
    "reshape": lambda x, newshape: np.reshape(x, newshape),
    "softmax": softmax,
    "sum": np.sum,
    "take": lambda x, indices, axis=None: np.take(x, indices, axis),
    "top_k": top_k,
    "where": np.where,
}


def target() -> Target:
    """The target. A library with gradients also gives `vjp`, one with a compiler `compile`."""
    return Target("plain-numpy", FUNCTIONS, asarray=np.array, to_numpy=np.asarray, version=np.__version__)
