"""Structures with properties to learn, ready to use."""

from sk_knagcn.datasets.prototypes import make_prototype_crystals

__all__ = ["make_prototype_crystals"]
