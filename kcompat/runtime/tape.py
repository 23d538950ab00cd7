"""Reverse-mode differentiation over any interpreter, from the VJP rules of the spec.

A `Tape` is an interpreter whose tensors (`Var`) remember the op that made them. The backward pass visits
those ops in reverse order of creation, which is a topological order, so nothing recurses. The rules run on the
base interpreter; when that is itself a tape, the gradient can be differentiated again.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from typing import Any

from kcompat.runtime.interpreter import Interpreter, Recorder
from kcompat.runtime.protocols import Function, ScanStep, Tensors
from kcompat.spec import OPS, Joint, Op, Operators, is_float

_clock = itertools.count()


class Node:
    """One recorded application: arguments, result, and the rule that pulls cotangents back.

    It holds the result's value and serial numbers, not its `Var`s: without cycles a graph is freed as it is left.
    """

    __slots__ = ("args", "attrs", "op", "outputs", "result", "rule", "serial")

    def __init__(self, op: str, rule: Any, args: tuple[Any, ...], attrs: dict[str, Any], result: Any):
        self.op, self.rule, self.args, self.attrs, self.result = op, rule, args, attrs, result
        self.serial = next(_clock)
        self.outputs: tuple[int, ...] = ()


class Var(Operators):
    """A tensor of `tape`: a value of the base interpreter and the node that made it (None for an input)."""

    __slots__ = ("node", "serial", "tape", "value")

    def __init__(self, value: Any, node: Node | None, tape: Tape):
        self.value, self.node, self.tape = value, node, tape
        self.serial = next(_clock)

    @property
    def shape(self) -> tuple[int, ...]:
        """The size of each axis."""
        return tuple(self.value.shape)

    @property
    def dtype(self) -> Any:
        """That of the value."""
        return self.value.dtype

    def _ops(self, other: Any = None) -> Tape:
        """The innermost tape of the two operands."""
        tape = self.tape
        return other.tape if type(other) is Var and other.tape.level > tape.level else tape

    def __repr__(self) -> str:
        return f"Var({self.value!r})"


class Tape(Recorder):
    """The interpreter that records. One for each base, found by `tape_over`."""

    tensor_type = Var

    def __init__(self, base: Interpreter):
        self.base = base
        table = {op.name: self._recorder(op) for op in OPS.values() if op.primitive or op.vjp is not None}
        super().__init__(f"tape({base.name})", table, base.engine.over(self))
        self.level = base.level + 1

    def has_recorded(self, x: Any) -> bool:
        return type(x) is Var and x.tape is self

    def value(self, x: Any) -> Any:
        return x.value if type(x) is Var and x.tape is self else x

    def _recorder(self, op: Op) -> Function:
        forward = getattr(self.base, op.name)
        rule = op.vjp

        def call(*args: Any, **attrs: Any) -> Any:
            traced = False
            values = []
            for x in args:
                if type(x) is Var and x.tape is self:
                    traced = True
                    x = x.value
                values.append(x)
            result = forward(*values, **attrs)
            return self.record(op.name, rule, args, attrs, result) if traced and rule else result

        return call

    def record(self, op: str, rule: Any, args: tuple[Any, ...], attrs: dict[str, Any], result: Any) -> Any:
        """Wrap `result`, a tensor or a tuple of them, as what `rule` pulls back to `args`."""
        node = Node(op, rule, args, attrs, result)
        if isinstance(result, tuple):
            several = tuple(Var(r, node, self) for r in result)
            node.outputs = tuple(y.serial for y in several)
            return several
        y = Var(result, node, self)
        node.outputs = (y.serial,)
        return y

    def record_scan(
        self, f: ScanStep, init: Tensors, xs: Tensors, consts: Tensors, reverse: bool
    ) -> tuple[Tensors, Tensors]:
        """Scan on the base as one recorded op, whose pullback is a reversed scan of the step's own pullback.

        Unrolled on the tape, a sequence of 2,000 steps takes seven times the memory.
        """
        n = len(init)

        def with_incoming(B: Interpreter, carry: Tensors, x: Tensors, consts: Tensors) -> tuple[Tensors, Tensors]:
            new, y = f(B, carry, x, consts)
            return new, (*carry, *y)

        values = (tuple(map(self.value, tensors)) for tensors in (init, xs, consts))
        last, ys = self.base.scan(with_incoming, *values, reverse=reverse)
        rule = Joint(functools.partial(_pull_scan_back, f, (n, len(xs)), reverse, ys[:n]))
        results = self.record("scan", rule, (*init, *xs, *consts), {}, (*last, *ys[n:]))
        return results[:n], results[n:]


def _pull_scan_back(
    f: ScanStep,
    counts: tuple[int, int],
    reverse: bool,
    incoming: Tensors,
    B: Interpreter,
    cotangents: Tensors,
    results: Tensors,
    *args: Any,
) -> Tensors:
    """The cotangents of `(*init, *xs, *consts)`; `incoming` are the carries before each step."""
    del results
    n, m = counts
    xs, consts = args[n : n + m], args[n + m :]
    carry_cotangents, output_cotangents = cotangents[:n], cotangents[n:]

    def step(B: Interpreter, carry: Tensors, x: Tensors, consts: Tensors) -> tuple[Tensors, Tensors]:
        state, x, gy = x[:n], x[n : n + m], x[n + m :]

        def flat(B: Interpreter, *a: Any) -> Tensors:
            new, y = f(B, a[:n], a[n : n + m], a[n + m :])
            return (*new, *y)

        _, pull = vjp(B, flat, (*state, *x, *consts))
        pulled = pull(*carry[:n], *gy)
        totals = tuple(total + d for total, d in zip(carry[n:], pulled[n + m :], strict=True))
        return (*pulled[:n], *totals), tuple(pulled[n : n + m])

    init = (*carry_cotangents, *(B.zeros_like(c) for c in consts))
    carry, x_cotangents = B.scan(step, init, (*incoming, *xs, *output_cotangents), consts, reverse=not reverse)
    return (*carry[:n], *x_cotangents, *carry[n:])


def tape_over(base: Interpreter) -> Tape:
    """The tape over an interpreter; it is built once."""
    if base.tape is None:
        base.tape = Tape(base)
    return base.tape


def pullback(outputs: Sequence[Any], cotangents: Sequence[Any], inputs: Sequence[Var], tape: Tape) -> list[Any]:
    """The cotangents of `inputs`, given those of `outputs`; zeros where there is no path."""
    B = tape.base
    total: dict[int, Any] = {}
    """The cotangents so far, by the serial numbers of the tensors."""

    def accumulate(x: Var, g: Any) -> None:
        if g.dtype != x.value.dtype and is_float(B.dtype(x.value)):  # an operand of a wider result
            g = B.cast(g, dtype=B.dtype(x.value))
        total[x.serial] = total[x.serial] + g if x.serial in total else g

    for y, cotangent in zip(outputs, cotangents, strict=True):
        if tape.has_recorded(y):
            accumulate(y, cotangent)
    g: Any
    for node in _reachable(outputs, tape):
        if not any(serial in total for serial in node.outputs):
            continue
        if isinstance(node.result, tuple):
            pairs = zip(node.outputs, node.result, strict=True)
            sparse = isinstance(node.rule, Joint) and node.rule.sparse
            g = tuple(total.get(serial) if sparse or serial in total else B.zeros_like(y) for serial, y in pairs)
        else:
            g = total[node.outputs[0]]
        recorded = list(map(tape.has_recorded, node.args))
        values = [x.value if r else x for x, r in zip(node.args, recorded, strict=True)]
        if isinstance(node.rule, Joint):
            pulled = node.rule.rule(B, g, node.result, *values, **node.attrs)
            for x, r, dx in zip(node.args, recorded, pulled[: len(node.args)], strict=True):
                if r and dx is not None:
                    accumulate(x, dx)
        else:
            rules = node.rule if len(node.rule) == len(node.args) else node.rule[: len(node.args)]
            for x, r, rule in zip(node.args, recorded, rules, strict=True):
                if r and rule is not None:
                    accumulate(x, rule(B, g, node.result, *values, **node.attrs))
    return [total[x.serial] if x.serial in total else B.zeros_like(x.value) for x in inputs]


def _reachable(outputs: Sequence[Any], tape: Tape) -> list[Node]:
    """Every node that the outputs depend on, latest first."""
    nodes: dict[int, Node] = {}
    stack = [y.node for y in outputs if type(y) is Var and y.tape is tape and y.node]
    while stack:
        node = stack.pop()
        if node.serial not in nodes:
            nodes[node.serial] = node
            stack.extend(x.node for x in node.args if type(x) is Var and x.tape is tape and x.node)
    return [nodes[serial] for serial in sorted(nodes, reverse=True)]


def vjp(base: Interpreter, f: Function, args: Sequence[Any]) -> tuple[Any, Callable[..., list[Any]]]:
    """The result of `f(tape, *args)`, a tensor or a tuple, and the function that pulls cotangents back to `args`."""
    tape = tape_over(base)
    inputs = [Var(x, None, tape) for x in args]
    result = f(tape, *inputs)
    outputs = result if isinstance(result, tuple) else (result,)

    def pull(*cotangents: Any) -> list[Any]:
        return pullback(outputs, cotangents, inputs, tape)

    values = tuple(map(tape.value, outputs))
    return (values if isinstance(result, tuple) else values[0]), pull
