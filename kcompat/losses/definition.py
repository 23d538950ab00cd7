"""How a loss is declared: a function, and one line below it that makes the class and says what targets it takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kcompat.losses.function_class import make_class, own_parameters, parameter
from kcompat.losses.loss import Loss, LossFunctionWrapper
from kcompat.losses.targets import Targets
from kcompat.registration import register

_class_of: dict[Callable[..., Any], Callable[[], Loss]] = {}


def define_loss(
    class_name: str,
    function: Callable[..., Any],
    *aliases: str,
    name: str | None = None,
    targets: Targets = Targets(),  # noqa: B008  (it has no state)
    mask: Callable[..., Any] | None = None,
    check: Callable[..., None] | None = None,
    order: str | None = None,
    **defaults: Any,
) -> Any:
    """The class of a loss function; both are registered, so that their names can be given to `compile`.

    Args:
        class_name: the name of the class, to be assigned to a variable of that name.
        function: of `(y_true, y_pred, ...)`, one value a sample. Its docstring becomes the class's.
        *aliases: other names of the function.
        name: the default of the argument `name`; the function's name if None.
        targets: which targets the loss takes.
        mask: the method `Loss.mask` of the class.
        check: called with the constructor's arguments; it raises ValueError for those that are out of range.
        order: the constructor's arguments, if they are not the function's own, `reduction`, `name` and `dtype`.
        **defaults: of arguments that have another default than in the function, or that the function requires.
    """
    parameters = own_parameters(function)
    parameters |= {key: parameter(key, default) for key, default in defaults.items()}
    parameters["reduction"] = parameter("reduction", "sum_over_batch_size")
    parameters["name"] = parameter("name", name or function.__name__)
    parameters["dtype"] = parameter("dtype", None)
    chosen = [parameters[key] for key in (order.split() if order else parameters)]
    attributes: dict[str, Any] = {"__module__": function.__module__, "targets": targets}
    if mask is not None:
        attributes["mask"] = mask
    cls = make_class(class_name, LossFunctionWrapper, function, chosen, check, **attributes)
    register("loss", *aliases)(function)
    _class_of[function] = cls
    return register("loss")(cls)


def to_loss(part: Any) -> Any:
    """A loss object of a function of `(y_true, y_pred)`: of its class, if it has one. Objects and None stay.

    Raises TypeError for what is neither.
    """
    if part is None or isinstance(part, Loss):
        return part
    if hasattr(part, "update_state"):
        raise TypeError(
            f"a loss is of one batch, and a metric accumulates over batches; got {part!r}: "
            "pass a loss of kcompat.losses, and the metric as metrics=[...]"
        )
    if not callable(part):
        raise TypeError(f"a loss is a name, a Loss or a function of (y_true, y_pred), got {part!r}")
    return _class_of[part]() if part in _class_of else LossFunctionWrapper(part)
