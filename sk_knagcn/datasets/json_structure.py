"""A structure as JSON holds it, in plain words or as pymatgen writes it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pymatgen.core import Structure

_FLATTEST = 1e-6  # volume over the product of the three lengths
_FULLEST = 1 + 1e-8  # pymatgen's own bound for the shares of a site
_WHOLE = 1 - 1e-8

Species = str | dict[str, float]


class Sites(NamedTuple):
    """What a Structure is made of; a tenth of one to send to another process."""

    lattice: NDArray[np.float64]  # (3, 3), rows are vectors
    periodic: tuple[bool, bool, bool]
    species: list[Species]  # symbols; with shares, where a site is not whole
    fractions: NDArray[np.float64]  # (n, 3)

    def to_structure(self) -> Structure:
        """Make a pymatgen Structure."""
        from pymatgen.core import Element, Lattice, Structure

        species = [
            Element(one) if isinstance(one, str) else one for one in self.species
        ]
        lattice = Lattice(self.lattice, pbc=self.periodic)
        return Structure(lattice, species, self.fractions)


def read_sites(found: Any) -> Sites:
    """Read a structure, ``{"lattice", "species", "frac_coords"}`` or an ``as_dict``.

    Neither pymatgen's nor anybody else's decoder is used: those import whatever a file
    tells them to. Elements, their shares, cell and coordinates are kept, nothing else.

    Parameters
    ----------
    found : object
        What stands in the file.

    Returns
    -------
    Sites
        Checked: shapes, finite numbers, elements, a lattice with a volume.

    Raises
    ------
    ValueError
        That says what is wrong, as the end of a sentence that names the structure.
    """
    if not isinstance(found, Mapping):
        raise ValueError("has no structure: that must be an object in braces")
    lattice = found.get("lattice")
    periodic = True, True, True
    if isinstance(lattice, Mapping):  # as pymatgen writes it
        a, b, c = np.broadcast_to(lattice.get("pbc", True), 3).tolist()
        periodic = bool(a), bool(b), bool(c)
        lattice = lattice.get("matrix")
    if "sites" in found:
        species, fractions = _read_pymatgen(found["sites"])
    elif isinstance(found.get("species"), list):
        species = [_symbol(_checked(name)) for name in found["species"]]
        fractions = found.get("frac_coords")
    else:
        raise ValueError('has a structure without a list of "species"')
    cell = _floats(lattice, "lattice", (3, 3))
    volume = abs(np.linalg.det(cell))
    if volume <= _FLATTEST * np.linalg.norm(cell, axis=1).prod():
        raise ValueError("has a flat lattice: its vectors lie in one plane")
    if not species:
        raise ValueError("has no sites")
    return Sites(
        cell, periodic, species, _floats(fractions, "frac_coords", (len(species), 3))
    )


def _read_pymatgen(sites: Any) -> tuple[list[Species], Any]:
    """Species and fractional coordinates from the sites of an ``as_dict``."""
    try:
        fractions = [site["abc"] for site in sites]
        shares = [_shares(site["species"]) for site in sites]
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"has sites unlike those of pymatgen: {error!r}") from error
    for share in shares:
        if not (share and 0 <= min(share.values()) <= sum(share.values()) <= _FULLEST):
            raise ValueError(f"has a site with impossible shares: {share}")
    species: list[Species] = [
        next(iter(share))
        if len(share) == 1 and sum(share.values()) >= _WHOLE
        else share
        for share in shares
    ]
    return species, fractions


def _shares(species: Any) -> dict[str, float]:
    """How much of a site each element has; one may be there with several charges."""
    shares: dict[str, float] = {}
    for one in species:
        symbol = _symbol(one["element"])
        shares[symbol] = shares.get(symbol, 0.0) + float(one["occu"])
    return shares


def _checked(name: Any) -> str:
    if not isinstance(name, str):
        raise ValueError(f"has a site with {name!r}, which is no element")
    return name


@cache
def _symbol(name: str) -> str:
    """The element's symbol, whatever charge is written behind it."""
    from pymatgen.core import DummySpecies, get_el_sp

    try:
        species = get_el_sp(name)
    except (LookupError, TypeError, ValueError):
        species = None
    if species is None or isinstance(species, DummySpecies):
        raise ValueError(f"has a site with {name!r}, which is no element")
    return getattr(species, "element", species).symbol


def _floats(found: Any, name: str, shape: tuple[int, int]) -> NDArray[np.float64]:
    try:
        numbers = np.array(found, dtype=np.float64)
    except (TypeError, ValueError):
        numbers = np.empty(0)
    if numbers.shape != shape:
        raise ValueError(f'has a structure without a "{name}" of {shape} numbers')
    if not np.isfinite(numbers).all():
        raise ValueError(f'has NaN or infinite numbers in its "{name}"')
    return numbers
