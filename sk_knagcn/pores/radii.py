"""How large the atoms are."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from numbers import Real

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Element

# Cambridge Structural Database, "Elemental Radii": mostly those of A. Bondi, J. Phys.
# Chem. 68, 441 (1964), with 1.09 for hydrogen (R. S. Rowland, R. Taylor, J. Phys. Chem.
# 100, 7384 (1996)). Elements that are not named have 2.0. Zeo++ has the same.
_VAN_DER_WAALS = dict.fromkeys((Element.from_Z(z).symbol for z in range(1, 119)), 2.0)
_VAN_DER_WAALS |= {
    "H": 1.09, "He": 1.40, "Li": 1.82, "C": 1.70, "N": 1.55, "O": 1.52, "F": 1.47,
    "Ne": 1.54, "Na": 2.27, "Mg": 1.73, "Si": 2.10, "P": 1.80, "S": 1.80, "Cl": 1.75,
    "Ar": 1.88, "K": 2.75, "Ni": 1.63, "Cu": 1.40, "Zn": 1.39, "Ga": 1.87, "As": 1.85,
    "Se": 1.90, "Br": 1.85, "Kr": 2.02, "Pd": 1.63, "Ag": 1.72, "Cd": 1.58, "In": 1.93,
    "Sn": 2.17, "Te": 2.06, "I": 1.98, "Xe": 2.16, "Pt": 1.72, "Au": 1.66, "Hg": 1.55,
    "Tl": 1.96, "Pb": 2.02, "U": 1.86,
}  # fmt: skip


@cache
def _ionic() -> dict[str, float]:
    """Shannon's radii as pymatgen has them, the mean over the charges of one sign.

    Negative charges go first: what an anion leaves free is what an ion moves in.
    """
    radii = {}
    for number in range(1, 119):
        element = Element.from_Z(number)
        radius = element.average_anionic_radius or element.average_cationic_radius
        if radius > 0:
            radii[element.symbol] = float(radius)
    return radii


Radii = str | Mapping[str, float]
RADII = {"van der Waals", "ionic", "point"}


def table_of_radii(radii: Radii) -> dict[str, float]:
    """The radius of each element, by symbol, in Angstrom."""
    if isinstance(radii, Mapping):
        for symbol, radius in radii.items():
            if not (isinstance(radius, Real) and 0 <= radius < np.inf):
                raise ValueError(
                    f"radii: {symbol!r} has {radius!r}, but must have a radius in "
                    "Angstrom, which is not negative."
                )
        return {str(symbol): float(radius) for symbol, radius in radii.items()}
    if radii == "van der Waals":
        return _VAN_DER_WAALS
    if radii == "ionic":
        return _ionic()
    return dict.fromkeys(_VAN_DER_WAALS, 0.0)


def radii_of(numbers: NDArray[np.int64], table: Mapping[str, float]) -> NDArray:
    """The radius of each atom."""
    kinds, kind = np.unique(numbers, return_inverse=True)
    sizes = [table[Element.from_Z(int(number)).symbol] for number in kinds]
    return np.array(sizes, dtype=np.float64)[kind]
