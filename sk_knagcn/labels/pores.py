"""How wide the pores of crystals are."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils._param_validation import validate_params

from sk_knagcn.labels.cache import Row
from sk_knagcn.labels.many import is_one_structure, row_labels
from sk_knagcn.labels.spheres import COMMON, Floats, label_spheres
from sk_knagcn.pores import FreeSpheres, Radii


class PoreDiameters(NamedTuple):
    """The diameters of free spheres in one crystal, in Angstrom.

    Parameters
    ----------
    largest_cavity_diameter_A : float
        Of the largest sphere that fits anywhere.
    pore_limiting_diameter_A : float
        Of the largest that can travel through the crystal in some direction.
    pore_limiting_diameter_a_A, pore_limiting_diameter_b_A, \
pore_limiting_diameter_c_A : float
        Of the largest that can travel along each lattice vector.
    """

    largest_cavity_diameter_A: float
    pore_limiting_diameter_A: float
    pore_limiting_diameter_a_A: float
    pore_limiting_diameter_b_A: float
    pore_limiting_diameter_c_A: float


@validate_params(COMMON, prefer_skip_nested_validation=True)
def pore_diameters(
    structures: Any,
    *,
    radii: Radii = "van der Waals",
    cache: str | Path | None = "memory",
    n_jobs: int | None = None,
    verbose: int = 0,
) -> Any:
    """Measure the largest cavity of crystals, and what gets through them.

    Atoms are hard spheres. The largest cavity diameter is that of the largest sphere
    that fits between them; the pore-limiting diameter that of the largest one that can
    travel without end, be it along one direction only: twice the percolation radius.
    Both are exact for any radii, to 1e-4 Angstrom [1]_.

    Parameters
    ----------
    structures : structure, or list, tuple, object array, pandas Series or DataFrame
        One structure, or many as `check_structures` takes them; periodic in all three
        directions.
    radii : {"van der Waals", "ionic", "point"} or dict, default="van der Waals"
        Of the atoms: those of the Cambridge Structural Database, which Zeo++ has as
        well; Shannon's; 0; or your own, element to Angstrom.
    cache : "memory", str, Path or None, default="memory"
        Where results are kept, so that nothing is computed twice: in the memory of the
        process, in a folder as well, or nowhere.
    n_jobs : int, default=None
        Threads that share the structures; as everywhere in scikit-learn.
    verbose : int, default=0
        Show a progress bar if positive.

    Returns
    -------
    PoreDiameters or DataFrame
        A named tuple for one structure, a row for each of many. In Angstrom:
        `largest_cavity_diameter_A`, `pore_limiting_diameter_A` and, for travels that go
        on along the lattice vectors a, b and c whatever else they do,
        `pore_limiting_diameter_a_A`, `..._b_A` and `..._c_A`. The pore-limiting
        diameter is the largest of the three. 0 where not even a point fits.

    Raises
    ------
    ValueError
        If structures are not periodic or have elements without a radius; index and
        formula of each are named.

    See Also
    --------
    percolation_radius : The same with the mobile ions taken out.
    surface_area : What a probe feels in those pores.

    References
    ----------
    .. [1] Spheres grown by r overlap just where a sphere of radius r does not fit, and
       their power diagram tells where: H. Edelsbrunner, "The union of balls and its
       dual shape", Discrete Comput. Geom. 13, 415 (1995).

    Examples
    --------
    >>> from pymatgen.core import Lattice, Structure
    >>> from sk_knagcn.labels import pore_diameters
    >>> simple_cubic = Structure(Lattice.cubic(8), ["Ar"], [[0, 0, 0]])
    >>> pores = pore_diameters(simple_cubic, radii={"Ar": 2.0})
    >>> round(pores.largest_cavity_diameter_A, 3)  # 8 sqrt(3) - 4
    9.856
    >>> round(pores.pore_limiting_diameter_A, 3)  # 8 sqrt(2) - 4
    7.314
    >>> pore_diameters([simple_cubic]).columns.to_list()[:2]
    ['largest_cavity_diameter_A', 'pore_limiting_diameter_A']
    """
    table = label_spheres(
        structures,
        _measure_diameters,
        radii=radii,
        cache=cache,
        n_jobs=n_jobs,
        verbose=verbose,
        title="Pore diameters",
    )
    if is_one_structure(structures):
        return PoreDiameters(*table[0].tolist())
    import pandas as pd

    columns = list(PoreDiameters._fields)
    return pd.DataFrame(table, columns=columns, index=row_labels(structures))


def _measure_diameters(lattice: Floats, positions: Floats, radii: Floats) -> Row:
    spheres = FreeSpheres(lattice, positions, radii)
    along = [spheres.percolating_along(axis) for axis in range(3)]
    return 2 * np.array([spheres.largest(), max(along), *along])
