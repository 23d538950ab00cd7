"""Programs with less to do: what may be asked of a smaller tensor, or of one that is there anyway."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from kcompat.runtime.graph import Call, Node, tracing
from kcompat.spec import SCALARS

Users = dict[Node, list[Call]]


def rewritten(graph: Any, calls: list[Call], results: list[Node]) -> list[Call]:
    """Calls that give the same results."""
    return _pooled_first(graph, _with_relu(_without_idle(calls, results)), results)


def renamed(op: str, x: Node, y: Node, attrs: dict[str, Any]) -> Call:
    """A call on `x` that gives a node that exists."""
    call = Call(op, (x,), attrs)
    call.results = (y,)
    return call


def _is_zero(x: Any) -> bool:
    return type(x) in SCALARS and x == 0


IDLE = frozenset({"cast", "stop_gradient", "reshape", "broadcast_to"})
"""Ops that do nothing where the result has the shape and dtype of the operand."""


def _without_idle(calls: list[Call], results: list[Node]) -> list[Call]:
    """The calls that do something; others take the operands of those that do nothing."""
    same: dict[Node, Node] = {}
    needed = set(results)
    found = []
    for call in calls:
        call.args = tuple(same.get(x, x) if type(x) is Node else x for x in call.args)
        x, y = (call.args or (None,))[0], call.results[0]
        if call.op in IDLE and type(x) is Node and (x.shape, x.dtype) == (y.shape, y.dtype) and y not in needed:
            same[y] = x
        else:
            found.append(call)
    return found


def _with_relu(calls: list[Call]) -> list[Call]:
    """Let `x > 0` ask `relu(x)`, where that is there, so that `x` need not be kept."""
    found: dict[Node, Node] = {}
    for call in calls:
        if call.op == "relu":
            found[call.args[0]] = call.results[0]
        elif call.op == "greater" and type(call.args[0]) is Node and call.args[0] in found and _is_zero(call.args[1]):
            call.args = (found[call.args[0]], call.args[1])
    return calls


class _Block:
    """`max_pool(relu(x + bias))`, and its gradient if there is one."""

    def __init__(self, pool: Call, users: Users):
        self.pool = pool
        (self.active,) = pool.args
        self.added = self.active.call.args[0]
        self.x, self.bias = self.added.call.args
        self.pool_grad = self.chosen = None
        for call in users[self.active]:
            if call.op == "max_pool_grad":
                self.pool_grad = call
                self.chosen = users[call.results[0]][0]

    @staticmethod
    def at(pool: Call, users: Users) -> _Block | None:
        """The block that ends in this pooling, if nobody else looks into it."""
        active = pool.args[0]
        relu = active.call
        if relu is None or relu.op != "relu" or pool.attrs.get("data_format") not in (None, "channels_last"):
            return None
        add = relu.args[0].call
        if add is None or add.op != "add" or users[add.results[0]] != [relu] or not _is_channels(*add.args):
            return None
        others = [call for call in users[active] if call is not pool]
        if not others:
            return _Block(pool, users)
        kinds = {call.op: call for call in others}
        if len(others) != 2 or set(kinds) != {"max_pool_grad", "greater"}:
            return None
        grad, positive = kinds["max_pool_grad"], kinds["greater"]
        if grad.args[1] is not pool.results[0] or grad.args[2] is not active or grad.attrs != pool.attrs:
            return None
        choices = users[grad.results[0]]
        if len(choices) != 1 or users[positive.results[0]] != choices or choices[0].op != "where":
            return None
        mask, chosen, other = choices[0].args
        fits = mask is positive.results[0] and chosen is grad.results[0] and _is_zero(other)
        return _Block(pool, users) if fits else None

    def forward(self, graph: Any) -> list[Call]:
        """The maxima first: adding and `relu` do not change which is the largest."""
        with tracing() as trace:
            self.maxima = graph.max_pool(self.x, **self.pool.attrs)
            y = graph.relu(graph.add(self.maxima, self.bias))
        self.y = self.pool.results[0]
        return [*trace.calls, renamed("stop_gradient", y, self.y, {})]

    def backward(self, graph: Any, users: Users) -> list[Call]:
        """The gradient passes `relu` before it is sent to where the maxima are; there the bias can add it up, too."""
        assert self.pool_grad is not None
        assert self.chosen is not None
        with tracing() as trace:
            g = graph.where(graph.greater(self.y, 0), self.pool_grad.args[0], 0.0)
            sent = graph.max_pool_grad(g, self.maxima, self.x, **self.pool.attrs)
        whole = self.chosen.results[0]
        axes = tuple(range(len(whole.shape) - 1))
        for call in users[whole]:
            if call.op == "sum" and call.attrs.get("axis") == axes:
                call.args = (g,)
        return [*trace.calls, renamed("stop_gradient", sent, whole, {})]


def _is_channels(x: Any, bias: Any) -> bool:
    """Whether `bias` has a value for each channel, the last axis of `x`."""
    if type(x) is not Node or type(bias) is not Node or x.dtype != bias.dtype or len(x.shape) < len(bias.shape):
        return False
    return bias.shape[-1:] == x.shape[-1:] and all(n == 1 for n in bias.shape[:-1])


def _pooled_first(graph: Any, calls: list[Call], results: list[Node]) -> list[Call]:
    """Take the largest of a window before bias and `relu`, which then have a fraction of the work.

    Both are monotone, so that the result is the same to the bit. Where rounding makes unequal elements equal, the
    gradient goes to the larger one.
    """
    users: Users = defaultdict(list)
    for call in [*calls, Call("result", tuple(results), {})]:
        for x in call.args:
            if type(x) is Node:
                users[x].append(call)
    blocks = [block for call in calls if call.op == "max_pool" and (block := _Block.at(call, users))]
    ends = {block.pool: block for block in blocks}
    grads = {block.chosen: block for block in blocks if block.chosen is not None}
    found: list[Call] = []
    for call in calls:
        if call in ends:
            found.extend(ends[call].forward(graph))
        elif call in grads:
            found.extend(grads[call].backward(graph, users))
        else:
            found.append(call)
    return found
