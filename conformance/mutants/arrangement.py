"""Wrong order, joining, padding, diagonals, ranges, creation and conversion."""

import numpy as np

from kcompat.conformance.mutants.mutation import edited, honest, value, vjp
from kcompat.spec import Joint

edited("ravel", "in column order", "B.reshape(x, newshape=(-1,))", "B.reshape(B.transpose(x), newshape=(-1,))")
edited(
    "moveaxis",
    "in the order given, not sorted",
    "sorted(zip(destination, source, strict=True))",
    "list(zip(destination, source, strict=True))",
)
edited(
    "swapaxes",
    "moved, not exchanged",
    "order[axis1], order[axis2] = axis2, axis1",
    "order.insert(axis2, order.pop(axis1))",
)
edited("fliplr", "the last axis", "B.flip(x, axis=1)", "B.flip(x, axis=-1)")
edited("flipud", "all axes", "B.flip(x, axis=0)", "B.flip(x)")
edited("rot90", "clockwise", "k % 4 == 1", "k % 4 == 3")
edited("rot90", "half a turn flips one axis", "axis=(first, second))", "axis=first)")
edited("roll", "the other direction", "size - s % max(size, 1)", "s % max(size, 1)")
edited(
    "roll",
    "without an axis: along the first",
    "B.reshape(B.roll(B.reshape(x, newshape=(-1,)), shift=shift, axis=0), newshape=tuple(x.shape))",
    "B.roll(x, shift=shift, axis=0) if len(x.shape) else x",
)
edited(
    "repeat",
    "tiled",
    "B.reshape(copies, newshape=(*before[:-1], size * count, *after))",
    "B.concatenate(*[x] * count, axis=axis) if count else B.reshape(copies, newshape=(*before[:-1], 0, *after))",
)
edited(
    "tile",
    "repeats counted from the first axis",
    "(1,) * (rank - len(repeats)) + repeats",
    "repeats + (1,) * (rank - len(repeats))",
)

value("reshape", "in column order")(lambda x, *, newshape: x.reshape(newshape, order="F"))
value("transpose", "the inverse permutation")(
    lambda x, *, axes=None: x.transpose(None if axes is None else np.argsort([a % x.ndim for a in axes]))
)
vjp(
    "transpose",
    "the permutation itself, not the inverse",
    (lambda B, g, y, x, *, axes=None: B.reshape(B.transpose(g, axes=axes), newshape=tuple(x.shape)),),
)
vjp(
    "broadcast_to",
    "the first copy for the sum",
    (
        lambda B, g, y, x, *, shape: B.reshape(
            B.take(B.reshape(g, newshape=(-1,)), B.arange(start=int(np.prod(x.shape))), axis=0), newshape=tuple(x.shape)
        ),
    ),
)
vjp(
    "broadcast_to",
    "the mean for the sum",
    (
        lambda B, g, y, x, *, shape: (
            B.where(True, B.reshape(B.sum(g), newshape=(1,) * len(x.shape)), B.zeros_like(x)) / float(np.prod(shape))
        ),
    ),
)
value("flip", "without an axis the last one")(lambda x, *, axis=None: np.flip(x, -1 if axis is None else axis))
vjp("flip", "not flipped back", (lambda B, g, y, x, *, axis=None: g,))
value("strided_slice", "the stop included")(
    lambda x, *, start, stop, step: honest("strided_slice")(x, start=start, stop=stop, step=step)[::-1]
)
value("interior_pad", "0 between, whatever the value")(
    lambda x, *, low, high, interior, value=0.0: _interior(x, low, high, interior, value)
)
value("interior_pad", "low and high exchanged")(
    lambda x, *, low, high, interior, value=0.0: honest("interior_pad")(
        x, low=high, high=low, interior=interior, value=value
    )
)
value("concatenate", "in reverse order")(lambda *xs, axis=0: honest("concatenate")(*xs[::-1], axis=axis))
vjp(
    "concatenate",
    "the first cotangent for all",
    Joint(lambda B, g, y, *xs, axis=0: tuple(B.zeros_like(x) + B.sum(g) for x in xs)),
)
edited("stack", "along the last axis", "axis=axis) for t in x), axis=axis)", "axis=-1) for t in x), axis=-1)")
edited(
    "expand_dims",
    "counted from the end",
    "axes = normalize_axes(axes, rank)",
    "axes = tuple(rank - 1 - a for a in normalize_axes(axes, rank))",
)
edited(
    "squeeze",
    "the first axis alone",
    "n for i, n in enumerate(x.shape) if i not in axes",
    "n for i, n in enumerate(x.shape) if i not in axes[:1]",
)


def _interior(x, low, high, interior, value):
    y = honest("interior_pad")(x, low=low, high=high, interior=interior, value=value)
    where_to = tuple(slice(a, y.shape[i] - b) for i, (a, b) in enumerate(zip(low, high, strict=True)))
    inner = y[where_to]
    inner[
        honest("interior_pad")(
            np.zeros(x.shape, bool), low=(0,) * x.ndim, high=(0,) * x.ndim, interior=interior, value=True
        )
    ] = 0
    return y


