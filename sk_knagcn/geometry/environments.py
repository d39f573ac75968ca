"""All steps of the geometry for one structure: from atoms to local environments."""

from dataclasses import dataclass

import numpy as np

from sk_knagcn.geometry.frames import canonical_frames
from sk_knagcn.geometry.kernel import kernel
from sk_knagcn.geometry.neighbors import (
    Neighbors,
    nearest_neighbors,
    neighbor_vectors,
)
from sk_knagcn.geometry.orbits import find_orbits, orbit_means
from sk_knagcn.geometry.paper import paper_frames
from sk_knagcn.structures import Crystal

# Files are written in round decimals. A tolerance that is no round decimal keeps
# differences of such numbers from falling exactly on it, for the last bit to decide.
OFF_ROUND = 1.000271828
# Members of an orbit are made equal, so they must agree better than values that merely
# tie when neighbours are put in order.
ORBIT_WIDTH = 0.5


@dataclass(frozen=True, slots=True)
class Environments:
    """The k-neighbourhood of each stored atom, in its own frame.

    With symmetry reduction the stored atoms are one for each orbit; without it they
    are the atoms of the structure in their order.
    """

    species: np.ndarray
    """(m,) int32, atomic numbers."""
    neighbors: np.ndarray
    """(m, k) int32, the stored atom in each slot; -1 where there is none."""
    coordinates: np.ndarray
    """(m, k, 3) float64, where it sits in the frame of the atom, in Angstrom."""
    multiplicity: np.ndarray
    """(m,) int32, how many atoms of the structure a stored atom stands for."""
    orbits: np.ndarray
    """(n,) int32, the stored atom that stands for each atom of the structure."""


def find_neighbors(crystal: Crystal, k: int, tolerance: float) -> Neighbors:
    """Find the k nearest neighbours of every atom, the last shell whole."""
    return nearest_neighbors(
        crystal.positions,
        crystal.lattice,
        crystal.periodic,
        k,
        tolerance * OFF_ROUND,
    )


def build_environments(
    crystal: Crystal,
    neighbors: Neighbors,
    k: int,
    tolerance: float,
    *,
    frames: str = "canonical",
    reflect: bool = True,
    reduce: bool = True,
) -> Environments:
    """Frame every atom, find the orbits and keep one atom of each.

    Parameters
    ----------
    crystal : Crystal
        The structure.
    neighbors : Neighbors
        At least k for each atom, from `find_neighbors` with the same tolerance.
    k : int
        Slots per atom.
    tolerance : float
        Distances and coordinates without a gap wider than this are tied.
    frames : {"canonical", "paper"}
        Frames and order as in `frames`, or Algorithm 1 of the k-NAGCN paper, which
        breaks ties by the order of the atoms and finds no orbits.
    reflect : bool
        Give mirror images the same frames.
    reduce : bool
        Keep one atom of each orbit instead of all.
    """
    kernel = _paper_environments if frames == "paper" else _canonical_environments
    arrays = kernel(
        crystal.positions,
        crystal.lattice,
        crystal.periodic,
        crystal.numbers,
        neighbors.start,
        neighbors.index,
        neighbors.image,
        k,
        tolerance * OFF_ROUND,
        reflect,
        reduce,
    )
    return Environments(*arrays)


@kernel
def _canonical_environments(
    positions,
    lattice,
    periodic,
    numbers,
    start,
    index,
    image,
    k,
    tolerance,
    reflect,
    reduce,
):
    n = len(numbers)
    index, vectors, distances = neighbor_vectors(
        positions, lattice, periodic, start, index, image
    )
    found = canonical_frames(
        start, index, vectors, distances, numbers, k, tolerance, reflect
    )
    coordinates, frames = found[0], found[1:]
    orbit, slots = find_orbits(
        numbers, coordinates, start, index, frames, ORBIT_WIDTH * tolerance
    )
    n_orbits = orbit.max() + 1
    mean, members = orbit_means(orbit, n_orbits, coordinates)
    m = n_orbits if reduce else n
    species = np.empty(m, dtype=np.int32)
    neighbors = np.empty((m, k), dtype=np.int32)
    multiplicity = np.ones(m, dtype=np.int32)
    orbits = np.empty(n, dtype=np.int32)
    for i in range(n - 1, -1, -1):  # of each orbit the first atom has the last word
        row = orbit[i] if reduce else i
        orbits[i] = row
        species[row] = numbers[i]
        for s in range(k):
            j = slots[i, s]
            neighbors[row, s] = orbit[j] if reduce and j >= 0 else j
    if reduce:
        multiplicity[:] = members
        return species, neighbors, mean, multiplicity, orbits
    for i in range(n):
        for s in range(k):
            for c in range(3):
                coordinates[i, s, c] = mean[orbit[i], s, c]
    return species, neighbors, coordinates, multiplicity, orbits


@kernel
def _paper_environments(
    positions,
    lattice,
    periodic,
    numbers,
    start,
    index,
    image,
    k,
    tolerance,
    reflect,
    reduce,
):
    n = len(numbers)
    index, vectors, _ = neighbor_vectors(
        positions, lattice, periodic, start, index, image
    )
    coordinates, slots = paper_frames(start, index, vectors, k)
    everyone = np.arange(n).astype(np.int32)
    species = numbers.astype(np.int32)
    return species, slots, coordinates, np.ones(n, dtype=np.int32), everyone
