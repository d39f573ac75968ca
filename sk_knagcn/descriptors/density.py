"""How densely a crystal is filled."""

from __future__ import annotations

from math import nan, pi
from typing import Any

from sklearn.base import BaseEstimator


class DensityFeatures(BaseEstimator):
    """Density, volume per atom and packing fraction, as matminer has them.

    matminer's featurizer of this name gives none of the three where pymatgen knows no
    radius of an element, as of most noble gases; here only the packing fraction is
    missing then.
    """

    def feature_labels(self) -> list[str]:
        """Names of the columns."""
        return ["density", "vpa", "packing fraction"]

    def featurize(self, structure: Any) -> list[float]:
        """In g/cm3 and cubic Angstrom; the fraction is NaN without a radius."""
        radii = [site.specie.atomic_radius for site in structure]
        filled = nan if None in radii else sum(radius**3 for radius in radii)
        return [
            float(structure.density),
            structure.volume / len(structure),
            4 * pi * filled / (3 * structure.volume),
        ]
