"""Each way of computing a recurrence gives the same: ops with a pullback of their own, natives, plans, the scan."""

import numpy as np
import pytest

import kcompat
from kcompat import layers, ops
from kcompat.runtime.active import use
from kcompat.runtime.registry import current, load
from kcompat.spec import OPS, TensorSpec

UNITS, GATES = 5, {"simple_rnn": 1, "lstm": 4, "gru": 3}


@pytest.fixture(autouse=True)
def active(request):
    """A test of a backend runs on it."""
    chosen = request.getfixturevalue("backend") if "backend" in request.fixturenames else current()
    with use(chosen):
        yield


def arguments(name, dtype="float32", batch=3, time=6, features=4):
    """Inputs, initial states, both kernels and the bias of an op."""
    rng = np.random.default_rng(0)
    width = GATES[name] * UNITS
    states = [(batch, UNITS)] * (2 if name == "lstm" else 1)
    bias = (2, width) if name == "gru" else (width,)
    shapes = [(batch, time, features), *states, (features, width), (UNITS, width), bias]
    return [(0.5 * rng.normal(size=shape)).astype(dtype) for shape in shapes]


def close(got, wanted, dtype="float32"):
    tolerance = 1e-5 if dtype == "float32" else 1e-12
    for x, y in zip(got, wanted, strict=True):
        np.testing.assert_allclose(ops.convert_to_numpy(x), ops.convert_to_numpy(y), tolerance, tolerance)


def total(results):
    """A number that each element of each result moves differently."""
    weights = (ops.cos(ops.cast(ops.arange(int(np.prod(y.shape))), y.dtype)) for y in results)
    return sum(ops.sum(ops.reshape(y, (-1,)) * w) for y, w in zip(results, weights, strict=True))


@pytest.mark.parametrize("name", GATES)
@pytest.mark.parametrize("reverse", [False, True])
def test_without_a_mask_it_is_as_with_one_that_is_all_true(backend, name, reverse):
    """A mask goes by the scan of the spec, and so do the derivatives."""
    args = [ops.convert_to_tensor(x) for x in arguments(name)]
    seen = np.ones(args[0].shape[:2], bool)

    def run(mask):
        return lambda *args: total(getattr(ops, name)(*args, mask, reverse=reverse))

    numbers = tuple(range(len(args)))
    (plain, plain_grads), (scan, scan_grads) = (ops.value_and_grad(run(m), numbers)(*args) for m in (None, seen))
    close([plain, *plain_grads], [scan, *scan_grads])


@pytest.mark.parametrize("name", GATES)
def test_the_gradient_has_a_gradient(backend, name):
    """By the pullback of the pullback, or through the body where the native one has none."""
    args = [ops.convert_to_tensor(x) for x in arguments(name, time=3)]
    seen = np.ones(args[0].shape[:2], bool)
    numbers = tuple(range(len(args)))

    def norm(mask):
        def squares(*args):
            grads = ops.grad(lambda *args: total(getattr(ops, name)(*args, mask)), numbers)(*args)
            return sum(ops.sum(g * g) for g in grads)

        return ops.grad(squares, numbers)(*args)

    close(norm(None), norm(seen))


@pytest.mark.parametrize("name", GATES)
def test_float64_is_computed_in_float64(backend, name):
    """Also where the native layer knows float32 alone."""
    args = [ops.convert_to_tensor(x) for x in arguments(name, "float64")]
    results = getattr(ops, name)(*args)
    masked = getattr(ops, name)(*args, np.ones(args[0].shape[:2], bool))
    assert {ops.dtype(y) for y in results} == {"float64"}
    close(results, masked, "float64")


@pytest.mark.parametrize("layer", ["SimpleRNN", "LSTM", "GRU"])
@pytest.mark.parametrize("sequences", [False, True])
def test_a_compiled_step_does_what_the_eager_one_does(backend, layer, sequences):
    """Programs replay, emit or compile what was traced: after some steps the weights are those of steps by hand."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(8, 5, 3)).astype("float32")
    target = rng.normal(size=(8, 5, 4) if sequences else (8, 4)).astype("float32")
    kcompat.utils.set_random_seed(0)
    model = kcompat.Sequential([kcompat.Input((5, 3)), getattr(layers, layer)(4, return_sequences=sequences)])
    weights = [ops.convert_to_numpy(w) for w in model.get_weights()]
    model.compile(optimizer=kcompat.optimizers.SGD(0.1), loss="mse")
    model.fit(x, target, batch_size=8, epochs=4, shuffle=False, verbose=0)

    op = {"SimpleRNN": "simple_rnn", "LSTM": "lstm", "GRU": "gru"}[layer]
    states = [np.zeros((8, 4), "float32")] * (2 if op == "lstm" else 1)

    def loss(*weights):
        outputs, last, *_ = getattr(ops, op)(x, *states, *weights)
        return ops.mean(ops.square(ops.subtract(outputs if sequences else last, target)))

    weights = [ops.convert_to_tensor(w) for w in weights]
    for _ in range(4):
        grads = ops.grad(loss, tuple(range(len(weights))))(*weights)
        weights = [w - 0.1 * g for w, g in zip(weights, grads, strict=True)]
    close(model.get_weights(), weights)


def test_torch_trains_an_lstm_where_gradients_are_switched_off():
    """What the gradient needs is kept by oneDNN only where torch records gradients; a program replays without."""
    torch = pytest.importorskip("torch")
    x, y = np.ones((4, 5, 3), "float32"), np.zeros((4, 2), "float32")
    with kcompat.use_backend("torch"), torch.no_grad():
        model = kcompat.Sequential([kcompat.Input((5, 3)), layers.LSTM(2)])
        model.compile(optimizer="sgd", loss="mse")
        history = model.fit(x, y, batch_size=4, epochs=5, shuffle=False, verbose=0).history["loss"]
    assert history == sorted(history, reverse=True)
    assert history[0] > history[-1]


@pytest.mark.parametrize(
    "name", [name for name in OPS if name.endswith("_sequence") and OPS[name].family == "sequences"]
)
def test_a_plan_gives_what_the_body_gives(name):
    """Twice with the same memory, which the first run has filled, and with the state of the steps in reverse."""
    B = load("numpy")
    planner = getattr(getattr(B, name), "planner", None)
    if planner is None:
        pytest.skip(f"{name} has no plan")
    rng = np.random.default_rng(0)
    sample = next(iter(OPS[name].samples(rng)))
    for reverse in (False, True, True):
        args = [rng.normal(size=x.shape).astype("float32") for x in sample.args]
        wanted = OPS[name].body(B, *args, reverse=reverse)
        run = planner(*(TensorSpec(x.shape, "float32") for x in args), reverse=reverse)
        out = tuple(np.full(np.shape(y), np.nan, "float32") for y in wanted)
        for _ in range(2):
            run(*args, out)
            close(out, wanted)