edited(
    "append",
    "in reverse order",
    "B.concatenate(_flat(B, x1), _flat(B, x2), axis=0)",
    "B.concatenate(_flat(B, x2), _flat(B, x1), axis=0)",
)
edited("hstack", "along the last axis", "axis=0 if xs and len(xs[0].shape) == 1 else 1", "axis=-1")
edited("vstack", "vectors are columns", "newshape=(1, -1)", "newshape=(-1, 1)")
edited("hsplit", "along the last axis", "min(len(x.shape) - 1, 1)", "0")
edited(
    "unstack",
    "the axis kept",
    "rest = (*x.shape[:axis], *x.shape[axis + 1 :])",
    "rest = (*x.shape[:axis], 1, *x.shape[axis + 1 :])",
)
edited("unstack", "in reverse order", "for part in parts)", "for part in parts[::-1])")
edited("meshgrid", "matrix indexing, whatever is asked", 'if indexing == "xy":', "if False:")
edited("meshgrid", "all axes reversed", "order[:2] = reversed(order[:2])", "order = order[::-1]")

edited("pad", "reflect repeats the edge", "_SOURCES[mode]", '_SOURCES["symmetric" if mode == "reflect" else mode]')
edited(
    "pad",
    "symmetric does not repeat the edge",
    "_SOURCES[mode]",
    '_SOURCES["reflect" if mode == "symmetric" else mode]',
)
edited("pad", "wrap for edge", "_SOURCES[mode]", '_SOURCES["wrap" if mode == "edge" else mode]')
edited(
    "pad",
    "before and after exchanged",
    "for a, _ in pairs), tuple(b for _, b in pairs)",
    "for _, a in pairs), tuple(b for b, _ in pairs)",
)
edited("pad", "the constant ignored", "0 if constant_values is None else constant_values", "0")
edited(
    "pad",
    "a pair is one number an axis",
    "pad_width = (pad_width,)\n    pairs",
    "pad_width = tuple((n,) for n in pad_width) if len(pad_width) == rank else (pad_width,)\n    pairs",
)

edited("diag", "the sign of k", "B.diagonal(x, offset=k)", "B.diagonal(x, offset=-k)")
edited("diag", "a vector below for above", "_spread(B, x, k)", "_spread(B, x, -k)")
edited("diagflat", "k ignored", "newshape=(-1,)), k)", "newshape=(-1,)), 0)")
edited("diagonal", "axes exchanged", "(*batch, axis1, axis2)", "(*batch, axis2, axis1)")
edited("trace", "of the main diagonal", "offset=offset", "offset=0")
edited("trace", "the mean", "B.sum(B.diagonal(", "B.mean(B.diagonal(")
edited("tril", "without the diagonal", "rows, columns, k), x", "rows, columns, k - 1), x")
edited(
    "tril",
    "as a product: NaN above remains",
    "B.where(_below(B, rows, columns, k), x, _nothing(B, x))",
    "x * B.cast(_below(B, rows, columns, k), dtype=B.dtype(x))",
)
edited("triu", "without the diagonal", "k - 1)", "k)")
edited("triu", "the sign of k", "k - 1)", "-k - 1)")
edited("eye", "the sign of k", "int(k)", "-int(k)")
edited("tri", "strictly below", "M, k), dtype", "M, k - 1), dtype")
edited("identity", "of size n + 1", "N=n", "N=n + 1")

value("full", "of the default dtype")(
    lambda *, shape, fill_value, dtype=None: honest("full")(shape=shape, fill_value=fill_value)
)
value("full", "integers stay integers")(lambda *, shape, fill_value, dtype=None: np.full(shape, fill_value, dtype))
value("arange", "the stop included")(
    lambda *, start, stop=None, step=None, dtype=None: honest("arange")(
        start=start, stop=None if stop is None else stop + (step or 1), step=step, dtype=dtype
    )
)
value("arange", "the step ignored")(
    lambda *, start, stop=None, step=None, dtype=None: honest("arange")(start=start, stop=stop, dtype=dtype)
)
value("cast", "rounded")(
    lambda x, *, dtype: honest("cast")(np.round(x) if np.dtype(dtype).kind in "iu" else x, dtype=dtype)
)
value("cast", "rounded down")(
    lambda x, *, dtype: honest("cast")(np.floor(x) if np.dtype(dtype).kind in "iu" else x, dtype=dtype)
)
value("cast", "bool is whether it is positive")(
    lambda x, *, dtype: x > 0 if dtype == "bool" else honest("cast")(x, dtype=dtype)
)
vjp("cast", "no gradient", (None,))
edited(
    "ones_like",
    "0 where it is 0",
    "B.full(shape=tuple(x.shape), fill_value=1, dtype=dtype or B.dtype(x))",
    "B.cast(x / x, dtype=dtype or B.dtype(x))",
)
edited(
    "zeros_like",
    "NaN times 0",
    "B.full(shape=tuple(x.shape), fill_value=0, dtype=dtype or B.dtype(x))",
    "B.cast(x * 0, dtype=dtype or B.dtype(x))",
)
edited(
    "full_like",
    "the number as the dtype of x, then converted",
    "B.cast(fill_value, dtype=dtype)",
    "B.cast(B.cast(fill_value, dtype=B.dtype(x)), dtype=dtype)",
)

