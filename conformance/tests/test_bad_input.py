"""Bad input: each kind raises early, names the values seen, and says what to do."""

import re

import numpy as np
import pytest

import kcompat
from kcompat import layers, ops
from kcompat.models import NonFiniteLoss
from kcompat.runtime.active import use

X, Y = np.ones((6, 4), "float32"), np.array([0, 1, 2, 0, 1, 2])
QUIET = {"verbose": 0}


@pytest.fixture(autouse=True)
def chosen(backend):
    kcompat.utils.set_random_seed(1)
    with use(backend):
        yield backend


def classifier(loss="sparse_categorical_crossentropy", **arguments):
    model = kcompat.Sequential([kcompat.Input((4,)), layers.Dense(3, "softmax")])
    model.compile(arguments.pop("optimizer", "sgd"), loss, **arguments)
    return model


@pytest.mark.parametrize("shape", [(6, 5), (6,), (6, 4, 1)])
@pytest.mark.parametrize("call", ["fit", "evaluate", "predict", "train_on_batch", "predict_on_batch"])
def test_wrong_rank_or_feature_size(call, shape):
    arguments = (np.ones(shape),) if call.startswith("predict") else (np.ones(shape), Y)
    quiet = {} if call.endswith("on_batch") else QUIET
    with pytest.raises(
        ValueError, match=re.escape(f"takes inputs of shape (None, 4), the batch first; x has shape {shape}")
    ):
        getattr(classifier(), call)(*arguments, **quiet)


def test_wrong_size_for_a_layer():
    layer = layers.Dense(3)
    layer(X)
    with pytest.raises(ValueError, match=r"dense.*was built for size 4 of axis -1; got inputs of shape \(6, 5\)"):
        layer(np.ones((6, 5), "float32"))


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (lambda: layers.Conv2D(2, 3), (6, 8, 8), r"takes images, rank 4.*got shape \(6, 8, 8\)"),
        (lambda: layers.MaxPooling2D(), (6, 8), r"takes images, rank 4.*got shape \(6, 8\)"),
        (lambda: layers.GlobalAveragePooling2D(), (6, 8), r"takes images, rank 4.*got shape \(6, 8\)"),
        (lambda: layers.LSTM(2), (6, 8), r"takes sequences, rank 3.*got shape \(6, 8\)"),
        (lambda: layers.Dense(2), (6,), r"rank 2 or more.*got shape \(6,\)"),
        (lambda: layers.Reshape((5, 2)), (6, 8), r"samples of shape \(8,\) do not fill \(5, 2\)"),
        (lambda: layers.Conv2D(2, 3, groups=2), (6, 8, 8, 3), "3 channels do not fall into 2 groups"),
    ],
)
def test_wrong_rank_for_a_layer(layer, shape, message):
    with pytest.raises(ValueError, match=message):
        layer()(np.ones(shape, "float32"))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.Dense(0), "units is a positive integer, got 0"),
        (lambda: layers.Dense(2.5), "units is a positive integer, got 2.5"),
        (lambda: layers.Dropout(1.5), r"rate is a probability, in \[0, 1\]; got 1.5"),
        (lambda: layers.Conv2D(2, 3, padding="full"), "padding is 'valid' or 'same', got 'full'"),
        (
            lambda: layers.Conv2D(2, 3, data_format="nhwc"),
            "data_format is 'channels_last' or 'channels_first', got 'nhwc'",
        ),
        (lambda: layers.Conv2D(3, 3, groups=2), "filters=3 and groups=2"),
        (lambda: layers.LSTM(2, dropout=1.0), r"dropout is a share in \[0, 1\), got 1.0"),
        (lambda: kcompat.Input(), "shape or batch_shape, one of them; got shape=None"),
    ],
)
def test_arguments_of_layers_out_of_range(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("what", ["get_weights", "summary"])
def test_unbuilt_model(what):
    model = kcompat.Sequential([layers.Dense(3)], name="net")
    message = rf"net is not built, so model\.{what} knows no weights; start it with Input\(shape\), call model\.build"
    with pytest.raises(ValueError, match=message):
        getattr(model, what)()
    model.build((None, 4))
    getattr(model, what)()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"y": Y[:5]}, "x has 6 samples and y has 5"),
        ({"y": Y, "sample_weight": np.ones(7)}, "x has 6 samples and sample_weight has 7"),
        ({"y": Y, "validation_data": (X, Y[:4])}, "x has 6 samples and y has 4"),
        ({"y": Y, "batch_size": 0}, "batch_size is a positive integer, got 0"),
        ({"y": Y, "batch_size": 2.5}, "batch_size is a positive integer, got 2.5"),
        ({"y": Y, "validation_split": 1.5}, "validation_split is between 0 and 1, got 1.5"),
        ({"y": Y, "validation_split": 0.01}, "validation_split=0.01 of 6 samples leaves one part empty"),
        ({"y": Y, "class_weight": {0: 1.0, 1: 2.0}}, r"no weight for the classes \[2\] of y; it has \[0, 1\]"),
        ({"y": Y, "verbose": 3}, "verbose is 'auto', 0, 1 or 2; got 3"),
        ({}, "compares predictions with targets, and y is None"),
    ],
)
def test_arguments_of_fit_that_do_not_fit(arguments, message):
    with pytest.raises(ValueError, match=message):
        classifier().fit(X, **{**QUIET, **arguments})


