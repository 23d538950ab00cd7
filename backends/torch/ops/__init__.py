"""The primitives on torch tensors, and the composed ops that torch has a faster form of.

A file holds the natives of the family of the spec that it is named after.

The derivatives are torch's: its values at kinks are the spec's for all that is here but `power`. Of the ops that
are not here, `hard_sigmoid` has no second derivative in torch, `var` loses digits in its first, and
`batch_norm` folds the mean into the offset.
"""
