"""The pure steps of a model: a state and a batch in, a new state and logs out. One text for all backends."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kcompat import ops
from kcompat.layers.layer import Layer
from kcompat.runtime.program import State
from kcompat.utils import unpack_x_y_sample_weight
from kcompat.variables import Variable
from kcompat.variables.scope import Scope, bind

Written = dict[str, dict[str, Any]]
"""What a step assigned: a value for each path, by part of the state."""


class Steps(Layer):
    """The part of `Model` that runs within a step. Override `train_step` for a training step of your own.

    Within a step `self(x)` and everything else that uses the model's variables reads them from the
    state that is bound:

        def train_step(self, state, batch):
            x, y, sample_weight = batch

            def loss_of(params):
                with self.bound(state._replace(params=params)) as scope:
                    y_pred = self(x, training=True)
                    loss = self.compute_loss(x, y, y_pred, sample_weight)
                return loss, (y_pred, self.written(scope))

            (loss, (y_pred, written)), grads = ops.value_and_grad(loss_of, has_aux=True)(state.params)
            state = self.apply_gradients(self.merged(state, written), grads)
            return self.tracked(state, x, y, y_pred, sample_weight, loss)
    """

    if TYPE_CHECKING:  # `Compiled` has these
        loss: Any
        optimizer: Any
        _loss_tracker: Any
        _compiled_metrics: Any

        @property
        def metrics(self) -> list[Any]:
            """The loss's running mean, then the compiled metrics."""

        @property
        def _store(self) -> Any: ...

    def train_step(self, state: State, batch: Any) -> tuple[State, dict[str, Any]]:
        """One step of training: `batch` is `(x, y, sample_weight)`, absent parts None."""
        x, y, sample_weight = unpack_x_y_sample_weight(batch)
        (loss, (y_pred, written)), grads = self.loss_and_gradients(state, x, y, sample_weight)
        state = self.apply_gradients(self.merged(state, written), grads)
        return self.tracked(state, x, y, y_pred, sample_weight, loss)

    def test_step(self, state: State, batch: Any) -> tuple[State, dict[str, Any]]:
        """One step of evaluation."""
        x, y, sample_weight = unpack_x_y_sample_weight(batch)
        with self.bound(state) as scope:
            y_pred = self(x, training=False)
            loss = self.compute_loss(x, y, y_pred, sample_weight)
        return self.tracked(self.merged(state, self.written(scope)), x, y, y_pred, sample_weight, loss)

    def predict_step(self, state: State, batch: Any) -> tuple[State, Any]:
        """The predictions for a batch `(x, None, None)`."""
        x, _, _ = unpack_x_y_sample_weight(batch)
        with self.bound(state):
            return state, self(x, training=False)

    # What steps are made of.

    def loss_and_gradients(self, state: State, x: Any, y: Any, sample_weight: Any) -> Any:
        """`((loss, (predictions, written)), gradients)` of the state's parameters."""

        def loss_of(params: dict[str, Any]) -> Any:
            with self.bound(state._replace(params=params)) as scope:
                y_pred = self(x, training=True)
                loss = self.compute_loss(x, y, y_pred, sample_weight)
            return loss, (y_pred, self.written(scope))

        return ops.value_and_grad(loss_of, has_aux=True)(state.params)

    def compute_loss(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The scalar that training minimises: the compiled loss unless overridden."""
        del x
        if self.loss is None:
            raise ValueError("the model was compiled without a loss; compile(loss=...) or override compute_loss")
        if y is None:
            raise ValueError(f"the loss {self.loss.name!r} compares predictions with targets, and y is None")
        return self.loss(y, y_pred, sample_weight)

    def apply_gradients(self, state: State, grads: dict[str, Any]) -> State:
        """The state after one update of the optimizer."""
        params, slots = self.optimizer.stateless_apply(state.slots, grads, state.params)
        return state._replace(params=params, slots=slots)

    def tracked(
        self, state: State, x: Any, y: Any, y_pred: Any, sample_weight: Any, loss: Any
    ) -> tuple[State, dict[str, Any]]:
        """The state with this batch in the metrics, and the logs: the means so far."""
        with self.bound(state) as scope:
            self._loss_tracker.update_state(loss, sample_weight=float(_first(x).shape[0]))
            for metric, weighted in self._compiled_metrics:
                metric.update_state(y, y_pred, sample_weight if weighted else None)
            logs = {metric.name: metric.result() for metric in self.metrics}
        return self.merged(state, self.written(scope)), logs

    # How a state and variables meet.

    @contextlib.contextmanager
    def bound(self, state: State) -> Iterator[Scope]:
        """Within the block the model's variables hold the values of `state`."""
        values: dict[Variable, Any] = {}
        for part, held in self._store.variables.items():
            current = getattr(state, part)
            values.update({variable: current[path] for path, variable in held.items()})
        with bind(values) as scope:
            yield scope

    def written(self, scope: Scope) -> Written:
        """What was assigned within `bound`, as data."""
        found: Written = {}
        for variable, value in scope.writes.items():
            if variable not in scope.values:
                raise RuntimeError(
                    f"variable {variable.path!r} was assigned within a step, but is not one of the model's; "
                    "make it an attribute of the model or of a layer before compiling"
                )
            found.setdefault(variable.part, {})[variable.path] = value
        return found

    @staticmethod
    def merged(state: State, written: Written) -> State:
        """The state with what was written."""
        return state._replace(**{part: {**getattr(state, part), **values} for part, values in written.items()})


def _first(x: Any) -> Any:
    while isinstance(x, (tuple, list, dict)):
        x = next(iter(x.values() if isinstance(x, dict) else x))
    return x
