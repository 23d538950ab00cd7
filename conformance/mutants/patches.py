"""Mutants of `kcompat.spec.patches`."""

from kcompat.conformance.mutants.mutation import edited

edited(
    "depth_to_space",
    "channels outermost, as with channels first",
    "width, r, r, channels))\n    y = B.transpose(blocks, axes=(0, 1, 3, 2, 4, 5))",
    "width, channels, r, r))\n    y = B.transpose(blocks, axes=(0, 1, 4, 2, 5, 3))",
)
edited(
    "depth_to_space",
    "DCR for CRD with channels first",
    "newshape=(n, channels, r, r, height, width))\n        y = B.transpose(blocks, axes=(0, 1, 4, 2, 5, 3))",
    "newshape=(n, r, r, channels, height, width))\n        y = B.transpose(blocks, axes=(0, 3, 4, 1, 5, 2))",
)
edited("depth_to_space", "rows and columns of a block exchanged", "axes=(0, 1, 3, 2, 4, 5)", "axes=(0, 1, 4, 2, 3, 5)")
edited("space_to_depth", "rows and columns of a block exchanged", "axes=(0, 1, 3, 2, 4, 5)", "axes=(0, 1, 3, 4, 2, 5)")
edited("space_to_depth", "DCR for CRD with channels first", "axes=(0, 1, 3, 5, 2, 4)", "axes=(0, 3, 5, 1, 2, 4)")
edited("unfold", "channels innermost", "axes=(1, 4, 0, 2, 3)", "axes=(1, 0, 4, 2, 3)")
edited(
    "unfold",
    "stride and dilation exchanged",
    'per_axis(stride, 2, "stride"), per_axis(dilation, 2, "dilation")',
    'per_axis(dilation, 2, "stride"), per_axis(stride, 2, "dilation")',
)
edited(
    "fold",
    "overlaps written, not added",
    "sent if total is None else total + sent",
    "sent if total is None else B.where(B.equal(sent, 0), total, sent)",
)
edited(
    "extract_patches",
    "strides default to 1",
    "strides = window if strides is None",
    "strides = (1,) * rank if strides is None",
)
edited(
    "extract_patches",
    "same: the odd cell at the start",
    "(total // 2, total - total // 2)",
    "(total - total // 2, total // 2)",
)
edited(
    "extract_patches_3d",
    "the dilation ignored",
    "pad_spatial(B, x, pairs), window, strides, dilation, outputs)",
    "pad_spatial(B, x, pairs), window, strides, (1,) * rank, outputs)",
)
