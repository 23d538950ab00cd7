"""Targets that are wrong, for the tests of the suite."""

import os

import numpy as np

from kcompat.conformance.targets.target import InterpreterTarget, Target
from kcompat.runtime.registry import load


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
