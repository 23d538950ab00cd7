"""Objects that know what they were made with: `get_config`, `from_config` and `clone` without a line in each class."""

from __future__ import annotations

import inspect
from typing import Any, Self

from kcompat.registration import deserialize, is_registered, rebuild, serialize


class Configurable:
    """Keeps the arguments of its constructor.

    Layers, losses, metrics, optimizers, initializers, regularizers and constraints inherit it, and so do the classes
    that users derive from them. A class whose constructor takes `*args` overrides `get_config`.
    """

    _arguments: tuple[tuple[Any, ...], dict[str, Any]]

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Note the arguments, those of the class that was called, whatever it hands on."""
        self = super().__new__(cls)
        object.__setattr__(self, "_arguments", (args, kwargs))
        return self

    def arguments(self) -> dict[str, Any]:
        """Every argument of the constructor by name, defaults included, as it was given."""
        args, kwargs = self._arguments
        signature = inspect.signature(type(self).__init__)
        bound = signature.bind(self, *args, **kwargs)
        bound.apply_defaults()
        values: dict[str, Any] = {}
        for name, parameter in list(signature.parameters.items())[1:]:
            if parameter.kind is parameter.VAR_KEYWORD:
                values |= bound.arguments[name]
            elif parameter.kind is parameter.VAR_POSITIONAL and bound.arguments[name]:
                raise NotImplementedError(
                    f"{type(self).__name__} takes *{name}, which a config cannot name; override get_config()"
                )
            elif parameter.kind is not parameter.VAR_POSITIONAL:
                values[name] = bound.arguments[name]
        return values

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor as plain data: `from_config` makes an equal object of them.

        Objects among them are configs in turn, functions are names. A class of the library keeps each argument, checked
        and completed, as the attribute of its name, and that is what its config holds: `(3, 3)` for a kernel size of 3.
        """
        values = self.arguments()
        if is_registered(type(self)):
            kept = vars(self)  # not properties: `weights` of a layer is not its argument of that name
            values |= {name: kept[name] for name in [*values, *_inherited(type(self))] if name in kept}
        return {name: serialize(value) for name, value in values.items()}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """An object of this class from a config of it."""
        return cls(**{name: deserialize(value) for name, value in config.items()})


def _inherited(cls: type) -> list[str]:
    """The arguments that a constructor with `**kwargs` hands on to classes between it and the base of its kind."""
    names: list[str] = []
    for base in cls.__mro__:
        parameters = list(inspect.signature(base).parameters.values())
        names += [p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
        hands_on = any(p.kind is p.VAR_KEYWORD for p in parameters)
        if not hands_on or Configurable in (*base.__bases__, *base.__mro__[1].__bases__):
            break
    return names


def clone(part: Any) -> Any:
    """An object made with the same arguments, which are cloned in turn; functions and plain values are shared."""
    if isinstance(part, (list, tuple)):
        return rebuild(part, map(clone, part))
    if isinstance(part, dict):
        return {key: clone(item) for key, item in part.items()}
    if not isinstance(part, Configurable):
        return part
    return type(part)(**{name: clone(value) for name, value in part.arguments().items()})
