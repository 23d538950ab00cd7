"""Targets that are wrong, for the tests of the suite."""

import os

import numpy as np

from kcompat.conformance.targets.target import InterpreterTarget, Target
from kcompat.runtime.registry import load
from kcompat.spec import OPS


class Zeros(InterpreterTarget):
    """Answers zeros."""

    def result(self, y):
        return np.zeros_like(super().result(y))


def zeros() -> Target:
    target = Zeros(load("numpy"))
    target.name = "kcompat.conformance.tests.wrong_targets:zeros"
    return target


def crash() -> Target:
    os._exit(3)


def nothing() -> Target:
    """Has a function for every op, none of which is written."""

    def absent(*args, **attrs):
        raise NotImplementedError("not written")

    return Target("nothing", dict.fromkeys(OPS, absent), asarray=np.array, to_numpy=np.asarray)
