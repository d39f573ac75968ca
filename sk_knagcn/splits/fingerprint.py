"""A fingerprint of a crystal that does not know how the crystal was written down.

For each two elements: the distances from an atom of the first to its nearest atoms of
the second, in order, averaged over all atoms of the first. These are the average
minimum distances of Widdowson et al., "Average minimum distances of periodic point
sets", MATCH 87 (2022), told apart by elements. They do not depend on the cell, on the
order of the atoms or on how the crystal is turned, and when no atom moves by more than
e, none of them changes by more than 2 e.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sk_knagcn.geometry.environments import find_neighbors
from sk_knagcn.geometry.neighbors import AtomsTooCloseError, neighbor_vectors
from sk_knagcn.graphs import CrystalGraph
from sk_knagcn.splits.contents import Composition, Item
from sk_knagcn.structures import Crystal

# Neighbours of each atom. Stackings of one and the same layer agree in the nearest 16
# (cubic and hexagonal SiC) or 18 (fcc and hcp metals); this many tell them apart.
REACH = 100
# Shells are of no interest here, but the search wants a width of them, in Angstrom.
_SHELL = 1e-3


def fingerprint(item: Item, index: int, composition: Composition) -> NDArray[Any]:
    """Logarithms of the average distances, so that differences are relative ones.

    A graph knows as many neighbours as it has slots, a structure 100. Two fingerprints
    can be compared if composition and length agree.
    """
    numbers, weights, distances, found = (
        _of_graph(item) if isinstance(item, CrystalGraph) else _of_crystal(item, index)
    )
    k = distances.shape[1]
    if k == 0:  # one atom in the void
        return np.zeros(1, dtype=np.float32)
    # Of each element as many as an average atom finds among its k nearest. Where there
    # are fewer, the farthest of all stands for them: it is where they come in.
    size = sum(count for _, count in composition)
    columns = []
    for z, count in composition:
        near = np.where(found == z, distances, distances[:, -1:])
        columns.append(np.sort(near)[:, : max(1, k * count // size)])
    nearest = np.hstack(columns)
    averages = []
    for z, _ in composition:
        own = numbers == z
        averages.append(np.average(nearest[own], axis=0, weights=weights[own]))
    return np.log(np.concatenate(averages)).astype(np.float32)


def _of_graph(graph: CrystalGraph) -> tuple[NDArray[Any], ...]:
    """Atomic numbers, multiplicities; distances and numbers of the neighbours."""
    k = int((graph.neighbors[0] >= 0).sum())  # a molecule leaves slots empty
    found = graph.species[graph.neighbors[:, :k]]
    return graph.species, graph.multiplicity, graph.distances[:, :k], found


def _of_crystal(crystal: Crystal, index: int) -> tuple[NDArray[Any], ...]:
    """The same, searched for in a crystal."""
    try:
        found = find_neighbors(crystal, REACH, _SHELL)
    except AtomsTooCloseError as error:
        raise ValueError(
            f"structure {index} ({crystal.formula}) has two atoms on one spot: sites "
            f"{error.first} and {error.second}. Remove one of them."
        ) from None
    atoms, _, distances = neighbor_vectors(
        crystal.positions,
        crystal.lattice,
        crystal.periodic,
        found.start,
        found.index,
        found.image,
    )
    k = min(REACH, int(np.diff(found.start).min()))
    slots = found.start[:-1, None] + np.arange(k)
    weights, neighbors = np.ones(len(crystal)), crystal.numbers[atoms[slots]]
    return crystal.numbers, weights, distances[slots], neighbors
