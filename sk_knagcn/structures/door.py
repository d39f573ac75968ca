"""What a user may pass as X.

A pymatgen Structure is itself a sequence (of sites), so numpy takes a list of
Structures apart. Nothing here calls ``np.asarray`` on one.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from os import PathLike
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sk_knagcn.structures.checks import UnusableError, are_sound, check_arrays
from sk_knagcn.structures.crystal import Crystal, write_formula
from sk_knagcn.structures.readers import Reader, find_readers, loaded

MAX_SHOWN = 5  # problems written out in one message
_GRAPHS = ("CrystalGraphs", "CrystalGraph")  # of a package that stands on this one
_GRAPHS_LACK = "does not hold the structures it was made of. Pass these."

Problem = tuple[int, type[Exception], str]  # of which item, and what to raise


def check_structures(
    X: Any, *, on_disorder: Literal["raise", "majority"] = "raise"
) -> list[Crystal]:
    """Turn whatever holds structures into checked `Crystal` objects.

    Parameters
    ----------
    X : list, tuple, object array, pandas Series or one-column DataFrame
        Structures and Molecules of pymatgen (or their immutable kin), ASE Atoms and
        Crystals, in any mixture. Arrays have shape (n,) or (n, 1). Oxidation states,
        spins and isotopes are ignored; periodicity is taken axis by axis. Nothing in
        X is changed.
    on_disorder : {"raise", "majority"}, default="raise"
        What to do with a site that does not hold exactly one element with occupancy
        one. "majority" keeps the site if it is at least half occupied and puts there
        the element with the largest occupancy, of equals the lightest. Split positions,
        each half occupied, are all kept: order such structures yourself.

    Returns
    -------
    list of Crystal
        One for each row of X, in the same order.

    Raises
    ------
    TypeError
        If X is no collection of structures, or one of its items is no structure.
    ValueError
        If X is empty, or a structure has no sites, disordered sites (unless
        `on_disorder` says otherwise), sites that hold no element, NaN or infinite
        coordinates or a flat lattice. All of X is looked at first; the message counts
        the structures at fault and names index, formula and remedy for the first few.

    See Also
    --------
    sk_knagcn.structures.as_column : The form of X that every scikit-learn tool takes.

    Examples
    --------
    >>> from pymatgen.core import Lattice, Structure
    >>> from sk_knagcn import check_structures
    >>> salt = Structure.from_spacegroup(
    ...     "Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]]
    ... )
    >>> check_structures([salt])
    [Crystal('NaCl', n_sites=8, periodic='abc')]
    >>> salt[1] = {"Na": 0.7, "K": 0.3}
    >>> check_structures([salt])
    Traceback (most recent call last):
        ...
    ValueError: structure 0 (K0.3Na3.7Cl4) has a disordered site: site 1 holds Na0.7
    K0.3. Order it first, or pass on_disorder='majority' to StructureGraphTransformer,
    to StructureDescriptors or to check_structures.
    >>> check_structures([salt], on_disorder="majority")
    [Crystal('NaCl', n_sites=8, periodic='abc')]
    """
    reading = Reading(X, on_disorder)
    crystals = [crystal for part in reading.parts() for crystal in part]
    reading.check()
    return crystals


class Reading:
    """The structures in X, read a part at a time while others work on earlier parts.

    Parameters
    ----------
    X, on_disorder
        As for `check_structures`.
    first : int, default=0
        What messages call the first of them: its place in a longer stream.
    """

    def __init__(self, X: Any, on_disorder: str, first: int = 0) -> None:
        if on_disorder not in ("raise", "majority"):
            raise ValueError(
                f"on_disorder must be 'raise' or 'majority', got {on_disorder!r}."
            )
        self._items = list_items(X)
        if not self._items:
            raise ValueError("X is empty. Pass at least one structure.")
        self.first = first
        self._majority = on_disorder == "majority"
        self._problems: list[Problem] = []

    @property
    def problems(self) -> dict[int, str]:
        """What is wrong with the items read so far, by their place in the stream."""
        return {index: message for index, _, message in self._problems}

    def __len__(self) -> int:
        """Count the items."""
        return len(self._items)

    def parts(self, atoms: float = math.inf) -> Iterator[list[Crystal]]:
        """Read on until a part has so many atoms; of what is bad only take note.

        After the first bad structure all others are still looked at, but no more parts
        come: `check` raises once everything is read.
        """
        readers = find_readers()
        begin = 0
        while begin < len(self._items):
            # Infinite coordinates are reported in words, not by numpy's warnings.
            with np.errstate(all="ignore"):
                part, begin = self._read_part(begin, atoms, readers)
            if not self._problems:
                yield part

    def _read_part(
        self, begin: int, atoms: float, readers: dict[Any, Reader]
    ) -> tuple[list[Crystal], int]:
        read: dict[int, Crystal] = {}
        found, end = 0, begin
        while found < atoms and end < len(self._items):
            crystal = self._read(end, readers)
            if crystal is not None:
                read[end] = crystal
                found += len(crystal)
            end += 1
        return list(self._only_sound(read).values()), end

    def _read(self, index: int, readers: dict[Any, Reader]) -> Crystal | None:
        """Read one item, whatever its numbers are; add to the problems if it fails."""
        item = self._items[index]
        reader = _choose_reader(readers, type(item))
        if reader is None:
            place = self.first + index
            message = f"item {place} {_describe_stranger(item)}"
            self._problems.append((place, TypeError, message))
            return None
        try:
            if len(item) == 0:
                raise UnusableError("has no sites. Remove it from X and y.")
            return reader(item, self._majority)
        except UnusableError as problem:
            self.refuse(index, problem)
            return None

    def _only_sound(self, read: dict[int, Crystal]) -> dict[int, Crystal]:
        """Leave out crystals whose numbers make no sense; add them to the problems."""
        if not read or are_sound(list(read.values())):
            return read
        return {index: read[index] for index in read if self._check(index, read[index])}

    def _check(self, index: int, crystal: Crystal) -> bool:
        """Look at the numbers of one item; add to the problems if it fails."""
        try:
            check_arrays(crystal)
        except UnusableError as problem:
            self.refuse(index, problem)
            return False
        return True

    def refuse(self, index: int, problem: UnusableError) -> None:
        """Add an item to the problems."""
        item, place = self._items[index], self.first + index
        formula = f"({_name_formula(item)}) " if len(item) else ""
        message = f"structure {place} {formula}{problem}"
        self._problems.append((place, ValueError, message))

    def each(self) -> list[Crystal | None]:
        """Read all items; None stands for what is bad."""
        readers = find_readers()
        with np.errstate(all="ignore"):
            crystals = [self._read(index, readers) for index in range(len(self))]
            read = {i: c for i, c in enumerate(crystals) if c is not None}
            sound = self._only_sound(read)
        return [sound.get(index) for index in range(len(self))]

    def check(self) -> None:
        """Raise one error for all that was bad, if anything was."""
        problems = sorted(self._problems, key=itemgetter(0))
        if not problems:
            return
        _, kind, message = problems[0]
        if len(problems) > 1:
            lines = [
                f"{len(problems)} of {len(self._items)} structures cannot be used:"
            ]
            lines += [line for *_, line in problems[:MAX_SHOWN]]
            if len(problems) > MAX_SHOWN:
                lines.append(f"... and {len(problems) - MAX_SHOWN} more.")
            message = "\n".join(lines)
        raise kind(message)


def as_column(structures: Any) -> NDArray[np.object_]:
    """Put structures into the one form that every scikit-learn tool takes.

    Most tools take a list of Structures as it is. Those that turn X into an array
    (bagging, boosting, `permutation_importance`) would take the Structures apart into
    sites; a column of objects passes through them whole.

    Parameters
    ----------
    structures : list, tuple, object array, pandas Series or one-column DataFrame
        Anything that `check_structures` takes. The items are not looked at.

    Returns
    -------
    ndarray of shape (n_structures, 1), object
        The same objects, one per row.

    See Also
    --------
    sk_knagcn.check_structures : Looks at the items as well.

    Examples
    --------
    >>> from pymatgen.core import Lattice, Structure
    >>> from sk_knagcn.structures import as_column
    >>> iron = Structure(Lattice.cubic(2.87), ["Fe", "Fe"], [[0, 0, 0], [0.5] * 3])
    >>> as_column([iron, iron, iron]).shape
    (3, 1)
    """
    items = list_items(structures)
    column = np.empty((len(items), 1), dtype=object)
    for index, item in enumerate(items):  # one by one: a slice would unpack the items
        column[index, 0] = item
    return column


def iterate(X: Any) -> Iterator[Any]:
    """Go through a stream of items, or those of any other accepted collection."""
    return X if isinstance(X, Iterator) else iter(list_items(X))


def list_items(X: Any) -> list[Any]:
    """List the items of any accepted collection, without looking at them."""
    kind = type(X).__name__
    if isinstance(X, tuple(find_readers())):
        raise TypeError(f"X is a single {kind}, not a list of them. Pass [structure].")
    if isinstance(X, loaded("pandas", "DataFrame")):
        if X.shape[1] != 1:
            raise ValueError(
                f"X is a DataFrame with {X.shape[1]} columns. Pass the one that holds "
                "the structures, for instance X[['structure']]."
            )
        return list(X.iloc[:, 0])
    if isinstance(X, loaded("pandas", "Series")):
        return list(X)
    if isinstance(X, np.ndarray):
        if X.dtype != object or X.ndim == 0 or X.shape[1:] not in ((), (1,)):
            raise ValueError(
                f"X is an array of shape {X.shape} and type {X.dtype}, but structures "
                "come as objects of shape (n,) or (n, 1). numpy turns a list of "
                "Structures into an array of their sites: pass the list itself, or "
                "sk_knagcn.structures.as_column(structures)."
            )
        return list(X.ravel())
    if isinstance(X, (str, bytes, PathLike)):
        raise TypeError(
            f"X is {X!r}, not a list of structures. Read the files first, for instance "
            "[Structure.from_file(path) for path in paths]."
        )
    if isinstance(X, Mapping):
        raise TypeError(f"X is a {kind}, not a list. Pass list(X.values()).")
    if isinstance(X, Sequence):
        return list(X)
    if kind in _GRAPHS:
        raise TypeError(f"X is a {kind}, which {_GRAPHS_LACK}")
    remedy = "list(X)" if isinstance(X, Iterable) else "a list of pymatgen Structures"
    raise TypeError(f"X is a {kind}, not a list of structures. Pass {remedy}.")


def _choose_reader(readers: dict[Any, Reader], cls: type) -> Reader | None:
    """Look up the reader of a class, and remember it for classes derived from ours."""
    reader = readers.get(cls)
    if reader is None:
        for known in list(readers):
            if issubclass(cls, known):
                reader = readers[cls] = readers[known]
                break
    return reader


def _describe_stranger(item: Any) -> str:
    """Say why an item is no structure, and what to pass instead."""
    advice = "Pass pymatgen Structures or Molecules, or ASE Atoms."
    if item is None or (isinstance(item, float) and item != item):
        advice = "Leave out the rows without a structure, in X and y."
    elif isinstance(item, (str, PathLike)):
        advice = "Read it first: Structure.from_file(path)."
    elif type(item).__name__ in _GRAPHS:
        return f"is a {type(item).__name__}, which {_GRAPHS_LACK}"
    elif isinstance(item, loaded("pymatgen.core", "Composition")):
        advice = "It does not say where the atoms are."
    elif isinstance(item, Mapping):
        advice = "Make it one first: Structure.from_dict(item)."
    elif isinstance(item, loaded("pymatgen.core.sites", "Site")):
        advice = (
            "A Structure is a sequence of sites, and something took it apart: pass a "
            "list of Structures, or sk_knagcn.structures.as_column(structures)."
        )
    return f"is of type {type(item).__name__}, which is no structure. {advice}"


def _name_formula(structure: Any) -> str:
    """Write the formula of any structure, sound or not."""
    if isinstance(structure, Crystal):
        return structure.formula
    if hasattr(structure, "composition"):
        return write_formula(structure.composition.get_el_amt_dict())
    return write_formula(Counter(structure.symbols))  # ASE
