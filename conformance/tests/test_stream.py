"""Data that comes batch by batch, and several batches in one call."""

import numpy as np
import pytest

import kcompat
from kcompat import layers
from kcompat.conformance.tests.small_models import LABELS, X, Y, classifier, frozen_rate, regression, squared_errors
from kcompat.data.arrays import Arrays
from kcompat.runtime.active import use
from kcompat.training.diagnosis import NonFiniteLoss


@pytest.fixture(autouse=True)
def chosen(backend):
    """Each test runs with the backend as the active one, from the same seed."""
    kcompat.utils.set_random_seed(1)
    with use(backend):
        yield backend


class Sequence:
    """Batches by index, as a PyDataset has them."""

    def __len__(self):
        return 5

    def __getitem__(self, i):
        return X[8 * i : 8 * i + 8], LABELS[8 * i : 8 * i + 8]


def endless():
    while True:
        yield from (Sequence()[i] for i in range(5))


def fitted(x, y=None, **how):
    kcompat.utils.set_random_seed(1)
    return classifier().fit(x, y, epochs=3, verbose=0, **how).history


class Iterable:
    """Batches anew each time."""

    def __iter__(self):
        return iter([Sequence()[i] for i in range(5)])


@pytest.mark.parametrize(
    ("source", "steps"),
    [(Sequence, None), (Iterable, None), (endless, 5)],
    ids=["indices", "iterable", "generator"],
)
def test_batches_of_an_iterable_train_like_those_of_an_array(source, steps):
    expected = fitted(X, LABELS, batch_size=8, shuffle=False)
    assert fitted(source(), steps_per_epoch=steps) == expected


def test_a_generator_is_read_on_from_epoch_to_epoch():
    read = []

    def numbered():
        for i in range(100):
            read.append(i)
            yield Sequence()[i % 5]

    fitted(numbered(), steps_per_epoch=4)
    assert read == list(range(12))


def test_batches_of_several_shapes_are_trained_in_their_order():
    cuts = [(0, 3), (3, 11), (11, 19), (19, 27), (27, 28), (28, 36), (36, 40)]
    model = frozen_rate(steps_per_execution=3)
    history = model.fit(((X[a:b], Y[a:b]) for a, b in cuts), verbose=0).history
    np.testing.assert_allclose(history["loss"][0], squared_errors(model).mean(), rtol=1e-5)


def test_weights_come_with_the_batches_and_by_class():
    weight = (np.arange(40) % 3).astype("float32")
    by_class = {0: 0.5, 1: 2.0}
    batches = [(X[i : i + 8], LABELS[i : i + 8], weight[i : i + 8]) for i in range(0, 40, 8)]
    expected = fitted(X, LABELS, batch_size=8, shuffle=False, sample_weight=weight, class_weight=by_class)
    assert fitted(iter(batches * 3), steps_per_epoch=5, class_weight=by_class) == expected


def test_validation_evaluation_and_prediction_read_iterables():
    model = classifier()
    history = model.fit(Sequence(), validation_data=Sequence(), validation_steps=2, verbose=0).history
    assert history["val_loss"][0] == model.evaluate(X[:16], LABELS[:16], batch_size=8, verbose=0)[0]
    assert model.evaluate(endless(), steps=5, verbose=0) == model.evaluate(X, LABELS, batch_size=8, verbose=0)
    expected = model.predict(X, batch_size=8, verbose=0)
    assert (model.predict(Sequence(), verbose=0) == expected).all()
    assert (model.predict((x for x, _ in endless()), steps=5, verbose=0) == expected).all()


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"y": Y}, "y is given by them"),
        ({"batch_size": 4}, "batch_size is given by them"),
        ({"sample_weight": np.ones(40)}, "sample_weight is given by them"),
        ({"validation_split": 0.5}, "validation_split needs arrays"),
        ({"steps_per_epoch": 0}, "positive integer, got 0"),
        ({"steps_per_epoch": 6}, "ended after 5 batches of an epoch, 6 were expected"),
    ],
)
def test_what_does_not_go_with_an_iterable_is_refused(how, message):
    with pytest.raises(ValueError, match=message):
        classifier().fit(Sequence(), verbose=0, **how)


def test_steps_of_arrays_are_the_first_batches():
    model = classifier()
    assert model.evaluate(X, LABELS, 8, steps=2, verbose=0) == model.evaluate(X[:16], LABELS[:16], 8, verbose=0)
    assert model.predict(X, batch_size=8, steps=2, verbose=0).shape == (16, 2)
    data = (X, LABELS)
    history = model.fit(X, LABELS, validation_data=data, validation_steps=2, batch_size=8, verbose=0).history
    assert history["val_loss"][0] == model.evaluate(X[:16], LABELS[:16], 8, verbose=0)[0]


