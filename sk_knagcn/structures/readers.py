"""From the objects of other libraries to `Crystal`: one reader for each."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sk_knagcn.structures.checks import (
    ELEMENTS,
    UnusableError,
    check_numbers,
    complete_lattice,
)
from sk_knagcn.structures.crystal import Crystal
from sk_knagcn.structures.disorder import settle

Reader = Callable[[Any, bool], Crystal]

# Every site of every structure passes through these: the species on it with their
# occupancies, and where it is. pymatgen's properties do no more than return the private
# attributes, but take a fifth of the whole extraction; where a version of pymatgen
# names them otherwise, the public ones serve.
SHARES, PUBLIC_SHARES = attrgetter("_species._data"), attrgetter("species")
FRACTIONS, PUBLIC_FRACTIONS = attrgetter("_frac_coords"), attrgetter("frac_coords")
COORDS = attrgetter("coords")
_ISOTOPES = {"D": "H", "T": "H"}


def loaded(module: str, *names: str) -> tuple[Any, ...]:
    """Return classes of a module that somebody else has imported, or none.

    An object can be an instance of them only if their module is loaded, so nothing is
    ever imported just to find out that X holds none.
    """
    found = sys.modules.get(module)
    return tuple(getattr(found, name) for name in names if hasattr(found, name))


def find_readers() -> dict[Any, Reader]:
    """Map every class of structure that can exist in this process to its reader."""
    readers: dict[Any, Reader] = {Crystal: read_crystal}
    for cls in loaded("pymatgen.core.structure", "IStructure"):
        readers[cls] = read_structure
    for cls in loaded("pymatgen.core.structure", "IMolecule"):
        readers[cls] = read_molecule
    for cls in loaded("ase.atoms", "Atoms"):
        readers[cls] = read_atoms
    return readers


def read_structure(structure: Any, majority: bool) -> Crystal:
    """Read a pymatgen Structure or IStructure."""
    sites, matrix = structure.sites, structure.lattice.matrix
    positions = np.dot(_stack(_collect(sites, FRACTIONS, PUBLIC_FRACTIONS)), matrix)
    lattice, periodic = complete_lattice(matrix, structure.lattice.pbc)
    return _assemble(sites, positions, lattice, periodic, majority)


def read_molecule(molecule: Any, majority: bool) -> Crystal:
    """Read a pymatgen Molecule or IMolecule."""
    positions = _stack(list(map(COORDS, molecule.sites)))
    nowhere = np.zeros(3, dtype=bool)
    return _assemble(molecule.sites, positions, np.eye(3), nowhere, majority)


def _collect(
    sites: Sequence[Any], private: Callable[[Any], Any], public: Callable[[Any], Any]
) -> list[Any]:
    """Get one thing of every site, the fast way if there is one."""
    try:
        return list(map(private, sites))
    except AttributeError:
        return list(map(public, sites))


def _stack(coordinates: list[Any]) -> NDArray[np.float64]:
    """Put the coordinates of all sites into one array."""
    try:
        joined = np.concatenate(coordinates, dtype=np.float64)
        return joined.reshape(len(coordinates), 3)
    except (TypeError, ValueError):  # older pymatgen lets such sites be made
        raise UnusableError(
            "has a site whose coordinates are not three numbers. Repair or remove it."
        ) from None


def _assemble(
    sites: Sequence[Any],
    positions: NDArray[np.float64],
    lattice: NDArray[np.float64],
    periodic: NDArray[np.bool_],
    majority: bool,
) -> Crystal:
    """Make a Crystal from the species on pymatgen's sites, and the rest."""
    shares = _collect(sites, SHARES, PUBLIC_SHARES)
    # One number per site, if every site holds one element whole. The atomic number of
    # a DummySpecies is a hash, far outside the periodic table.
    whole = [el.Z for share in shares for el, n in share.items() if n == 1]
    if len(whole) == len(shares) and ELEMENTS.issuperset(whole):
        numbers = np.array(whole, dtype=np.int64)
        return Crystal(numbers, positions, lattice, periodic)
    occupants = [_sum_symbols(share.items()) for share in shares]
    numbers, occupied = settle(occupants, majority)
    return Crystal(numbers[occupied], positions[occupied], lattice, periodic)


def _sum_symbols(share: Iterable[tuple[Any, float]]) -> dict[str, float]:
    """Add up the occupancies of one element in several oxidation states or isotopes."""
    total: dict[str, float] = {}
    for species, amount in share:
        symbol = _ISOTOPES.get(species.symbol, species.symbol)
        total[symbol] = total.get(symbol, 0.0) + amount
    return total


def read_atoms(atoms: Any, majority: bool) -> Crystal:
    """Read ASE Atoms."""
    numbers = atoms.get_atomic_numbers().astype(np.int64)
    positions = atoms.get_positions().astype(np.float64)
    cell = np.array(atoms.cell, dtype=np.float64)
    lattice, periodic = complete_lattice(cell, atoms.pbc.tolist())
    # Atoms hold one element a site. What a CIF said of shared sites is kept aside,
    # by kind of site.
    shares = atoms.info.get("occupancy")
    if isinstance(shares, Mapping):
        kinds = atoms.arrays.get("spacegroup_kinds", np.arange(len(atoms)))
        pairs = zip(kinds.tolist(), atoms.symbols, strict=True)
        occupants = [_of_site(shares.get(str(kind)), symbol) for kind, symbol in pairs]
        numbers, occupied = settle(occupants, majority)
        return Crystal(numbers[occupied], positions[occupied], lattice, periodic)
    check_numbers(numbers)
    return Crystal(numbers, positions, lattice, periodic)


def _of_site(share: Mapping[str, float] | None, symbol: str) -> Mapping[str, float]:
    """What a CIF said of a site, unless the atom there has been replaced since."""
    if share is None:
        return {symbol: 1.0}
    most = max(share.values())
    first = {_ISOTOPES.get(name, name) for name, part in share.items() if part == most}
    return share if symbol in first else {symbol: 1.0}


def read_crystal(crystal: Crystal, majority: bool) -> Crystal:
    """Let a Crystal pass as it is, if it is made of the arrays it promises."""
    n = len(crystal)
    promised = {
        "numbers": ((n,), np.int64),
        "positions": ((n, 3), np.float64),
        "lattice": ((3, 3), np.float64),
        "periodic": ((3,), np.bool_),
    }
    for name, (shape, dtype) in promised.items():
        array = np.asarray(getattr(crystal, name))
        if array.shape != shape or array.dtype != dtype:
            raise UnusableError(
                f"has {name} of shape {array.shape} and type {array.dtype}. Make them "
                f"{shape} and {np.dtype(dtype)}."
            )
    check_numbers(crystal.numbers)
    return crystal
