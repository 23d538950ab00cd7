"""What a train step has to compute and to move at least: counted on the graph of its ops, running nothing."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

import kcompat
from kcompat.bench.contestants import Fitted
from kcompat.bench.workloads import Workload
from kcompat.runtime import tree
from kcompat.runtime.active import use
from kcompat.runtime.graph import Call, Graph, spec_of, tracing
from kcompat.runtime.registry import load
from kcompat.spec import TensorSpec, as_dtype

KEPT = ("convolution", "convolution_input_grad", "convolution_kernel_grad")
"""Composed ops that are counted as one: their bodies add up shifted products."""
FREE = frozenset(
    {"reshape", "transpose", "strided_slice", "broadcast_to", "stop_gradient", "cast", "concatenate", "pad"}
)
"""Ops that move or rename elements."""


class Cost(NamedTuple):
    """Floating-point operations, and the bytes of the state and of a batch read once and written once."""

    flops: float
    bytes: float


def of_step(workload: Workload) -> Cost:
    """The cost of a train step of a workload."""
    B = load("numpy")
    with kcompat.use_backend("numpy"):
        x, y = workload.data(workload.batch)
        model = Fitted(kcompat, workload).model
        model.prepare(x, y)
        state, batch = model.programs.store.state(), (x, y, None)
        graph = Graph(B, KEPT)
        leaves, rebuild = tree.flatten((state, batch))
        nodes = [graph.input(np.shape(leaf), as_dtype(leaf.dtype)) for leaf in leaves]
        with tracing() as trace, use(graph):
            after, _ = model.train_step(*rebuild(nodes))
    changed = [n for n, before in zip(tree.flatten(after)[0], nodes, strict=False) if n is not before]
    moved = sum(map(_bytes, leaves)) + sum(_bytes(node.spec) for node in changed if hasattr(node, "spec"))
    return Cost(sum(flops(call) for call in trace.calls), moved)


def _bytes(x: Any) -> int:
    return math.prod(x.shape) * np.dtype(str(x.dtype)).itemsize


def flops(call: Call) -> float:
    """Of one call: multiplications and additions of products, one for each element of other ops."""
    args, results = [spec_of(x) for x in call.args], [node.spec for node in call.results]
    size = max((math.prod(s.shape) for s in (*args, *results) if isinstance(s, TensorSpec)), default=0)
    if call.op in FREE:
        return 0.0
    if call.op == "matmul":
        return 2.0 * math.prod(results[0].shape) * args[0].shape[-1]
    if call.op in KEPT:
        return _convolution(call, args, results[0])
    if call.op == "scan":
        return _scan(call, args)
    return float(size)


def _convolution(call: Call, args: list[Any], result: TensorSpec) -> float:
    """Each cell of the forward pass's output takes each tap of the kernel, in the gradients as well."""
    cells, kernel = {
        "convolution": (result, args[1]),
        "convolution_input_grad": (args[0], args[1]),
        "convolution_kernel_grad": (args[1], result),
    }[call.op]
    return 2.0 * math.prod(cells.shape) * math.prod(kernel.shape[:-1])


def _scan(call: Call, args: list[Any]) -> float:
    """One step, as often as it is made."""
    n, m = call.attrs["counts"]
    graph = Graph(load("numpy"), KEPT)
    nodes = [graph.input(s.shape[1:] if n <= i < n + m else s.shape, s.dtype) for i, s in enumerate(args)]
    with tracing() as trace, use(graph):
        call.attrs["f"](graph, tuple(nodes[:n]), tuple(nodes[n : n + m]), tuple(nodes[n + m :]))
    return args[n].shape[0] * sum(flops(inner) for inner in trace.calls)
