"""A name that is not here says why: Keras has it and kcompat does not yet, or it is misspelt, or it is elsewhere."""

import sys
import types

import pytest

import kcompat
from kcompat import keras_names

NOT_YET = "Keras 3 has {}, kcompat does not yet"


@pytest.fixture
def layers(monkeypatch):
    """A module `kcompat.layers` with two layers; what is missing from the real one changes."""
    module = types.ModuleType("kcompat.layers")
    module.__all__, module.__path__ = ["Dense", "Conv2D"], []
    monkeypatch.setitem(sys.modules, "kcompat.layers", module)
    keras_names.explain_missing()
    return module


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("MultiHeadAttention", NOT_YET.format("MultiHeadAttention")),
        ("MultiheadAttention", NOT_YET.format("MultiHeadAttention")),
        ("Conv2d", r"did you mean Conv2D\?"),
        ("Dence", r"did you mean Dense\?"),
        ("LayerNormalisation", r"did you mean LayerNormalization \(not here yet\)\?"),
        ("relu", r"did you mean kcompat.activations.relu or kcompat.ops.relu\?"),
        ("VGG16", r"did you mean kcompat.applications.VGG16 \(not here yet\)"),
        ("xyzzy", "nor has Keras 3"),
    ],
)
def test_a_name_that_is_not_here_says_why(name, said, layers):
    with pytest.raises(AttributeError, match=f"kcompat.layers has no '{name}'; {said}"):
        getattr(layers, name)


@pytest.mark.usefixtures("layers")
def test_a_from_import_says_why_too():
    with pytest.raises(ImportError, match=NOT_YET.format("MultiHeadAttention")):
        from kcompat.layers import MultiHeadAttention  # noqa: F401


def test_a_missing_name_is_no_attribute(layers):
    assert not hasattr(layers, "MultiHeadAttention")
    assert not hasattr(layers, "__wrapped__")


def test_kcompat_itself_says_where_a_layer_is():
    with pytest.raises(AttributeError, match=r"did you mean kcompat.layers.Dense\?"):
        _ = kcompat.Dense
    with pytest.raises(AttributeError, match=NOT_YET.format("wrappers")):
        _ = kcompat.wrappers


@pytest.mark.parametrize(
    ("word", "known", "nearest"),
    [
        ("adagrad", ["Adam", "Adagrad", "Adadelta"], ["Adagrad"]),
        ("auc", ["AUC", "accuracy"], ["AUC"]),
        ("precision", ["Poisson", "Precision", "Recall"], ["Precision"]),
        ("xyzzy", ["Poisson"], []),
        ("xyzzy", [], []),
    ],
)
def test_nearest_comes_first(word, known, nearest):
    assert keras_names.nearest(word, known)[: max(1, len(nearest))] == nearest


@pytest.mark.parametrize("namespace", sorted(keras_names.names()))
def test_every_public_module_says_why(namespace):
    module = sys.modules.get(f"kcompat.{namespace}".rstrip("."))
    if module is not None:
        with pytest.raises(AttributeError, match=f"{module.__name__} has no 'xyzzy'; "):
            _ = module.xyzzy
