"""What may stand between the brackets of a column of graphs."""

from __future__ import annotations

from typing import Any

import numpy as np


def read_key(key: Any) -> Any:
    """Make an integer, a slice or an array of rows of a key.

    scikit-learn selects rows by ``X[rows]``, ``X[rows, ...]`` and ``X[rows, :]`` alike.
    """
    if isinstance(key, tuple):
        if len(key) > 2 or not all(_takes_all(part) for part in key[1:]):
            raise IndexError(
                f"graphs form one column; use [rows], [rows, ...] or [rows, :], not "
                f"{key!r}"
            )
        key = key[0] if key else slice(None)
    if isinstance(key, (int, np.integer)) and not isinstance(key, bool):
        return int(key)
    if key is Ellipsis:
        return slice(None)
    if isinstance(key, slice):
        return key
    rows = np.asarray(key)
    if rows.size == 0:
        rows = rows.astype(np.int64)
    if rows.ndim != 1:
        raise IndexError(f"rows are selected by one axis, got {rows.ndim}")
    return rows


def _takes_all(key: Any) -> bool:
    return key is Ellipsis or (isinstance(key, slice) and key == slice(None))
