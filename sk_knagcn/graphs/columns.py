"""Columns of numbers that ride with graphs and describe each structure as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Named numbers of one structure, or of many.

    Parameters
    ----------
    names : tuple of str
        What the columns are called.
    values : ndarray of shape (n_columns,) or (n_structures, n_columns), float64
        The numbers; NaN where one could not be computed.
    """

    names: tuple[str, ...]
    values: NDArray[np.float64]

    def __getitem__(self, rows: Any) -> Columns:
        """Select structures."""
        return Columns(self.names, self.values[rows])

    def equals(self, other: Columns) -> bool:
        """Whether names and numbers are the same; NaN equals NaN."""
        return self.names == other.names and np.array_equal(
            self.values, other.values, equal_nan=True
        )


def names_of(columns: Columns | None) -> tuple[str, ...]:
    """The names; none where there are no columns."""
    return () if columns is None else columns.names


def stack(rows: Sequence[Columns | None]) -> Columns | None:
    """Put the columns of single structures, all with the same names, into one table."""
    return _join(rows, np.stack)


def append(parts: Sequence[Columns | None]) -> Columns | None:
    """Put tables with the same columns one below the other."""
    return _join(parts, np.concatenate)


def _join(parts: Sequence[Columns | None], how: Any) -> Columns | None:
    first = parts[0]
    if first is None:
        return None
    return Columns(first.names, how([part.values for part in parts if part]))


def describe(transformer: Any, X: Any, n_structures: int) -> Columns:
    """What a fitted transformer makes of structures, checked.

    Parameters
    ----------
    transformer : transformer
        From structures to a table of numbers.
    X : structures
        What it is given.
    n_structures : int
        How many rows the table must have.

    Returns
    -------
    Columns
        One row per structure.
    """
    table = transformer.transform(X)
    if hasattr(table, "toarray"):  # sparse, as encoders give it
        table = table.toarray()
    try:
        values = np.asarray(table, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"descriptors must be numbers, but {transformer} gives something else: "
            f"{error}"
        ) from error
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim != 2 or len(values) != n_structures or values.shape[1] == 0:
        raise ValueError(
            f"descriptors must be a table with one row for each of the {n_structures} "
            f"structures, but {transformer} gives shape {values.shape}."
        )
    names = _names(transformer, table, values.shape[1])
    too_large = np.abs(values) > np.finfo(np.float32).max  # of which networks are made
    if too_large.any():
        row, column = np.argwhere(too_large)[0]
        value = values[row, column]
        how = "infinite" if np.isinf(value) else f"{value:.3g}, too large for a network"
        raise ValueError(
            f"descriptor {names[column]!r} of structure {row} is {how}. Leave NaN "
            "where there is no number: it is filled in."
        )
    return Columns(names, values)


def _names(transformer: Any, table: Any, n_columns: int) -> tuple[str, ...]:
    """The names that a frame or its maker knows; numbers where neither does."""
    if hasattr(table, "columns"):
        return tuple(map(str, table.columns))
    try:
        names = tuple(map(str, transformer.get_feature_names_out()))
    except (AttributeError, TypeError, ValueError):  # it has none, or cannot tell
        names = ()
    if len(names) == n_columns:
        return names
    return tuple(f"descriptor{i}" for i in range(n_columns))
