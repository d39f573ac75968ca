"""The pores of a crystal as descriptors."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from sk_knagcn.pores import FreeSpheres, felt_surface, radii_of, table_of_radii

_DALTON = 1.66053906660e-24  # in grams


class PoreFeatures(BaseEstimator):
    """Density, void fraction, cavities and accessible surface.

    The largest cavity diameter is that of the largest sphere that fits anywhere, the
    pore-limiting diameter that of the largest that can travel through the crystal, both
    in Angstrom. The void fraction is the share of the cell outside the atoms' van der
    Waals spheres; the accessible surface area, in square metres per gram, is that of
    the places where the centre of a probe may sit that came in from outside.

    Parameters
    ----------
    probe_radius : float, default=1.655
        Radius of the probe that feels the surface, in Angstrom; that of nitrogen in
        CoRE MOF 2019.

    See Also
    --------
    sk_knagcn.StructureDescriptors : Its preset "pores" is this one.
    sk_knagcn.labels.pore_diameters : By direction, and with other radii.
    sk_knagcn.labels.surface_area : In other units, and in pockets.

    Examples
    --------
    >>> from sk_knagcn.descriptors import PoreFeatures
    >>> PoreFeatures(probe_radius=1.2).feature_labels()[1:3]
    ['void fraction', 'largest cavity diameter']
    """

    def __init__(self, probe_radius: float = 1.655) -> None:
        self.probe_radius = probe_radius

    def feature_labels(self) -> list[str]:
        """Name the columns."""
        return [
            "density",
            "void fraction",
            "largest cavity diameter",
            "pore-limiting diameter",
            "accessible surface area",
        ]

    def featurize(self, structure: Any) -> list[float]:
        """Describe one periodic pymatgen Structure."""
        lattice, positions = structure.lattice.matrix, structure.cart_coords
        numbers = np.array([site.specie.Z for site in structure])
        radii = radii_of(numbers, table_of_radii("van der Waals"))
        spheres = FreeSpheres(lattice, positions, radii)
        occupied = felt_surface(lattice, positions, radii).occupied
        felt = felt_surface(lattice, positions, radii + self.probe_radius)
        grams = _DALTON * float(structure.composition.weight)
        return [
            float(structure.density),
            max(0.0, 1 - occupied / structure.volume),
            2 * spheres.largest(),
            2 * spheres.percolating(),
            1e-20 * felt.open_area / grams,
        ]
