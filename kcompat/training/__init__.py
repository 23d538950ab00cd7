"""Training a model: what `compile` is told, the pure steps, the loops of `fit`, `evaluate` and `predict`."""
