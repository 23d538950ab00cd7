"""Targets that are wrong, for the tests of the suite."""

import os

import numpy as np

from kcompat.backend import load
from kcompat.conformance.target import InterpreterTarget, Target


class Zeros(InterpreterTarget):
    """Answers zeros."""

    def ask(self, question, case):
        found = super().ask(question, case)
        return tuple(np.zeros_like(y) if isinstance(y, np.ndarray) else y for y in found)


def zeros() -> Target:
    target = Zeros(load("numpy"))
    target.name = "kcompat.conformance.tests.wrong_targets:zeros"
    return target


def crash() -> Target:
    os._exit(3)
