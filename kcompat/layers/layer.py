"""The base class of layers."""

from __future__ import annotations

import contextlib
import contextvars
import functools
import inspect
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from kcompat import ops
from kcompat.initializers import random as initializers
from kcompat.random import SeedGenerator
from kcompat.random.places import building
from kcompat.registration import refuse
from kcompat.runtime import shapes
from kcompat.runtime.active import active
from kcompat.spec import TensorSpec, as_dtype, floatx, is_float
from kcompat.variables import Variable
from kcompat.variables.scope import bind

_names: Counter[str] = Counter()
_training: contextvars.ContextVar[bool] = contextvars.ContextVar("kcompat_training", default=False)


def unique_name(base: str) -> str:
    """`base`, then `base_1`, `base_2`: the default names of layers and models in this process."""
    name = re.sub("([a-z])([A-Z])", r"\1_\2", re.sub("(.)([A-Z][a-z]+)", r"\1_\2", base)).lower()
    count = _names[name]
    _names[name] += 1
    return f"{name}_{count}" if count else name


class Layer:
    """A function with weights, written the way a Keras user writes one.

    Subclasses make weights in `build(input_shape)` with `add_weight`, or in `__init__` where the
    shapes are known, and compute in `call(inputs)` with `kcompat.ops`; `call`
    may take `training`. Layers set as attributes, also in lists and dicts, are tracked; so are variables and
    seed generators.

    Args:
        name: unique within a model; made from the class name if None.
        trainable: False freezes the weights, of this layer and those within it.
        dtype: of the weights and the computation; floatx if None.
    """

    def __init__(self, *, name: str | None = None, trainable: bool = True, dtype: Any = None, **kwargs: Any):
        if kwargs:
            raise TypeError(f"{type(self).__name__} takes no argument {', '.join(kwargs)}")
        self._own_variables: list[Variable] = []
        self._generators: list[SeedGenerator] = []
        self.name = name or unique_name(type(self).__name__)
        self._in_build = False
        self.trainable = trainable
        self.dtype = as_dtype(dtype or floatx())
        self.built = False
        self.input_shape: Any = None
        self._attribute = ""  # under which a layer around this one holds it
        self._settled = False  # whether everything within has had its first call, and so its weights
        self._takes_training = "training" in inspect.signature(self.call).parameters

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Let `build` do all that belongs to it also where a layer calls it on one within it."""
        super().__init_subclass__(**kwargs)
        if "build" in vars(cls):
            cls.build = _complete(cls.build)  # type: ignore[method-assign]

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, (Layer, Variable, SeedGenerator)):
            self._track(name, value)
        object.__setattr__(self, name, value)

    def _track(self, name: str, value: Any) -> None:
        if "_generators" not in self.__dict__:
            raise RuntimeError(f"{type(self).__name__}: call super().__init__() before setting {name!r}")
        if isinstance(value, Variable) and value not in self._own_variables:
            self._own_variables.append(value)
        elif isinstance(value, SeedGenerator):
            self._generators.append(value)

    # What a subclass defines.

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the weights for inputs of this shape; the batch size, and others, may be None."""
        if not self._in_build:
            self.build_for(input_shape)

    def call(self, inputs: Any) -> Any:
        """The result for a tensor of inputs."""
        raise NotImplementedError(f"{type(self).__name__} defines no call(self, inputs)")

    def check_data(self, x: Any) -> None:
        """Raise for input data, a NumPy array, that this layer cannot take as a model's first one."""

    # What a user calls.

    def __call__(self, inputs: Any, *args: Any, training: bool | None = None, **kwargs: Any) -> Any:
        """Build the layer if need be, and call it. `training` holds for the layers within, too."""
        if type(inputs) not in active().tensor_types:
            inputs = ops.convert_to_tensor(inputs)
        dtype = active().dtype(inputs)
        if dtype != self.dtype and is_float(dtype):
            inputs = ops.cast(inputs, self.dtype)
        if training is None:
            training = _training.get()
        if self._takes_training:
            kwargs["training"] = training
        if training is _training.get() and self._settled:
            return self.call(inputs, *args, **kwargs)
        with training_mode(training):
            return self.call(inputs, *args, **kwargs) if self._settled else self._first_call(inputs, *args, **kwargs)

    def _first_call(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """A call that builds this layer, and those within it that `build` left to their own first call."""
        with building(self._attribute):
            self._build(tuple(inputs.shape))
            self._place_children()
            result = self.call(inputs, *args, **kwargs)
        self._settled = True
        return result

    def build_for(self, input_shape: tuple[int | None, ...]) -> None:
        """Build the layer, once, for inputs of this shape; its place in the model seeds its first weights."""
        with building(self._attribute):
            self._build(input_shape)

    def _build(self, input_shape: tuple[int | None, ...]) -> None:
        if self.built:
            return
        self._place_children()
        self._in_build = True
        try:
            self.build(input_shape)
        finally:
            self._in_build = False
        for i, generator in enumerate(self._generators):
            with building(f"seed.{i}"):
                generator.state  # noqa: B018  (draws its key here, where its place is known)
        self.input_shape = input_shape
        self.built = True
        self._name_variables()

    def _place_children(self) -> None:
        """Tell the layers within where they are: their first weights follow from it."""
        for attribute, child in self._layers_within():
            child._attribute = attribute

    def add_weight(
        self,
        shape: tuple[int, ...] | None = None,
        initializer: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        name: str | None = None,
    ) -> Variable:
        """A new weight.

        Args:
            shape: all sizes known; a scalar's, (), if None.
            initializer: a name, an `Initializer`, or a function of `(shape, dtype)`; by default
                Glorot uniform for floats, zeros for integers.
            dtype: the layer's if None.
            trainable: whether the optimizer changes it.
            regularizer: not supported yet.
            constraint: not supported yet.
            name: `weight` and a number if None.
        """
        refuse(f"{type(self).__name__}.add_weight", regularizer=regularizer, constraint=constraint)
        shape = () if shape is None else shape
        if any(n is None for n in shape):
            raise ValueError(
                f"{self.name}: a weight needs a known shape, got {shape}; give the layer an input of known sizes"
            )
        dtype = as_dtype(dtype or self.dtype)
        name = name or f"weight_{len(self._own_variables)}"
        if initializer is None:
            initializer = "glorot_uniform" if is_float(dtype) else "zeros"
        with building(name):
            variable = Variable(initializers.get(initializer), tuple(shape), dtype, trainable, name)
        self._own_variables.append(variable)
        return variable

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> Any:
        """The shape of the result for inputs of `input_shape`, computing nothing; builds the layer."""
        return shapes_of(self.compute_output_spec(TensorSpec(input_shape, self.dtype)))

    def compute_output_spec(self, inputs: Any) -> Any:
        """The `TensorSpec` of the result for that of the inputs, whose sizes may be None."""
        self.build_for(tuple(inputs.shape))
        with bind({}):  # what the layer would assign is dropped
            return shapes.infer(self, inputs)

    # What it holds.

    @property
    def trainable(self) -> bool:
        """Whether the optimizer changes the weights; setting it holds for the layers within, too."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        for _, child in self._layers_within():
            child.trainable = value

    def _layers_within(self) -> Iterator[tuple[str, Layer]]:
        """Layers set as attributes, also in lists and dicts, as they are now: such a list may have grown."""
        for name, value in self.__dict__.items():
            yield from _layers_in(name, value)

    def _walk(self) -> Iterator[Layer]:
        yield self
        for _, child in self._layers_within():
            yield from child._walk()

    def _name_variables(self, path: str | None = None) -> None:
        path = path or self.name
        for variable in self._own_variables:
            variable.path = f"{path}/{variable.name}"
        for i, generator in enumerate(self._generators):
            if generator._state is not None:
                generator._state.path = f"{path}/{generator.name}" + (f"_{i}" if i else "")
        for attribute, child in self._layers_within():
            child._name_variables(f"{path}/{attribute}")

    @property
    def weights(self) -> list[Variable]:
        """The variables of this layer and those within it, without the state of seed generators."""
        own = sorted(self._own_variables, key=lambda v: not v.trainable)
        found = own + [v for _, child in self._layers_within() for v in child.weights]
        return list(dict.fromkeys(found))

    @property
    def trainable_weights(self) -> list[Variable]:
        """The weights that the optimizer changes: none if `trainable` is False."""
        if not self.trainable:
            return []
        own = [v for v in self._own_variables if v.trainable]
        return list(dict.fromkeys(own + [v for _, c in self._layers_within() for v in c.trainable_weights]))

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """The other weights."""
        trainable = set(self.trainable_weights)
        return [v for v in self.weights if v not in trainable]

    @property
    def seed_variables(self) -> list[Variable]:
        """The states of the seed generators of this layer and those within it."""
        return [generator.state for layer in self._walk() for generator in layer._generators]

    @property
    def variables(self) -> list[Variable]:
        """All variables."""
        return self.weights + self.seed_variables

    trainable_variables = trainable_weights
    non_trainable_variables = non_trainable_weights

    def get_weights(self) -> list[Any]:
        """The values of `weights`, as NumPy arrays of your own."""
        return [v.numpy().copy() for v in self.weights]

    def set_weights(self, weights: list[Any]) -> None:
        """Replace the values of `weights`, all or none of them."""
        own = self.weights
        if len(weights) != len(own):
            raise ValueError(f"{self.name} has {len(own)} weights, got {len(weights)}")
        for variable, value in zip(own, weights, strict=True):
            if tuple(ops.shape(value)) != variable.shape:
                raise ValueError(f"{variable.path} has shape {variable.shape}, got a value of shape {ops.shape(value)}")
        for variable, value in zip(own, weights, strict=True):
            variable.assign(value)

    def count_params(self) -> int:
        """How many numbers the weights hold."""
        return sum(v.numpy().size for v in self.weights)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}{'' if self.built else ', not built'}>"


def _complete(build: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(build)
    def run(self: Layer, input_shape: tuple[int | None, ...]) -> None:
        if self._in_build:
            build(self, input_shape)
        else:
            self.build_for(input_shape)

    return run


def _layers_in(path: str, value: Any) -> Iterator[tuple[str, Layer]]:
    if isinstance(value, Layer):
        yield path, value
    elif isinstance(value, (list, tuple, dict)):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _layers_in(f"{path}.{key}", item)


@contextlib.contextmanager
def training_mode(training: bool) -> Iterator[None]:
    """Layers called within the block train, or do not, unless told otherwise."""
    token = _training.set(training)
    try:
        yield
    finally:
        _training.reset(token)


def shapes_of(specs: Any) -> Any:
    """The shape, or a tuple of them, of what a layer gives."""
    return tuple(s.shape for s in specs) if isinstance(specs, tuple) else specs.shape
