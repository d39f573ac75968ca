"""CIF files without symmetry, read fast; all others by pymatgen."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sk_knagcn.datasets.assembly import make_structure

if TYPE_CHECKING:
    from pymatgen.core import Structure

_CELL = tuple(
    f"_cell_{kind}"
    for kind in (
        *("length_a", "length_b", "length_c"),
        *("angle_alpha", "angle_beta", "angle_gamma"),
    )
)
_FRACTIONS = tuple(f"_atom_site_fract_{axis}" for axis in "xyz")
_SYMBOL, _OCCUPANCY = "_atom_site_type_symbol", "_atom_site_occupancy"
_OPERATIONS = {"_symmetry_equiv_pos_as_xyz", "_space_group_symop_operation_xyz"}
_NO_COORDINATE = re.compile(r"[a-w]", re.IGNORECASE)
_UNCERTAINTY = re.compile(r"\(\d+\)$")  # 0.1234(5)


class _Unusual(Exception):
    """The file holds something that the fast reader does not know."""


class Listing(NamedTuple):
    """All atoms of a cell as a file lists them; a tenth of a Structure to send."""

    cell: list[float]  # lengths in Angstrom, angles in degrees
    numbers: NDArray[np.uint8]  # (n,), atomic numbers
    fractions: NDArray[np.float64]  # (n, 3)

    def to_structure(self) -> Structure:
        """Make a pymatgen Structure."""
        from pymatgen.core import Lattice

        lattice = Lattice.from_parameters(*self.cell)
        return make_structure(lattice, self.numbers, self.fractions)


def read_cif(text: str) -> Listing | Structure:
    """Read one structure from the text of a CIF file.

    The files of framework databases list all atoms of the cell, and reading those needs
    no crystallography: it is done here, dozens of times faster. Whatever has symmetry,
    disorder or anything else out of the ordinary goes to pymatgen, and gets its answer.

    Parameters
    ----------
    text : str
        The contents of the file.

    Returns
    -------
    Listing or Structure
        With elements and fractional coordinates as they are in the file; what pymatgen
        read, as it gives it.
    """
    from pymatgen.core import Element

    try:
        cell, symbols, fractions = _read_plain(text)
        numbers = {symbol: Element(symbol).Z for symbol in set(symbols)}
    except (_Unusual, ValueError):
        return _read_with_pymatgen(text)
    listed = np.array([numbers[symbol] for symbol in symbols], dtype=np.uint8)
    return Listing(cell, listed, fractions)


def _read_with_pymatgen(text: str) -> Structure:
    from pymatgen.io.cif import CifParser

    _check_operations(text)
    with warnings.catch_warnings():
        # It warns of what it mends; what it cannot read is an error.
        warnings.simplefilter("ignore")
        (structure,) = CifParser.from_str(text).parse_structures(primitive=False)
    return structure


def _check_operations(text: str) -> None:
    """Raise an error for what is no symmetry operation; pymatgen reads z = w as z = 0.

    In a table with operations only these have two commas in a line.
    """
    inside = False
    for line in text.splitlines():
        line = line.strip()
        if line in _OPERATIONS:
            inside = True
        elif line.startswith(("_", "loop_", "data_")):
            inside = inside and line.startswith("_symmetry_equiv_")
        elif inside and line.count(",") == 2 and _NO_COORDINATE.search(line):
            raise ValueError(f"{line} is no symmetry operation")


def _read_plain(text: str) -> tuple[list[float], list[str], np.ndarray]:
    """Cell, symbols and coordinates of a file with one block and the identity only."""
    values: dict[str, str] = {}
    tables: list[tuple[list[str], list[list[str]]]] = []
    lines = _lines(text)
    for line in lines:
        if line == "loop_":
            tables.append(([], []))
        elif line.startswith("_"):
            name, *rest = line.split(None, 1)
            if rest:
                values[name] = rest[0]
            elif tables and not tables[-1][1]:
                tables[-1][0].append(name)
            else:
                raise _Unusual
        elif line.startswith("data_"):
            if values or tables:
                raise _Unusual  # a second block
        elif tables:
            tables[-1][1].append([line] if "'" in line or '"' in line else line.split())
        else:
            raise _Unusual
    if not values.keys() >= set(_CELL):
        raise _Unusual
    cell = [_number(values[name]) for name in _CELL]
    sites = None
    for names, rows in tables:
        if _OPERATIONS.intersection(names):
            _check_identity(rows)
        if _FRACTIONS[0] in names:
            sites = names, rows
    if sites is None:
        raise _Unusual
    return cell, *_read_sites(*sites)


def _lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        line = line.strip()
        if line.startswith(";"):
            raise _Unusual  # text over several lines
        if line and not line.startswith("#"):
            yield line


def _check_identity(rows: list[list[str]]) -> None:
    """No operation but x, y, z."""
    if len(rows) != 1:
        raise _Unusual
    said = "".join(rows[0]).strip("1").strip(" '\"").replace(" ", "").lower()
    if said not in ("x,y,z", "+x,+y,+z"):
        raise _Unusual


def _read_sites(
    names: list[str], rows: list[list[str]]
) -> tuple[list[str], np.ndarray]:
    if _SYMBOL not in names or {len(row) for row in rows} != {len(names)}:
        raise _Unusual
    columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    occupancy = columns.get(_OCCUPANCY, ())
    if any(_number(value) != 1 for value in set(occupancy)):
        raise _Unusual
    try:
        fractions = np.array([columns[name] for name in _FRACTIONS], dtype=float)
    except ValueError:  # with uncertainties, perhaps
        fractions = np.array([[_number(v) for v in columns[n]] for n in _FRACTIONS])
    return list(columns[_SYMBOL]), fractions.T


def _number(value: str) -> float:
    return float(_UNCERTAINTY.sub("", value))
