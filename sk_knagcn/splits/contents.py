"""What the grouping of structures reads from X, be it structures or graphs."""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd
from typing import Any

import numpy as np

from sk_knagcn.graphs import CrystalGraph, as_graphs
from sk_knagcn.structures import Crystal, check_structures

Item = Crystal | CrystalGraph
Composition = tuple[tuple[int, int], ...]
"""Pairs of an atomic number and a count, without a common divisor."""


def read_contents(X: Any) -> Sequence[Item]:
    """List the structures, or the graphs, that X holds.

    Which crystals are alike can be asked of disordered ones too, so their majority
    stands for them.
    """
    graphs = as_graphs(X)
    if graphs is None:
        return check_structures(X, on_disorder="majority")
    if len(graphs) == 0:
        raise ValueError("X is empty. Pass at least one structure.")
    return list(graphs)


def reduced_composition(item: Item) -> Composition:
    """Count the atoms of each element, and divide by what the counts share."""
    if isinstance(item, CrystalGraph):
        counts = np.bincount(item.species[item.orbits])
    else:
        counts = np.bincount(item.numbers)
    numbers = np.flatnonzero(counts)
    divisor = gcd(*counts[numbers].tolist())
    return tuple((int(z), int(counts[z]) // divisor) for z in numbers)
