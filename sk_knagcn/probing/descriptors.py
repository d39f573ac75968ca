"""The descriptors to be probed, as a table of numbers with names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import clone

from sk_knagcn.descriptors import StructureDescriptors

if TYPE_CHECKING:
    import pandas as pd


def read_descriptors(descriptors: Any, X: Any) -> pd.DataFrame:
    """One row per structure of X, one named column per descriptor; NaN is missing.

    Parameters
    ----------
    descriptors : str, transformer, DataFrame, Series, dict or array
        A preset, what makes a table of structures, or the values.
    X : structures or graphs
        What they belong to.

    Returns
    -------
    DataFrame
        float64, its rows numbered as those of X.
    """
    import pandas as pd

    if isinstance(descriptors, str):
        descriptors = StructureDescriptors().set_params(preset=descriptors)
    if hasattr(descriptors, "fit_transform"):
        describe = clone(descriptors).set_output(transform="pandas")
        descriptors = describe.fit_transform(X)
    table = pd.DataFrame(descriptors).reset_index(drop=True)
    table.columns = table.columns.map(str)
    try:
        table = table.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"descriptors must be numbers: {error}. Encode classes as integers, or "
            "leave such columns out."
        ) from None
    _check(table, len(X))
    return table


def _check(table: pd.DataFrame, n_structures: int) -> None:
    if len(table) != n_structures:
        raise ValueError(
            f"there are {n_structures} structures, but descriptors has {len(table)} "
            "rows. Pass one for each structure, in the same order."
        )
    if table.shape[1] == 0:
        raise ValueError("descriptors has no columns. Pass at least one.")
    repeated = table.columns[table.columns.duplicated()]
    if len(repeated):
        raise ValueError(
            f"two descriptors are called {repeated[0]!r}. Give each its own name."
        )
    rows, columns = np.isinf(table.to_numpy()).nonzero()
    if len(rows):
        raise ValueError(
            f"descriptor {table.columns[columns[0]]!r} of structure {rows[0]} is "
            "infinite. Pass NaN where there is no value."
        )
    unknown = table.columns[table.isna().all()]
    if len(unknown):
        raise ValueError(
            f"descriptor {unknown[0]!r} is NaN for every structure. Leave it out."
        )
