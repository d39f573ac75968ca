"""What the arrays of every crystal must satisfy, wherever they came from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sk_knagcn.structures.crystal import Crystal

SHORTEST_VECTOR = 0.1  # Angstrom; no crystal repeats itself within less
FARTHEST = 1e6  # Angstrom; beyond it, numbers no longer hold the digits of a distance
FLATTEST_CELL = 1e-6  # volume over the product of the three lengths
ELEMENTS = frozenset(range(1, 119))  # the periodic table, by atomic number

_ALL_AXES = np.ones(3, dtype=bool)  # to copy, which is faster than to make


class UnusableError(Exception):
    """What is wrong with one structure, and the remedy; the door adds which one."""


def complete_lattice(
    lattice: NDArray[np.float64], periodic: Sequence[bool]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Replace the vectors of axes that are not periodic; return these as an array, too.

    What a file holds there is zero, the height of a vacuum or anything else, and has no
    meaning. A unit vector at right angles to the periodic ones keeps the cell
    invertible and makes equal crystals equal.
    """
    if all(periodic):
        return np.array(lattice), _ALL_AXES.copy()
    axes = np.array(periodic, dtype=bool)
    fixed, free = np.flatnonzero(axes), np.flatnonzero(~axes)
    completed = np.eye(3)
    completed[fixed] = lattice[fixed]
    if len(free) == 1:
        completed[free[0]] = _unit(np.cross(*lattice[fixed]))
    elif len(free) == 2:
        (axis,) = lattice[fixed]
        completed[free[0]] = _unit(np.cross(axis, np.eye(3)[np.argmin(np.abs(axis))]))
        completed[free[1]] = _unit(np.cross(axis, completed[free[0]]))
    return completed, axes


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scale a vector to length one; a zero vector stays, for `check_arrays` to find."""
    length = float(np.linalg.norm(vector))
    return vector / length if length > 0 else vector


def are_sound(crystals: Sequence[Crystal]) -> bool:
    """Whether all lattices and coordinates make sense; `check_arrays` says what is not.

    One look at hundreds of them takes a third of the time of a look at each.
    """
    lattices = np.concatenate([c.lattice for c in crystals]).reshape(-1, 3, 3)
    lengths = np.sqrt(np.einsum("nij,nij->ni", lattices, lattices))
    flat = FLATTEST_CELL * lengths.prod(axis=1)
    # Nothing is finite that is added to what is not, and comparisons with NaN are
    # false: sums take half the time of looking at every number.
    numbers = np.concatenate([c.positions for c in crystals]).ravel()
    return bool(
        lengths.min() >= SHORTEST_VECTOR
        and lengths.max() <= FARTHEST
        and (flat <= abs(_determinant(*lattices.transpose(1, 2, 0)))).all()
        and numbers.dot(numbers) < FARTHEST**2
    )


def check_arrays(crystal: Crystal) -> None:
    """Raise `UnusableError` unless lattice and coordinates make sense."""
    _check_lattice(crystal)
    if not np.isfinite(crystal.positions).all():
        site = int(np.argmin(np.isfinite(crystal.positions).all(axis=1)))
        raise UnusableError(
            f"has NaN or infinite coordinates at site {site}. Repair or remove it."
        )
    farthest = np.abs(crystal.positions).max(axis=1)
    if farthest.max() > FARTHEST:
        site = int(farthest.argmax())
        raise UnusableError(
            f"has a site {farthest[site]:.3g} Angstrom away from the origin: site "
            f"{site}. Are its coordinates in Angstrom, and inside or near the cell?"
        )


def check_numbers(numbers: NDArray[np.int64]) -> None:
    """Raise `UnusableError` unless every number is that of an element."""
    for site, number in enumerate(numbers.tolist()):
        if number not in ELEMENTS:
            raise UnusableError(
                f"has a site that holds no element: site {site} has the atomic number "
                f"{number}. Replace or remove such sites."
            )


def _check_lattice(crystal: Crystal) -> None:
    """Raise `UnusableError` for a lattice that cannot carry a crystal.

    A left-handed lattice (negative determinant) is a lattice like any other. On nine
    numbers plain Python is several times faster than numpy.
    """
    a, b, c = crystal.lattice.tolist()
    lengths = math.hypot(*a), math.hypot(*b), math.hypot(*c)
    # Comparisons with NaN are false, so this refuses NaN and infinity as well.
    flat = FLATTEST_CELL * math.prod(lengths)
    if min(lengths) >= SHORTEST_VECTOR and max(lengths) <= FARTHEST:
        if flat <= abs(_determinant(a, b, c)):
            return
    if not np.isfinite(crystal.lattice).all():
        raise UnusableError("has NaN or infinite numbers in its lattice. Repair it.")
    if max(lengths) > FARTHEST:
        raise UnusableError(
            f"has a lattice vector {max(lengths):.3g} Angstrom long. Is it in Angstrom?"
        )
    for name, length, repeats in zip("abc", lengths, crystal.periodic, strict=True):
        if repeats and length < SHORTEST_VECTOR:
            raise UnusableError(
                f"is periodic along {name}, but that lattice vector is only "
                f"{length:.3g} Angstrom long. Repair the lattice, or make that axis "
                "not periodic."
            )
    raise UnusableError(
        "has a flat lattice: its vectors lie in one plane or on one line. Repair the "
        "lattice, or pass a Molecule if it is not periodic."
    )


def _determinant(a: Any, b: Any, c: Any) -> Any:
    """Of three vectors, whose components are numbers or one number for each lattice."""
    return (
        a[0] * (b[1] * c[2] - b[2] * c[1])
        + a[1] * (b[2] * c[0] - b[0] * c[2])
        + a[2] * (b[0] * c[1] - b[1] * c[0])
    )
