"""Products of matrices are NumPy's, whoever computes their blocks, and their bits do not depend on that."""

import contextlib
import threading
import time

import numpy as np
import pytest

import kcompat
from kcompat import layers
from kcompat.backends.numpy import blas, products
from kcompat.backends.numpy.denormals import without_denormals
from kcompat.conformance.tests.alone import needs_fork, run_alone
from kcompat.conformance.tests.openblas import blas_threads, needs_openblas
from kcompat.conformance.tests.signals import run_with_signals


@pytest.fixture(autouse=True)
def small_products_are_large(monkeypatch):
    monkeypatch.setattr(products, "LARGE_PRODUCT", 2**24)
    monkeypatch.setattr(products, "SMALLEST_BLOCK", 2**22)
    monkeypatch.setattr(products, "LONGEST_PAUSE", 0)


RNG = np.random.default_rng(0)


def normal(*shape):
    return RNG.standard_normal(shape, "float32")


SHAPES = {
    "rows": ((700, 200), (200, 300)),
    "columns": ((70, 200), (200, 3000)),
    "last block is shorter": ((1001, 300), (300, 130)),
    "stack": ((37, 100, 64), (37, 64, 100)),
    "stack times matrix": ((37, 100, 64), (64, 100)),
    "matrix times stack": ((100, 64), (37, 64, 100)),
    "stack of a stack of one": ((1, 1, 700, 200), (1, 200, 300)),
    "few large products": ((2, 700, 200), (2, 200, 300)),
    "few large products of one matrix": ((3, 700, 200), (1, 200, 300)),
    "stack of one": ((1, 512, 512), (37, 512, 64)),
    "stack of stacks": ((9, 8, 100, 64), (8, 64, 100)),
}


@pytest.fixture(params=[0, 1, 3], ids="{} helpers".format)
def helpers(request, monkeypatch):
    """So many threads that help, on any machine; BLAS is told that it may have them."""
    started = products.Helpers(request.param)
    monkeypatch.setattr(products, "_helpers", lambda: started)
    with blas_threads(4):
        yield started


@needs_openblas
@pytest.mark.parametrize(("shape1", "shape2"), SHAPES.values(), ids=SHAPES)
def test_products_in_blocks_are_those_of_numpy(helpers, shape1, shape2):
    x1, x2 = normal(*shape1), normal(*shape2)
    assert products.multiplications(shape1, shape2) >= products.LARGE_PRODUCT
    right = np.matmul(x1.astype("float64"), x2.astype("float64"))
    bound = np.matmul(abs(x1).astype("float64"), abs(x2).astype("float64")) * shape1[-1] * 2.0**-24
    y = products.matmul(x1, x2)
    assert (y.shape, y.dtype) == (right.shape, np.float32)
    assert np.all(abs(y - right) <= bound)
    out = np.full(right.shape, np.nan, "float32")
    assert products.matmul(x1, x2, out) is out
    assert out.tobytes() == y.tobytes()


@needs_openblas
@pytest.mark.parametrize(("shape1", "shape2"), SHAPES.values(), ids=SHAPES)
def test_blocks_cover_the_result_and_depend_on_the_sizes_alone(shape1, shape2):
    x1, x2 = np.zeros(shape1, "float32"), np.zeros(shape2, "float32")
    out = np.zeros(np.matmul(x1, x2).shape, "float32")
    blocks = products.cut(x1, x2, out)
    assert len(blocks) > 1
    for block in blocks:
        block.out[...] += 1
    assert np.all(out == 1)


@needs_openblas
@pytest.mark.parametrize("transposed", [1, 2])
def test_transposed_operands(helpers, transposed):
    x1, x2 = normal(600, 300), normal(300, 200)
    y = products.matmul(x1, x2)
    if transposed == 1:
        x1 = np.ascontiguousarray(x1.T).T
    else:
        x2 = np.ascontiguousarray(x2.T).T
    np.testing.assert_allclose(products.matmul(x1, x2), y, rtol=1e-4, atol=1e-4)


@needs_openblas
def test_the_bits_are_those_of_one_thread():
    x1, x2 = normal(1024, 500), normal(500, 700)
    blocks = products.cut(x1, x2, np.empty((1024, 700), "float32"))
    one = np.concatenate([blas.on_one_thread(np.matmul, block.x1, block.x2) for block in blocks])
    for count in (0, 1, 5):
        out = np.empty((1024, 700), "float32")
        blas.on_one_thread(products.Helpers(count).multiply, products.cut(x1, x2, out), count)
        assert out.tobytes() == one.tobytes()


def test_nobody_waits_for_a_helper_that_has_not_begun():
    class Asleep(products.Helpers):
        def _help(self):
            time.sleep(0.1)

    x1, x2 = normal(512, 300), normal(300, 300)
    out = np.empty((512, 300), "float32")
    Asleep(3).multiply(products.cut(x1, x2, out), 3)
    np.testing.assert_allclose(out, x1 @ x2, rtol=1e-4, atol=1e-4)


