"""Mutants of `kcompat.spec.ranges`."""

from kcompat.conformance.mutants.mutation import edited

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
