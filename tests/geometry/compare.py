"""What the kernels make of a crystal, and what differs between two such results."""

import numpy as np

from sk_knagcn.geometry.environments import (
    Environments,
    build_environments,
    find_neighbors,
)

TOLERANCE = 0.02


def build(crystal, k=12, tolerance=TOLERANCE, **options) -> Environments:
    neighbors = find_neighbors(crystal, k, tolerance)
    return build_environments(crystal, neighbors, k, tolerance, **options)


def differences(one: Environments, other: Environments, atol=1e-9, copies=1):
    """Name the arrays that differ, if the other structure is made of so many copies."""
    if one.neighbors.shape != other.neighbors.shape:
        return ["shapes"]
    found = []
    if (one.species != other.species).any():
        found.append("species")
    if (one.neighbors != other.neighbors).any():
        found.append("neighbors")
    if (copies * one.multiplicity != other.multiplicity).any():
        found.append("multiplicity")
    if not np.allclose(one.coordinates, other.coordinates, rtol=0, atol=atol):
        found.append("coordinates")
    return found
