"""The room that mobile ions have in a crystal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from pymatgen.core import Element
from sklearn.utils._param_validation import StrOptions, validate_params

from sk_knagcn.labels.cache import Row
from sk_knagcn.labels.many import is_one_structure
from sk_knagcn.labels.spheres import COMMON, Floats, label_spheres
from sk_knagcn.pores import FreeSpheres, Radii

_ION = {"ion": [StrOptions({element.symbol for element in Element})]}


@validate_params({**COMMON, **_ION}, prefer_skip_nested_validation=True)
def percolation_radius(
    structures: Any,
    ion: str = "Li",
    *,
    radii: Radii = "ionic",
    cache: str | Path | None = "memory",
    n_jobs: int | None = None,
    verbose: int = 0,
) -> Any:
    """Measure the largest sphere that can travel where the mobile ions were.

    All atoms of the ion's element are taken out, and what remains are hard spheres. The
    sphere must be able to go on without end along one direction at least.

    Parameters
    ----------
    structures : structure, or list, tuple, object array, pandas Series or DataFrame
        One structure, or many as `check_structures` takes them; periodic in all three
        directions.
    ion : str, default="Li"
        Symbol of the mobile element. Structures without it are taken as they are.
    radii : {"ionic", "van der Waals", "point"} or dict, default="ionic"
        Of the other atoms: Shannon's, which leave an ion the room that it has between
        other ions; those of the Cambridge Structural Database, between which it often
        has none; 0, for distances to the atoms' centres; or your own, element to
        Angstrom.
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
        In Angstrom; a number for one structure, an array for many.

    Raises
    ------
    ValueError
        If structures are not periodic, have no other atoms or have elements without a
        radius; index and formula of each are named.

    See Also
    --------
    li_site_radius : The largest sphere that fits, be it locked in.
    pore_diameters : Twice the same, by direction, with all atoms in place.

    Notes
    -----
    Ionic radii are Shannon's crystal radii as pymatgen has them, one for each charge,
    mostly those of sixfold coordination: of the anion for elements that form one,
    otherwise the mean over the charges of the cation. Hydrogen and most noble gases
    have none.

    Examples
    --------
    >>> from pymatgen.core import Lattice, Structure
    >>> from sk_knagcn.labels import percolation_radius
    >>> halite = Structure.from_spacegroup(
    ...     "Fm-3m", Lattice.cubic(5.13), ["Li", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]]
    ... )
    >>> round(percolation_radius(halite, radii="point"), 3)  # 5.13 / sqrt(6)
    2.094
    >>> round(percolation_radius([halite])[0], 3)  # less the radius of chloride, 1.67
    np.float64(0.424)
    """
    values = label_spheres(
        structures,
        _measure_percolation,
        radii=radii,
        without=ion,
        cache=cache,
        n_jobs=n_jobs,
        verbose=verbose,
        title="Percolation radii",
    )[:, 0]
    return float(values[0]) if is_one_structure(structures) else values


@validate_params({**COMMON, **_ION}, prefer_skip_nested_validation=True)
def li_site_radius(
    structures: Any,
    ion: str = "Li",
    *,
    radii: Radii = "ionic",
    cache: str | Path | None = "memory",
    n_jobs: int | None = None,
    verbose: int = 0,
) -> Any:
    """Measure the largest site that a mobile ion can take.

    All atoms of the ion's element are taken out, and what remains are hard spheres. The
    sites are the places that keep the most distance from all of them, whether an ion
    was there or not; the label is the radius of the largest sphere around one.

    Parameters
    ----------
    structures : structure, or list, tuple, object array, pandas Series or DataFrame
        One structure, or many as `check_structures` takes them; periodic in all three
        directions.
    ion : str, default="Li"
        Symbol of the mobile element. Structures without it are taken as they are.
    radii : {"ionic", "van der Waals", "point"} or dict, default="ionic"
        Of the other atoms, as in `percolation_radius`.
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
        In Angstrom; a number for one structure, an array for many.

    Raises
    ------
    ValueError
        If structures are not periodic, have no other atoms or have elements without a
        radius; index and formula of each are named.

    See Also
    --------
    percolation_radius : The largest sphere that gets from site to site.

    Examples
    --------
    >>> from pymatgen.core import Lattice, Structure
    >>> from sk_knagcn.labels import li_site_radius
    >>> halite = Structure.from_spacegroup(
    ...     "Fm-3m", Lattice.cubic(5.13), ["Li", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]]
    ... )
    >>> round(li_site_radius(halite, radii="point"), 3)  # where the lithium was
    2.565
    """
    values = label_spheres(
        structures,
        _measure_site,
        radii=radii,
        without=ion,
        cache=cache,
        n_jobs=n_jobs,
        verbose=verbose,
        title="Site radii",
    )[:, 0]
    return float(values[0]) if is_one_structure(structures) else values


def _measure_percolation(lattice: Floats, positions: Floats, radii: Floats) -> Row:
    return np.array([FreeSpheres(lattice, positions, radii).percolating()])


def _measure_site(lattice: Floats, positions: Floats, radii: Floats) -> Row:
    return np.array([FreeSpheres(lattice, positions, radii).largest()])
