"""The native ops of NumPy: the primitives, and composed ops that it has a faster form of, a module a family."""
