"""The part of the training structures on which early stopping looks."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.model_selection import GroupShuffleSplit, train_test_split
from sklearn.utils import _safe_indexing

from sk_knagcn.training import GraphDataset, Rows


def keep_aside(
    data: GraphDataset,
    fraction: float,
    stratify: NDArray[Any] | None,
    groups: Any,
    seed: int,
) -> tuple[Rows, Rows | None]:
    """Rows to train on, and to validate on; those of weight 0 are in neither.

    Parameters
    ----------
    data : GraphDataset
        All structures of the fit.
    fraction : float
        The part to keep aside; 0 for none.
    stratify : ndarray or None
        Classes that both parts shall hold alike.
    groups : array-like or None
        Structures of one group stay together.
    seed : int
        Decides who is kept aside.

    Returns
    -------
    train : Rows
        To learn from.
    valid : Rows or None
        Kept aside.
    """
    rows = np.flatnonzero(np.asarray((data.weights > 0).any(dim=1)))
    if not fraction:
        return data.rows(torch.as_tensor(rows)), None
    if len(rows) < 2:
        raise ValueError(
            "early_stopping=True keeps structures aside and needs at least 2 whose "
            f"weight is not 0, got {len(rows)}. Pass more, or early_stopping=False."
        )
    kept = {"test_size": fraction, "random_state": seed}
    try:
        if groups is None:
            labels = None if stratify is None else stratify[rows]
            train, valid = train_test_split(rows, stratify=labels, **kept)
        else:
            split = GroupShuffleSplit(n_splits=1, **kept)
            places = next(split.split(rows, groups=_safe_indexing(groups, rows)))
            train, valid = (rows[place] for place in places)
    except ValueError as error:
        raise ValueError(
            f"validation_fraction={fraction} of {len(rows)} structures cannot be kept "
            f"aside: {error}"
        ) from error
    return data.rows(torch.as_tensor(train)), data.rows(torch.as_tensor(valid))
