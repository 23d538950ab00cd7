"""Functions of torch and JAX as targets, `raw:torch` and `raw:jax`: those that map to ops one to one.

A table has an expression for each op, in the op's parameters. A call that the function does not take is unsupported.
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from kcompat.conformance.cases.questions import numpy_dtype
from kcompat.conformance.targets import dialect
from kcompat.conformance.targets.target import Target, Unsupported
from kcompat.spec import OPS, Op, as_dtype


class RawTarget(Target):
    """A library by a table from names of ops to expressions."""

    def __init__(self, name: str, table: Mapping[str, str], namespace: dict[str, Any], **options: Any):
        self.table = {op: code for op, code in table.items() if op in OPS}
        functions = {op: _function(name, OPS[op], code, namespace) for op, code in self.table.items()}
        super().__init__(f"raw:{name}", functions, **options)

    def call(self, case: Any) -> str:
        """The expression, with attributes and numbers in their places."""
        op, names = case.op, dialect.names_of(case)
        code = tuple(n if isinstance(x, np.ndarray) else repr(x) for n, x in zip(names, case.arrays, strict=True))
        bound = op.signature.bind(*code, **{name: repr(x) for name, x in case.sample.attrs.items()})
        codes = {p.name: repr(p.default) for p in op.signature.parameters.values()} | bound.arguments
        codes = {n: f"({', '.join(code)},)" if isinstance(code, tuple) else code for n, code in codes.items()}
        return re.sub(r"(?<![.\w])[a-z_A-Z]\w*\b(?!=[^=])", lambda m: codes.get(m[0], m[0]), self.table[op.name])


def _function(name: str, op: Op, code: str, namespace: dict[str, Any]) -> Callable[..., Any]:
    """The expression as a function of the op's signature."""
    evaluate = eval(f"lambda {', '.join(op.signature.parameters)}: {code}", dict(namespace))

    def call(*args: Any, **attrs: Any) -> Any:
        bound = op.signature.bind(*args, **attrs)
        bound.apply_defaults()
        try:
            return evaluate(**bound.arguments)
        except (TypeError, NotImplementedError) as error:
            raise Unsupported(f"raw {name} does not take {inspect.signature(evaluate)} so: {error}") from error

    return call


def target(library: str) -> Target:
    """The target of one library: "torch" or "jax"."""
    makers = {"torch": _torch, "jax": _jax}
    if library not in makers:
        raise LookupError(f"there are tables for {', '.join(makers)}; got {library!r}")
    return makers[library]()


def _torch() -> Target:
    import torch

    from kcompat.conformance.adapters import gradients, raw_torch

    def asarray(x: np.ndarray) -> Any:
        wide = x.astype("float32") if x.dtype.name == "bfloat16" else x
        return torch.tensor(wide, dtype=getattr(torch, x.dtype.name))

    def to_numpy(y: Any) -> np.ndarray:
        y = y.detach()
        wide = y.float() if y.dtype == torch.bfloat16 else y
        return wide.numpy().astype(numpy_dtype(as_dtype(y.dtype)))

    return RawTarget(
        "torch",
        raw_torch.TABLE,
        {"torch": torch, "F": torch.nn.functional},
        asarray=asarray,
        to_numpy=to_numpy,
        vjp=gradients.torch,
        version=torch.__version__,
        dialect=dialect.Dialect(
            "import numpy as np\nimport torch\nimport torch.nn.functional as F",
            "torch.tensor({})",
            "{}.detach().numpy()",
            dialect.TORCH_GRADIENT,
        ),
    )


def _jax() -> Target:
    import jax
    import jax.scipy.special

    from kcompat.conformance.adapters import gradients, raw_jax

    def asarray(x: np.ndarray) -> Any:
        y = jax.numpy.array(x)
        if y.dtype != x.dtype:
            raise Unsupported(f"JAX makes {y.dtype} of {x.dtype} unless jax_enable_x64 is set")
        return y

    return RawTarget(
        "jax",
        raw_jax.TABLE,
        {"jax": jax, "jnp": jax.numpy, "lax": jax.lax},
        asarray=asarray,
        to_numpy=np.asarray,
        vjp=gradients.jax,
        compile=jax.jit,
        compiles_ops=True,
        version=importlib.import_module("jax").__version__,
        dialect=dialect.Dialect(
            "import jax\nimport jax.numpy as jnp\nimport numpy as np\nfrom jax import lax",
            "jnp.array({})",
            "np.asarray({})",
            dialect.JAX_GRADIENT,
        ),
    )
