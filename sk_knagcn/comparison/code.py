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
    ours = {id(one): one for one in found if _is_ours(one)}
    return sorted(repr(list(_instructions(one, set()))) for one in ours.values())


def _is_ours(what: Any) -> bool:
    return (isfunction(what) or isclass(what)) and what.__module__ == "__main__"


def _instructions(what: Any, seen: set[int]) -> Iterator[Any]:
    """What a function or class does, and those of the session that it uses."""
    if id(what) in seen:
        return
    seen.add(id(what))
    if isclass(what):
        for name, value in vars(what).items():
            yield name
            if isfunction(value):
                yield from _instructions(value, seen)
        return
    yield repr(what.__defaults__)
    for code in _codes(what.__code__):
        yield code.co_code
        yield code.co_names
        yield [_in_order(c) for c in code.co_consts if not isinstance(c, CodeType)]
        for used in map(what.__globals__.get, code.co_names):
            if _is_ours(used):
                yield from _instructions(used, seen)


def _codes(code: CodeType) -> Iterator[CodeType]:
    """Code and all that is defined in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _in_order(constant: Any) -> Any:
    """A set has another order in each process."""
    return sorted(map(repr, constant)) if isinstance(constant, frozenset) else constant
