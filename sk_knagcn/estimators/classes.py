"""One label for each structure: classes, and groups."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d


def read_classes(y: Any, *, warn: bool = False) -> NDArray[Any]:
    """One class for each structure; an error if some are missing.

    Parameters
    ----------
    y : array-like of shape (n,)
        As passed.
    warn : bool, default=False
        Whether to warn of a column in place of a flat y.

    Returns
    -------
    ndarray of shape (n,)
        Words may be objects; numbers and booleans are not.
    """
    missing = _has_missing(y)
    y = column_or_1d(y, warn=warn)
    if missing or (y.dtype.kind == "f" and not np.isfinite(y).all()):
        raise ValueError("y has NaN or infinite values. Leave these structures out.")
    if y.dtype == object:
        _check_sortable(y, "y", "classes")
        if all(isinstance(label, Real | np.bool_) for label in y):
            y = np.array(y.tolist())
    check_classification_targets(y)
    return y


def read_groups(groups: Any) -> NDArray[Any]:
    """One group for each structure, of whatever can be sorted.

    Parameters
    ----------
    groups : array-like of shape (n,)
        As passed.

    Returns
    -------
    ndarray of shape (n,)
        The groups.
    """
    labels = np.asarray(groups)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise ValueError(
            f"groups must be one label for each structure, got shape {labels.shape}."
        )
    if _has_missing(groups):
        raise ValueError("groups has missing labels. Give each structure a group.")
    _check_sortable(labels, "groups", "labels")
    return labels


def _has_missing(labels: Any) -> bool:
    """Whether some are None, NaN or whatever pandas knows to stand for nothing."""
    import pandas as pd

    # An array of words would make a word of NaN.
    is_listed = isinstance(labels, list | tuple)
    return bool(pd.isna(np.asarray(labels, dtype=object if is_listed else None)).any())


def _check_sortable(labels: NDArray[Any], name: str, what: str) -> None:
    try:
        np.unique(labels)
    except TypeError as error:
        raise ValueError(
            f"{name} has {what} of unlike kinds: {error}. Pass all of them as words, "
            "or all as numbers."
        ) from error
