"""The graph of one structure, and the settings that it was made with."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sk_knagcn.graphs.columns import Columns

# The arrays with one entry for each stored atom, or for each atom in `orbits`.
FLAT = ("species", "neighbors", "coordinates", "multiplicity", "orbits")


@dataclass(frozen=True, slots=True)
class GraphSettings:
    """What a graph depends on besides its structure."""

    k: int
    frames: str
    reflect: bool
    reduce: bool
    tie_tolerance: float
    dtype: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CrystalGraph:
    """The k-neighbourhoods of one structure, each in its own invariant frame.

    With symmetry reduction one atom of each orbit is stored, with its multiplicity;
    without it all atoms are, in the order of the structure.

    Parameters
    ----------
    settings : GraphSettings
        What the graph was made with.
    species : ndarray of shape (n_stored,), int32
        Atomic numbers.
    neighbors : ndarray of shape (n_stored, k), int32
        The stored atom in each slot, nearest first; -1 where there is none.
    coordinates : ndarray of shape (n_stored, k, 3), float32 or float64
        Where the neighbour sits in the frame of the atom, in Angstrom.
    multiplicity : ndarray of shape (n_stored,), int32
        How many atoms of the structure a stored atom stands for.
    orbits : ndarray of shape (n_atoms,), int32
        The stored atom that stands for each atom of the structure.
    columns : Columns, optional
        Descriptors of the structure as a whole.
    """

    settings: GraphSettings
    species: NDArray[np.int32]
    neighbors: NDArray[np.int32]
    coordinates: NDArray[np.floating[Any]]
    multiplicity: NDArray[np.int32]
    orbits: NDArray[np.int32]
    columns: Columns | None = None

    def __len__(self) -> int:
        """Count the stored atoms."""
        return len(self.species)

    def __repr__(self) -> str:
        """Show the size, not the arrays."""
        return (
            f"CrystalGraph({len(self.orbits)} atoms, {len(self)} stored, "
            f"k={self.settings.k})"
        )

    @property
    def distances(self) -> NDArray[np.floating[Any]]:
        """Distances to the neighbours in Angstrom, shape (n_stored, k)."""
        return lengths(self.coordinates)

    @property
    def nbytes(self) -> int:
        """Memory of the arrays in bytes."""
        return sum(array.nbytes for array in self.arrays().values())

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Name all arrays of the graph itself, without descriptors."""
        return {name: getattr(self, name) for name in FLAT}


def lengths(coordinates: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """Lengths of vectors along the last axis.

    Distances are not stored beside the coordinates: they follow from them, and a fifth
    of the memory is saved.
    """
    return np.sqrt(np.einsum("...c,...c->...", coordinates, coordinates))
