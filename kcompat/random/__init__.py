"""Random draws that are the same on every backend: bits, uniform and integer draws, and masks, bit for bit.

`seed` is an int (the same values at each call), a `SeedGenerator` (new values at each call), or None: the
global generator, which `kcompat.utils.set_random_seed` sets. `kcompat.config.set_rng("native")` trades equality across
backends for the speed of each framework's own generator.
"""

from kcompat.config import set_rng
from kcompat.random.draws import bernoulli, dropout, normal, permutation, randint, shuffle, truncated_normal, uniform
from kcompat.random.seeds import SeedGenerator

__all__ = [
    "SeedGenerator",
    "bernoulli",
    "dropout",
    "normal",
    "permutation",
    "randint",
    "set_rng",
    "shuffle",
    "truncated_normal",
    "uniform",
]
