"""What a parameter `cv` stands for."""

from __future__ import annotations

from collections.abc import Iterator
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    check_cv,
)
from sklearn.utils.validation import _num_samples

_SEED = 0  # of the folds of `cv=5`


def make_splitter(cv: Any, y: Any, groups: Any, classifier: bool = False) -> Any:
    """A splitter; a number stands for shuffled folds that keep groups together."""
    if not isinstance(cv, Integral):
        return check_cv(cv, y, classifier=classifier)
    kinds = {
        (False, False): KFold,
        (True, False): StratifiedKFold,
        (False, True): GroupKFold,
        (True, True): StratifiedGroupKFold,
    }
    kind = kinds[classifier, groups is not None]
    return kind(int(cv), shuffle=True, random_state=_SEED)


def checked_splits(
    splitter: Any, X: Any, y: Any, groups: Any
) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """All splits; an error where a structure is trained on and tested on."""
    splits = list(each_split(splitter, X, y, groups))
    for fold, (train, test) in enumerate(splits):
        both = np.intersect1d(train, test)
        if both.size:
            raise ValueError(
                f"fold {fold} of cv trains and tests on the same {both.size} "
                f"structures, the first of them {both[0]}. Keep the two apart."
            )
        if not (train.size and test.size):
            raise ValueError(
                f"fold {fold} of cv has {train.size} structures to train on and "
                f"{test.size} to test on. Both must have some."
            )
    if not splits:
        raise ValueError("cv gives no folds. Pass at least one.")
    return splits


def each_split(
    splitter: Any, X: Any, y: Any, groups: Any
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Yield the rows of each training and test part, given as places or as masks."""
    places = np.arange(_num_samples(X))
    for train, test in splitter.split(X, y, groups):
        yield places[train], places[test]