@pytest.mark.parametrize("call", ["fit", "evaluate", "predict"])
def test_empty_data(call):
    arguments = (X[:0],) if call == "predict" else (X[:0], Y[:0])
    with pytest.raises(ValueError, match=r"x holds no samples, its shape is \(0, 4\)"):
        getattr(classifier(), call)(*arguments, **QUIET)


def test_no_data():
    with pytest.raises(ValueError, match="x is None; pass an array"):
        classifier().fit(**QUIET)


@pytest.mark.parametrize(("low", "high"), [(0, 3), (-1, 2)])
@pytest.mark.parametrize("call", ["fit", "evaluate", "train_on_batch"])
def test_labels_out_of_range(call, low, high):
    y = np.array([low, 1, 2, 0, 1, high])
    quiet = {} if call.endswith("on_batch") else QUIET
    message = rf"labels are class indices in \[0, 3\), as the model gives 3 classes; y has {low} to {high}"
    model = classifier()
    for _ in range(2):  # the second time the layout of the data is known
        with pytest.raises(ValueError, match=message):
            getattr(model, call)(X, y, **quiet)
        model.fit(X, Y, **QUIET)


def test_labels_out_of_range_in_validation_data():
    with pytest.raises(ValueError, match=r"labels are class indices in \[0, 3\).*0 to 5"):
        classifier().fit(X, Y, validation_data=(X, [0, 1, 2, 3, 4, 5]), **QUIET)


def test_binary_targets_out_of_range():
    model = kcompat.Sequential([kcompat.Input((4,)), layers.Dense(1, "sigmoid")])
    model.compile("sgd", "binary_crossentropy")
    with pytest.raises(ValueError, match=r"takes targets in \[0, 1\]; y has 0 to 2"):
        model.fit(X, Y, **QUIET)


def test_integers_out_of_range_for_an_embedding():
    model = kcompat.Sequential([layers.Embedding(5, 2, name="words")])
    with pytest.raises(ValueError, match=r"words takes integers in \[0, 5\), the data has 1 to 5"):
        model.predict(np.array([[1, 5]]), **QUIET)


def test_one_hot_targets_for_a_sparse_loss():
    with pytest.raises(ValueError, match=r"\(6, 3\)|\(None, 3\)"):
        classifier().fit(X, np.eye(3)[Y], **QUIET)


def test_class_indices_for_a_categorical_loss():
    with pytest.raises(ValueError, match="for class indices use sparse_categorical_crossentropy"):
        classifier("categorical_crossentropy").fit(X, Y, **QUIET)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.array([["a", "b"]] * 6), r"x holds numbers, got NumPy dtype <U1 \(such as .*'a'.*\); encode it first"),
        (np.array([[object()]] * 6), "x holds numbers, got NumPy dtype object"),
        (np.array([["2020-01-01"]] * 6, "datetime64[D]"), "x holds numbers, got NumPy dtype datetime64"),
        (np.ones((6, 4), "complex64"), "x holds numbers, got NumPy dtype complex64"),
        ("text", "x is an array or nested lists of numbers, got str"),
    ],
)
def test_strings_or_objects_as_data(x, message):
    with pytest.raises(TypeError, match=message):
        classifier().fit(x, Y, **QUIET)


def test_a_generator_of_targets():
    with pytest.raises(TypeError, match="y is an array or nested lists of numbers, got generator"):
        classifier().fit(X, (y for y in Y), **QUIET)


