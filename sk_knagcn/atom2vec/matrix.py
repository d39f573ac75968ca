"""Compositions, and the matrix that counts in which of them each element occurs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from sk_knagcn.structures import as_column, check_structures

Formula = tuple[tuple[int, int], ...]  # (atomic number, count), by atomic number
Environment = tuple[int, Formula]  # count of the element itself, and all the rest

HEAVIEST = 118
LARGEST_DENOMINATOR = 1000  # of a ratio of two amounts: 3.0003 is 3


def read_compositions(X: Any) -> list[dict[int, float]]:
    """Read what each item of X is made of: amounts, by ascending atomic number."""
    items = as_column(X)[:, 0].tolist()
    if not any(isinstance(item, (str, Mapping)) for item in items):
        items = [Counter(crystal.numbers.tolist()) for crystal in check_structures(X)]
    amounts = []
    for index, item in enumerate(items):
        try:
            amounts.append(_amounts(item))
        except (TypeError, ValueError) as problem:
            raise ValueError(
                f"item {index} of X, {item!r}, is no composition: {problem}. Pass "
                "formulas, pymatgen Compositions or mappings from atomic number to "
                "amount; or structures, but not both."
            ) from problem
    return amounts


def _amounts(item: Any) -> dict[int, float]:
    """Read one formula, Composition or mapping from atomic number to amount."""
    from pymatgen.core import Composition  # slow to load

    if not isinstance(item, (str, Mapping)):
        raise TypeError(f"it is a {type(item).__name__}")
    amounts: dict[int, float] = {}
    for species, amount in Composition(item).items():
        amounts[species.Z] = amounts.get(species.Z, 0) + amount
    if isinstance(item, Mapping) and any(map(math.isnan, item.values())):
        raise ValueError("an amount is NaN")  # pymatgen leaves the element out
    # Where pymatgen reads a dummy, such as X, the number is arbitrary.
    if amounts.keys() - range(1, HEAVIEST + 1):
        raise ValueError("it has atoms of no element")
    if not 0 < sum(amounts.values()) < math.inf:
        raise ValueError("it has no atoms, or infinitely many")
    return dict(sorted(amounts.items()))


def atom_environment_matrix(
    compositions: Iterable[Mapping[int, float]],
) -> tuple[csr_array, NDArray[np.int64], list[Environment]]:
    """Count in which environments each element occurs.

    Bi2Se3 gives bismuth the environment (2)Se3 and selenium (3)Bi2: the element's own
    count and all the rest, of the reduced formula. A compound of one element has no
    rest and is left out, but an element that occurs only pure has itself for its
    environment, which it shares with no other.

    Parameters
    ----------
    compositions : iterable of mapping from int to float
        Atomic number to amount, which need be neither reduced nor whole.

    Returns
    -------
    matrix : csr_array of shape (n_elements, n_environments), float64
        How many compounds put the element into the environment.
    elements : ndarray of shape (n_elements,), int64
        Atomic numbers of the rows, ascending.
    environments : list of tuple
        The columns, sorted: (count of the element, ((atomic number, count), ...)).

    See Also
    --------
    Atom2Vec : Element vectors from this matrix.

    Examples
    --------
    >>> from sk_knagcn.atom2vec import atom_environment_matrix
    >>> salt, magnesia, lime = {11: 1, 17: 1}, {12: 4, 8: 4}, {20: 1, 8: 1}
    >>> counts, elements, environments = atom_environment_matrix([salt, magnesia, lime])
    >>> environments[0]  # one atom beside one oxygen
    (1, ((8, 1),))
    >>> elements[counts[:, [0]].toarray().ravel() > 0]  # these were there
    array([12, 20])
    """
    pairs: Counter[tuple[int, Environment]] = Counter()
    pure: set[int] = set()
    for formula, times in Counter(map(_reduced, compositions)).items():
        if len(formula) == 1:
            pure.add(formula[0][0])
            continue
        for i, (element, count) in enumerate(formula):
            pairs[element, (count, formula[:i] + formula[i + 1 :])] += times
    for element in pure.difference([element for element, _ in pairs]):
        pairs[element, (1, ((element, 1),))] = 1
    elements = sorted({element for element, _ in pairs})
    environments = sorted({environment for _, environment in pairs})
    row = {element: i for i, element in enumerate(elements)}
    column = {environment: j for j, environment in enumerate(environments)}
    places = [row[z] for z, _ in pairs], [column[around] for _, around in pairs]
    counts = np.array(list(pairs.values()), dtype=np.float64)
    matrix = csr_array((counts, places), shape=(len(elements), len(environments)))
    return matrix, np.array(elements, dtype=np.int64), environments


def _reduced(composition: Mapping[int, float]) -> Formula:
    """Write the ratios of the amounts in whole numbers, as small as possible."""
    amounts = {z: Fraction(amount) for z, amount in sorted(composition.items())}
    least = min(amounts.values())
    ratios = {
        z: (amount / least).limit_denominator(LARGEST_DENOMINATOR)
        for z, amount in amounts.items()
    }
    scale = math.lcm(*(ratio.denominator for ratio in ratios.values()))
    return tuple((z, int(ratio * scale)) for z, ratio in ratios.items())
