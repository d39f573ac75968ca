"""The part of the training structures on which early stopping looks."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.model_selection import GroupShuffleSplit, train_test_split

from sk_knagcn.training import GraphDataset, Rows


def keep_aside(
    data: GraphDataset,
    fraction: float,
    stratify: NDArray[Any] | None,
    groups: Any,
    seed: int,
) -> tuple[Rows, Rows | None]:
    """Rows to train on, and to validate on.

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
    if not fraction:
        return data.rows(), None
    n = len(data.tensors)
    if n < 2:
        raise ValueError(
            "early_stopping=True keeps structures aside and needs at least 2, got "
            f"{n}. Pass more, or early_stopping=False."
        )
    kept = {"test_size": fraction, "random_state": seed}
    rows = np.arange(n)
    if groups is None:
        train, valid = train_test_split(rows, stratify=stratify, **kept)
    else:
        split = GroupShuffleSplit(n_splits=1, **kept)
        train, valid = next(split.split(rows, groups=groups))
    return data.rows(torch.as_tensor(train)), data.rows(torch.as_tensor(valid))
