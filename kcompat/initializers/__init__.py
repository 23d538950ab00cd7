"""First values of weights. They are made on the host, so every backend starts from the same bits."""

from __future__ import annotations

from typing import Any

from kcompat.initializers.constant import Constant, Identity, Ones, Zeros
from kcompat.initializers.initializer import Initializer, get
from kcompat.initializers.random import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    Orthogonal,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
)
from kcompat.registration import deserialize as _deserialize
from kcompat.registration import serialize as _serialize

# Keras's names for the same classes.
IdentityInitializer, OrthogonalInitializer = Identity, Orthogonal
constant, identity, ones, zeros = Constant, Identity, Ones, Zeros
glorot_normal, glorot_uniform = GlorotNormal, GlorotUniform
he_normal, he_uniform = HeNormal, HeUniform
lecun_normal, lecun_uniform = LecunNormal, LecunUniform
orthogonal, random_normal, random_uniform = Orthogonal, RandomNormal, RandomUniform
truncated_normal, variance_scaling = TruncatedNormal, VarianceScaling

__all__ = [
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "IdentityInitializer",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "Orthogonal",
    "OrthogonalInitializer",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
    "constant",
    "deserialize",
    "get",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "identity",
    "lecun_normal",
    "lecun_uniform",
    "ones",
    "orthogonal",
    "random_normal",
    "random_uniform",
    "serialize",
    "truncated_normal",
    "variance_scaling",
    "zeros",
]


def deserialize(config: Any, custom_objects: Any = None) -> Any:
    """An initializer from its config or name."""
    return _deserialize(config, custom_objects, "initializer")


def serialize(initializer: Any) -> Any:
    """The config of an initializer: plain data."""
    return _serialize(initializer)