def test_strings_as_targets():
    with pytest.raises(TypeError, match="y holds numbers, got NumPy dtype <U3"):
        classifier().fit(X, ["cat", "dog", "cat", "dog", "cat", "dog"], **QUIET)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([[1.0, 2.0], [3.0]], "x is not a regular array: its rows differ in length"),
        (3.0, "x has an axis of samples, got a single number"),
        (np.full((6, 4), 2**40), r"x holds integers within 32 bits, got 1099511627776"),
    ],
)
def test_data_that_are_no_array_of_samples(x, message):
    with pytest.raises(ValueError, match=message):
        classifier().fit(x, Y, **QUIET)


# A loss that is not a number. NumPy, when it is not told otherwise as in a plug-in, warns of it as well.

not_finite = pytest.mark.filterwarnings("ignore::RuntimeWarning")


@not_finite
def test_a_loss_that_diverges_says_where():
    model = kcompat.Sequential([kcompat.Input((4,)), layers.Dense(3, name="first"), layers.Dense(1, name="last")])
    model.compile(kcompat.optimizers.SGD(1e12), "mse")
    with pytest.raises(NonFiniteLoss) as caught:
        model.fit(X, Y * 1.0, batch_size=2, epochs=5, **QUIET)
    assert re.search(
        r"epoch 1, step \d: the loss is (inf|nan), and the gradient of '(first|last)/\w+' in layer '(first|last)'",
        str(caught.value),
    )
    assert "lower the learning rate" in str(caught.value)


@not_finite
def test_a_loss_that_is_nan_at_a_later_step_says_which():
    """The fourth batch has a target whose logarithm is none; training is left as it was before the epoch."""
    model = kcompat.Sequential([kcompat.Input((4,)), layers.Dense(1, "softplus", name="rate")])
    model.compile("sgd", lambda y_true, y_pred: ops.mean(ops.log(y_true) * y_pred, axis=-1))
    y = np.ones((12, 1))
    y[7] = -1.0
    model.fit(np.ones((12, 4)), np.ones((12, 1)), **QUIET)
    before = model.get_weights()
    with pytest.raises(
        NonFiniteLoss,
        match=r"epoch 2, step 4: the loss is nan, and the gradient of 'rate/\w+' in layer 'rate' is not finite",
    ):
        model.fit(np.ones((12, 4)), y, batch_size=2, epochs=2, initial_epoch=1, shuffle=False, **QUIET)
    for ours, theirs in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@not_finite
@pytest.mark.parametrize(("value", "word"), [(np.nan, "NaN"), (np.inf, "infinite values")])
def test_data_that_are_not_finite_are_named_as_the_cause(value, word):
    x = X.copy()
    x[3] = value
    with pytest.raises(NonFiniteLoss, match=f"epoch 1, step 2: the inputs hold {word}; clean the data"):
        classifier().fit(x, Y, batch_size=2, shuffle=False, **QUIET)


@not_finite
def test_a_callback_sees_the_loss_before_it_is_refused():
    class Watch(kcompat.callbacks.Callback):
        seen = 0

        def on_train_batch_end(self, batch, logs=None):
            self.seen += 1

    x, watch = X.copy(), Watch()
    x[5] = np.nan
    with pytest.raises(NonFiniteLoss):
        classifier().fit(x, Y, batch_size=2, shuffle=False, callbacks=[watch], **QUIET)
    assert watch.seen == 2, "the error comes with the step where it happens if each step is looked at"


