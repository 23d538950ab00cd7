"""The primitives on JAX arrays, and the composed ops whose body JAX would differentiate differently, or slowly.

A file holds the natives of the family of the spec that it is named after.
"""