def test_a_generator_that_has_ended_says_so():
    with pytest.raises(ValueError, match="a generator is read once"):
        fitted(Sequence()[i] for i in range(5))
    with pytest.raises(ValueError, match="x gives no batch"):
        classifier().fit(iter([]))


def test_each_batch_is_checked():
    batches = [(X[:8], LABELS[:8]), (X[:8], LABELS[:8] + 7)]
    with pytest.raises(ValueError, match=r"class indices in \[0, 2\)"):
        classifier().fit(iter(batches), verbose=0)


def test_a_loss_that_is_not_finite_is_named_and_the_model_left_as_it_was():
    model = regression(optimizer=kcompat.optimizers.SGD(1e30))
    before = model.get_weights()
    with np.errstate(all="ignore"), pytest.raises(NonFiniteLoss, match="epoch 1, step 5 or before"):
        model.fit(((x, x[:, :1]) for x, _ in map(Sequence().__getitem__, range(5))), verbose=0)
    assert all((a == b).all() for a, b in zip(model.get_weights(), before, strict=True))


def test_a_large_state_is_not_kept_twice(monkeypatch):
    monkeypatch.setattr("kcompat.training.trainer.KEPT_BYTES", 10)
    model = regression(optimizer=kcompat.optimizers.SGD(1e30))
    message = r"step 5 or before.*state of 0 MB is kept once, so it holds what failed"
    with np.errstate(all="ignore"), pytest.raises(NonFiniteLoss, match=message):
        model.fit(X, Y, batch_size=8, verbose=0)
    assert not np.isfinite(model.get_weights()[0]).all()


def test_the_bar_counts_steps_that_nobody_knew(capsys):
    classifier().fit((Sequence()[i] for i in range(5)), verbose=2)
    assert capsys.readouterr().out.splitlines()[1].startswith("5/5 - ")


# Several steps in one call.


@pytest.mark.parametrize("together", [2, 3, 100])
def test_steps_in_one_call_are_the_steps_one_by_one(together):
    expected = fitted(X, LABELS, batch_size=6)
    kcompat.utils.set_random_seed(1)
    model = classifier(steps_per_execution=together)
    history = model.fit(X, LABELS, batch_size=6, epochs=3, verbose=0).history
    for name, values in expected.items():
        np.testing.assert_allclose(history[name], values, rtol=1e-5)


def test_hooks_are_called_once_for_steps_in_one_call():
    class Seen(kcompat.callbacks.Callback):
        begun, ended = [], []

        def on_train_batch_begin(self, batch, logs=None):
            self.begun.append(batch)

        def on_train_batch_end(self, batch, logs=None):
            self.ended.append(batch)

    classifier(steps_per_execution=3).fit(X, LABELS, batch_size=6, callbacks=[Seen()], verbose=0)
    assert (Seen.begun, Seen.ended) == ([0, 3, 6], [2, 5, 6])


@pytest.mark.parametrize("wrong", [0, -1, 2.5, True])
def test_steps_in_one_call_are_counted(wrong):
    with pytest.raises(ValueError, match="steps_per_execution is a positive int"):
        classifier(steps_per_execution=wrong)


def test_dropout_and_batch_normalization_do_not_notice_steps_in_one_call():
    found = []
    for together in (1, 4):
        kcompat.utils.set_random_seed(1)
        model = kcompat.Sequential(
            [kcompat.Input((4,)), layers.Dense(6), layers.BatchNormalization(), layers.Dropout(0.5), layers.Dense(1)]
        )
        model.compile("adam", "mse", steps_per_execution=together)
        model.fit(X, Y, batch_size=8, epochs=4, verbose=0)
        found.append(model.get_weights())
    for one, many in zip(*found, strict=True):
        np.testing.assert_allclose(many, one, rtol=1e-4, atol=1e-6)


def test_groups_hold_as_many_batches_as_asked_and_the_rest():
    data = Arrays(np.arange(23).reshape(23, 1), batch_size=4)
    groups = list(data.groups(lambda size: 2))
    assert [count for count, _ in groups] == [2, 2, 1, 1]
    assert [batch[0].shape for _, batch in groups] == [(2, 4, 1), (2, 4, 1), (4, 1), (3, 1)]
    assert np.concatenate([batch[0].reshape(-1) for _, batch in groups]).tolist() == list(range(23))
