"""Number structures by what they have in common."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from numbers import Real
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.utils._param_validation import Interval, StrOptions, validate_params

from sk_knagcn.splits.contents import Item, read_contents, reduced_composition
from sk_knagcn.splits.duplicates import Fingerprints
from sk_knagcn.splits.prototypes import prototypes

By = Literal["formula", "chemical_system", "prototype", "duplicates"]
KINDS: tuple[By, ...] = ("formula", "chemical_system", "prototype", "duplicates")
TOLERANCE = Interval(Real, 0, None, closed="neither")


@validate_params(
    {"by": [StrOptions(set(KINDS))], "tolerance": [TOLERANCE]},
    prefer_skip_nested_validation=True,
)
def structure_groups(
    structures: Any, by: By, *, tolerance: float = 0.02
) -> NDArray[np.int64]:
    """Number structures by what they have in common.

    The numbers serve as `groups` wherever scikit-learn takes them: in
    `GroupShuffleSplit`, `LeaveOneGroupOut`, `StratifiedGroupKFold` and so on.

    Parameters
    ----------
    structures : list, tuple, Series, one-column frame, object array or CrystalGraphs
        Whatever `StructureGraphTransformer` takes. Disordered sites count as the
        element that they hold most of. "prototype" needs structures, the others do
        with graphs.
    by : {"formula", "chemical_system", "prototype", "duplicates"}
        What puts two structures into one group: the reduced formula; the set of
        elements; space group and occupied sites, whatever the elements; or being
        nearly the same crystal, directly or through others.
    tolerance : float, default=0.02
        For "duplicates". Two crystals of equal reduced formula are nearly the same if,
        for each two elements, the average distance to the first, second, ... neighbour
        differs by no more than this, relative to itself. 100 neighbours are compared,
        of graphs as many as they hold.

    Returns
    -------
    ndarray of shape (n,), int64
        The group of each structure; groups are numbered from 0 on as they appear.

    See Also
    --------
    StructureGroupKFold : Folds that keep such groups whole.
    leakage_report : How much of these a split tears apart.

    Examples
    --------
    >>> from pymatgen.core import Lattice, Structure
    >>> from sk_knagcn import structure_groups
    >>> def rock_salt(metal, halogen, a):
    ...     sites = [[0, 0, 0], [0.5, 0.5, 0.5]]
    ...     return Structure.from_spacegroup(
    ...         "Fm-3m", Lattice.cubic(a), [metal, halogen], sites
    ...     )
    >>> salts = [rock_salt("Na", "Cl", 5.64), rock_salt("K", "Cl", 6.29)]
    >>> salts += [rock_salt("Na", "Cl", 5.65), rock_salt("Na", "Cl", 6.10)]
    >>> structure_groups(salts, by="formula")
    array([0, 1, 0, 0])
    >>> structure_groups(salts, by="prototype")
    array([0, 0, 0, 0])
    >>> structure_groups(salts, by="duplicates")
    array([0, 1, 0, 2])
    """
    return group_contents(read_contents(structures), by, tolerance)


def group_contents(
    items: Sequence[Item], by: By, tolerance: float
) -> NDArray[np.int64]:
    """Number structures that have been read already."""
    if by == "duplicates":
        return _number(Fingerprints(items).groups(tolerance).tolist())
    if by == "prototype":
        return _number(prototypes(items))
    compositions = [reduced_composition(item) for item in items]
    if by == "formula":
        return _number(compositions)
    return _number(frozenset(z for z, _ in counts) for counts in compositions)


def _number(keys: Iterable[Hashable]) -> NDArray[np.int64]:
    """Number keys in the order in which they appear."""
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys])
