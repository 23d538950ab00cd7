"""Where JAX computes."""

import jax


def on_cpu() -> bool:
    """Whether new tensors are on a CPU."""
    chosen = jax.config.jax_default_device  # type: ignore[attr-defined]  # made at run time
    device = chosen or jax.default_backend()
    return getattr(device, "platform", device) == "cpu"
