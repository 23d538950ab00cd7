"""The op set: what every op means. Importing this package fills `OPS`; it needs NumPy alone."""

from kcompat.spec import (  # noqa: F401  (imported for their declarations)
    activation,
    arithmetic,
    convolution,
    creation,
    elementwise,
    indexing,
    logic,
    loss,
    matrix,
    normalization,
    pooling,
    random,
    recurrent,
    reduction,
    structure,
    update,
)
from kcompat.spec._dtype import (
    DTYPES,
    SCALARS,
    as_dtype,
    float_type,
    floatx,
    is_float,
    promote,
    result_type,
    set_floatx,
)
from kcompat.spec._op import OPS, ErrorClass, Joint, Kink, Op, Refusal, Sample, Special, composed, primitive
from kcompat.spec._tensor import Operators, TensorSpec

__all__ = [
    "DTYPES",
    "OPS",
    "SCALARS",
    "ErrorClass",
    "Joint",
    "Kink",
    "Op",
    "Operators",
    "Refusal",
    "Sample",
    "Special",
    "TensorSpec",
    "as_dtype",
    "composed",
    "float_type",
    "floatx",
    "is_float",
    "primitive",
    "promote",
    "result_type",
    "set_floatx",
]
