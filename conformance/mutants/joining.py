"""Mutants of `kcompat.spec.joining`."""

from kcompat.conformance.mutants.mutation import edited

edited(
    "append",
    "in reverse order",
    "B.concatenate(_flat(B, x1), _flat(B, x2), axis=0)",
    "B.concatenate(_flat(B, x2), _flat(B, x1), axis=0)",
)
edited("hstack", "along the last axis", "axis=0 if xs and len(xs[0].shape) == 1 else 1", "axis=-1")
edited("vstack", "vectors are columns", "newshape=(1, -1)", "newshape=(-1, 1)")
edited("hsplit", "along the last axis", "min(len(x.shape) - 1, 1)", "0")
edited(
    "unstack",
    "the axis kept",
    "rest = (*x.shape[:axis], *x.shape[axis + 1 :])",
    "rest = (*x.shape[:axis], 1, *x.shape[axis + 1 :])",
)
edited("unstack", "in reverse order", "for part in parts)", "for part in parts[::-1])")
edited("meshgrid", "matrix indexing, whatever is asked", 'if indexing == "xy":', "if False:")
edited("meshgrid", "all axes reversed", "order[:2] = reversed(order[:2])", "order = order[::-1]")
