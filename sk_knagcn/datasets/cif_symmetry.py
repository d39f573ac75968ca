"""The symmetry that a CIF file tells of, before and after pymatgen has read it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

OPERATIONS = {"_symmetry_equiv_pos_as_xyz", "_space_group_symop_operation_xyz"}
_SAME_TABLES = ("_symmetry_equiv_", "_space_group_symop_", "_atom_site_")
# Names with a dot, which pymatgen knows only in files about magnetism.
_DOTTED = re.compile(
    r"^\s*(_(?:symmetry|space_group)(?!\S*magn)\w*\."
    r"(?:name_\S+|\w*_number|\w*xyz))[ \t]*(\S[^\n]*)?$",
    re.MULTILINE | re.IGNORECASE,
)
_MOST_OPERATIONS = 192  # of a space group
_LONGEST_OPERATION = 200  # characters; pymatgen takes minutes for thousands
_GROUP_NAME = re.compile(r"^\s*_\w*name_H-M\w*[ \t]+(\S[^\n]*)$", re.M | re.I)
_HALL_NAME = re.compile(r"^\s*_\w*name_hall\w*[ \t]+(\S[^\n]*)$", re.M | re.I)
_GROUP_NUMBER = re.compile(r"^\s*_\w*(?:Int_Tables|IT)_number[ \t]+(\d+)", re.M | re.I)
_NOTHING_NAMED = {"", "1", "P1", "?", "."}
# What pymatgen says where it took the operations from a name, or from a single line.
_TAKEN = re.compile(r"Spacegroup from .* used|1-line symmetry")
# Cells are known better than this; axes that are not those of the operations, worse.
_STRAIN = 0.05


def check_lengths(text: str) -> None:
    """Raise an error for operations that pymatgen would read for ever."""
    for table, line in _table_lines(text):
        if table == "operations" and "," in line and len(line) > _LONGEST_OPERATION:
            raise ValueError(f"{line[:40]}... is too long for a symmetry operation")


def check_applied(operations: Sequence[Any], lattice: NDArray[np.float64]) -> None:
    """Raise an error for what turns the cell into another one.

    Parameters
    ----------
    operations : sequence of SymmOp
        Those that pymatgen has applied. What it cannot read is zero to it: of "x, y" it
        makes "x, y, 0".
    lattice : ndarray of shape (3, 3)
        The vectors of the cell in rows.
    """
    metric = lattice @ lattice.T
    allowed = _STRAIN * np.sqrt(np.outer(np.diag(metric), np.diag(metric)))
    for number, operation in enumerate(operations, 1):
        rotation = operation.rotation_matrix
        turned = rotation.T @ metric @ rotation
        if (abs(turned - metric) > allowed).any():
            raise ValueError(
                f"its symmetry operation {number} of {len(operations)}, rotation "
                f"{rotation.tolist()}, does not turn its cell into itself. The "
                "operation is none, or the cell has other axes than the space group. "
                "List all atoms of the cell instead"
            )


def count_copies(text: str) -> int:
    """How many atoms the symmetry of a file makes at most."""
    counts = Counter(table for table, _ in _table_lines(text))
    return (counts["operations"] or _order_of_named_group(text)) * counts["sites"]


def _table_lines(text: str) -> Iterator[tuple[str, str]]:
    """The lines of the tables with operations and with sites, and which table it is."""
    table = None
    for line in map(str.strip, text.splitlines()):
        tag = line.lower()
        if tag.startswith("_atom_site_fract"):
            table = "sites"
        elif tag.rstrip("_") in OPERATIONS:
            table = "operations"
        elif tag.startswith(("loop_", "data_")):
            table = None
        elif tag.startswith("_"):
            table = table if tag.startswith(_SAME_TABLES) else None
        elif table and line and not line.startswith("#"):
            yield table, line


def _order_of_named_group(text: str) -> int:
    """How many operations a group has that is named, and not written out."""
    from pymatgen.symmetry.groups import SpaceGroup

    named, numbered = _GROUP_NAME.search(text), _GROUP_NUMBER.search(text)
    try:
        if named is not None:
            order = SpaceGroup(_bare(named[1])).order
        else:
            order = (
                SpaceGroup.from_int_number(int(numbered[1])).order if numbered else 1
            )
    except ValueError:
        return _MOST_OPERATIONS  # an unusual setting, or none that there is
    return int(order)


def check_group(text: str, said: Sequence[str]) -> None:
    """Raise an error for a group that pymatgen has passed over.

    Parameters
    ----------
    text : str
        The file.
    said : sequence of str
        Pymatgen's warnings. Where no operations are listed, it takes those of the name,
        if it knows that; those of the number, in whichever setting is its standard; and
        otherwise none.
    """
    if any(table == "operations" for table, _ in _table_lines(text)):
        return
    if any(map(_TAKEN.search, said)):
        return
    for name, value in _DOTTED.findall(text):
        if not value or _bare(value) not in _NOTHING_NAMED:
            raise ValueError(
                f"its symmetry is told as {name}, a name by which it is not read. Call "
                f"it {name.replace('.', '_')}"
            )
    found = _GROUP_NAME.search(text) or _HALL_NAME.search(text)
    name = "" if found is None else _bare(found[1])
    numbered = _GROUP_NUMBER.search(text)
    n_settings = None if numbered is None else _n_settings(int(numbered[1]))
    if name not in _NOTHING_NAMED and n_settings != 1:
        what = f"space group {name!r}"
    elif numbered is not None and n_settings == 0:
        what = f"space group number {numbered[1]}"
    else:
        return
    raise ValueError(
        f"its {what} is not known, and no operations are listed: its symmetry would be "
        "lost. List them, or all atoms of the cell"
    )


def _bare(name: str) -> str:
    """The name of a group without quotes and blanks."""
    return name.strip(" '\"").replace(" ", "")


@cache
def _n_settings(number: int) -> int:
    """How many choices of axes and origin a group has; 0 if there is none such."""
    from spglib import get_spacegroup_type

    halls = (get_spacegroup_type(hall) for hall in range(1, 531))
    return sum(one is not None and one.number == number for one in halls)
