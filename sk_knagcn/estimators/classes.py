"""Classes as they come, and groups: one label for each structure."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

# Python's own types that numpy has a type for; they may come as objects.
_PLAIN = (bool, int, float)


def read_classes(y: Any) -> NDArray[Any]:
    """One class for each structure; an error if some are missing.

    Parameters
    ----------
    y : array-like of shape (n,)
        As passed.

    Returns
    -------
    ndarray of shape (n,)
        Words may be objects, numbers and booleans are not.
    """
    y = column_or_1d(y, warn=True)
    if y.dtype.kind in "fO" and _has_missing(y):
        raise ValueError("y has NaN or infinite values. Leave these structures out.")
    if y.dtype == object and len({type(label) for label in y}) == 1:
        y = np.array(y.tolist()) if isinstance(y[0], _PLAIN) else y
    check_classification_targets(y)
    return y


def _has_missing(y: NDArray[Any]) -> bool:
    if y.dtype.kind == "f":
        return not np.isfinite(y).all()
    import pandas as pd  # which knows all ways of saying that there is nothing

    return bool(pd.isna(y).any())


def read_groups(groups: Any) -> NDArray[Any]:
    """One label for each structure, of whatever can be sorted.

    Parameters
    ----------
    groups : array-like of shape (n,)
        As passed.

    Returns
    -------
    ndarray of shape (n,)
        The labels.
    """
    labels = np.asarray(groups)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise ValueError(
            f"groups must be one label for each structure, got shape {labels.shape}."
        )
    try:
        np.unique(labels)
    except TypeError as error:
        raise ValueError(
            f"groups has labels of unlike kinds or missing ones: {error}. Give each "
            "structure a group, all of them words or all of them numbers."
        ) from error
    return labels
