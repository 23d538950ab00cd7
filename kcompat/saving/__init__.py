"""Configs of objects, and registering classes and functions so that a config can name them."""

from kcompat.registration import custom_object_scope
from kcompat.registration import custom_object_scope as CustomObjectScope  # noqa: N812  (Keras has both names)
from kcompat.registration import deserialize as deserialize_keras_object
from kcompat.registration import register_serializable as register_keras_serializable
from kcompat.registration import registered_name as get_registered_name
from kcompat.registration import registered_object as get_registered_object
from kcompat.registration import serialize as serialize_keras_object

__all__ = [
    "CustomObjectScope",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_registered_name",
    "get_registered_object",
    "register_keras_serializable",
    "serialize_keras_object",
]
