"""Draws: tensors of random numbers, masks and orders, on the active backend."""

from __future__ import annotations

from typing import Any

from kcompat import config, ops
from kcompat.random.places import check_seed, derive_key, place_key
from kcompat.random.seeds import SeedGenerator
from kcompat.runtime.active import active
from kcompat.spec import as_dtype
from kcompat.spec.rules import is_integer
from kcompat.variables.scope import current_scope


def _key(seed: Any) -> Any:
    if isinstance(seed, SeedGenerator):
        return ops.convert_to_tensor(seed.next())
    check_seed(seed)
    if seed is not None:
        return ops.convert_to_tensor(derive_key(seed))
    if current_scope() is not None:
        raise RuntimeError(
            "a draw without a seed within a model's step would be the same at every step once compiled; "
            "make a SeedGenerator an attribute of the layer and pass it as seed"
        )
    return ops.convert_to_tensor(place_key("draw"))


def _draw(op: str, seed: Any, **attrs: Any) -> Any:
    key = _key(seed)
    B = active()
    if attrs.get("dtype") is not None:
        attrs["dtype"] = as_dtype(attrs["dtype"])
    return getattr(B.engine.native_random(B) if config.rng() == config.NATIVE else B, op)(key, **attrs)


def _shape(shape: Any) -> tuple[int, ...]:
    return (int(shape),) if is_integer(shape) else tuple(int(n) for n in shape)


def uniform(shape: Any, minval: float = 0.0, maxval: float = 1.0, dtype: Any = None, seed: Any = None) -> Any:
    """Uniform in [minval, maxval)."""
    return _draw("random_uniform", seed, shape=_shape(shape), minval=minval, maxval=maxval, dtype=dtype)


def normal(shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None) -> Any:
    """Normally distributed; equal across backends within rounding."""
    return _draw("random_normal", seed, shape=_shape(shape), mean=mean, stddev=stddev, dtype=dtype)


def truncated_normal(shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None) -> Any:
    """Normally distributed, within two standard deviations; equal across backends within rounding."""
    return _draw("random_truncated_normal", seed, shape=_shape(shape), mean=mean, stddev=stddev, dtype=dtype)


def randint(shape: Any, minval: int, maxval: int, dtype: Any = "int32", seed: Any = None) -> Any:
    """Integers in [minval, maxval)."""
    return _draw("random_integers", seed, shape=_shape(shape), minval=minval, maxval=maxval, dtype=dtype)


def bernoulli(shape: Any, p: float = 0.5, seed: Any = None) -> Any:
    """bool, True with probability `p`."""
    return _draw("random_bernoulli", seed, shape=_shape(shape), p=p)


def permutation(n: int, seed: Any = None) -> Any:
    """The integers below `n` in random order, int32."""
    return _draw("random_permutation", seed, n=n)


def shuffle(x: Any, axis: int = 0, seed: Any = None) -> Any:
    """The slices of `x` along `axis` in random order."""
    x = ops.convert_to_tensor(x)
    return ops.take(x, permutation(x.shape[axis], seed), axis=axis)


def dropout(inputs: Any, rate: float, noise_shape: Any = None, seed: Any = None) -> Any:
    """0 with probability `rate`, else `inputs / (1 - rate)` (Srivastava et al., 2014).

    `noise_shape`, with None for a size of the inputs, says along which axes the choice is one for all (size 1).
    Raises ValueError for a rate that is not within 0 and 1.
    """
    if not 0 <= rate <= 1:
        raise ValueError(f"dropout: rate is a probability, within 0 and 1; got {rate!r}")
    sizes = tuple(inputs.shape)
    if noise_shape is not None:
        sizes = tuple(n if m is None else m for n, m in zip(sizes, noise_shape, strict=True))
    kept = 1.0 - rate
    return ops.where(bernoulli(sizes, kept, seed), ops.multiply(inputs, 1.0 / kept if kept else 1.0), 0.0)