edited("array", "the dtype ignored", "dtype is None or dtype == result_type(x)", "True")
edited("imag", "the number itself", "B.zeros_like(x)", "x")
edited("angle", "-0 has the angle 0", "B.arctan2(0.0, x)", "B.where(x < 0, 3.1415927410125732, x * 0.0)")
edited(
    "nan_to_num",
    "infinity becomes 0",
    "LARGEST[dtype] if posinf is None else float(posinf)",
    "0.0 if posinf is None else float(posinf)",
)
edited("nan_to_num", "minus infinity becomes the largest", "-LARGEST[dtype] if neginf", "LARGEST[dtype] if neginf")
edited("nan_to_num", "the number for NaN ignored", "float(nan), x)", "0.0, x)")
value("nan_to_num", "NaN stays where posinf is given")(
    lambda x, *, nan=0.0, posinf=None, neginf=None: (
        honest("nan_to_num")(x, nan=nan, posinf=posinf, neginf=neginf)
        if posinf is None
        else np.where(np.isnan(x), x, honest("nan_to_num")(x, nan=nan, posinf=posinf, neginf=neginf))
    )
)
edited(
    "saturate_cast",
    "wraps around",
    "low, high = _limits(dtype)",
    "return B.cast(x, dtype=dtype)\n    low, high = _limits(dtype)",
)
edited("saturate_cast", "the largest less one", "B.where(above, high,", "B.where(above, high - 1,")
vjp("copy", "cotangent squared", (lambda B, g, y, x: g * g,))
edited("isreal", "NaN is not", 'B.ones_like(x, dtype="bool")', "B.equal(x, x)")

edited("linspace", "the end left out", "steps = num - 1 if endpoint else num", "steps = num")
edited(
    "linspace",
    "start + i * step: the end is not exact",
    "B.add(B.multiply(first, B.subtract(1.0, part)), B.multiply(last, part))",
    "B.add(first, B.multiply(i, B.divide(B.subtract(last, first), float(max(steps, 1)))))",
)
edited(
    "linspace",
    "integers truncated",
    "B.floor(B.divide(whole, float(max(steps, 1))))",
    "B.trunc(B.divide(whole, float(max(steps, 1))))",
)
edited("linspace", "the step of num", "float(steps) if steps > 0 else nan", "float(num) if steps > 0 else nan")
edited("logspace", "base e", "float(base)", "2.718281828459045")
edited(
    "logspace",
    "base to a step of log(base) of six digits",
    "B.power(float(base), exponents)",
    "B.exp(exponents * {10: 2.30259, 2: 0.693147}[base])",
)
edited(
    "geomspace",
    "exp of the mean of logarithms",
    "B.multiply(B.multiply(sign, below), above)",
    "sign * B.exp(B.log(first * sign) * (1.0 - i / float(steps)) + B.log(last * sign) * (i / float(steps)))",
)
edited(
    "geomspace",
    "linear",
    "B.multiply(B.multiply(sign, below), above)",
    "B.add(B.multiply(first, 1.0 - i / float(steps)), B.multiply(last, i / float(steps)))",
)
edited(
    "geomspace",
    "the sign of the start for all",
    "B.multiply(sign, B.sign(last)), 0.0), y, nan)",
    "B.multiply(sign, sign), 0.0), y, nan)",
)
edited("vander", "increasing", "powers if increasing else B.flip(powers, axis=1)", "powers")

edited(
    "slice",
    "out of range: cut off, not moved",
    'B.clip(B.cast(start, dtype="int32"), 0, n - m)',
    'B.clip(B.cast(start, dtype="int32"), 0, n)',
)
edited(
    "slice",
    "negative starts count from the end",
    'B.clip(B.cast(start, dtype="int32"), 0, n - m)',
    'B.clip(B.mod(B.cast(start, dtype="int32"), n + 1), 0, n - m)',
)
edited(
    "slice_update",
    "added, not replaced",
    "B.where(inside, updates, inputs)",
    "B.where(inside, updates + inputs, inputs)",
)
edited(
    "slice_update",
    "the rest is 0",
    "B.where(inside, updates, inputs)",
    "B.where(inside, updates, B.zeros_like(inputs))",
)
edited(
    "extract_sequences",
    "transposed",
    "B.add(first, B.arange(start=sequence_length)), axis=-1)",
    "B.reshape(B.transpose(B.add(first, B.arange(start=sequence_length))), newshape=(count, -1)), axis=-1)",
)
edited("extract_sequences", "the stride ignored", "B.add(first, B", "B.add(B.floor_divide(first, sequence_stride), B")
