"""The table that `model.summary()` prints."""

from __future__ import annotations

from typing import Any

from kcompat.spec import as_dtype

BITS = {"bool": 8, "bfloat16": 16}


def render(model: Any) -> str:
    """Layers with output shapes and numbers of parameters, then totals, then what keeps a step from being compiled."""
    rows = [("Layer (type)", "Output Shape", "Param #")]
    for _, layer in model.sublayers():
        shape = layer.compute_output_shape(layer.input_shape)
        rows.append((f"{layer.name} ({type(layer).__name__})", str(shape), f"{layer.count_params():,}"))
    widths = [max(len(row[i]) for row in rows) + 2 for i in range(3)]
    lines = [f'Model: "{model.name}"', _rule(widths, "\u250f\u2533\u2513", "\u2501")]
    lines.append(_row(rows[0], widths, "\u2503"))
    lines.append(_rule(widths, "\u2521\u2547\u2529", "\u2501"))
    between = _rule(widths, "\u251c\u253c\u2524", "\u2500")
    for i, row in enumerate(rows[1:]):
        lines += ([between] if i else []) + [_row(row, widths, "\u2502")]
    lines.append(_rule(widths, "\u2514\u2534\u2518", "\u2500"))
    trainable = model.trainable_weights
    frozen = [v for v in model.weights if v not in set(trainable)]
    slots = model.optimizer.variables if model.optimizer is not None else []
    totals = [("Total", [*trainable, *frozen, *slots]), ("Trainable", trainable), ("Non-trainable", frozen)]
    totals += [("Optimizer", slots)] if slots else []
    lines += [f" {name} params: {_count(group):,} ({_size(group)})" for name, group in totals]
    lines += [f" The {kind} step is not compiled: {why}" for kind, why in model.programs.obstacles().items()]
    return "\n".join(lines)


def _count(variables: list[Any]) -> int:
    return sum(v.size for v in variables)


def _size(variables: list[Any]) -> str:
    size = sum(v.size * _bytes(v.dtype) for v in variables)
    for unit in ("B", "KB", "MB"):
        if size < 1024:
            return f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} GB"


def _bytes(dtype: str) -> int:
    name = as_dtype(dtype)
    return BITS.get(name, int("".join(c for c in name if c.isdigit()) or 8)) // 8


def _rule(widths: list[int], corners: str, line: str) -> str:
    left, middle, right = tuple(corners)
    return left + middle.join(line * w for w in widths) + right


def _row(cells: tuple[str, ...], widths: list[int], edge: str) -> str:
    padded = [f" {cell}".ljust(width) for cell, width in zip(cells, widths, strict=True)]
    return edge + edge.join(padded) + edge
