"""The same crystal written down differently: turned, re-ordered, in another cell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from sk_knagcn.structures import Crystal

# Whole-number matrices that make other cells. The last has determinant 4: it turns a
# primitive face-centred cell into the conventional cube, and any cell into some cell
# of four times the volume.
_CELLS = {
    "2x1x1 supercell": np.diag([2, 1, 1]),
    "2x2x2 supercell": np.diag([2, 2, 2]),
    "sheared cell": np.array([[1, 2, 0], [0, 1, -1], [1, 2, 1]]),
    "conventional cell": np.array([[-1, 1, 1], [1, -1, 1], [1, 1, -1]]),
}
OPERATIONS = ("rotation", *_CELLS, "Niggli cell", "mirror")


@dataclass(frozen=True, slots=True)
class Copy:
    """One way to write down a crystal."""

    operation: str
    crystal: Crystal
    atom_of: NDArray[np.int64]
    """(n,) the atom of the original that each atom is a copy of."""


def equivalent_copies(
    crystal: Crystal, rng: np.random.Generator, n_rotations: int, *, mirror: bool
) -> Iterator[Copy]:
    """Yield the crystal turned, shifted and re-ordered, and in other cells.

    Cells are changed along periodic axes only; the Niggli cell needs all three.
    """
    for _ in range(n_rotations):
        yield _moved("rotation", crystal, random_rotation(rng), rng)
    for name, matrix in _CELLS.items():
        free = ~crystal.periodic
        if not free.any():
            yield _in_cell(name, crystal, matrix)
        elif (matrix == np.diag(np.diag(matrix))).all() and crystal.periodic.any():
            yield _in_cell(name, crystal, np.where(np.diag(free), 1, matrix))
    if crystal.periodic.all():
        yield _in_cell("Niggli cell", crystal, _niggli(crystal.lattice))
    if mirror:
        yield _moved("mirror", crystal, -random_rotation(rng), rng)


def jittered(crystal: Crystal, rng: np.random.Generator, size: float) -> Crystal:
    """Move every coordinate a little, as the last digit of a file does."""
    noise = rng.normal(scale=size, size=crystal.positions.shape)
    return Crystal(
        crystal.numbers, crystal.positions + noise, crystal.lattice, crystal.periodic
    )


def random_rotation(rng: np.random.Generator) -> NDArray[np.float64]:
    """A proper rotation, any being as likely as any other."""
    q, r = np.linalg.qr(rng.normal(size=(3, 3)))
    q = q * np.sign(np.diag(r))
    return q * np.sign(np.linalg.det(q))


def _moved(
    name: str,
    crystal: Crystal,
    rotation: NDArray[np.float64],
    rng: np.random.Generator,
) -> Copy:
    order = rng.permutation(len(crystal))
    shift = rng.normal(scale=5.0, size=3)
    return Copy(
        name,
        Crystal(
            crystal.numbers[order],
            crystal.positions[order] @ rotation.T + shift,
            crystal.lattice @ rotation.T,
            crystal.periodic,
        ),
        order,
    )


def _in_cell(name: str, crystal: Crystal, matrix: NDArray[np.int64]) -> Copy:
    """The crystal in the cell whose vectors are `matrix` times those it has."""
    if round(abs(np.linalg.det(matrix))) == 1:  # as of Niggli cells, far away at times
        points = np.zeros((1, 3))
    else:
        reach = int(np.abs(matrix).sum())
        points = np.array(list(product(range(-reach, reach + 1), repeat=3)))
        inside = points @ np.linalg.inv(matrix)
        points = points[((inside > -1e-9) & (inside < 1 - 1e-9)).all(axis=1)]
    positions = crystal.positions + (points @ crystal.lattice)[:, None]
    return Copy(
        name,
        Crystal(
            np.tile(crystal.numbers, len(points)),
            positions.reshape(-1, 3),
            matrix @ crystal.lattice,
            crystal.periodic,
        ),
        np.tile(np.arange(len(crystal)), len(points)),
    )


def _niggli(lattice: NDArray[np.float64]) -> NDArray[np.int64]:
    """The whole-number matrix that leads to the Niggli cell."""
    from pymatgen.core import Lattice

    # pymatgen turns its result; its lengths and angles are those of the same lattice.
    reduced = Lattice(lattice).find_mapping(
        Lattice(lattice).get_niggli_reduced_lattice(), ltol=1e-3, atol=1e-2
    )
    if reduced is None:  # a cell beyond pymatgen's tolerances: keep it
        return np.eye(3, dtype=np.int64)
    return np.rint(reduced[2]).astype(np.int64)
