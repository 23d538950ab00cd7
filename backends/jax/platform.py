"""Where JAX computes, and how precisely."""

import jax
from jax import lax


def on_cpu() -> bool:
    """Whether new tensors are on a CPU."""
    chosen = jax.config.jax_default_device  # type: ignore[attr-defined]  # made at run time
    device = chosen or jax.default_backend()
    return getattr(device, "platform", device) == "cpu"


def precision() -> lax.Precision | None:
    """Full precision, unless the user has set JAX's own default: a GPU or TPU would round float32 to about 10 bits."""
    chosen = jax.config.jax_default_matmul_precision  # type: ignore[attr-defined]
    return lax.Precision.HIGHEST if chosen is None else None
