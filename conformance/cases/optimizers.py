"""Optimizers: a row for each configuration, on parameters and gradients that all share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kcompat import optimizers
from kcompat.conformance.cases.built import BuiltCase, interpreter_of, join_id
from kcompat.conformance.cases.questions import Arrays
from kcompat.conformance.targets.target import Target
from kcompat.runtime.active import use
from kcompat.spec import FLOATX
from kcompat.variables import Variable
from kcompat.variables.scope import bind

STEPS = 6


@dataclass(frozen=True, eq=False, repr=False)
class OptimizerCase(BuiltCase):
    """An optimizer with its arguments, for `STEPS` steps."""

    arguments: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The name of the case in reports."""
        return join_id(self.name, **self.arguments)

    def parameters(self) -> list[np.ndarray]:
        """Two first parameters, a matrix and a vector."""
        rng = np.random.default_rng(1)
        return [self.array(rng.integers(-32, 33, shape) / 32) for shape in ((3, 2), (5,))]

    def gradients(self, step: int) -> list[np.ndarray]:
        """Large, ordinary, small, and zero."""
        rng = np.random.default_rng(step)
        scale = rng.choice([64.0, 1.0, 2.0**-12, 0.0], (11,), p=[0.1, 0.7, 0.1, 0.1])
        flat = self.array(rng.integers(-32, 33, 11) / 16 * scale)
        return [flat[:6].reshape(3, 2), flat[6:]]

    def fed(self) -> list[np.ndarray]:
        return [*self.parameters(), *(g for step in range(STEPS) for g in self.gradients(step))]


def optimizer_steps(target: Target, case: OptimizerCase) -> Arrays:
    """The parameters after each step."""
    B = interpreter_of(target)
    parameters = []
    with use(B), FLOATX.override(case.dtype), bind({}):
        optimizer = getattr(optimizers, case.name)(**case.arguments)
        variables = [Variable(p, name=f"p{i}") for i, p in enumerate(case.parameters())]
        for step in range(STEPS):
            optimizer.apply([B.engine.asarray(g) for g in case.gradients(step)], variables)
            parameters += [target.result(v.value) for v in variables]
    return tuple(parameters)


ALL = (  # with decays that float32 holds: Keras rounds them to it
    OptimizerCase("SGD"),
    OptimizerCase("SGD", {"learning_rate": 0.3, "momentum": 0.875}),
    OptimizerCase("SGD", {"learning_rate": 0.3, "momentum": 0.875, "nesterov": True}),
    OptimizerCase("Adam", {"beta_1": 0.875, "beta_2": 0.9990234375}),
    OptimizerCase("Adam", {"learning_rate": 0.1, "beta_1": 0.75, "beta_2": 0.9375, "epsilon": 1e-3}),
    OptimizerCase("Adam", {"learning_rate": 0.1, "beta_1": 0.75, "beta_2": 0.9375, "epsilon": 1e-3, "amsgrad": True}),
    OptimizerCase("RMSprop"),
    OptimizerCase("RMSprop", {"learning_rate": 0.1, "rho": 0.5, "epsilon": 1e-3}),
    OptimizerCase("RMSprop", {"learning_rate": 0.1, "rho": 0.5, "momentum": 0.5, "epsilon": 1e-3}),
    OptimizerCase("RMSprop", {"learning_rate": 0.1, "rho": 0.5, "epsilon": 1e-3, "centered": True}),
    OptimizerCase("RMSprop", {"learning_rate": 0.1, "rho": 0.5, "momentum": 0.5, "epsilon": 1e-3, "centered": True}),
    OptimizerCase("Lion", {"learning_rate": 0.1, "beta_1": 0.75, "beta_2": 0.9375}),
)
