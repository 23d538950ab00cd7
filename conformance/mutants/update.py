"""Wrong optimizer steps."""

from kcompat.conformance.mutants.mutation import edited

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
    "new_params.append(p + (v * momentum - rate * g) if nesterov else p + v)",
    "new_params.append(p + (v * momentum) if nesterov else p + v)",
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
    "m = m + (g - m) * (1.0 - beta_1)\n        v = v + (g * g - v) * (1.0 - beta_2)",
    "m = m + (g - m) * (1.0 - beta_2)\n        v = v + (g * g - v) * (1.0 - beta_1)",
)
edited("adam_update", "g for g squared", "(g * g - v)", "(B.absolute(g) - v)")
edited("rmsprop_update", "epsilon outside the root", "B.sqrt(v + epsilon)", "(B.sqrt(v) + epsilon)")
edited(
    "rmsprop_update",
    "the old mean of squares",
    "zip(grads, velocities, strict=True))\n    return",
    "zip(grads, _runs(tensors, 3)[2], strict=True))\n    return",
)
edited("rmsprop_update", "rho and 1 - rho exchanged", "v * rho + g * g * (1.0 - rho)", "v * (1.0 - rho) + g * g * rho")
