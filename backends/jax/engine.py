"""The JAX engine: JAX differentiates, scans and compiles."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from kcompat.backends.jax.dtypes import WIDE, in_64_bits, is_wide, scope
from kcompat.backends.jax.memory import private_copy
from kcompat.backends.jax.program import JaxProgram
from kcompat.backends.jax.trees import ordered, plain
from kcompat.runtime import tree
from kcompat.runtime.active import use
from kcompat.runtime.engine import Engine, check_numbers, default_dtype
from kcompat.runtime.gradients import check_scalar, differentiated, split_aux
from kcompat.spec import as_dtype, is_float


class JaxEngine(Engine):
    """Tensors are `jax.Array`, the tracers of its transformations among them."""

    name = package = "jax"
    compiles_ops = True

    def prepare(self, name: str, support: str, call: Callable[..., Any]) -> Callable[..., Any]:
        return in_64_bits(call)

    def asarray(self, x: Any, dtype: str | None = None) -> jax.Array:
        if isinstance(x, jax.Array):
            with scope(dtype in WIDE or x.dtype in WIDE):
                return x if dtype is None or x.dtype == dtype else x.astype(dtype)
        if not hasattr(x, "dtype"):
            x = np.asarray(x)
            dtype = dtype or default_dtype(x)
        check_numbers(np.asarray(x))
        copy = private_copy(x, dtype)
        with scope(copy.dtype in WIDE):
            return jnp.asarray(copy)

    def to_numpy(self, x: Any) -> np.ndarray:
        return np.asarray(x)

    def is_tensor(self, x: Any) -> bool:
        return isinstance(x, jax.Array)

    def dtype(self, x: Any) -> str:
        return x.dtype.name if hasattr(x, "dtype") else as_dtype(type(x))

    def devices(self) -> list[str]:
        return [f"{device.platform}:{device.id}" for device in jax.devices()]

    def _use_device(self, name: str) -> None:
        kind, _, number = name.partition(":")
        jax.config.update("jax_default_device", jax.devices(kind)[int(number or 0)])

    def use_tf32(self, allowed: bool) -> None:
        """Without it products have the highest precision."""
        jax.config.update("jax_default_matmul_precision", "tensorfloat32" if allowed else None)

    def synchronize(self, x: Any) -> None:
        jax.block_until_ready(x)

    def native_bits(self, key: jax.Array, *, shape: tuple[int, ...]) -> jax.Array:
        """By `jax.random.bits` of the key, with the counter folded in."""
        words = lax.bitcast_convert_type(key, jnp.uint32)
        own = jax.random.fold_in(jax.random.wrap_key_data(words[:2], impl="threefry2x32"), words[2])
        return lax.bitcast_convert_type(jax.random.bits(own, shape), jnp.int32)

    def value_and_grad(self, B: Any, f: Callable[..., Any], argnums: int | Sequence[int], has_aux: bool) -> Any:
        def run(*args: Any) -> Any:
            leaves, with_leaves = differentiated(B, args, argnums)
            _, rebuild = with_leaves(leaves)

            def loss_and_aux(leaves: list[Any]) -> Any:
                loss, aux = split_aux(f(*with_leaves(leaves)[0]), has_aux)
                check_scalar(loss)
                return B.admit(loss), ordered(aux)

            with scope(is_wide(args)):
                (value, aux), grads = jax.value_and_grad(loss_and_aux, has_aux=True)(leaves)
            return ((value, plain(aux)) if has_aux else value), rebuild(grads)

        return run

    def vjp(self, B: Any, f: Callable[..., Any], primals: tuple[Any, ...]) -> Any:
        leaves, rebuild = tree.flatten(primals)
        leaves = [B.admit(leaf) for leaf in leaves]
        outer: Any = None

        def flat(*values: Any) -> list[Any]:
            nonlocal outer
            outputs, outer = tree.flatten(f(*rebuild(list(values))))
            return [B.admit(y) for y in outputs]

        wide = is_wide(leaves)
        with scope(wide):
            outputs, pull = jax.vjp(flat, *leaves)

        def pull_back(cotangent: Any) -> Any:
            pairs = zip(tree.flatten(cotangent)[0], outputs, strict=True)
            with scope(wide or is_wide(outputs)):
                pulled = pull([_cotangent(self.asarray(g, self.dtype(y)), y) for g, y in pairs])
            return rebuild([g if g.dtype == x.dtype else B.zeros_like(x) for g, x in zip(pulled, leaves, strict=True)])

        return outer(list(outputs)), pull_back

    def custom_gradient(self, B: Any, f: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        count = len(args)

        def with_rule(*args: Any) -> Any:
            result, gradient = f(*args)

            def rule(g: Any) -> tuple[Any, ...]:
                with use(B):  # JAX may ask for the rule when another backend is active
                    pulled = gradient(*g) if isinstance(g, tuple) else gradient(g)
                pulled = tuple(pulled) if isinstance(pulled, (tuple, list)) else (pulled,)
                return (*pulled, *([None] * (count - len(pulled))))

            return result, rule

        with scope(is_wide(args)):
            return jax.custom_gradient(with_rule)(*args)

    def jit(self, f: Callable[..., Any]) -> Callable[..., Any]:
        compiled = jax.jit(lambda *args: ordered(f(*args)))

        def run(*args: Any) -> Any:
            with scope(is_wide(args)):
                return plain(compiled(*map(ordered, args)))

        return run

    def compile(self, B: Any, step: Callable[..., Any], state: Any) -> JaxProgram:
        return JaxProgram(B, step, state)

    def cond(self, B: Any, pred: Any, true_fn: Any, false_fn: Any) -> tuple:
        try:
            holds = bool(pred)
        except jax.errors.TracerBoolConversionError:
            return lax.cond(pred, true_fn, false_fn)
        return true_fn() if holds else false_fn()

    def while_loop(self, B: Any, cond: Any, body: Any, carry: tuple) -> tuple:
        """By a loop in Python if that can be, since it has a gradient."""
        if not _staged():
            with contextlib.suppress(jax.errors.TracerBoolConversionError):
                return super().while_loop(B, cond, body, carry)
        with scope(is_wide(carry)):
            return lax.while_loop(cond, body, carry)

    def truth(self, x: Any) -> bool:
        return bool(x)

    def fold(self, B: Any, step: Any, init: tuple, xs: tuple, reverse: bool, unroll: int) -> Any:
        with scope(is_wide(init, xs)):
            if _staged(*init, *xs):
                return lax.scan(step, init, xs, reverse=reverse, unroll=unroll)
            return _loop(step, init, xs, reverse)

    def vectorized_map(self, B: Any, f: Any, xs: tuple) -> tuple:
        with scope(is_wide(xs)):
            return jax.vmap(f)(*xs)

    def scan(self, B: Any, f: Any, init: tuple, xs: tuple, consts: tuple = (), reverse: bool = False) -> Any:
        def step(carry: tuple, x: tuple) -> tuple[tuple, tuple]:
            return f(B, carry, x, consts)

        traced = any(isinstance(x, jax.core.Tracer) for x in (*init, *xs, *consts))
        run = lax.scan if traced or not xs[0].shape[0] else _loop  # XLA would compile each call of an eager scan anew
        with scope(is_wide(init, xs, consts)):
            return run(step, init, xs, reverse=reverse)


def _staged(*xs: Any) -> bool:
    """Whether what is computed now becomes part of a program, or one of the tensors is traced."""
    return any(isinstance(x, jax.core.Tracer) for x in (*xs, lax.add(np.int32(0), np.int32(0))))


def _loop(step: Callable[..., Any], carry: tuple, xs: tuple, reverse: bool) -> tuple[tuple, tuple]:
    outputs = []
    order = range(xs[0].shape[0])
    for t in reversed(order) if reverse else order:
        carry, y = step(carry, tuple(x[t] for x in xs))  # an index is an argument, where a slice's start is compiled in
        outputs.append(y)
    if reverse:
        outputs.reverse()
    return carry, tuple(map(jnp.stack, zip(*outputs, strict=True)))


def _cotangent(g: jax.Array, y: jax.Array) -> Any:
    """JAX has a dtype without values for the cotangents of integers."""
    return g if is_float(y.dtype.name) else np.zeros(y.shape, jax.dtypes.float0)


engine = JaxEngine()
