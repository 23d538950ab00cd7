"""Targets that are wrong, for the tests of the suite."""

import os

import numpy as np

from kcompat.backend import load
from kcompat.conformance.target import InterpreterTarget, Target


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
