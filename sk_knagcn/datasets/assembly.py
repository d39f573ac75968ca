"""pymatgen Structures from plain arrays, in a small part of the usual time."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pymatgen.core import Composition, Lattice, Structure


def make_structure(
    lattice: Lattice, numbers: NDArray[np.uint8], fractions: NDArray[np.float64]
) -> Structure:
    """Make an ordered structure.

    pymatgen's constructor makes a composition for each site and checks it. Here sites
    of one element share theirs, which never changes, and nothing is left to check. A
    constructor of sites without its checks still takes two thirds of the time: so it
    makes a pattern only, which the sites copy.

    Parameters
    ----------
    lattice : Lattice
        The cell.
    numbers : ndarray of shape (n,)
        Atomic numbers.
    fractions : ndarray of shape (n, 3)
        Fractional coordinates; the sites keep copies.

    Returns
    -------
    Structure
        Equal to what ``Structure(lattice, numbers, fractions)`` is.
    """
    from pymatgen.core import PeriodicSite, Structure

    structure = Structure(lattice, [], [])
    if not len(numbers):
        return structure
    species = {number: _pure(number) for number in np.unique(numbers).tolist()}
    places = fractions.copy()
    pattern = vars(PeriodicSite(_pure(1), places[0], lattice, skip_checks=True))
    sites = [object.__new__(PeriodicSite) for _ in places]
    for site, number, place in zip(sites, numbers.tolist(), places, strict=True):
        own = vars(site)
        own.update(pattern)
        own["_species"] = species[number]
        own["_frac_coords"] = place
        own["properties"] = {}
    structure.sites = sites
    return structure


@contextmanager
def paused_collector() -> Iterator[None]:
    """Let Python's garbage collector rest while many objects are made to stay.

    It looks through all objects again and again as their number grows, which takes a
    third of the time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@cache
def _pure(number: int) -> Composition:
    from pymatgen.core import Composition, Element

    return Composition({Element.from_Z(number): 1})
