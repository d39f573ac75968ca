"""The structure type of a crystal, whatever elements it holds."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from sk_knagcn.silence import silence
from sk_knagcn.splits.contents import Item, reduced_composition
from sk_knagcn.structures import Crystal

# In Angstrom. Atoms may be this far from where the symmetry wants them; the Materials
# Project uses the same. The second is for crystals in which that is too far.
SYMPREC = (0.1, 0.01)
MAX_SHOWN = 5  # structures named in one warning
# Space groups that are mirror images of each other: left and right quartz are one type.
_OTHER_HAND = {
    78: 76, 95: 91, 96: 92, 145: 144, 153: 151, 154: 152,
    170: 169, 172: 171, 179: 178, 181: 180, 213: 212,
}  # fmt: skip


def prototypes(items: Sequence[Item]) -> list[Hashable]:
    """Find the structure type of each crystal; warn of those without symmetry.

    The type is the space group and, for each element, how many atoms of the primitive
    cell it has on sites of which symmetry. The letters of Wyckoff positions are left
    out because they depend on the choice of the origin.
    """
    crystals = [item for item in items if isinstance(item, Crystal)]
    if len(crystals) < len(items):
        raise ValueError(
            "X holds graphs, which do not tell the space group. Pass the structures, "
            "or group them beforehand: structure_groups(structures, by='prototype')."
        )
    with silence():  # spglib writes to the terminal where it has to try again
        types = [_symmetry_type(crystal) for crystal in crystals]
    failed = [i for i, kind in enumerate(types) if kind is None]
    if failed:
        some = ", ".join(f"{i} ({crystals[i].formula})" for i in failed[:MAX_SHOWN])
        more = f" and {len(failed) - MAX_SHOWN} more" if len(failed) > MAX_SHOWN else ""
        warnings.warn(
            f"no space group for structures {some}{more}: they are not periodic in "
            "three directions, or spglib found none. Those of equal formula but for "
            "the names of the elements are taken for one prototype.",
            UserWarning,
            stacklevel=4,
        )
    return [
        _anonymous(crystal) if kind is None else kind
        for crystal, kind in zip(crystals, types, strict=True)
    ]


def _symmetry_type(crystal: Crystal) -> Hashable | None:
    import spglib

    if not crystal.periodic.all():
        return None
    fractions = np.linalg.solve(crystal.lattice.T, crystal.positions.T).T
    cell: Any = (crystal.lattice, fractions, crystal.numbers)
    for symprec in SYMPREC:
        found = spglib.get_symmetry_dataset(cell, symprec=symprec)
        if found is not None:
            break
    else:
        return None
    copies = len(crystal) // (found.mapping_to_primitive.max() + 1)
    first, sizes = np.unique(found.crystallographic_orbits, return_counts=True)
    sites: dict[int, list[tuple[int, str]]] = {}
    for atom, size in zip(first.tolist(), sizes.tolist(), strict=True):
        # Which axis comes first in "mm2" is a matter of the setting.
        symmetry = "".join(sorted(found.site_symmetry_symbols[atom].replace(".", "")))
        site = size // copies, symmetry
        sites.setdefault(int(crystal.numbers[atom]), []).append(site)
    occupied = tuple(sorted(tuple(sorted(of_one)) for of_one in sites.values()))
    return _OTHER_HAND.get(found.number, found.number), occupied


def _anonymous(crystal: Crystal) -> Hashable:
    return tuple(sorted(count for _, count in reduced_composition(crystal)))
