"""Code of a notebook or script, which may change while its names stay."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import isclass, isfunction
from types import CodeType
from typing import Any


def session_code(model: Any) -> list[str]:
    """Tell apart the functions and classes of the session that a model consists of.

    A hash of the model holds no more than their names.

    Parameters
    ----------
    model : estimator
        Its parameters, and theirs, are looked through.

    Returns
    -------
    list of str
        The same for the same code, wherever it stands; empty if none is from here.
    """
    parts = [model, *model.get_params(deep=True).values()]
    found = [
        part if isfunction(part) or isclass(part) else type(part) for part in parts
    ]
    ours = [one for one in found if one.__module__ == "__main__"]
    return sorted({repr(list(_instructions(one))) for one in ours})


def _instructions(what: Any) -> Iterator[Any]:
    if isclass(what):
        for name, value in vars(what).items():
            yield name
            yield from _instructions(value)
    elif isfunction(what):
        yield from _of_code(what.__code__)
        yield repr(what.__defaults__)


def _of_code(code: CodeType) -> Iterator[Any]:
    yield code.co_code
    yield code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _of_code(constant)
        else:
            yield constant
