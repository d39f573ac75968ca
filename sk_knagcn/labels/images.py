"""All periodic images of atoms that can be felt somewhere in a cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sk_knagcn.geometry.cells import compact_lattice, fractional, plane_spacings
from sk_knagcn.structures import Crystal


@dataclass(frozen=True, slots=True)
class Surroundings:
    """A cell, turned so that its longest way is along x, and the atoms around it."""

    cell: NDArray[np.float64]
    """(3, 3), vectors as rows, below the diagonal: the first is along x."""
    widths: NDArray[np.float64]
    """(3,), distances between opposite faces, largest first."""
    points: NDArray[np.float64]
    """(m, 3), where the images are, sorted by y."""
    kinds: NDArray[np.int64]
    """(m,), which kind of atom each is."""

    @property
    def volume(self) -> float:
        """Volume of the cell, in cubic Angstrom."""
        return float(np.prod(np.diag(self.cell)))


def surround(
    crystal: Crystal, kinds: NDArray[np.int64], felt: NDArray[np.bool_], cutoff: float
) -> Surroundings:
    """List all images of atoms that are felt within the cut-off of the cell.

    The cell is the most compact one of the lattice, however the crystal was written.
    """
    cell = compact_lattice(np.ascontiguousarray(crystal.lattice), crystal.periodic)
    order = np.argsort(-plane_spacings(cell), kind="stable")
    cell = np.ascontiguousarray(cell[order])
    widths = plane_spacings(cell)
    positions = np.ascontiguousarray(crystal.positions[felt])
    inside = fractional(positions, cell, crystal.periodic)

    reach = cutoff / widths
    ranges = (np.arange(-n, n + 1) for n in np.ceil(reach).astype(int))
    shifts = np.stack(np.meshgrid(*ranges, indexing="ij"), axis=-1).reshape(-1, 3)
    every = (inside + shifts[:, None]).reshape(-1, 3)
    near = ((every > -reach) & (every < 1 + reach)).all(axis=1)
    upright = np.linalg.cholesky(cell @ cell.T)
    points = every[near] @ upright
    by_y = np.argsort(points[:, 1], kind="stable")
    every_kind = np.tile(kinds[felt], len(shifts))[near]
    return Surroundings(upright, widths, points[by_y], every_kind[by_y])
