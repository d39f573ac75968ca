"""CIF files without symmetry, read fast; all others by pymatgen."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sk_knagcn.datasets.assembly import make_structure
from sk_knagcn.datasets.cif_blocks import block_with_atoms
from sk_knagcn.datasets.cif_symmetry import (
    OPERATIONS,
    check_applied,
    check_group,
    check_lengths,
    count_copies,
)

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
_HYDROGENS = "_atom_site_attached_hydrogens"  # those that are not listed
_NOT_GIVEN = (".", "?")
_SYMMETRY = ("_symmetry", "_space_group")
# Operations times sites: beyond this, pymatgen's reader takes many minutes.
_MOST_COPIES = 30_000
_FARTHEST = 1e4  # cells away from the origin; also keeps out what is no number
_TRIVIAL = {"1", "P1", "'P1'", "'P 1'", '"P1"', '"P 1"', "triclinic"}
_UNCERTAIN = re.compile(r"\(.*$")  # all that pymatgen takes for one
_UNCERTAINTY = re.compile(r"\(\d+\)$")  # 0.1234(5)
_UNKNOWN = re.compile(r"(\S+) parsed as *$", re.MULTILINE)  # and so left out


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

    text = block_with_atoms(text)
    check_lengths(text)
    copies = count_copies(text)
    if copies > _MOST_COPIES:
        raise ValueError(
            f"its symmetry makes up to {copies:,} atoms, for which the reader would "
            "take very long. List all atoms of the cell instead"
        )
    with warnings.catch_warnings(record=True) as said:
        # It warns of what it mends, and of why it reads nothing before it says so.
        warnings.simplefilter("always")
        try:
            parser = CifParser.from_str(text)
            structures = parser.parse_structures(primitive=False)
        except ValueError as error:
            last = f" ({said[-1].message})" if said else ""
            raise ValueError(f"{error}{last}") from error
    messages = [str(warning.message) for warning in said]
    check_group(text, messages)
    if any("implicit hydrogens" in message for message in messages):
        raise ValueError(
            "it tells of hydrogen atoms that it does not list. Add them, or set "
            f"{_HYDROGENS} to 0"
        )
    if unknown := [word for text in messages for word in _UNKNOWN.findall(text)]:
        raise ValueError(f"{unknown[0]} is no element. Name it, or leave it out")
    (structure,) = structures
    check_applied(parser.symmetry_operations, structure.lattice.matrix)
    for block in parser.as_dict().values():
        _check_sites(block)
    if not (
        np.isfinite(structure.lattice.matrix).all()
        and np.isfinite(structure.frac_coords).all()
    ):
        raise ValueError("NaN or infinite numbers in its cell or coordinates")
    return structure


def _check_sites(block: Mapping[str, Any]) -> None:
    """Raise an error for atoms that pymatgen puts at 0, or leaves out."""
    listed = [block[name] for name in (*_FRACTIONS, _OCCUPANCY) if name in block]
    if not all(isinstance(values, list) for values in listed):
        raise ValueError("its atom is not in a loop_. Put that before its names")
    for i, place in enumerate(zip(*listed[:3], strict=True), 1):
        if {*place} & {*_NOT_GIVEN}:
            raise ValueError(
                f"its atom {i} has no place: {', '.join(place)}. Give it one, or leave "
                "it out"
            )
    for i, occupancy in enumerate(block.get(_OCCUPANCY, ()), 1):
        if occupancy != "?" and not _is_amount(_UNCERTAIN.sub("", occupancy)):
            raise ValueError(
                f"its atom {i} has occupancy {occupancy}. Write how much of it is there"
            )


def _is_amount(value: str) -> bool:
    try:
        return float(value) >= 0
    except ValueError:
        return False


def _read_plain(text: str) -> tuple[list[float], list[str], np.ndarray]:
    """Cell, symbols and coordinates of a file with one block and the identity only."""
    values: dict[str, str] = {}
    tables: list[tuple[list[str], list[list[str]]]] = []
    in_table = False
    for line in _lines(text):
        if line == "loop_":
            tables.append(([], []))
            in_table = True
        elif line.startswith("_"):
            name, *rest = line.split(None, 1)
            name = name.lower()
            if rest:
                if name in values:
                    raise _Unusual  # said twice
                values[name] = rest[0]
                in_table = False
            elif in_table and not tables[-1][1]:
                tables[-1][0].append(name)
            else:
                raise _Unusual
        elif line.startswith("data_"):
            if values or tables:
                raise _Unusual  # a second block
        elif in_table:
            tables[-1][1].append([line] if "'" in line or '"' in line else line.split())
        else:
            raise _Unusual
    if not values.keys() >= set(_CELL):
        raise _Unusual
    cell = [_number(values[name]) for name in _CELL]
    if min(cell) <= 0 or max(cell[3:]) >= 180:
        raise _Unusual
    sites, identity_only = [], False
    for names, rows in tables:
        if values.keys() & set(names):
            raise _Unusual  # said twice
        if OPERATIONS.intersection(names):
            _check_identity(names, rows)
            identity_only = True
        elif any(name.startswith(_SYMMETRY) for name in names):
            raise _Unusual
        if _FRACTIONS[0] in names:
            sites.append((names, rows))
    # Without a list of operations, a space group may stand for one.
    groups = {v for name, v in values.items() if name.startswith(_SYMMETRY)}
    if len(sites) != 1 or not (identity_only or groups <= _TRIVIAL):
        raise _Unusual
    return cell, *_read_sites(*sites[0])


def _lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        line = line.strip()
        if line.startswith(";"):
            raise _Unusual  # text over several lines
        if line and not line.startswith("#"):
            yield line


def _check_identity(names: list[str], rows: list[list[str]]) -> None:
    """No operation but x, y, z."""
    if len(rows) != 1:
        raise _Unusual
    said = "".join(rows[0])
    if len(names) > 1:  # with its number
        said = said.strip("1")
    said = said.strip(" '\"").replace(" ", "").lower()
    if said not in ("x,y,z", "+x,+y,+z"):
        raise _Unusual


def _read_sites(
    names: list[str], rows: list[list[str]]
) -> tuple[list[str], np.ndarray]:
    if _SYMBOL not in names or len(set(names)) < len(names):
        raise _Unusual
    if {len(row) for row in rows} != {len(names)}:
        raise _Unusual
    columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    if not {*_NOT_GIVEN, "0"}.issuperset(columns.get(_HYDROGENS, ())):
        raise _Unusual
    occupancy = columns.get(_OCCUPANCY, ())
    if any(_number(value) != 1 for value in set(occupancy)):
        raise _Unusual
    try:
        fractions = np.array([columns[name] for name in _FRACTIONS], dtype=float)
    except ValueError:  # with uncertainties, perhaps
        fractions = np.array([[_number(v) for v in columns[n]] for n in _FRACTIONS])
    if not (np.abs(fractions) < _FARTHEST).all():
        raise _Unusual
    return list(columns[_SYMBOL]), fractions.T


def _number(value: str) -> float:
    number = float(_UNCERTAINTY.sub("", value))
    if not math.isfinite(number):
        raise ValueError(f"{value} is no number")
    return number
