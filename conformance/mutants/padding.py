"""Mutants of `kcompat.spec.padding`."""

from kcompat.conformance.mutants.mutation import edited

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
