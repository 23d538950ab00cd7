"""The pure steps of a model: a state and a batch in, a new state and logs out. One text for all backends."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from kcompat import ops
from kcompat.data.arrays import unpack_x_y_sample_weight
from kcompat.runtime import tree
from kcompat.runtime.program import State
from kcompat.variables import Variable
from kcompat.variables.scope import Scope, bind
from kcompat.variables.store import Store

Written = dict[str, dict[str, Any]]
"""What a step assigned: a value for each path, by part of the state."""


def train(model: Any, state: State, batch: Any) -> tuple[State, dict[str, Any]]:
    """One step of training: `batch` is `(x, y, sample_weight)`, absent parts None."""
    x, y, sample_weight = unpack_x_y_sample_weight(batch)
    (loss, (y_pred, written)), grads = loss_and_gradients(model, state, x, y, sample_weight)
    state = apply_gradients(model, merge(state, written), grads)
    return track(model, state, x, y, y_pred, sample_weight, loss)


def test(model: Any, state: State, batch: Any) -> tuple[State, dict[str, Any]]:
    """One step of evaluation."""
    x, y, sample_weight = unpack_x_y_sample_weight(batch)
    store = model.programs.store
    with bound(store, state) as scope:
        y_pred = model(x, training=False)
        loss = model.compute_loss(x, y, y_pred, sample_weight)
    return track(model, merge(state, written_in(store, scope)), x, y, y_pred, sample_weight, loss)


def predict(model: Any, state: State, batch: Any) -> tuple[State, Any]:
    """The predictions for a batch `(x, None, None)`."""
    x, _, _ = unpack_x_y_sample_weight(batch)
    with bound(model.programs.store, state):
        return state, model(x, training=False)


def loss_and_gradients(model: Any, state: State, x: Any, y: Any, sample_weight: Any) -> Any:
    """`((loss, (predictions, written)), gradients)` of the state's parameters."""
    store = model.programs.store

    def loss_of(params: dict[str, Any]) -> Any:
        with bound(store, state._replace(params=params)) as scope:
            y_pred = model(x, training=True)
            loss = model.compute_loss(x, y, y_pred, sample_weight)
        return loss, (y_pred, written_in(store, scope))

    return ops.value_and_grad(loss_of, has_aux=True)(state.params)


def apply_gradients(model: Any, state: State, grads: dict[str, Any]) -> State:
    """The state after one update of the optimizer; `grads` has a gradient for each path of `state.params`."""
    variables = model.programs.store.variables
    slots = {variable: state.slots[path] for path, variable in variables["slots"].items()}
    params = [variables["params"][path] for path in grads]
    values, new = model.optimizer.update_values(
        params, [state.params[path] for path in grads], [*grads.values()], slots
    )
    place = model.programs.store.place
    return state._replace(
        params={**state.params, **dict(zip(grads, values, strict=True))},
        slots={**state.slots, **{place[variable][1]: value for variable, value in new.items()}},
    )


def track(
    model: Any, state: State, x: Any, y: Any, y_pred: Any, sample_weight: Any, loss: Any
) -> tuple[State, dict[str, Any]]:
    """The state with this batch in the metrics, and the logs: the means so far."""
    recipe, store = model.recipe, model.programs.store
    with bound(store, state) as scope:
        recipe.loss_tracker.update_state(loss, sample_weight=float(tree.flatten(x)[0][0].shape[0]))
        for metric, weighted in recipe.metrics:
            metric.update_state(y, y_pred, sample_weight if weighted else None)
        logs = {metric.name: metric.result() for metric in recipe.tracked}
    return merge(state, written_in(store, scope)), logs


def total_loss(model: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> Any:
    """The compiled loss and what layers and regularizers add to it, a scalar."""
    added = model.losses
    if model.loss is None:
        if not added:
            raise ValueError("the model was compiled without a loss; compile(loss=...) or override compute_loss")
        loss: Any = None
    elif y is None:
        raise ValueError(f"the loss {model.loss.name!r} compares predictions with targets, and y is None")
    else:
        loss = model.loss(y, y_pred, sample_weight)
    for value in added:
        loss = value if loss is None else ops.add(loss, value)
    return loss


# How a state and variables meet.


@contextlib.contextmanager
def bound(store: Store, state: State) -> Iterator[Scope]:
    """Within the block the variables of a store hold the values of `state`."""
    values: dict[Variable, Any] = {}
    for part, variables in store.variables.items():
        current = getattr(state, part)
        values.update({variable: current[path] for path, variable in variables.items()})
    with bind(values) as scope:
        yield scope


def written_in(store: Store, scope: Scope) -> Written:
    """What was assigned within `bound`, as data."""
    written: Written = {}
    for variable, value in scope.writes.items():
        if variable not in store.place:
            raise RuntimeError(
                f"variable {variable.path!r} was assigned within a step, but is not one of the model's; "
                "make it an attribute of the model or of a layer before compiling"
            )
        part, path = store.place[variable]
        written.setdefault(part, {})[path] = value
    return written


def merge(state: State, written: Written) -> State:
    """The state with what was written."""
    return state._replace(**{part: {**getattr(state, part), **values} for part, values in written.items()})
