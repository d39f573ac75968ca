"""Many structures end to end, so that a kernel is called once for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sk_knagcn.geometry.neighbors import Neighbors
from sk_knagcn.structures import Crystal


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """The arrays of many structures end to end.

    The atoms of structure s are ``start[s]:start[s + 1]``.
    """

    positions: np.ndarray
    """(n, 3) float64, Cartesian coordinates in Angstrom."""
    numbers: np.ndarray
    """(n,) int64, atomic numbers."""
    lattices: np.ndarray
    """(n_structures, 3, 3) float64, cell vectors as rows."""
    periodic: np.ndarray
    """(n_structures, 3) bool, along which vectors each structure repeats."""
    start: np.ndarray
    """(n_structures + 1,) int64, where the atoms of each structure begin."""

    def __len__(self) -> int:
        return len(self.lattices)

    @classmethod
    def join(cls, crystals: Sequence[Crystal]) -> Batch:
        """Put structures end to end."""
        if len(crystals) == 1:  # of large ones, nothing is copied
            (one,) = crystals
            start = np.array([0, len(one)])
            # Kernels are compiled anew for arrays of another layout.
            lattices = np.ascontiguousarray(one.lattice)[None]
            periodic = one.periodic[None]
            positions = np.ascontiguousarray(one.positions)
            return cls(positions, one.numbers, lattices, periodic, start)
        lattices = np.concatenate([crystal.lattice for crystal in crystals])
        return cls(
            np.ascontiguousarray(np.concatenate([c.positions for c in crystals])),
            np.concatenate([crystal.numbers for crystal in crystals]),
            np.ascontiguousarray(lattices).reshape(-1, 3, 3),
            np.concatenate([crystal.periodic for crystal in crystals]).reshape(-1, 3),
            np.cumsum([0, *map(len, crystals)]),
        )


def join_neighbors(rows: Sequence[Neighbors]) -> Neighbors:
    """Put the neighbours of single structures end to end."""
    if len(rows) == 1:
        return rows[0]
    lengths = np.concatenate([[0], *(np.diff(one.start) for one in rows)])
    return Neighbors(
        np.cumsum(lengths, dtype=np.int64),
        np.concatenate([one.index for one in rows]),
        np.concatenate([one.image for one in rows]),
        min(one.k for one in rows),
    )


def split_neighbors(neighbors: Neighbors, batch: Batch) -> list[Neighbors]:
    """Take the neighbours of a batch apart, each in memory of its own."""
    parts = []
    for first, last in zip(batch.start[:-1], batch.start[1:], strict=True):
        start = neighbors.start[first : last + 1]
        row = slice(start[0], start[-1])
        index, image = neighbors.index[row].copy(), neighbors.image[row].copy()
        parts.append(Neighbors(start - start[0], index, image, neighbors.k))
    return parts
