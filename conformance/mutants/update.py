"""Wrong optimizer steps: formulas with a piece of their text replaced."""

import inspect

import numpy as np

from kcompat.conformance.mutants.mutation import body, compile_text, source_of
from kcompat.spec import OPS
from kcompat.spec.lift import lift


def edited(op: str, name: str, old: str, new: str) -> None:
    """Declare a wrong formula, lifted to lists as the right one is."""
    formula = inspect.unwrap(OPS[op].body)
    text = source_of(formula)
    if text.count(old) != 1:
        raise LookupError(f"mutant {name!r} of {op}: {old!r} is to stand once in its formula")
    body(op, name)(lift(compile_text(text.replace(old, new), formula, {**formula.__globals__, "np": np})))


edited("sgd_update", "uphill", "p - rate * g", "p + rate * g")
edited("sgd_update", "weight decay slipped in", "p - rate * g", "p - rate * (g + p * 1e-4)")
edited(
    "momentum_update",
    "the rate applied to the velocity",
    "v = v * momentum - rate * g",
    "v = (v * momentum - g) * rate",
)
edited("momentum_update", "nesterov ignored", "if nesterov else p + v", "if False else p + v")
edited(
    "momentum_update",
    "dampened: (1 - momentum) g",
    "v = v * momentum - rate * g",
    "v = v * momentum - rate * (1.0 - momentum) * g",
)
edited(
    "momentum_update",
    "Nesterov's step with the old velocity",
    "return p + (v * momentum - rate * g)",
    "return p + (v * momentum)",
)
edited("momentum_update", "momentum of 0.90001", "v = v * momentum", "v = v * (momentum + 1e-5)")
edited("adam_update", "epsilon inside the root", "B.sqrt(v) + epsilon", "B.sqrt(v + epsilon)")
edited("adam_update", "epsilon 1e-8", "B.sqrt(v) + epsilon", "B.sqrt(v) + 1e-8")
edited(
    "adam_update",
    "1 - beta_2 rounded to single precision first",
    "(1.0 - beta_2)",
    "float(np.float32(1) - np.float32(beta_2))",
)
edited(
    "adam_update",
    "beta_1 and beta_2 exchanged",
    "m = m + (g - m) * (1.0 - beta_1)\n    v = v + (g * g - v) * (1.0 - beta_2)",
    "m = m + (g - m) * (1.0 - beta_2)\n    v = v + (g * g - v) * (1.0 - beta_1)",
)
edited("adam_update", "g for g squared", "(g * g - v)", "(B.absolute(g) - v)")
edited("rmsprop_update", "epsilon outside the root", "B.sqrt(v + epsilon)", "(B.sqrt(v) + epsilon)")
edited(
    "rmsprop_update",
    "the old mean of squares",
    "v = v * rho + g * g * (1.0 - rho)\n    return p - rate * g / B.sqrt(v + epsilon), v",
    "return p - rate * g / B.sqrt(v + epsilon), v * rho + g * g * (1.0 - rho)",
)
edited("rmsprop_update", "rho and 1 - rho exchanged", "v * rho + g * g * (1.0 - rho)", "v * (1.0 - rho) + g * g * rho")
edited("amsgrad_update", "Adam: the largest v forgotten", "B.maximum(v_hat, v)", "v")
edited("amsgrad_update", "the largest v kept, the present one used", "B.sqrt(v_hat)", "B.sqrt(v)")
edited("rmsprop_momentum_update", "a velocity of gradients", "m = m * momentum + rate * g", "m = m * momentum + g")
edited("rmsprop_momentum_update", "dampened", "momentum + rate * g", "momentum + (1.0 - momentum) * rate * g")
edited("rmsprop_centered_update", "the mean not squared", "v - a * a", "v - a")
edited("rmsprop_centered_update", "not centered", "v - a * a + epsilon", "v + epsilon")
edited(
    "rmsprop_centered_update",
    "epsilon outside the root",
    "B.sqrt(v - a * a + epsilon)",
    "(B.sqrt(v - a * a) + epsilon)",
)
edited(
    "rmsprop_centered_momentum_update",
    "the mean of steps, not of gradients",
    "a = a * rho + g",
    "a = a * rho + rate * g",
)
edited("rmsprop_centered_momentum_update", "momentum for rho", "a = a * rho", "a = a * momentum")
edited("lion_update", "the momentum's sign", "m * beta_1 + g * (1.0 - beta_1)", "m")
edited("lion_update", "beta_1 for beta_2", "m * beta_2 + g * (1.0 - beta_2)", "m * beta_1 + g * (1.0 - beta_1)")
edited("lion_update", "the new momentum's sign", "m * beta_1 + g * (1.0 - beta_1)", "m * beta_2 + g * (1.0 - beta_2)")
