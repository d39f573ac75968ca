"""One structure, described by several featurizers; what fails is caught and worded."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sk_knagcn.descriptors.featurizers import Packed
from sk_knagcn.silence import TURN, silence
from sk_knagcn.structures import Crystal

_LONGEST_REASON = 200  # characters


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one featurizer made of one structure."""

    values: NDArray[np.float64]  # NaN where there is none
    reason: str | None = None  # why something is missing
    limit: float | None = None  # the time limit, if it ended at that

    @property
    def nbytes(self) -> int:
        """Memory in bytes, roughly."""
        return 300 + self.values.nbytes + len(self.reason or "")


@dataclass(frozen=True, slots=True)
class Subject:
    """A structure to be described: its arrays, and what its atoms carry."""

    crystal: Crystal
    species: tuple[Any, ...] | None  # with oxidation states or spins, if there are any

    def to_composition(self) -> Any:
        """Make a pymatgen Composition of the elements in the cell."""
        from pymatgen.core import Composition

        return Composition.from_dict(_count(self._atoms()))

    def to_structure(self) -> Any:
        """Make a pymatgen Structure."""
        from pymatgen.core import Structure

        crystal = self.crystal
        if not crystal.periodic.all():
            axes = "".join(np.array(["a", "b", "c"])[~crystal.periodic])
            raise ValueError(
                f"it is not periodic along {axes}, and only compositions of such "
                "structures can be described"
            )
        return Structure(
            crystal.lattice,
            self._atoms(),
            crystal.positions,
            coords_are_cartesian=True,
        )

    def _atoms(self) -> list[Any]:
        from pymatgen.core import Element

        if self.species is not None:
            return list(self.species)
        return [Element.from_Z(int(number)) for number in self.crystal.numbers]


def _count(atoms: list[Any]) -> dict[Any, int]:
    amounts: dict[Any, int] = {}
    for atom in atoms:
        amounts[atom] = amounts.get(atom, 0) + 1
    return amounts


def describe(
    subject: Subject,
    featurizers: Sequence[Packed],
    report: Callable[[Outcome], object],
) -> None:
    """Report what each featurizer makes of a structure, one after the other.

    What matminer remembers belongs to the process, so threads take turns here too; the
    interpreter lock lets them gain nothing anyway.
    """
    with TURN:
        _forget_neighbors()
        for featurizer in featurizers:
            with silence():
                outcome = _apply(featurizer, subject)
            report(outcome)


def _apply(featurizer: Packed, subject: Subject) -> Outcome:
    values = np.full(len(featurizer.labels), np.nan)
    try:
        if featurizer.of_composition:
            described = featurizer.unpack().featurize(subject.to_composition())
        else:
            described = featurizer.unpack().featurize(subject.to_structure())
        described = list(described)
        if len(described) != len(values):
            raise ValueError(f"gave {len(described)} values for {len(values)} columns")
        for column, value in enumerate(described):
            values[column] = _as_number(value, featurizer.labels[column])
    except Exception as error:  # whatever it is, it concerns this structure only
        return Outcome(np.full(len(values), np.nan), _word(error))
    finite = np.isfinite(values)
    if finite.all():
        return Outcome(values)
    values[~finite] = np.nan
    missing = [
        label
        for label, there in zip(featurizer.labels, finite, strict=True)
        if not there
    ]
    more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
    return Outcome(values, f"no finite value for {missing[0]!r}{more}")


def _as_number(value: Any, label: str) -> float:
    if value is None:
        return np.nan
    try:
        if isinstance(value, str):
            raise TypeError
        return float(value)
    except (TypeError, ValueError):
        raise TypeError(
            f"{label!r} is of type {type(value).__name__}, not a number; leave that "
            "column out through the featurizer's own settings"
        ) from None


def _word(error: Exception) -> str:
    """The first line of an error, with its type."""
    lines = str(error).strip().splitlines()
    text = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
    return text if len(text) <= _LONGEST_REASON else text[: _LONGEST_REASON - 3] + "..."


def _forget_neighbors() -> None:
    """Empty matminer's memory of the last structure's neighbours.

    It takes structures that differ by less than 1e-5 for the same: what came before
    would decide the last digits.
    """
    caching = sys.modules.get("matminer.utils.caching")
    remembered: Any = getattr(caching, "_get_all_nearest_neighbors", None)
    if hasattr(remembered, "cache_clear"):
        remembered.cache_clear()
