"""What is right, and how far off an honest answer may be.

In reading order:

- `wide`: the spec's bodies in arithmetic wider than what is judged, on which oracle and envelope rest
- `rounding`: how far one primitive's result is from the exact one
- `oracle`: the right value, with a running bound of its error
- `envelope`: runs with every result moved as rounding may have moved it; their spread is sigma
- `store`: expectations on disk
- `expectations`: value, bound and sigma of an answer, from memory, disk, or oracle and envelope
- `slopes`: gradients by differences of a reference
- `certificate`: what somebody else says of an expectation
- `gate`: the verdict on an answer
"""
