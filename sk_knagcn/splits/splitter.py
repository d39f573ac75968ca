"""What a parameter `cv` stands for."""

from __future__ import annotations

from numbers import Integral
from typing import Any

from sklearn.model_selection import (
    GroupKFold,
    KFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    check_cv,
)

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
