"""Mutants of `kcompat.spec.window`."""

from kcompat.conformance.mutants.mutation import edited


def _periodic(make):
    """A window of one element more, without its last: the periodic form, for spectra."""
    return f"_constant(B, lambda n, *a: np.{make}(n + 1, *a)[:-1]"


for name in ("bartlett", "blackman", "hamming", "hanning", "kaiser"):
    edited(name, "periodic", f"_constant(B, np.{name}", _periodic(name))
edited(
    "hamming",
    "25 / 46",
    "_constant(B, np.hamming, x)",
    "_constant(B, lambda n: 21 / 46 + (np.hanning(n) - 0.5) * (50 / 46), x)",
)
edited(
    "blackman", "the exact one", "_constant(B, np.blackman, x)", "_constant(B, lambda n: np.blackman(n) + 0.00659, x)"
)
edited("kaiser", "beta is pi times too large", "float(beta)", "float(beta) * np.pi")
edited("kaiser", "alpha for beta", "float(beta)", "float(beta) / np.pi")
edited(
    "hanning",
    "of n + 2 without the zeros",
    "_constant(B, np.hanning, x)",
    "_constant(B, lambda n: np.hanning(n + 2)[1:-1], x)",
)
edited(
    "bartlett",
    "triangular: without the zeros",
    "_constant(B, np.bartlett, x)",
    "_constant(B, lambda n: np.bartlett(n + 2)[1:-1], x)",
)
