"""The part of the training structures on which early stopping looks."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from sk_knagcn.training import GraphDataset, Rows


def keep_aside(
    data: GraphDataset,
    fraction: float,
    stratify: NDArray[Any] | None,
    groups: NDArray[Any] | None,
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
    groups : ndarray or None
        Structures of one group stay together; the part is then as large as it can be
        made with whole groups, and of every class something is left to learn from.
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
            labels = np.zeros(len(rows), int) if stratify is None else stratify[rows]
            aside = _whole_groups(groups[rows], labels, fraction, seed)
            train, valid = rows[~aside], rows[aside]
    except ValueError as error:
        raise ValueError(
            f"validation_fraction={fraction} of {len(rows)} structures cannot be kept "
            f"aside: {error}"
        ) from error
    return data.rows(torch.as_tensor(train)), data.rows(torch.as_tensor(valid))


def _whole_groups(
    groups: NDArray[Any], labels: NDArray[np.int64], fraction: float, seed: int
) -> NDArray[np.bool_]:
    """Choose groups at random, about as many structures as are wanted.

    A group is taken if it brings their number nearer to that and leaves something of
    every class to learn from; the smallest of these, if all are far too large.
    """
    numbers = np.unique(groups, return_inverse=True)[1]
    sizes = np.bincount(numbers)
    if len(sizes) == 1:
        raise ValueError("all of them are in one group")
    members = np.split(np.argsort(numbers, kind="stable"), sizes.cumsum()[:-1])
    order = np.random.RandomState(seed).permutation(len(sizes))
    aside = np.zeros(len(groups), dtype=bool)
    left = np.bincount(labels)
    known, wanted, smallest = left > 0, fraction * len(groups), None
    for rows in (members[group] for group in order):
        less = left - np.bincount(labels[rows], minlength=len(left))
        if (less[known] == 0).any():
            continue
        if smallest is None or len(rows) < len(smallest):
            smallest = rows
        if abs(wanted - len(rows)) < abs(wanted):
            aside[rows], left, wanted = True, less, wanted - len(rows)
    if smallest is None:
        raise ValueError("every group holds all that there is of some class")
    if not aside.any():
        aside[smallest] = True
    return aside
