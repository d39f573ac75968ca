"""The surface and the void of porous crystals."""

from __future__ import annotations

from functools import partial
from numbers import Real
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils._param_validation import Interval, validate_params

from sk_knagcn.labels.cache import Row
from sk_knagcn.labels.many import is_one_structure, read_structures, row_labels
from sk_knagcn.labels.spheres import COMMON, Floats, label_spheres
from sk_knagcn.pores import Radii, felt_surface
from sk_knagcn.structures import Crystal

# Half the Lennard-Jones diameter of nitrogen, 3.31 Angstrom. With it, the surfaces that
# were published with CoRE MOF 2019 come out.
NITROGEN = 1.655
_DALTON = 1.66053906660e-24  # in grams
_PROBE = {"probe_radius": [Interval(Real, 0, None, closed="left")]}


class SurfaceArea(NamedTuple):
    """What a probe feels of one crystal.

    Parameters
    ----------
    accessible_surface_area_A2 : float
        Of the cell as it was given, in square Angstrom.
    accessible_surface_area_m2_cm3 : float
        For each cubic centimetre.
    accessible_surface_area_m2_g : float
        For each gram.
    pocket_surface_area_A2 : float
        Of pockets that the probe cannot get into, in square Angstrom of the cell.
    """

    accessible_surface_area_A2: float
    accessible_surface_area_m2_cm3: float
    accessible_surface_area_m2_g: float
    pocket_surface_area_A2: float


@validate_params({**COMMON, **_PROBE}, prefer_skip_nested_validation=True)
def surface_area(
    structures: Any,
    *,
    probe_radius: float = NITROGEN,
    radii: Radii = "van der Waals",
    cache: str | Path | None = "memory",
    n_jobs: int | None = None,
    verbose: int = 0,
) -> Any:
    """Measure the surface that the centre of a round probe rolls over.

    Accessible is what the probe can reach from far away through pores that are nowhere
    narrower than itself; the rest belongs to pockets.

    Parameters
    ----------
    structures : structure, or list, tuple, object array, pandas Series or DataFrame
        One structure, or many as `check_structures` takes them; periodic in all three
        directions.
    probe_radius : float, default=1.655
        In Angstrom; the default is nitrogen's in CoRE MOF 2019, half its Lennard-Jones
        diameter. Half its kinetic diameter is 1.82, and 1.86 is in use as well.
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
    SurfaceArea or DataFrame
        A named tuple for one structure, a row for each of many:
        `accessible_surface_area_A2` (of the cell as it was given, square Angstrom),
        `accessible_surface_area_m2_cm3`, `accessible_surface_area_m2_g` and
        `pocket_surface_area_A2`. Summed over 2,000 directions per atom, the same every
        time, which is good to about 0.1 %.

    Raises
    ------
    ValueError
        If structures are not periodic or have elements without a radius; index and
        formula of each are named.

    See Also
    --------
    void_fraction : The volume beyond the surface.
    pore_diameters : Whether the probe gets through.

    Examples
    --------
    >>> from pymatgen.core import Lattice, Structure
    >>> from sk_knagcn.labels import surface_area
    >>> argon = Structure(Lattice.cubic(10), ["Ar"], [[0, 0, 0]])
    >>> area = surface_area(argon, probe_radius=1.12, radii={"Ar": 1.88})
    >>> round(area.accessible_surface_area_A2, 2)  # 4 pi (1.88 + 1.12)^2
    113.1
    >>> round(area.accessible_surface_area_m2_cm3)
    1131
    """
    crystals = read_structures(structures)
    areas = label_spheres(
        crystals,
        partial(_measure_areas, probe=float(probe_radius)),
        radii=radii,
        settings=float(probe_radius),
        cache=cache,
        n_jobs=n_jobs,
        verbose=verbose,
        title="Surface areas",
    )
    volumes = np.array([abs(np.linalg.det(crystal.lattice)) for crystal in crystals])
    masses = np.array([_mass(crystal) for crystal in crystals])
    accessible, pockets = areas.T
    per_volume = 1e4 * accessible / volumes
    per_mass = 1e-20 * accessible / (_DALTON * masses)
    table = np.column_stack([accessible, per_volume, per_mass, pockets])
    if is_one_structure(structures):
        return SurfaceArea(*table[0].tolist())
    import pandas as pd

    columns = list(SurfaceArea._fields)
    return pd.DataFrame(table, columns=columns, index=row_labels(structures))


@validate_params({**COMMON, **_PROBE}, prefer_skip_nested_validation=True)
def void_fraction(
    structures: Any,
    *,
    probe_radius: float = 0.0,
    radii: Radii = "van der Waals",
    cache: str | Path | None = "memory",
    n_jobs: int | None = None,
    verbose: int = 0,
) -> Any:
    """Measure which share of a crystal's volume no atom takes up.

    Parameters
    ----------
    structures : structure, or list, tuple, object array, pandas Series or DataFrame
        One structure, or many as `check_structures` takes them; periodic in all three
        directions.
    probe_radius : float, default=0.0
        In Angstrom. With a probe it is the share in which its centre can be, pockets
        that it cannot get to included.
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
    float or ndarray of shape (n_structures,)
        Between 0 and 1; a number for one structure, an array for many.

    Raises
    ------
    ValueError
        If structures are not periodic or have elements without a radius; index and
        formula of each are named.

    See Also
    --------
    surface_area : Where the void ends.

    Examples
    --------
    >>> from pymatgen.core import Lattice, Structure
    >>> from sk_knagcn.labels import void_fraction
    >>> argon = Structure(Lattice.cubic(10), ["Ar"], [[0, 0, 0]])
    >>> round(void_fraction(argon, radii={"Ar": 2.0}), 4)  # 1 - 4/3 pi 2^3 / 10^3
    0.9665
    """
    values = label_spheres(
        structures,
        partial(_measure_void, probe=float(probe_radius)),
        radii=radii,
        settings=float(probe_radius),
        cache=cache,
        n_jobs=n_jobs,
        verbose=verbose,
        title="Void fractions",
    )[:, 0]
    return float(values[0]) if is_one_structure(structures) else values


def _measure_areas(
    lattice: Floats, positions: Floats, radii: Floats, *, probe: float
) -> Row:
    felt = felt_surface(lattice, positions, radii + probe)
    return np.array([felt.open_area, felt.closed_area])


def _measure_void(
    lattice: Floats, positions: Floats, radii: Floats, *, probe: float
) -> Row:
    felt = felt_surface(lattice, positions, radii + probe)
    # Directions leave a rounding error where nothing is free.
    return np.array([max(0.0, 1 - felt.occupied / abs(np.linalg.det(lattice)))])


def _mass(crystal: Crystal) -> float:
    """Mass of the cell in atomic mass units."""
    from pymatgen.core import Element

    numbers, counts = np.unique(crystal.numbers, return_counts=True)
    return float(
        sum(
            count * float(Element.from_Z(int(number)).atomic_mass)
            for number, count in zip(numbers, counts, strict=True)
        )
    )
