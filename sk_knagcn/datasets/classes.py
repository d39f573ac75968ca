"""Targets that are classes, as they stand in a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def check_names(names: Sequence[str], parameter: str) -> None:
    """Raise an error where a target is asked for twice."""
    if len(set(names)) < len(names):
        raise ValueError(
            f"{parameter} must name different targets, got {', '.join(names)}."
        )


def are_classes(
    asked: bool | None,
    names: Sequence[str],
    values: Mapping[str, Sequence[Any]],
    source: Path,
    parameter: str,
) -> bool:
    """Whether targets are classes, or an error if they cannot be learnt together.

    Parameters
    ----------
    asked : bool or None
        What the user says; None for whatever they look like.
    names : sequence of str
        The targets.
    values : mapping of str to sequence
        What stands in the file for each of them.
    source : Path
        The file.
    parameter : str
        What chooses among them.

    Returns
    -------
    bool
        False if they are numbers.
    """
    worded = [name for name in names if hold_words_only(values[name])]
    classes = len(names) == len(worded) == 1 if asked is None else asked
    if classes and len(names) > 1:
        raise ValueError(
            f"classes are for one target, not {', '.join(names)}. Choose it with "
            f"{parameter}=."
        )
    # Of booleans, 0 and 1 may be learnt; a single word is a mistake in its line.
    worded = [
        name
        for name in worded
        if 2 * sum(isinstance(v, str) for v in values[name]) > len(values[name])
    ]
    if worded and not classes:
        which = f"target{'s' * (len(worded) > 1)} {', '.join(map(repr, worded))}"
        raise ValueError(
            f"no value of the {which} of {source} is a number. Choose the targets with "
            f"{parameter}=. A class is learnt alone."
        )
    return classes


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
