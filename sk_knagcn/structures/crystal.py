"""One crystal as plain arrays."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Crystal:
    """One crystal or molecule as plain arrays.

    Parameters
    ----------
    numbers : ndarray of shape (n_sites,), int64
        Atomic numbers.
    positions : ndarray of shape (n_sites, 3), float64
        Cartesian coordinates in Angstrom, not necessarily inside the cell.
    lattice : ndarray of shape (3, 3), float64
        Lattice vectors in Angstrom, one per row. The row of an axis that is not
        periodic means nothing: `check_structures` puts a unit vector there, at right
        angles to the periodic ones.
    periodic : ndarray of shape (3,), bool
        Whether the crystal repeats itself along each lattice vector.

    See Also
    --------
    check_structures : Makes these from whatever holds structures.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_knagcn.structures import Crystal
    >>> Crystal(
    ...     numbers=np.array([17, 55]),
    ...     positions=np.array([[0.0, 0.0, 0.0], [2.06, 2.06, 2.06]]),
    ...     lattice=4.12 * np.eye(3),
    ...     periodic=np.array([True, True, True]),
    ... )
    Crystal('CsCl', n_sites=2, periodic='abc')
    """

    numbers: NDArray[np.int64]  # (n,)
    positions: NDArray[np.float64]  # (n, 3), Cartesian, Angstrom
    lattice: NDArray[np.float64]  # (3, 3), rows are vectors, Angstrom
    periodic: NDArray[np.bool_]  # (3,)

    def __len__(self) -> int:
        """Count the sites."""
        return len(self.numbers)

    def __repr__(self) -> str:
        """Show the formula and the size, not the arrays."""
        axes = "".join(np.array(["a", "b", "c"])[self.periodic])
        return f"Crystal({self.formula!r}, n_sites={len(self)}, periodic={axes!r})"

    @property
    def formula(self) -> str:
        """Reduced formula in IUPAC order, such as 'NaCl'."""
        counts = Counter(self.numbers.tolist())
        return write_formula({symbol_of(z): count for z, count in counts.items()})

    def digest(self) -> bytes:
        """Digest the arrays into a cache key that is the same in every process.

        Returns
        -------
        bytes
            Sixteen bytes that change with any shape, type or number.
        """
        n, x, cell, axes = self.numbers, self.positions, self.lattice, self.periodic
        types = n.dtype, x.dtype, cell.dtype, axes.dtype
        header = _write_header(*types, n.shape, x.shape, cell.shape, axes.shape)
        # C order, whatever the layout.
        arrays = n.tobytes(), x.tobytes(), cell.tobytes(), axes.tobytes()
        content = b"".join([header, *arrays])
        return blake2b(content, digest_size=16).digest()


@lru_cache
def _write_header(*types_and_shapes: Any) -> bytes:
    """Write types and shapes down: for small structures most of a digest's work."""
    return repr(types_and_shapes).encode()


def symbol_of(number: int) -> str:
    """Write an atomic number as a symbol; 'X' if there is no such element."""
    # Imported late: pymatgen takes a while, and formulas are for people only.
    from pymatgen.core import Element

    try:
        return Element.from_Z(number).symbol
    except ValueError:
        return "X"


def write_formula(amounts: Mapping[str, float]) -> str:
    """Write amounts of symbols as a formula, reduced if all are whole numbers.

    Sorted by IUPAC's fixed sequence of elements, which knows every element; pymatgen's
    own formulas sort by electronegativity and warn where it is unknown (He, Ne, Ar).
    """
    from pymatgen.core import Element

    def place(symbol: str) -> tuple[int, str]:
        try:
            return Element(symbol).iupac_ordering, symbol
        except (KeyError, ValueError):  # the heaviest elements; no element at all
            return -1, symbol

    divisor = 1
    if amounts and all(float(amount).is_integer() for amount in amounts.values()):
        divisor = math.gcd(*(int(amount) for amount in amounts.values())) or 1
    reduced = {s: amounts[s] / divisor for s in sorted(amounts, key=place)}
    return "".join(f"{s}{n:g}" if n != 1 else s for s, n in reduced.items())
