"""What each descriptor is about: elements, surroundings of atoms, lattice or size."""

from __future__ import annotations

import re

# Names are matched as a whole, in lower case and with blanks for underscores, so that
# the names of published tables are known as well as matminer's.
_NAMES = {
    "composition": [
        r"magpiedata .*",
        r"\d+-norm",
        r"(avg|frac) [spdf] valence electrons",
    ],
    "local": [
        r".*(relative bond length|neighbor distance variation|relative cell size)",
        r".*(average bond (length|angle)|cn voronoinn)",
        r"max packing efficiency|mean ordering parameter shell \d+",
        # Means over the atoms too: of their volumes, and of what fills these.
        r"density|vpa|volume per atom|packing fraction",
    ],
    "periodic": [
        r"spacegroup num|crystal system( int)?|is centrosymmetric|n symmetry ops",
        r"structural complexity per atom",
        r"a|b|c|alpha|beta|gamma",
    ],
    "size": [r"natoms|structural complexity per cell"],
}
_KINDS = {kind: re.compile("|".join(names)) for kind, names in _NAMES.items()}


def descriptor_kind(name: str) -> str:
    """Tell what a descriptor is about, by its name.

    Parameters
    ----------
    name : str
        A column of `StructureDescriptors`; underscores may stand for blanks.

    Returns
    -------
    str
        "composition": the elements and their shares. "local": means over the atoms of
        what is around each. "periodic": symmetry, and the lattice of the cell that was
        given. "size": what grows with the cell. "other": all that is not known here.

    Examples
    --------
    >>> from sk_knagcn.descriptors import descriptor_kind
    >>> [descriptor_kind(name) for name in ["vpa", "gamma", "natoms", "hardness"]]
    ['local', 'periodic', 'size', 'other']
    """
    plain = name.lower().replace("_", " ")
    found = (kind for kind, known in _KINDS.items() if known.fullmatch(plain))
    return next(found, "other")
