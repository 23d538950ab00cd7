"""The base class of layers."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import numpy as np

from kcompat import constraints, initializers, ops, regularizers
from kcompat.configurable import Configurable
from kcompat.layers._building import at_place, map_shapes, once, shape_of
from kcompat.layers._calling import calling, current_call
from kcompat.layers._losses import add_loss, added_losses, regularization_losses, settle_losses
from kcompat.layers._tracking import layers_in, name_variables, walk
from kcompat.naming import unique_name
from kcompat.random import SeedGenerator
from kcompat.random.places import Place, building
from kcompat.runtime import shapes, tree
from kcompat.runtime.active import active
from kcompat.spec import SCALARS, TensorSpec, as_dtype, floatx, is_float
from kcompat.variables import Variable
from kcompat.variables.scope import bind
from kcompat.variables.structure import note_change
from kcompat.variables.variable import assign_all


class Layer(Configurable):
    """A function with weights, written the way a Keras user writes one.

    Subclasses make weights in `build(input_shape)` with `add_weight`, or in `__init__` where the
    shapes are known, and compute in `call(inputs)` with `kcompat.ops`; `call`
    may take `training`. Layers set as attributes, also in lists and dicts, are tracked; so are variables and
    seed generators. `get_config` knows the arguments of the constructor.

    Args:
        activity_regularizer: a regularizer of the result, divided by the batch size; or its name.
        trainable: False freezes the weights, of this layer and those within it.
        dtype: of the weights and the computation; floatx if None.
        autocast: whether floats that come in are cast to `dtype`.
        name: unique within a model; made from the class name if None.
    """

    def __init__(
        self,
        *,
        activity_regularizer: Any = None,
        trainable: bool = True,
        dtype: Any = None,
        autocast: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ):
        if kwargs:
            raise TypeError(f"{type(self).__name__} takes no argument {', '.join(kwargs)}")
        self._own_variables: list[Variable] = []
        self._generators: list[SeedGenerator] = []
        self._losses: list[Any] = []  # what `add_loss` was given in the last call outside of a step
        self._place: Place | None = None  # where it stands in a model: its first weights follow from it
        self._attribute = ""  # under which a layer around this one holds it
        self._is_building = False
        self._is_settled = False  # whether everything within has had its first call, and so its weights
        self.name = name or unique_name(type(self).__name__)
        self.built = False
        self.input_shape: Any = None
        self.trainable = trainable
        self.dtype = as_dtype(dtype or floatx())
        self.autocast = autocast
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self._takes_training = "training" in inspect.signature(self.call).parameters

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Let `build` do all that belongs to it, whoever calls it."""
        super().__init_subclass__(**kwargs)
        if "build" in vars(cls):
            cls.build = once(cls.build)  # type: ignore[method-assign]

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, (Layer, Variable, SeedGenerator)):
            self._track(name, value)
        object.__setattr__(self, name, value)

    def _track(self, name: str, value: Any) -> None:
        if "_generators" not in self.__dict__:
            raise RuntimeError(f"{type(self).__name__}: call super().__init__() before setting {name!r}")
        if isinstance(value, Variable) and not any(value is own for own in self._own_variables):
            self._own_variables.append(value)
        elif isinstance(value, SeedGenerator) and value not in self._generators:
            self._generators.append(value)
        note_change()

    # What a subclass defines.

    @once
    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs of this shape; the batch size, and others, may be None."""

    def call(self, inputs: Any) -> Any:
        """The result for a tensor of inputs, or a nested structure of them."""
        raise NotImplementedError(f"{type(self).__name__} defines no call(self, inputs)")

    def check_data(self, x: Any) -> None:
        """Raise for input data, a NumPy array, that this layer cannot take as a model's first one."""

    def sublayers(self) -> Iterator[tuple[str, Layer]]:
        """Layers set as attributes, also in lists and dicts, as they are now, with their paths."""
        for name, value in self.__dict__.items():
            yield from layers_in(name, value, Layer)

    # What a user calls.

    def __call__(self, *args: Any, training: bool | None = None, **kwargs: Any) -> Any:
        """Build the layer if need be, and call it. `training` holds for the layers within, too."""
        if args:
            args = (self._admit(args[0]), *args[1:])
        outer = current_call()
        if training is None:
            training = outer is not None and outer.training
        if self._takes_training:
            kwargs["training"] = training
        if self._is_settled and outer is not None and outer.training is training and self.activity_regularizer is None:
            return self.call(*args, **kwargs)
        with calling(training, outer) as context:
            result = self._call_first(*args, **kwargs) if not self._is_settled else self.call(*args, **kwargs)
            if self.activity_regularizer is not None:
                self._regularize(result)
        if outer is None:
            settle_losses(self, context.losses)
        return result

    def _admit(self, inputs: Any) -> Any:
        """Inputs as tensors of the active backend, floats in the layer's dtype."""
        if isinstance(inputs, (list, tuple, dict)) and any(hasattr(x, "shape") for x in tree.flatten(inputs)[0]):
            return tree.map_leaves(self._admit, inputs)
        if isinstance(inputs, Layer):
            raise TypeError(
                f"{self.name} was called on {inputs!r}, which is a layer: models whose layers are called on each "
                "other's results, Keras's functional API, are not here yet; use Sequential, or subclass Model"
            )
        B = active()
        if type(inputs) not in B.tensor_types or type(inputs) in SCALARS:
            inputs = ops.convert_to_tensor(inputs)
        dtype = B.dtype(inputs)
        return ops.cast(inputs, self.dtype) if dtype != self.dtype and self.autocast and is_float(dtype) else inputs

    def _call_first(self, *args: Any, **kwargs: Any) -> Any:
        """A call that builds this layer, and those within it that `build` left to their own first call."""
        if not self.built:
            self.build(shape_of(args[0] if args else next(iter(kwargs.values()))))
        with at_place(self):
            self.place_sublayers()
            result = self.call(*args, **kwargs)
        self.name_variables()
        self._is_settled = True
        return result

    def place_sublayers(self) -> None:
        """Tell the layers within where they are: their first weights follow from it."""
        for attribute, child in self.sublayers():
            child.stand_at(attribute)

    def stand_at(self, attribute: str) -> None:
        """Know under which attribute, or number, the layer around this one holds it."""
        self._attribute = attribute

    def add_weight(
        self,
        shape: tuple[int, ...] | int | None = None,
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
            regularizer: gives a scalar of the weight that is added to the loss; or its name.
            constraint: gives the weight to keep after an update; or its name.
            name: `weight` and a number if None.
        """
        sizes = shapes.known(() if shape is None else (shape,) if isinstance(shape, int) else tuple(shape))
        known = tuple(n for n in sizes if n is not None)
        if len(known) < len(sizes):
            raise ValueError(
                f"{self.name}: a weight needs a known shape, got {sizes}; give the layer an input of known sizes"
            )
        dtype = as_dtype(dtype or self.dtype)
        name = name or f"weight_{len(self._own_variables)}"
        if initializer is None:
            initializer = "glorot_uniform" if is_float(dtype) else "zeros"
        with building(name):
            variable = Variable(initializers.get(initializer), known, dtype, trainable, name=name)
        variable.regularizer, variable.constraint = regularizers.get(regularizer), constraints.get(constraint)
        self._own_variables.append(variable)
        note_change()
        return variable

    def add_loss(self, loss: Any) -> None:
        """Add a scalar, or several, to the loss of the model that this call belongs to; see `losses`."""
        for value in loss if isinstance(loss, (list, tuple)) else [loss]:
            add_loss(self, value)

    def _regularize(self, result: Any) -> None:
        for output in tree.flatten(result)[0]:
            loss = self.activity_regularizer(output)
            self.add_loss(ops.divide(loss, float(max(1, output.shape[0]))) if len(output.shape) else loss)

    @property
    def losses(self) -> list[Any]:
        """Scalars to be added to the loss: those that the last call added, and regularizers of trained weights."""
        return [*added_losses(self), *regularization_losses(self)]

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the result for inputs of `input_shape`, computing nothing; builds the layer."""
        specs = map_shapes(lambda shape: TensorSpec(shape, self.dtype), input_shape)
        return shape_of(self.compute_output_spec(specs))

    def compute_output_spec(self, inputs: Any) -> Any:
        """The `TensorSpec` of the result for that of the inputs, whose sizes may be None."""
        if not self.built:
            self.build(shape_of(inputs))
        with bind({}):  # what the layer would assign is dropped
            return shapes.infer(self, inputs)

    def arguments(self) -> dict[str, Any]:
        """Every argument of the constructor by name; of a layer that was frozen since, `trainable` as it is now."""
        values = super().arguments()
        return values if self.trainable else {**values, "trainable": False}

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor as plain data, name, `trainable` and dtype as they are now."""
        config = super().get_config()
        return {**config, "name": self.name, "trainable": self.trainable, "dtype": self.dtype}

    # What it holds.

    @property
    def trainable(self) -> bool:
        """Whether the optimizer changes the weights; setting it holds for the layers within, too."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        for _, child in self.sublayers():
            child.trainable = value
        note_change()

    @property
    def place(self) -> Place:
        """The seed and path that the first weights are drawn from."""
        with at_place(self):
            assert self._place is not None
        return self._place

    def walk(self) -> Iterator[Layer]:
        """The layer and all those within it, each once."""
        return walk(self)

    def name_variables(self, path: str | None = None) -> None:
        """Give the variables paths that begin with `path`, the layer's name if None."""
        name_variables(self, self.name if path is None else path)

    @property
    def weights(self) -> list[Variable]:
        """The variables of this layer and those within it, without the state of seed generators."""
        own = sorted(self._own_variables, key=lambda v: not v.trainable)
        return list(dict.fromkeys(own + [v for _, child in self.sublayers() for v in child.weights]))

    @property
    def trainable_weights(self) -> list[Variable]:
        """The weights that the optimizer changes: none if `trainable` is False."""
        if not self.trainable:
            return []
        own = [v for v in self._own_variables if v.trainable]
        return list(dict.fromkeys(own + [v for _, c in self.sublayers() for v in c.trainable_weights]))

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """The other weights."""
        trainable = set(self.trainable_weights)
        return [v for v in self.weights if v not in trainable]

    @property
    def seed_variables(self) -> list[Variable]:
        """The states of the seed generators of this layer and those within it."""
        return [generator.state for layer in self.walk() for generator in layer._generators]

    @property
    def variables(self) -> list[Variable]:
        """All variables."""
        return self.weights + self.seed_variables

    trainable_variables = trainable_weights

    @property
    def non_trainable_variables(self) -> list[Variable]:
        """The variables that the optimizer does not change, seed generators' included."""
        return self.non_trainable_weights + self.seed_variables

    def get_weights(self) -> list[np.ndarray]:
        """The values of `weights`, as NumPy arrays of your own."""
        return [v.numpy().copy() for v in self.weights]

    def set_weights(self, weights: list[Any]) -> None:
        """Replace the values of `weights`, all or none of them."""
        own = self.weights
        if len(weights) != len(own):
            raise ValueError(f"{self.name} has {len(own)} weights, got {len(weights)}")
        assign_all(zip(own, weights, strict=True))

    def count_params(self) -> int:
        """How many numbers the weights hold."""
        return sum(v.size for v in self.weights)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}{'' if self.built else ', not built'}>"
