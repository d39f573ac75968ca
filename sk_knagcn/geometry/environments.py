"""All steps of the geometry: from the atoms of structures to local environments."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from sk_knagcn.geometry.batches import Batch
from sk_knagcn.geometry.frames import FEW_BASES, canonical_frames, space_for_frames
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
    return find_all_neighbors(Batch.join([crystal]), k, tolerance)


def find_all_neighbors(batch: Batch, k: int, tolerance: float) -> Neighbors:
    """Find the neighbours in many structures; atoms count from the first of each."""
    return nearest_neighbors(
        batch.positions,
        batch.lattices,
        batch.periodic,
        batch.start,
        k,
        tolerance * OFF_ROUND,
    )


def build_environments(
    crystal: Crystal, neighbors: Neighbors, k: int, tolerance: float, **options: Any
) -> Environments:
    """Frame every atom of one structure; see `build_all_environments`."""
    batch = Batch.join([crystal])
    return build_all_environments(batch, neighbors, k, tolerance, **options)[0]


def build_all_environments(
    batch: Batch,
    neighbors: Neighbors,
    k: int,
    tolerance: float,
    *,
    frames: str = "canonical",
    reflect: bool = True,
    reduce: bool = True,
) -> tuple[Environments, np.ndarray]:
    """Frame every atom, find the orbits and keep one atom of each.

    Parameters
    ----------
    batch : Batch
        The structures.
    neighbors : Neighbors
        At least k for each atom, found with the same tolerance.
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

    Returns
    -------
    environments : Environments
        Those of all structures end to end; numbers of atoms count from the first of
        each structure.
    start : ndarray of shape (n_structures + 1,), int64
        Where the stored atoms of each structure begin.
    """
    *arrays, start = _environments(
        batch.positions,
        batch.lattices,
        batch.periodic,
        batch.numbers,
        batch.start,
        neighbors.start,
        neighbors.index,
        neighbors.image,
        k,
        tolerance * OFF_ROUND,
        reflect,
        reduce,
        frames == "canonical",
    )
    return Environments(*arrays), start


@kernel
def _environments(
    positions,
    lattices,
    periodic,
    numbers,
    first,
    start,
    index,
    image,
    k,
    tolerance,
    reflect,
    reduce,
    canonical,
):
    """Go through the structures, and put what comes out end to end."""
    n = len(numbers)
    species = np.empty(n, dtype=np.int32)
    neighbors = np.empty((n, k), dtype=np.int32)
    coordinates = np.empty((n, k, 3))
    multiplicity = np.empty(n, dtype=np.int32)
    orbits = np.empty(n, dtype=np.int32)
    stored = np.zeros(len(lattices) + 1, dtype=np.int64)
    widest = 1
    for i in range(n):
        widest = max(widest, start[i + 1] - start[i])
    space = space_for_frames(FEW_BASES, widest, k)
    for s in range(len(lattices)):
        low, high = first[s], first[s + 1]
        row = slice(start[low], start[high])
        rows = start[low : high + 1] - start[low]
        one_index, vectors, distances = neighbor_vectors(
            positions[low:high], lattices[s], periodic[s], rows, index[row], image[row]
        )
        if canonical:
            found = _canonical_environments(
                numbers[low:high],
                rows,
                one_index,
                vectors,
                distances,
                k,
                tolerance,
                reflect,
                reduce,
                space,
            )
        else:
            found = _paper_environments(numbers[low:high], rows, one_index, vectors, k)
        m = stored[s]
        for i in range(len(found[0])):
            species[m + i], multiplicity[m + i] = found[0][i], found[3][i]
            for slot in range(k):
                neighbors[m + i, slot] = found[1][i, slot]
                for c in range(3):
                    coordinates[m + i, slot, c] = found[2][i, slot, c]
        orbits[low:high] = found[4]
        stored[s + 1] = m + len(found[0])
    m = stored[-1]
    return (
        species[:m],
        neighbors[:m],
        coordinates[:m],
        multiplicity[:m],
        orbits,
        stored,
    )


@kernel
def _canonical_environments(
    numbers, start, index, vectors, distances, k, tolerance, reflect, reduce, space
):
    n = len(numbers)
    found = canonical_frames(
        start, index, vectors, distances, numbers, k, tolerance, reflect, space
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
def _paper_environments(numbers, start, index, vectors, k):
    n = len(numbers)
    coordinates, slots = paper_frames(start, index, vectors, k)
    everyone = np.arange(n).astype(np.int32)
    species = numbers.astype(np.int32)
    return species, slots, coordinates, np.ones(n, dtype=np.int32), everyone
