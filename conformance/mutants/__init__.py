"""Planted bugs that the suite has to find, each a mistake that has been made somewhere.

- `mutation`: how mutants are declared, and which check finds each
- a file for each family of the spec, and for `layers`, `losses`, `metrics` and `optimizers`: the mutants
"""