# Unknown names.


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: classifier("sparse_categorical_crossentrop"),
            "unknown loss .*did you mean 'sparse_categorical_crossentropy'",
        ),
        (lambda: classifier("mean_square_error"), "did you mean 'mean_squared_error'"),
        (lambda: classifier(optimizer="adm"), "unknown optimizer 'adm'; did you mean 'adam'"),
        (lambda: classifier(metrics=["acuracy"]), "unknown metric 'acuracy'; did you mean 'accuracy'"),
        (lambda: layers.Dense(1, "rely"), "unknown activation 'rely'; did you mean 'relu'"),
        (lambda: layers.LSTM(1, "tahn"), "unknown activation 'tahn'; did you mean 'tanh'"),
        (lambda: layers.Dense(1, kernel_initializer="glorot"), "unknown initializer 'glorot'; did you mean 'glorot_"),
        (lambda: classifier(optimizer="zzz"), "unknown optimizer 'zzz'; there are .*adam"),
    ],
)
def test_unknown_names_suggest_the_nearest(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("identifier", [7, ["adam"], {"name": "adam"}])
def test_what_is_no_name_at_all(identifier):
    with pytest.raises(TypeError, match="an optimizer is a name or an Optimizer, got"):
        classifier(optimizer=identifier)
    with pytest.raises((TypeError, ValueError), match=r"loss"):
        classifier(identifier)


def test_metrics_are_a_list():
    with pytest.raises(TypeError, match=r"metrics is a list, got 'accuracy'; write \['accuracy'\]"):
        classifier(metrics="accuracy")


@pytest.mark.parametrize("call", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
def test_calls_before_compile(call):
    model = kcompat.Sequential([kcompat.Input((4,)), layers.Dense(3)])
    with pytest.raises(
        RuntimeError, match=rf"call model\.compile\(optimizer=\.\.\., loss=\.\.\.\) before model\.{call}"
    ):
        getattr(model, call)(X, Y)


def test_training_without_a_loss():
    model = kcompat.Sequential([kcompat.Input((4,)), layers.Dense(3)])
    model.compile("sgd")
    with pytest.raises(ValueError, match=r"compiled without a loss; compile\(loss=\.\.\.\) or override compute_loss"):
        model.fit(X, Y, **QUIET)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([np.ones((4, 3))], "has 2 weights, got 1"),
        ([np.ones((3, 4)), np.ones(3)], r"dense\w*/kernel' has shape \(4, 3\), got a value of shape \(3, 4\)"),
    ],
)
def test_weights_of_another_shape(weights, message):
    model = classifier()
    before = model.get_weights()
    with pytest.raises(ValueError, match=message):
        model.set_weights(weights)
    np.testing.assert_array_equal(model.get_weights()[0], before[0])


def test_assigning_a_trainable_weight_within_a_step():
    class Cheating(layers.Dense):
        def call(self, inputs):
            self.bias.assign(self.bias * 0.5)
            return super().call(inputs)

    model = kcompat.Sequential([kcompat.Input((4,)), Cheating(1)])
    model.compile("sgd", "mse")
    with pytest.raises(RuntimeError, match=r"/bias' is trainable: within a step only the optimizer changes it"):
        model.fit(X, Y, **QUIET)


def test_callbacks_are_callbacks():
    with pytest.raises(TypeError, match=r"callbacks are instances of kcompat\.callbacks\.Callback, got"):
        classifier().fit(X, Y, callbacks=[print], **QUIET)


def test_steps_of_what_has_none():
    with pytest.raises(ValueError, match="steps_per_epoch=3 needs an iterable of batches; x is an array"):
        classifier().fit(X, Y, steps_per_epoch=3, **QUIET)
    with pytest.raises(ValueError, match="validation_steps=3 needs validation_data"):
        classifier().fit(X, Y, validation_steps=3, **QUIET)


def test_two_layers_of_one_name():
    with pytest.raises(ValueError, match="two layers are called 'twin'"):
        kcompat.Sequential([layers.Dense(1, name="twin"), layers.Dense(1, name="twin")])


def test_a_loss_that_gives_a_number(backend):
    model = kcompat.Sequential([kcompat.Input((4,)), layers.Dense(1)])
    with kcompat.use_backend(backend.name):
        model.compile("sgd", lambda y_true, y_pred: 3.0)
        with pytest.raises(TypeError, match=r"gave 3.0, a float that has no gradient; give a tensor"):
            model.fit(X, Y * 1.0, **QUIET)


def test_nothing_to_train_is_said():
    model = kcompat.Sequential([kcompat.Input((4,)), layers.Dense(1, trainable=False)])
    model.compile("sgd", "mse")
    with pytest.warns(UserWarning, match="has no trainable weights, so fit changes none"):
        model.fit(X, Y * 1.0, **QUIET)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"epochs": -1}, "epochs is an int of at least 0, got -1"),
        ({"epochs": 2.5}, "epochs is an int of at least 0, got 2.5"),
        ({"validation_freq": 0}, "validation_freq is a positive int, got 0"),
        ({"x": (X, Y), "y": None}, "x is a tuple of 2 arrays; pass them one by one"),
        ({"validation_data": X}, r"validation_data is \(x, y\) or \(x, y, sample_weight\), got a ndarray"),
        ({"y": np.full((len(X), 1), np.nan)}, "NaN"),
    ],
)
def test_arguments_of_fit_are_checked_before_the_first_step(arguments, message):
    model = kcompat.Sequential([kcompat.Input((4,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    before = model.get_weights()[0]
    with pytest.raises(ValueError, match=message):
        model.fit(**{"x": X, "y": Y * 1.0, **QUIET, **arguments})
    np.testing.assert_array_equal(model.get_weights()[0], before)
