"""Which structures are trained on and tested on: decided once, for all models."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sk_knagcn.splits import LeakageReport, leakage_report
from sk_knagcn.splits.splitter import checked_splits

_SEED = 0  # of the parts of a fold to train on


class Part(NamedTuple):
    """A fold, or less of it to train on."""

    fold: int
    train: NDArray[np.intp]
    test: NDArray[np.intp]
    whole: bool  # whether all that the fold has is trained on


def make_folds(splitter: Any, X: Any, y: NDArray[Any], groups: Any) -> list[Part]:
    """Split once; an error where a structure is trained on and tested on."""
    splits = checked_splits(splitter, X, y, groups)
    return [Part(fold, *split, whole=True) for fold, split in enumerate(splits)]


def cut_folds(
    folds: Sequence[Part],
    train_sizes: Any,
    labels: NDArray[Any] | None,
) -> list[Part]:
    """All folds, and for each of them nested parts to train on, the smallest first.

    With labels, the classes are in proportion in all parts.
    """
    asked = () if train_sizes is None else train_sizes
    if isinstance(asked, Real):
        asked = (asked,)
    sizes = sorted({float(size) for size in asked} | {1.0})
    if not 0 < sizes[0] <= sizes[-1] == 1:
        raise ValueError(
            "train_sizes must be shares of what a fold has to train on, above 0 and at "
            f"most 1, got {train_sizes!r}."
        )
    parts = []
    for fold in folds:
        order = np.random.default_rng(_SEED).permutation(fold.train)
        if labels is not None:
            order = _mixed(order, labels[order])
        for size in sizes[:-1]:
            n_train = int(np.ceil(size * len(order)))
            parts.append(fold._replace(train=order[:n_train], whole=False))
        parts.append(fold)
    return parts


def _mixed(order: NDArray[np.intp], labels: NDArray[Any]) -> NDArray[np.intp]:
    """Re-ordered so that its beginning has all classes, in proportion from then on."""
    places = np.empty(len(order))
    for label in np.unique(labels):
        mine = np.flatnonzero(labels == label)
        places[mine] = np.arange(len(mine)) / len(mine)
    return order[np.argsort(places, kind="stable")]


def find_leakage(X: Any, folds: Sequence[Part]) -> LeakageReport:
    """What test parts share with training parts, as far as it is found in no time.

    Prototypes would take longer than many a model. Near duplicates cannot be looked for
    among structures with two atoms on one spot, which models may do with nevertheless.
    """
    splits = [(part.train, part.test) for part in folds]
    try:
        kinds = "formula", "chemical_system", "duplicates"
        return leakage_report(X, splits, by=kinds)
    except ValueError:
        return leakage_report(X, splits, by=kinds[:2])
