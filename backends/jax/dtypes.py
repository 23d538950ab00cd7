"""Which dtypes JAX has now: those of 64 bits only while `jax_enable_x64` is on."""

import jax

WIDE = frozenset({"int64", "uint64", "float64"})


def available(dtype):
    """The name of a dtype, unless JAX would silently compute in its half."""
    if dtype in WIDE and not jax.config.jax_enable_x64:  # type: ignore[attr-defined]
        narrow = dtype.replace("64", "32")
        raise ValueError(
            f"JAX has no {dtype} now and would narrow it without asking; use {narrow}, "
            'or call jax.config.update("jax_enable_x64", True) when the program starts'
        )
    return dtype
