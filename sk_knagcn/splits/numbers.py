"""Whether targets are numbers, whatever they are kept in."""

from __future__ import annotations

from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray


def as_numbers(y: Any) -> NDArray[np.float64] | None:
    """Targets in double precision; None if they are classes.

    Parameters
    ----------
    y : array-like
        Numbers may be of any type, Python's own among them.

    Returns
    -------
    ndarray or None
        Of the same shape. Words and booleans are classes.
    """
    y = np.asarray(y)
    if y.dtype == object and all(map(_is_number, y.flat)):
        return y.astype(np.float64)
    return y.astype(np.float64) if y.dtype.kind in "iuf" else None


def _is_number(value: Any) -> bool:
    # numpy's booleans are not of these types anyway
    return isinstance(value, Real | Decimal) and not isinstance(value, bool)