def test_helpers_that_do_not_help_are_asked_less_and_less(monkeypatch):
    monkeypatch.setattr(products, "LONGEST_PAUSE", 4)
    asked = []

    class Counted(products.Helpers):
        helped = False

        def _help(self):
            while True:
                self._tasks.get()
                asked.append(product)

        def _judge(self, helped):
            super()._judge(self.helped)

    helpers, (x, out) = Counted(1), (normal(4, 4), np.empty((2, 4, 4), "float32"))
    for product in range(24):
        helpers.helped = product > 15
        helpers.multiply([products.Block(x, x, out[0]), products.Block(x, x, out[1])], 1)
        time.sleep(0.01)
    assert asked == [0, 2, 5, 10, 15, 20, 21, 22, 23]


def test_an_error_of_a_block_is_raised_after_the_others_have_ended():
    good, out = normal(4, 4), np.zeros((3, 4, 4), "float32")
    bad = products.Block(good, normal(3, 4), out[1])
    blocks = [products.Block(good, good, out[0]), bad, products.Block(good, good, out[2])]
    with pytest.raises(ValueError, match="matmul"):
        products.Helpers(2).multiply(blocks, 2)
    np.testing.assert_array_equal(out[2], out[0])


def test_helpers_compute_in_the_mode_of_the_caller(monkeypatch):
    """A block done elsewhere warns as here, and takes denormal numbers as 0 if they are here."""
    done_by_helper = threading.Event()

    def compute(work):
        if threading.current_thread().name.startswith("kcompat-product"):
            real(work)
            done_by_helper.set()
        else:
            done_by_helper.wait(10)
        return 0

    real = products._Work.compute
    monkeypatch.setattr(products._Work, "compute", compute)
    monkeypatch.setattr(products.Helpers, "_judge", lambda self, helped: None)
    helpers = products.Helpers(1)
    tiny, big, out = np.full((2, 2), 1e-39, "float32"), np.full((2, 2), 3e38, "float32"), np.empty((2, 2), "float32")
    one = np.eye(2, dtype="float32")
    blocks = [products.Block(tiny, one, out), products.Block(big, big, np.empty((2, 2), "float32"))]
    with np.errstate(all="ignore"):
        helpers.multiply(blocks, 1)
    assert out[0, 0] != 0
    done_by_helper.clear()
    with np.errstate(all="ignore"):
        without_denormals(helpers.multiply, blocks, 1)
    assert without_denormals(np.matmul, tiny, one)[0, 0] == out[0, 0]
    done_by_helper.clear()
    with np.errstate(over="raise"), pytest.raises(FloatingPointError, match="overflow"):
        helpers.multiply(blocks, 1)


def test_a_signal_in_a_product_is_raised_after_all_blocks_have_ended():
    out = np.zeros((3, 4, 4), "float32")
    helpers, x = products.Helpers(2), normal(4, 4)

    def multiply():
        helpers.multiply([products.Block(x, x, part) for part in out], 2)

    for position in range(1, run_with_signals(multiply, 0)):
        out[...] = 0
        with contextlib.suppress(KeyboardInterrupt):  # where it comes after the last block
            run_with_signals(multiply, position)
        after = out.copy()
        time.sleep(0.01)
        np.testing.assert_array_equal(out, after)


def test_fewer_helpers_where_the_system_starts_no_more(monkeypatch):
    class Thread(threading.Thread):
        def start(self):
            if self.name.endswith("-2"):
                raise RuntimeError("can't start new thread")
            super().start()

    monkeypatch.setattr(products.threading, "Thread", Thread)
    assert products.Helpers(5).count == 2


def test_threads_that_begin_together_start_the_helpers_once(monkeypatch):
    made = []

    class Slow(products.Helpers):
        def __init__(self, count):
            made.append(count)
            time.sleep(0.05)
            super().__init__(0)

    monkeypatch.setattr(products, "Helpers", Slow)
    monkeypatch.setattr(products, "_started", None)
    threads = [threading.Thread(target=products._helpers) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1


@needs_fork
@needs_openblas
def test_a_forked_process_has_helpers_of_its_own():
    run_alone("""
        import os
        import numpy as np
        from kcompat.backends.numpy import blas, products

        blas.processors = lambda: 3
        x1, x2 = np.random.default_rng(0).normal(size=(2, 600, 600)).astype("float32")
        y = products.matmul(x1, x2)
        assert products._started is not None
        child = os.fork()
        if not child:
            afresh = products._started is None
            os._exit(0 if afresh and products.matmul(x1, x2).tobytes() == y.tobytes() else 1)
        assert os.waitpid(child, 0)[1] == 0
    """)


@needs_openblas
def test_a_large_step_trains_the_same_bits_with_and_without_helpers(helpers):
    def train():
        kcompat.utils.set_random_seed(0)
        model = kcompat.Sequential(
            [
                kcompat.Input((16, 16, 8)),
                layers.Conv2D(64, 3, padding="same", activation="relu"),
                layers.Flatten(),
                layers.Dense(64),
            ]
        )
        model.compile("sgd", "mse")
        model.fit(x, y, batch_size=32, epochs=1, verbose=0)
        return b"".join(w.tobytes() for w in model.get_weights())

    x, y = normal(64, 16, 16, 8), normal(64, 64)
    with kcompat.use_backend("numpy"):
        with_helpers = train()
        helpers.count = 0
        assert train() == with_helpers
