"""Which element sits on a site that several share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sk_knagcn.structures.checks import UnusableError

FULL = 1e-6  # an occupancy this close to one is one


def settle(
    sites: Sequence[Mapping[str, float]], majority: bool
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Decide which element each site holds.

    Parameters
    ----------
    sites : sequence of mappings
        For every site, the occupancy of each symbol.
    majority : bool
        Whether the largest occupancy wins; otherwise a disordered site is an error.

    Returns
    -------
    numbers : ndarray of shape (n_sites,)
        Atomic numbers; meaningless where `occupied` is false.
    occupied : ndarray of shape (n_sites,)
        Whether the site holds an atom at all: it does if it is at least half full.
    """
    from pymatgen.core import Element

    numbers = np.zeros(len(sites), dtype=np.int64)
    occupied = np.ones(len(sites), dtype=bool)
    for index, occupants in enumerate(sites):
        ordered = len(occupants) == 1 and abs(sum(occupants.values()) - 1) < FULL
        if not ordered and not majority:
            shares = " ".join(f"{s}{n:g}" for s, n in occupants.items()) or "nothing"
            raise UnusableError(
                f"has a disordered site: site {index} holds {shares}. Order it first, "
                "or pass on_disorder='majority' to StructureGraphTransformer, to "
                "StructureDescriptors or to check_structures."
            )
        # The last digits are noise of whatever summed the occupancies: a tie stays one.
        largest = max((round(n, 6) for n in occupants.values()), default=0.0)
        winners = [s for s, n in occupants.items() if round(n, 6) == largest]
        occupied[index] = sum(occupants.values()) >= 0.5 - FULL
        if not occupied[index]:
            continue
        known = [Element(s).Z for s in winners if Element.is_valid_symbol(s)]
        if not known:
            raise UnusableError(
                f"has a site that holds no element: site {index} holds {winners[0]}. "
                "Replace or remove such sites."
            )
        numbers[index] = min(known)
    if not occupied.any():
        raise UnusableError(
            "has no sites left: all are less than half occupied. Order it first."
        )
    return numbers, occupied
