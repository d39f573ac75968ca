"""Targets that are classes, as they stand in a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def check_single(names: Sequence[str], parameter: str) -> None:
    """Classes are learnt of one target at a time."""
    if len(names) > 1:
        raise ValueError(
            f"classes are for one target, not {', '.join(names)}. Choose it with "
            f"{parameter}=."
        )


def is_missing(value: Any) -> bool:
    """Whether there is nothing; NaN is how tables say so."""
    return value is None or value != value


def hold_words_only(values: Iterable[Any]) -> bool:
    """Whether values are words or booleans, those apart that are missing (None)."""
    known = [value for value in values if value is not None]
    return bool(known) and all(isinstance(value, str | bool) for value in known)


def as_classes(values: Sequence[Any], name: str) -> NDArray[Any]:
    """Words, booleans or whole numbers as an array of one type.

    Parameters
    ----------
    values : sequence
        Of each structure; None where there is none.
    name : str
        Of the target, for an error.

    Returns
    -------
    ndarray of shape (n,)
        Of plain type, or of objects with None in between.
    """
    known = [value for value in values if value is not None]
    kinds = {type(value) for value in known}
    if kinds <= {int, float}:
        broken = next((value for value in known if value != int(value)), None)
        if broken is not None:
            raise ValueError(
                f"{name} has numbers that are not whole, such as {broken}: they are "
                "no classes. Learn it as a number, with classes=False."
            )
        kind: type = int
    else:
        kind = kinds.pop() if len(kinds) == 1 else str
    found = [None if value is None else kind(value) for value in values]
    return np.array(found, dtype=None if len(known) == len(found) else object)
