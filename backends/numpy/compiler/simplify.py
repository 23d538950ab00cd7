"""Second stage: less to do, by asking a smaller tensor for the same, or one that is there anyway."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import Any

from kcompat.backends.numpy.compiler.module import Module, call_giving, nodes_of
from kcompat.runtime.graph import Call, Graph, Node, tracing
from kcompat.spec import SCALARS

Users = dict[Node, list[Call]]
"""The calls that take a node."""


def simplify(module: Module) -> Module:
    """Give a module of the same results with less to do."""
    calls = _leave_out_idle(module.calls, module.results)
    calls = _ask_relu_for_signs(calls)
    return replace(module, calls=_pool_first(module.graph, calls, module.results))


IDLE = frozenset({"cast", "stop_gradient", "reshape", "broadcast_to"})
"""Ops that do nothing where the result has the shape and dtype of the operand."""


def _leave_out_idle(calls: list[Call], results: list[Node]) -> list[Call]:
    """Keep the calls that do something, and let others take the operands of those that do nothing."""
    operand_of: dict[Node, Node] = {}
    needed = set(results)
    kept = []
    for call in calls:
        call.args = tuple(operand_of.get(x, x) if type(x) is Node else x for x in call.args)
        x, y = (call.args or (None,))[0], call.results[0]
        if call.op in IDLE and type(x) is Node and (x.shape, x.dtype) == (y.shape, y.dtype) and y not in needed:
            operand_of[y] = x
        else:
            kept.append(call)
    return kept


def _ask_relu_for_signs(calls: list[Call]) -> list[Call]:
    """Let `x > 0` be `relu(x) > 0` where that is there, so that `x` need not be kept."""
    relu_of: dict[Node, Node] = {}
    for call in calls:
        if call.op == "relu":
            relu_of[call.args[0]] = call.results[0]
        elif call.op == "greater" and type(call.args[0]) is Node and call.args[0] in relu_of and _is_zero(call.args[1]):
            call.args = (relu_of[call.args[0]], call.args[1])
    return calls


def _pool_first(graph: Graph, calls: list[Call], results: list[Node]) -> list[Call]:
    """Take the largest of a window before bias and `relu`, which then have a fraction of the work.

    Both are monotone, so that the result is the same to the bit. Where rounding makes unequal elements equal, the
    gradient goes to the larger one.
    """
    users: Users = defaultdict(list)
    for call in [*calls, Call("result", tuple(results), {})]:
        for x in nodes_of(call.args):
            users[x].append(call)
    blocks = [block for call in calls if call.op == "max_pool" and (block := _PooledRelu.ending_in(call, users))]
    by_pool = {block.pool: block for block in blocks}
    by_mask = {block.masked: block for block in blocks if block.masked is not None}
    simplified: list[Call] = []
    for call in calls:
        if call in by_pool:
            simplified.extend(by_pool[call].pool_before_bias(graph))
        elif call in by_mask:
            simplified.extend(by_mask[call].mask_before_sending(graph, users))
        else:
            simplified.append(call)
    return simplified


class _PooledRelu:
    """`max_pool(relu(x + bias))`, and its gradient if there is one: `where(relu(...) > 0, max_pool_grad(...), 0)`."""

    def __init__(self, pool: Call, users: Users):
        self.pool = pool
        (self.active,) = pool.args
        self.x, self.bias = self.active.call.args[0].call.args
        self.pool_grad: Call | None = None
        self.masked: Call | None = None
        """The `where` of the gradient."""
        for call in users[self.active]:
            if call.op == "max_pool_grad":
                self.pool_grad = call
                self.masked = users[call.results[0]][0]

    @staticmethod
    def ending_in(pool: Call, users: Users) -> _PooledRelu | None:
        """The block that ends in this pooling, if nobody else reads what is within it."""
        active = pool.args[0]
        relu = active.call
        if relu is None or relu.op != "relu" or pool.attrs.get("data_format") not in (None, "channels_last"):
            return None
        add = relu.args[0].call
        if add is None or add.op != "add" or users[add.results[0]] != [relu] or not _is_channels(*add.args):
            return None
        others = [call for call in users[active] if call is not pool]
        if not others:
            return _PooledRelu(pool, users)
        by_op = {call.op: call for call in others}
        if len(others) != 2 or set(by_op) != {"max_pool_grad", "greater"}:
            return None
        grad, positive = by_op["max_pool_grad"], by_op["greater"]
        if grad.args[1] is not pool.results[0] or grad.args[2] is not active or grad.attrs != pool.attrs:
            return None
        readers = users[grad.results[0]]
        if len(readers) != 1 or users[positive.results[0]] != readers or readers[0].op != "where":
            return None
        mask, chosen, other = readers[0].args
        fits = mask is positive.results[0] and chosen is grad.results[0] and _is_zero(other)
        return _PooledRelu(pool, users) if fits else None

    def pool_before_bias(self, graph: Graph) -> list[Call]:
        """Take the maxima first: adding and `relu` do not change which is the largest."""
        with tracing() as recorded:
            self.maxima = graph.max_pool(self.x, **self.pool.attrs)
            y = graph.relu(graph.add(self.maxima, self.bias))
        self.y = self.pool.results[0]
        return [*recorded.calls, call_giving(self.y, "stop_gradient", y)]

    def mask_before_sending(self, graph: Graph, users: Users) -> list[Call]:
        """Let the gradient pass `relu` before it is sent to where the maxima are; there the bias can add it up, too."""
        assert self.pool_grad is not None
        assert self.masked is not None
        with tracing() as recorded:
            g = graph.where(graph.greater(self.y, 0), self.pool_grad.args[0], 0.0)
            sent = graph.max_pool_grad(g, self.maxima, self.x, **self.pool.attrs)
        whole = self.masked.results[0]
        axes = tuple(range(len(whole.shape) - 1))
        for call in users[whole]:
            if call.op == "sum" and call.attrs.get("axis") == axes:
                call.args = (g,)
        return [*recorded.calls, call_giving(whole, "stop_gradient", sent)]


def _is_zero(x: Any) -> bool:
    return type(x) in SCALARS and x == 0


def _is_channels(x: Any, bias: Any) -> bool:
    """Whether `bias` has a value for each channel, the last axis of `x`."""
    if type(x) is not Node or type(bias) is not Node or x.dtype != bias.dtype or len(x.shape) < len(bias.shape):
        return False
    return bias.shape[-1:] == x.shape[-1:] and all(n == 1 for n in bias.shape[:-1])
