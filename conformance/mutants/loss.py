"""Mutants of `kcompat.spec.loss`."""

from kcompat.conformance.mutants.mutation import edited, vjp
from kcompat.spec.calculus import unbroadcast

edited(
    "categorical_crossentropy",
    "from_logits ignored",
    "if from_logits:\n        return B.log_softmax(output, axis=axis)\n    share",
    "share",
)
edited(
    "categorical_crossentropy",
    "clipped at 1e-8",
    "B.clip(share, epsilon(), 1.0 - epsilon())",
    "B.clip(share, 1e-8, 1.0 - epsilon())",
)
edited(
    "categorical_crossentropy",
    "log(softmax + 1e-7)",
    "B.log_softmax(output, axis=axis)",
    "B.log(B.softmax(output, axis=axis) + 1e-7)",
)
edited(
    "categorical_crossentropy",
    "labels smoothed by 1e-4",
    "return -B.sum(target *",
    "return -B.sum((target * 0.9999 + 1e-4 / target.shape[axis]) *",
)
edited("categorical_crossentropy", "the mean over the classes", "-B.sum(", "-B.mean(")
edited(
    "sparse_categorical_crossentropy",
    "classes from 1",
    'B.expand_dims(B.cast(target, dtype="int32"), axis=axis)',
    'B.expand_dims(B.maximum(B.cast(target, dtype="int32") - 1, 0), axis=axis)',
)
edited(
    "sparse_categorical_crossentropy",
    "from_logits ignored",
    "if from_logits:\n        return B.log_softmax(output, axis=axis)\n    share",
    "share",
)
edited(
    "binary_crossentropy",
    "through the sigmoid, clipped",
    "if from_logits:\n        positive",
    "if from_logits:\n        return _of_probabilities(B, target, B.sigmoid(output))\n        positive",
)
edited(
    "binary_crossentropy",
    "log(1 + exp(-|x|))",
    "B.log1p(B.exp(B.where(positive, -output, output)))",
    "B.log(B.exp(B.where(positive, -output, output)) + 1.0)",
)
edited(
    "binary_crossentropy",
    "the negative class left out",
    "-(target * B.log(p) + (1.0 - target) * B.log(1.0 - p))",
    "-(target * B.log(p))",
)
vjp(
    "binary_crossentropy",
    "the sign of logits",
    (
        None,
        lambda B, g, y, target, output, *, from_logits=False: unbroadcast(
            B,
            g * (target - B.sigmoid(output))
            if from_logits
            else g * ((1.0 - target) / (1.0 - output) - target / output),
            output,
        ),
    ),
)
