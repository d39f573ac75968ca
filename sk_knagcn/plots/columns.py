"""What comes in: is it what can be drawn?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import assert_all_finite

if TYPE_CHECKING:
    import pandas as pd


def check_columns(table: pd.DataFrame, needed: Sequence[str]) -> None:
    """Raise an error that names the columns a table lacks."""
    missing = [name for name in needed if name not in table]
    if missing:
        raise ValueError(
            f"the table has no column {', '.join(map(repr, missing))}. It needs "
            f"{', '.join(needed)}, and has {', '.join(map(str, table.columns))}."
        )
    if len(table) == 0:
        raise ValueError("the table has no rows, so there is nothing to draw.")


def column(values: Any, name: str) -> NDArray[np.float64]:
    """One finite number for each sample."""
    array = np.asarray(values, dtype=float)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise ValueError(
            f"{name} has the shape {array.shape}, but a parity plot shows one target. "
            f"Draw one column at a time, here {name}[:, 0] and so on."
        )
    if not len(array):
        raise ValueError(f"{name} is empty: there is nothing to draw.")
    assert_all_finite(array, input_name=name)
    return array
