"""A row of physical properties for every element, from pymatgen's tables."""

from __future__ import annotations

import warnings
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pymatgen.core import Element

HEAVIEST = 118
_NUMBERS = (
    "X",
    "atomic_mass",
    "atomic_radius",
    "atomic_radius_calculated",
    "van_der_waals_radius",
    "average_ionic_radius",
    "electron_affinity",
    "mendeleev_no",
    "max_oxidation_state",
    "min_oxidation_state",
    "molar_volume",
    "melting_point",
)
_N_IONIZATIONS = 3


@cache
def element_properties() -> NDArray[np.float32]:
    """Properties of the elements, indexed by atomic number.

    Period, group and block as indicators; then numbers, scaled to mean 0 and variance
    1 over the elements, cut at 3 and 0 where unknown: electronegativity, mass, radii,
    electron affinity, Mendeleev number, oxidation states, molar volume, melting point,
    the first ionisation energies and the electrons in the outer shells. An element
    that no training structure holds so still resembles those it is akin to.

    Returns
    -------
    ndarray of shape (119, n_properties)
        Row 0 is zero.
    """
    from pymatgen.core import Element  # takes a while, and graphs do without

    elements = [Element.from_Z(number) for number in range(1, HEAVIEST + 1)]
    numbers = np.array([_numbers(element) for element in elements])
    numbers = (numbers - np.nanmean(numbers, axis=0)) / np.nanstd(numbers, axis=0)
    table = np.hstack(
        [
            np.eye(7)[[min(element.row, 7) - 1 for element in elements]],
            np.eye(18)[[element.group - 1 for element in elements]],
            np.array([[e.block == block for block in "spdf"] for e in elements]),
            np.nan_to_num(numbers).clip(-3, 3),
        ]
    )
    return np.vstack([np.zeros(table.shape[1]), table]).astype(np.float32)


def _numbers(element: Element) -> list[float]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pymatgen warns of every gap in its tables
        numbers = [_look_up(element, name) for name in _NUMBERS]
        energies = _look_up(element, "ionization_energies") or []
        shells = _look_up(element, "full_electronic_structure") or []
    numbers += [*energies, None, None, None][:_N_IONIZATIONS]
    for kind in "spdf":
        # Shells come as (n, kind, electrons); the outermost of each kind counts.
        found = [(n, count) for n, shell, count in shells if shell == kind]
        numbers.append(max(found, default=(0, 0))[1] if shells else None)
    return [np.nan if number is None else float(number) for number in numbers]


def _look_up(element: Element, name: str) -> Any:
    with suppress(KeyError):  # some gaps are errors
        return getattr(element, name)
    return None
