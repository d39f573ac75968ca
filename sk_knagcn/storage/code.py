"""Code of one's own, which may change while its names stay."""

from __future__ import annotations

import dis
import pickle
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from hashlib import blake2b
from inspect import isclass, isfunction
from pathlib import Path
from types import BuiltinFunctionType, CodeType, ModuleType
from typing import Any

import joblib
import numpy as np

# What is the same whenever and wherever it is looked at.
_DATA = (
    *(bool, int, float, complex, str, bytes, tuple, list, dict, set, frozenset),
    *(np.ndarray, np.generic),
)
_GLOBAL = ("LOAD_GLOBAL", "LOAD_NAME")
_INSTALLED = ("site-packages", "dist-packages")


def own_code(what: Any) -> list[str]:
    """Tell apart the functions and classes of one's own that an object consists of.

    A hash of the object holds no more than their names. Those of the session are
    followed into whatever else of it they use; of those in modules that are not
    installed, the whole module counts, but not what that imports.

    Parameters
    ----------
    what : object
        Whatever it holds, and what that holds, is looked through.

    Returns
    -------
    list of str
        The same for the same code, wherever it stands; empty if none is one's own.
    """
    kinds = _named_in(what)
    ours = [kind for kind in kinds if _is_ours(kind)]
    parents = [base for kind in kinds for base in getattr(kind, "__mro__", (kind,))]
    modules = {one.__module__ for one in parents if one.__module__} - {"__main__"}
    files = {file for file in map(_own_file, modules) if file is not None}
    return sorted(
        [repr(list(_instructions(one, set()))) for one in ours]
        + [blake2b(file.read_bytes()).hexdigest() for file in files]
    )


def _is_ours(what: Any) -> bool:
    return (isfunction(what) or isclass(what)) and what.__module__ == "__main__"


def _own_file(module: str) -> Path | None:
    """The file of a module that is neither installed nor part of Python."""
    name = getattr(sys.modules.get(module), "__file__", None)
    if name is None or name.startswith(sysconfig.get_path("stdlib")):
        return None
    file = Path(name)
    if set(_INSTALLED) & set(file.parts) or not file.is_file():
        return None
    return file


def _instructions(what: Any, seen: set[int]) -> Iterator[Any]:
    """What a function or class does, and those of the session that it uses."""
    if id(what) in seen:
        return
    seen.add(id(what))
    if isclass(what):
        for name, value in vars(what).items():
            yield name
            for part in _parts(value):
                if isfunction(part):
                    yield from _instructions(part, seen)
                elif not name.startswith("__"):
                    yield from _used(part, seen)
        for base in what.__bases__:
            yield from _used(base, seen)
        return
    yield repr((what.__defaults__, what.__kwdefaults__))
    for cell in what.__closure__ or ():
        yield from _used(cell.cell_contents, seen)
    for code in _codes(what.__code__):
        yield code.co_code
        yield code.co_names
        yield [_in_order(c) for c in code.co_consts if not isinstance(c, CodeType)]
        for instruction in dis.get_instructions(code):
            if instruction.opname in _GLOBAL and instruction.argval in what.__globals__:
                yield from _used(what.__globals__[instruction.argval], seen)


def _parts(value: Any) -> tuple[Any, ...]:
    """The functions behind what stands in a class."""
    if isinstance(value, property):
        return value.fget, value.fset
    return (getattr(value, "__func__", value),)  # static and class methods


def _used(value: Any, seen: set[int]) -> Iterator[Any]:
    """What is known of something that code refers to by a name.

    Of what may be anything, the code that it holds: contents that change by being used,
    or have another form in each process, would never be found again.
    """
    wrapped = getattr(value, "__wrapped__", None)  # by functools.cache, by numba
    value = wrapped if isfunction(wrapped) else value
    if isfunction(value) or isclass(value):
        if _is_ours(value):
            yield from _instructions(value, seen)
        return
    if isinstance(value, ModuleType | BuiltinFunctionType) or id(value) in seen:
        return
    seen.add(id(value))
    yield type(value).__name__
    with suppress(Exception):  # an open file, say, has nothing to compare
        for kind in _named_in(value):
            yield from _used(kind, seen)
        if _is_ours(type(value)):
            for name, held in sorted(vars(value).items()):
                yield name
                yield from _used(held, seen)
        elif isinstance(value, partial):
            yield from _used((value.args, value.keywords), seen)
        elif isinstance(value, _DATA) or type(value).__module__.startswith("pandas."):
            yield joblib.hash(value)


def _named_in(value: Any) -> list[Any]:
    """The functions and classes that an object holds, however deep."""
    names = _Names()
    names.dump(value)
    return list(names.found.values())


class _Nowhere:
    """A file that forgets what is written to it."""

    def write(self, content: Any) -> int:
        return len(content)


class _Names(pickle.Pickler):
    """Notes functions and classes, of which a pickle has the names only."""

    def __init__(self) -> None:
        # Arrays are not even copied.
        super().__init__(_Nowhere(), protocol=5, buffer_callback=lambda _: None)
        self.found: dict[int, Any] = {}

    def reducer_override(self, value: Any) -> Any:
        """Take something else in the place of functions and classes without a name."""
        if isfunction(value) or isclass(value):
            self.found[id(value)] = value
            return len, ((),)
        wrapped = getattr(value, "__wrapped__", None)
        if isfunction(wrapped):
            self.found[id(wrapped)] = wrapped
        return NotImplemented


def _codes(code: CodeType) -> Iterator[CodeType]:
    """Code and all that is defined in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _in_order(constant: Any) -> Any:
    """A set has another order in each process."""
    return sorted(map(repr, constant)) if isinstance(constant, frozenset) else constant
