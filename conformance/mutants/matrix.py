"""Mutants of `kcompat.spec.matrix`."""

import numpy as np

from kcompat.conformance.mutants.mutation import honest, narrow, value, vjp
from kcompat.spec.calculus import swap_last

value("matmul", "TF32 inputs")(lambda x1, x2: honest("matmul")(narrow(x1, 10), narrow(x2, 10)))
value("matmul", "bfloat16 inputs")(lambda x1, x2: honest("matmul")(narrow(x1, 7), narrow(x2, 7)))
value("matmul", "one pass of bfloat16 for the second factor")(lambda x1, x2: honest("matmul")(x1, narrow(x2, 7)))
value("matmul", "summed in half precision")(
    lambda x1, x2: np.matmul(x1.astype(np.float16), x2.astype(np.float16)).astype(honest("matmul")(x1, x2).dtype)
)
value("matmul", "three passes of bfloat16: 16 bits")(lambda x1, x2: honest("matmul")(narrow(x1, 15), narrow(x2, 15)))
vjp(
    "matmul",
    "gradient of a broadcast factor from the first of the batch",
    (
        lambda B, g, y, x1, x2: B.matmul(g, swap_last(B, x2)),
        lambda B, g, y, x1, x2: B.matmul(swap_last(B, x1), g),
    ),
)
