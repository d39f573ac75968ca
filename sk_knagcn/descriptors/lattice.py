"""The lattice parameters and the number of atoms of the cell as it was given."""

from __future__ import annotations

from typing import Any

from sklearn.base import BaseEstimator


class LatticeParameters(BaseEstimator):
    """Lengths and angles of the cell, and how many atoms it holds.

    They depend on the choice of cell, as does the complexity per cell.

    See Also
    --------
    sk_knagcn.StructureDescriptors : Uses it, and takes it as a featurizer.

    Examples
    --------
    >>> from pymatgen.core import Lattice, Structure
    >>> from sk_knagcn.descriptors import LatticeParameters
    >>> iron = Structure(Lattice.cubic(2.87), ["Fe", "Fe"], [[0, 0, 0], [0.5] * 3])
    >>> LatticeParameters().featurize(iron)
    [2.87, 2.87, 2.87, 90.0, 90.0, 90.0, 2.0]
    """

    def feature_labels(self) -> list[str]:
        """Name the columns."""
        return ["a", "b", "c", "alpha", "beta", "gamma", "natoms"]

    def featurize(self, structure: Any) -> list[float]:
        """Describe one periodic pymatgen Structure."""
        lattice = structure.lattice
        values = [*lattice.abc, *lattice.angles, len(structure)]
        return [float(value) for value in values]
