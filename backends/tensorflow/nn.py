"""Neural-network functions that TensorFlow has as one kernel."""

import tensorflow as tf

from kcompat.backends.tensorflow import dtypes as _dtypes
from kcompat.backends.tensorflow import kinks as _kinks
from kcompat.runtime.registry import load
from kcompat.spec import OPS
from kcompat.spec.rules import normalize_axes

__all__ = ["log_softmax", "softmax"]


def _along(name, native):
    """The kernel of TensorFlow works along one axis; the spec's body works over several."""

    def call(x, *, axis=-1):
        x = _dtypes.as_float(x)
        axes = normalize_axes(axis, x.shape.rank)
        return native(x, axis=axes[0]) if len(axes) == 1 else OPS[name].body(load("tensorflow"), x, axis=axis)

    return call


softmax, log_softmax = _along("softmax", _kinks.softmax), _along("log_softmax", tf.nn.log_softmax)
