"""The families of ops, in the order in which the reference shows them."""

from __future__ import annotations

from kcompat.spec import OPS

GROUPS = {
    "Elementwise": "arithmetic elementwise trigonometry special rounding logic bits conversion",
    "Reductions and order": "reduction nan_reduction statistics cumulative order counting",
    "Shapes and indices": "creation ranges window structure joining padding arrangement diagonal indexing slicing "
    "scatter patches",
    "Linear algebra": "matrix contraction einsum linalg decomposition lu norm",
    "Networks": "activation shrink softmax convolution depthwise transposed pooling adaptive normalization attention "
    "recurrent loss ctc",
    "Images": "image resizing sampling",
    "Random draws and updates": "random update",
}
TITLES = {
    "ctc": "CTC",
    "linalg": "Systems and inverses",
    "lu": "LU factors",
    "matrix": "Matrix products",
    "nan_reduction": "Reductions without NaN",
}
ALL = sorted({op.family for op in OPS.values()})


def grouped() -> dict[str, list[str]]:
    """The families of each group; those that no group names come last, as a group of their own."""
    named = {group: [family for family in families.split() if family in ALL] for group, families in GROUPS.items()}
    known = {family for families in named.values() for family in families}
    others = [family for family in ALL if family not in known]
    return {**named, "Others": others} if others else named


def title(family: str) -> str:
    """The name of a family, as a heading."""
    return TITLES.get(family, family.replace("_", " ").capitalize())


def page_of(family: str) -> str:
    """Where the ops of a family are described."""
    return f"reference/ops/{family}.md"
