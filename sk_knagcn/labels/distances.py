"""How near atoms are to each other."""

from __future__ import annotations

from functools import partial
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Element
from sklearn.utils._param_validation import Interval, StrOptions, validate_params

from sk_knagcn.geometry.batches import Batch
from sk_knagcn.geometry.environments import find_all_neighbors
from sk_knagcn.geometry.neighbors import AtomsTooCloseError, neighbor_vectors
from sk_knagcn.labels.cache import Row
from sk_knagcn.labels.many import is_one_structure, label_each, read_structures
from sk_knagcn.structures import Crystal

_COMMON = {
    "cache": [str, Path, None],
    "n_jobs": [Integral, None],
    "verbose": ["verbose"],
}
_TIES = 1e-3  # any will do
_NEIGHBORS = 12  # to look at first


@validate_params(_COMMON, prefer_skip_nested_validation=True)
def min_interatomic_distance(
    structures: Any,
    *,
    cache: str | Path | None = "memory",
    n_jobs: int | None = None,
    verbose: int = 0,
) -> Any:
    """Measure how far apart the two nearest atoms are.

    Images of an atom in other cells count like other atoms.

    Parameters
    ----------
    structures : structure, or list, tuple, object array, pandas Series or DataFrame
        One structure, or many as `check_structures` takes them.
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
        In Angstrom; a number for one structure, an array for many. NaN for one atom
        alone.

    See Also
    --------
    min_bond_length : Only between atoms that are bonded.
    clean_frameworks : Drops structures in which it is too short to be true.

    Examples
    --------
    >>> from pymatgen.core import Lattice, Structure
    >>> from sk_knagcn.labels import min_interatomic_distance
    >>> halite = Structure.from_spacegroup(
    ...     "Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]]
    ... )
    >>> round(min_interatomic_distance(halite), 3)
    2.82
    """
    values = label_each(
        read_structures(structures),
        _measure_distance,
        settings=None,
        cache=cache,
        n_jobs=n_jobs,
        verbose=verbose,
        title="Shortest distances",
    )[:, 0]
    return float(values[0]) if is_one_structure(structures) else values


@validate_params(
    {
        **_COMMON,
        "element": [StrOptions({element.symbol for element in Element}), None],
        "tolerance": [Interval(Real, 0, None, closed="left")],
    },
    prefer_skip_nested_validation=True,
)
def min_bond_length(
    structures: Any,
    element: str | None = None,
    *,
    tolerance: float = 0.4,
    cache: str | Path | None = "memory",
    n_jobs: int | None = None,
    verbose: int = 0,
) -> Any:
    """Measure the shortest bond.

    Two atoms are bonded if they are no farther apart than their covalent radii [1]_ and
    a tolerance together, the rule of the Cambridge Structural Database.

    Parameters
    ----------
    structures : structure, or list, tuple, object array, pandas Series or DataFrame
        One structure, or many as `check_structures` takes them.
    element : str, default=None
        Only bonds that an atom of this element takes part in, such as "Li".
    tolerance : float, default=0.4
        In Angstrom.
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
        In Angstrom; a number for one structure, an array for many. NaN where there is
        no such bond.

    See Also
    --------
    min_interatomic_distance : Between any atoms.

    References
    ----------
    .. [1] B. Cordero et al., "Covalent radii revisited", Dalton Trans. 2832 (2008).

    Examples
    --------
    >>> from pymatgen.core import Lattice, Structure
    >>> from sk_knagcn.labels import min_bond_length
    >>> halite = Structure.from_spacegroup(
    ...     "Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]]
    ... )
    >>> round(min_bond_length(halite), 3)
    2.82
    >>> min_bond_length(halite, "Li")
    nan
    """
    values = label_each(
        read_structures(structures),
        partial(_measure_bond, element=element, tolerance=float(tolerance)),
        settings=(element, float(tolerance)),
        cache=cache,
        n_jobs=n_jobs,
        verbose=verbose,
        title="Shortest bonds",
    )[:, 0]
    return float(values[0]) if is_one_structure(structures) else values


def _measure_distance(crystal: Crystal) -> Row:
    try:
        apart = _find_pairs(crystal, 1)[2]
    except AtomsTooCloseError as clash:  # one atom written twice, most likely
        return np.array([clash.distance])
    return np.array([apart.min() if len(apart) else np.nan])


def _measure_bond(crystal: Crystal, *, element: str | None, tolerance: float) -> Row:
    sizes = _covalent_radii(crystal.numbers)
    wanted = np.ones(len(crystal), dtype=bool)
    if element is not None:
        wanted = crystal.numbers == Element(element).Z
    rest = np.arange(len(crystal))
    while wanted.any():
        part = Crystal(
            crystal.numbers[rest],
            crystal.positions[rest],
            crystal.lattice,
            crystal.periodic,
        )
        try:
            found = _nearest_bond(part, sizes[rest], wanted[rest], tolerance)
        except AtomsTooCloseError as clash:  # one atom written twice, most likely
            if not wanted[rest[[clash.first, clash.second]]].any():
                rest = np.delete(rest, clash.second)
                continue
            found = clash.distance
        return np.array([found])
    return np.array([np.nan])


def _nearest_bond(
    crystal: Crystal,
    sizes: NDArray[np.float64],
    wanted: NDArray[np.bool_],
    tolerance: float,
) -> float:
    """The shortest bond of the wanted atoms; NaN if they have none."""
    k = _NEIGHBORS
    while True:
        first, second, apart = _find_pairs(crystal, k)
        bonded = wanted[first] & (apart <= sizes[first] + sizes[second] + tolerance)
        best = apart[bonded].min(initial=np.inf)
        # A nearer bond can only be one that is farther away than the last of the k.
        farthest = np.zeros(len(crystal))
        np.maximum.at(farthest, first, apart)
        all_there = np.bincount(first, minlength=len(crystal)) < k
        seen = np.where(all_there, np.inf, farthest)
        bound = np.minimum(best, sizes + sizes.max() + tolerance)
        if (seen >= bound)[wanted].all():
            return float(best) if np.isfinite(best) else np.nan
        k *= 2


def _find_pairs(
    crystal: Crystal, k: int
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
    """The nearest neighbours of each atom: who, of whom, how far away."""
    batch = Batch.join([crystal])
    found = find_all_neighbors(batch, k, _TIES)
    second, _, apart = neighbor_vectors(
        batch.positions,
        batch.lattices[0],
        crystal.periodic,
        found.start,
        found.index,
        found.image,
    )
    first = np.repeat(np.arange(len(crystal)), np.diff(found.start))
    return first, second, apart


def _covalent_radii(numbers: NDArray[np.int64]) -> NDArray[np.float64]:
    """Cordero's radii; for elements beyond curium, that of curium."""
    from pymatgen.analysis.molecule_structure_comparator import CovalentRadius

    known = CovalentRadius.radius
    kinds, kind = np.unique(numbers, return_inverse=True)
    symbols = [Element.from_Z(int(number)).symbol for number in kinds]
    return np.array([known.get(symbol, known["Cm"]) for symbol in symbols])[kind]
