"""Layers, with Keras 3's names, arguments and defaults."""

from typing import Any

from kcompat.layers.activation import Activation
from kcompat.layers.convolution import Conv2D
from kcompat.layers.dense import Dense
from kcompat.layers.dropout import Dropout
from kcompat.layers.embedding import Embedding
from kcompat.layers.input import Input, InputLayer
from kcompat.layers.layer import Layer
from kcompat.layers.layer_normalization import LayerNormalization
from kcompat.layers.normalization import BatchNormalization
from kcompat.layers.pooling import AveragePooling2D, GlobalAveragePooling2D, MaxPooling2D
from kcompat.layers.recurrent import GRU, LSTM, SimpleRNN
from kcompat.layers.reshaping import Flatten, Reshape
from kcompat.registration import deserialize as _deserialize
from kcompat.registration import serialize

__all__ = [
    "GRU",
    "LSTM",
    "Activation",
    "AveragePooling2D",
    "BatchNormalization",
    "Conv2D",
    "Dense",
    "Dropout",
    "Embedding",
    "Flatten",
    "GlobalAveragePooling2D",
    "Input",
    "InputLayer",
    "Layer",
    "LayerNormalization",
    "MaxPooling2D",
    "Reshape",
    "SimpleRNN",
    "deserialize",
    "serialize",
]


def deserialize(config: Any, custom_objects: Any = None) -> Any:
    """A layer from its config."""
    return _deserialize(config, custom_objects, "layer")
