"""Atoms of one crystal that are too near each other to be two atoms."""

from __future__ import annotations

from sk_knagcn.geometry.batches import Batch
from sk_knagcn.geometry.environments import find_all_neighbors
from sk_knagcn.geometry.neighbors import AtomsTooCloseError, neighbor_vectors
from sk_knagcn.structures import Crystal

# The shortest bond there is, that of H2, is 0.74 Angstrom; what is much nearer is one
# atom written twice, or two places of which a disordered one takes either.
CLOSEST_ATOMS = 0.5
_TIES = 1e-3  # any will do


def describe_overlap(crystal: Crystal) -> str | None:
    """Say which two atoms overlap, if any do."""
    batch = Batch.join([crystal])
    try:
        found = find_all_neighbors(batch, 1, _TIES)
    except AtomsTooCloseError as error:
        first, second, distance = error.first, error.second, error.distance
    else:
        index, _, distances = neighbor_vectors(
            batch.positions,
            batch.lattices[0],
            crystal.periodic,
            found.start,
            found.index,
            found.image,
        )
        nearest = int(distances.argmin())
        distance = float(distances[nearest])
        if distance >= CLOSEST_ATOMS:
            return None
        first = int(found.start.searchsorted(nearest, side="right")) - 1
        second = int(index[nearest])
    return (
        f"has overlapping atoms: sites {first} and {second} are {distance:.2g} "
        "Angstrom apart. Remove one of them."
    )
