"""The primitives on TensorFlow's tensors, and the composed ops that TensorFlow has a faster form of.

A file holds the natives of the family of the spec that it is named after.
"""
