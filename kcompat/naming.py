"""Names that are made: snake case, and default names that are unique in the process."""

from __future__ import annotations

import re
from collections import Counter

_counts: Counter[str] = Counter()


def snake_case(name: str) -> str:
    """`MaxNorm` as `max_norm`, `L1L2` as `l1_l2`, `KLDivergence` as `kl_divergence`."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z0-9])([A-Z])", r"\1_\2", name).lower()


def forget_names() -> None:
    """Let default names begin anew, as in a new process."""
    _counts.clear()


def unique_name(class_name: str) -> str:
    """`dense`, then `dense_1`, `dense_2`: the default names of layers, models and optimizers."""
    name = re.sub("([a-z])([A-Z])", r"\1_\2", re.sub("(.)([A-Z][a-z]+)", r"\1_\2", class_name)).lower()
    count = _counts[name]
    _counts[name] += 1
    return f"{name}_{count}" if count else name
