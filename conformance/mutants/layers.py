"""Wrong layers: arguments that are ignored, taken for others, or applied at another place."""

from kcompat import layers
from kcompat.conformance.mutants.mutation import edited_function

POOLING, RECURRENT, GATED = (c.__base__ for c in (layers.MaxPooling2D, layers.SimpleRNN, layers.LSTM))


def wrong(subject: str, name: str, old: str, new: str, holder: type | None = None) -> None:
    """Declare a mutant of a layer's class, or of a base of it."""
    edited_function(subject, holder or getattr(layers, subject), name, old, new)


wrong("Dense", "the bias after the activation", "return self.activation(x)", "return ops.add(self.activation(x), 0.5)")
wrong("Dense", "the activation forgotten", "return self.activation(x)", "return x")
wrong("Dense", "the bias taken off", "ops.add(x, self.bias)", "ops.subtract(x, self.bias)")
wrong("Dense", "a bias in spite of use_bias", "if self.use_bias else None", "")
wrong("Embedding", "one index too far", 'ops.cast(inputs, "int32")', 'ops.cast(inputs, "int32") + 1')
wrong("Embedding", "scaled as in a transformer", "axis=0)", "axis=0) * self.output_dim**0.5")
wrong("Activation", "twice", "self.activation(inputs)", "self.activation(self.activation(inputs))")
wrong("Conv2D", "strides exchanged", "self.kernel, self.strides,", "self.kernel, self.strides[::-1],")
wrong("Conv2D", "dilation ignored", "self.data_format, self.dilation_rate)", "self.data_format, (1, 1))")
wrong("Conv2D", "padding ignored", "self.strides, self.padding,", 'self.strides, "valid",')
wrong("Conv2D", "the window turned round", "(inputs, self.kernel,", "(inputs, ops.flip(self.kernel, axis=(0, 1)),")
wrong("Conv2D", "the bias forgotten with channels_first", "if self.bias is not None:", "if self._channel_axis == -1:")
wrong("Conv2D", "the activation forgotten", "return self.activation(x)", "return x")
POOL = "self.pool_size, self.strides, self.padding,"
wrong("MaxPooling2D", "steps of one", POOL, "self.pool_size, (1, 1), self.padding,", POOLING)
wrong("MaxPooling2D", "the window turned", POOL, "self.pool_size[::-1], self.strides, self.padding,", POOLING)
wrong("AveragePooling2D", "padding ignored", POOL, 'self.pool_size, self.strides, "valid",', POOLING)
wrong("AveragePooling2D", "the largest", "ops.average_pool", "ops.max_pool")
wrong("GlobalAveragePooling2D", "the sum", "ops.mean(", "ops.sum(")
wrong("GlobalAveragePooling2D", "the first axes", "else (2, 3)", "else (1, 2)")
wrong("GlobalAveragePooling2D", "keepdims ignored", "keepdims=self.keepdims", "keepdims=False")
wrong("LayerNormalization", "epsilon of 1e-5", "self.epsilon)", "1e-5)")
wrong("LayerNormalization", "of the last axis", "self.beta, self.axis,", "self.beta, -1,")
wrong("LayerNormalization", "beta forgotten", "self.gamma, self.beta,", "self.gamma, None,")
wrong(
    "BatchNormalization",
    "the momentum is the weight of the new",
    "average * self.momentum + ops.stop_gradient(new) * (1.0 - self.momentum)",
    "average * (1.0 - self.momentum) + ops.stop_gradient(new) * self.momentum",
)
wrong("BatchNormalization", "batch statistics always", "if training and self.trainable:", "if True:")
wrong("BatchNormalization", "frozen, it still follows", "if training and self.trainable:", "if training:")
wrong("BatchNormalization", "the variance does not move", "self._follow(self.moving_variance, variance)", "")
wrong("BatchNormalization", "no gradient by the mean", "(inputs, mean,", "(inputs, ops.stop_gradient(mean),")
wrong("BatchNormalization", "Bessel's correction", "moving_variance, variance)", "moving_variance, variance * 8 / 7)")
wrong("SimpleRNN", "backwards ignored", '"reverse": self.go_backwards', '"reverse": False')
wrong("SimpleRNN", "the activation is tanh", '"activation": self.activation', '"activation": "tanh"')
wrong("SimpleRNN", "in the order of time", "self.return_sequences and self.go_backwards", "False", RECURRENT)
wrong("SimpleRNN", "the outputs, not the last", "else states[0]", "else outputs", RECURRENT)
wrong("LSTM", "h and c exchanged", "return (result, *states)", "return (result, *states[::-1])", RECURRENT)
wrong("LSTM", "the cell for the state", "else states[0]", "else states[-1]", RECURRENT)
wrong(
    "LSTM",
    "gates by sigmoid alone",
    '"recurrent_activation": self.recurrent_activation}',
    '"recurrent_activation": "sigmoid"}',
    GATED,
)
wrong("GRU", "reset before", '"reset_after": self.reset_after}', '"reset_after": False}')
wrong("GRU", "one bias", "return (2, width) if self.reset_after else (width,)", "return (width,)")
wrong("Flatten", "channels_first ignored", "self.data_format == CHANNELS_FIRST and", "False and")
wrong(
    "Reshape",
    "filled column by column",
    "ops.reshape(inputs, (",
    "ops.reshape(ops.transpose(inputs, (0, *range(len(inputs.shape) - 1, 0, -1))), (",
)
wrong("Dropout", "drops in inference, too", "not training or self.rate == 0", "self.rate == 0")
