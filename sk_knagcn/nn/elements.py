"""A row of physical properties for every element, from pymatgen's tables."""

from __future__ import annotations

import warnings
from functools import cache

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Element

HEAVIEST = 118
_NUMBERS = (
    "X",
    "atomic_mass",
    "atomic_radius",
    "ionization_energy",
    "mendeleev_no",
)


@cache
def element_properties() -> NDArray[np.float32]:
    """Properties of the elements, indexed by atomic number.

    Period, group and block as indicators; electronegativity, mass, radius, first
    ionisation energy and Mendeleev number scaled to mean 0 and
    variance 1 over the elements, 0 where unknown. An element that no training
    structure holds so still resembles those it is akin to.

    Returns
    -------
    ndarray of shape (119, 34)
        Row 0 is zero.
    """
    elements = [Element.from_Z(number) for number in range(1, HEAVIEST + 1)]
    numbers = np.array([[_number(e, name) for name in _NUMBERS] for e in elements])
    numbers = (numbers - np.nanmean(numbers, axis=0)) / np.nanstd(numbers, axis=0)
    table = np.hstack(
        [
            np.eye(7)[[min(e.row, 7) - 1 for e in elements]],
            np.eye(18)[[e.group - 1 for e in elements]],
            np.array([[e.block == block for block in "spdf"] for e in elements]),
            np.nan_to_num(numbers).clip(-3, 3),
        ]
    )
    return np.vstack([np.zeros(table.shape[1]), table]).astype(np.float32)


def _number(element: Element, name: str) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pymatgen warns of every gap in its tables
        value = getattr(element, name)
    return np.nan if value is None else float(value)
