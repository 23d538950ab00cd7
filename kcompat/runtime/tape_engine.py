"""The engine of a tape: differentiation and scan by the tape itself, the rest by the engine below."""

from __future__ import annotations

import functools
from typing import Any

from kcompat.runtime import gradients
from kcompat.runtime.engine import Engine
from kcompat.runtime.tape import Tape, Var, vjp
from kcompat.spec import Joint


class TapeEngine:
    """The engine of the interpreter below, with differentiation and scan by the tape."""

    tensor_type = Var

    def __init__(self, tape: Tape, base: Any):
        self._tape, self._base = tape, base
        self.tensor_types: set[type] = {*base.tensor_types, Var}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._base, name)

    def prepared(self, name: str, how: str, call: Any) -> Any:
        """See `Engine.prepared`: the interpreter below has prepared what the tape calls."""
        return call

    def admit(self, x: Any) -> Any:
        """See `Engine.admit`."""
        if hasattr(type(x), "assign"):
            x = x.value
        return x if isinstance(x, Var) else self._tape.base.admit(x)

    def is_tensor(self, x: Any) -> bool:
        """See `Engine.is_tensor`."""
        return isinstance(x, Var) or self._base.is_tensor(x)

    def dtype(self, x: Any) -> str:
        """See `Engine.dtype`."""
        while type(x) is Var:
            x = x.value
        return self._base.dtype(x)

    def asarray(self, x: Any, dtype: str | None = None) -> Any:
        """See `Engine.asarray`."""
        return self._tape.cast(x, dtype=dtype or self.dtype(x)) if isinstance(x, Var) else self._base.asarray(x, dtype)

    def value_and_grad(self, B: Any, f: Any, argnums: Any, has_aux: bool) -> Any:
        """See `Engine.value_and_grad`."""
        return gradients.value_and_grad(B, f, argnums, has_aux)

    def vjp(self, B: Any, f: Any, primals: tuple[Any, ...]) -> Any:
        """See `Engine.vjp`."""
        return gradients.vjp(B, f, primals)

    def custom_gradient(self, B: Any, f: Any, args: tuple[Any, ...]) -> Any:
        """See `Engine.custom_gradient`."""
        return gradients.custom_gradient(B, f, args)

    def scan(self, B: Tape, f: Any, init: Any, xs: Any, consts: Any = (), reverse: bool = False) -> Any:
        """See `Engine.scan`."""
        return scan(B, f, init, xs, consts, reverse)

    def truth(self, x: Any) -> bool:
        """See `Engine.truth`."""
        while type(x) is Var:
            x = x.value
        return self._base.truth(x)

    cond, while_loop, vectorized_map = Engine.cond, Engine.while_loop, Engine.vectorized_map

    def fold(self, B: Tape, step: Any, init: tuple, xs: tuple, reverse: bool, unroll: int) -> Any:
        """See `Engine.fold`: unrolled, so that what the step closes over is recorded."""
        del unroll
        return Engine.scan(self, B, lambda B, carry, x, consts: step(carry, x), init, xs, (), reverse)  # type: ignore[arg-type]


def scan(tape: Tape, f: Any, init: tuple, xs: tuple, consts: tuple, reverse: bool) -> tuple[tuple, tuple]:
    """Scan as one recorded op, whose pullback is a reversed scan of the step's own pullback.

    Unrolled on the tape, a sequence of 2,000 steps takes seven times the memory.
    """
    base = tape.base
    args = (*init, *xs, *consts)
    values = lambda group: tuple(map(tape.value, group))  # noqa: E731
    if not any(type(x) is Var and x.tape is tape for x in args):
        return base.scan(f, init, xs, consts, reverse=reverse)
    n = len(init)

    def with_incoming(B: Any, carry: tuple, x: tuple, consts: tuple) -> tuple[tuple, tuple]:
        new, y = f(B, carry, x, consts)
        return new, (*carry, *y)

    last, ys = base.scan(with_incoming, values(init), values(xs), values(consts), reverse=reverse)
    incoming, ys = ys[:n], ys[n:]
    rule = Joint(functools.partial(_scan_pullback, f, (n, len(xs)), reverse, incoming))
    out = tape.record("scan", rule, args, {}, (*last, *ys))
    return out[:n], out[n:]


def _scan_pullback(
    f: Any, counts: tuple[int, int], reverse: bool, incoming: tuple, B: Any, g: tuple, _: Any, *args: Any
):
    n, m = counts
    xs, consts = args[n : n + m], args[n + m :]
    carry_cotangents, output_cotangents = g[:n], g[n:]

    def step(B: Any, carry: tuple, x: tuple, consts: tuple) -> tuple[tuple, tuple]:
        state, x, gy = x[:n], x[n : n + m], x[n + m :]

        def flat(B: Any, *a: Any) -> tuple:
            new, y = f(B, a[:n], a[n : n + m], a[n + m :])
            return (*new, *y)

        _, pull = vjp(B, flat, (*state, *x, *consts))
        pulled = pull(*carry[:n], *gy)
        totals = tuple(total + d for total, d in zip(carry[n:], pulled[n + m :], strict=True))
        return (*pulled[:n], *totals), tuple(pulled[n : n + m])

    init = (*carry_cotangents, *(B.zeros_like(c) for c in consts))
    carry, x_cotangents = B.scan(step, init, (*incoming, *xs, *output_cotangents), consts, reverse=not reverse)
    return (*carry[:n], *x_cotangents, *carry[n:])
