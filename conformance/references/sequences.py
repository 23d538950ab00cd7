"""Recurrences with their default activations, and their pullbacks.

A pullback is the adjoint, by definition, of how results move with arguments. That comes by Squire and Trapp (1998):
with arguments moved by a tiny imaginary number, the imaginary parts of the results. The real parts of outputs, cells
and gates are set at each step to what the pullback is given, since they need not be those of any arguments.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.special

from kcompat.conformance.references import reference

TINY = 1e-200


def logistic(z: Any) -> Any:
    """SciPy's, for complex numbers by the addition theorem of tanh."""
    return (1 + np.tanh(z / 2)) / 2 if np.iscomplexobj(z) else scipy.special.expit(z)


def at(real: Any, moved: Any) -> Any:
    """The number given for what is moved, moved as much; what is moved where none is given."""
    return moved if real is None else real + 1j * np.imag(moved)


def _order(times: int, reverse: bool) -> Any:
    return range(times - 1, -1, -1) if reverse else range(times)


def _in_time(steps: dict[int, Any]) -> Any:
    """What each step gave, in the order of time."""
    return np.stack([steps[t] for t in sorted(steps)])


def _rnn(x: Any, h: Any, kernel: Any, reverse: bool, outputs: Any = None) -> list[Any]:
    """Outputs and the last state. Given outputs, `x` holds how the inputs move."""
    steps = {}
    for t in _order(len(x), reverse):
        h = steps[t] = _gate(np.tanh, np.arctanh, None if outputs is None else outputs[t], x[t] + h @ kernel)
    return [_in_time(steps), h]


def _lstm(x: Any, h: Any, c: Any, kernel: Any, reverse: bool, given: Any = None) -> list[Any]:
    """Outputs, the last h, the last c, cells and gates. Given outputs, cells and gates, `x` holds how inputs move."""
    shown, kept, stages = {}, {}, {}
    for t in _order(len(x), reverse):
        z = np.split(x[t] + h @ kernel, 4, axis=-1)
        outputs, cells, gates = (None, None, [None] * 4) if given is None else (part[t] for part in given)
        i, f, o = (_gate(logistic, scipy.special.logit, gates[n], z[n]) for n in (0, 1, 3))
        candidate = _gate(np.tanh, np.arctanh, gates[2], z[2])
        c = kept[t] = at(cells, f * c + i * candidate)
        h = shown[t] = at(outputs, o * np.tanh(c))
        stages[t] = np.stack([i, f, candidate, o])
    return [_in_time(shown), h, c, _in_time(kept), _in_time(stages)]


def _gru(x: Any, h: Any, kernel: Any, bias: Any, reverse: bool, given: Any = None) -> list[Any]:
    """Outputs, the last state and gates. Given outputs and gates, `x` holds how inputs move."""
    shown, stages = {}, {}
    for t in _order(len(x), reverse):
        (xz, xr, xc), (hz, hr, hc) = (np.split(z, 3, axis=-1) for z in (x[t], h @ kernel + bias))
        outputs, gates = (None, [None] * 4) if given is None else (part[t] for part in given)
        z, r = (_gate(logistic, scipy.special.logit, gates[n], s) for n, s in enumerate((xz + hz, xr + hr)))
        inner = at(gates[3], hc)
        candidate = _gate(np.tanh, np.arctanh, gates[2], xc + r * inner)
        h = shown[t] = at(outputs, z * h + (1 - z) * candidate)
        stages[t] = np.stack([z, r, candidate, inner])
    return [_in_time(shown), h, _in_time(stages)]


def _gate(activation: Any, inverse: Any, given: Any, z: Any) -> Any:
    """A gate; given what it is, the argument that makes it that is found by the inverse of the activation."""
    return activation(z) if given is None else at(given, activation(at(inverse(given), z)))


def _pulled(f: Callable[..., list[Any]], arguments: list[Any], cotangents: list[Any]) -> list[Any]:
    """For each element of the arguments the sum of what it moves, times its cotangent."""
    pulled = [np.zeros(x.shape) for x in arguments]
    for n, x in enumerate(arguments):
        for place in np.ndindex(*x.shape):
            moved = x.astype(complex)
            moved[place] += 1j * TINY
            results = f(*arguments[:n], moved, *arguments[n + 1 :])
            terms = [np.sum(g * np.imag(y)) for y, g in zip(results, cotangents, strict=True) if g is not None]
            pulled[n][place] = sum(terms) / TINY
    return pulled


@reference("rnn_sequence")
def rnn_sequence(x: Any, initial_state: Any, recurrent_kernel: Any, reverse: bool = False) -> Any:
    """Elman (1990), one step at a time."""
    return _rnn(x, initial_state, recurrent_kernel, reverse)


@reference("rnn_sequence_grad")
def rnn_sequence_grad(
    outputs: Any, initial_state: Any, recurrent_kernel: Any, g_last: Any, g_outputs: Any = None, reverse: bool = False
) -> Any:
    """The adjoint, by definition."""
    x = np.zeros((*outputs.shape[:2], recurrent_kernel.shape[1]))
    return _pulled(
        lambda x, h, kernel: _rnn(x, h, kernel, reverse, outputs),
        [x, initial_state, recurrent_kernel],
        [g_outputs, g_last],
    )


@reference("lstm_sequence")
def lstm_sequence(x: Any, initial_h: Any, initial_c: Any, recurrent_kernel: Any, reverse: bool = False) -> Any:
    """Gers et al. (2000), one step at a time."""
    return _lstm(x, initial_h, initial_c, recurrent_kernel, reverse)


@reference("lstm_sequence_grad")
def lstm_sequence_grad(
    outputs: Any,
    cells: Any,
    gates: Any,
    initial_h: Any,
    initial_c: Any,
    recurrent_kernel: Any,
    g_h: Any,
    g_c: Any,
    g_outputs: Any = None,
    g_cells: Any = None,
    g_gates: Any = None,
    reverse: bool = False,
) -> Any:
    """The adjoint, by definition."""
    x = np.zeros((*outputs.shape[:2], recurrent_kernel.shape[1]))
    return _pulled(
        lambda x, h, c, kernel: _lstm(x, h, c, kernel, reverse, (outputs, cells, gates)),
        [x, initial_h, initial_c, recurrent_kernel],
        [g_outputs, g_h, g_c, g_cells, g_gates],
    )


@reference("gru_sequence")
def gru_sequence(
    x: Any, initial_state: Any, recurrent_kernel: Any, state_bias: Any = None, reverse: bool = False
) -> Any:
    """Cho et al. (2014), with the reset gate after the product, one step at a time."""
    return _gru(x, initial_state, recurrent_kernel, 0.0 if state_bias is None else state_bias, reverse)


@reference("gru_sequence_grad")
def gru_sequence_grad(
    outputs: Any,
    gates: Any,
    initial_state: Any,
    recurrent_kernel: Any,
    g_h: Any,
    g_outputs: Any = None,
    g_gates: Any = None,
    reverse: bool = False,
) -> Any:
    """The adjoint, by definition."""
    gates_size = recurrent_kernel.shape[1]
    return _pulled(
        lambda x, h, kernel, bias: _gru(x, h, kernel, bias, reverse, (outputs, gates)),
        [np.zeros((*outputs.shape[:2], gates_size)), initial_state, recurrent_kernel, np.zeros(gates_size)],
        [g_outputs, g_h, g_gates],
    )
