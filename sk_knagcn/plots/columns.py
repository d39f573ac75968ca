"""Tables that come in: do they have the columns that are drawn?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

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
