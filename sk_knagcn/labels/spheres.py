"""Labels of crystals whose atoms are hard spheres."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils._param_validation import StrOptions

from sk_knagcn.labels.cache import Row
from sk_knagcn.labels.many import check_each, label_each, read_structures
from sk_knagcn.pores import RADII, Radii, radii_of, table_of_radii
from sk_knagcn.structures import Crystal
from sk_knagcn.structures.crystal import symbol_of

Floats = NDArray[np.float64]

# What all labels of this kind take, for `validate_params`.
COMMON = {
    "radii": [StrOptions(RADII), dict],
    "cache": [str, Path, None],
    "n_jobs": [Integral, None],
    "verbose": ["verbose"],
}


def label_spheres(
    structures: Any,
    measure: Callable[[Floats, Floats, Floats], Row],
    *,
    radii: Radii,
    without: str | None = None,
    settings: object = None,
    **options: Any,
) -> NDArray[np.float64]:
    """Compute a row of numbers for each structure from lattice, positions and radii.

    Atoms of the element `without` are taken out first.
    """
    table = table_of_radii(radii)
    crystals = read_structures(structures)
    check_each(crystals, partial(_describe_problem, table=table, without=without))
    return label_each(
        crystals,
        _Measurement(measure, table, without),
        settings=(settings, without, sorted(table.items())),
        **options,
    )


@dataclass(frozen=True, slots=True)
class _Measurement:
    """From a crystal to its row."""

    measure: Callable[[Floats, Floats, Floats], Row]
    table: dict[str, float]
    without: str | None

    def __call__(self, crystal: Crystal) -> Row:
        stays = _stays(crystal, self.without)
        sizes = radii_of(crystal.numbers[stays], self.table)
        return self.measure(crystal.lattice, crystal.positions[stays], sizes)


def _stays(crystal: Crystal, without: str | None) -> NDArray[np.bool_]:
    if without is None:
        return np.ones(len(crystal), dtype=bool)
    from pymatgen.core import Element

    return crystal.numbers != Element(without).Z


def _describe_problem(
    crystal: Crystal, table: dict[str, float], without: str | None
) -> str | None:
    """Say why the pores of a crystal cannot be measured, if they cannot."""
    if not crystal.periodic.all():
        axes = "".join(np.array(["a", "b", "c"])[~crystal.periodic])
        return (
            f"is not periodic along {axes}, but only a crystal that fills space has "
            "pores. Leave it out."
        )
    stays = _stays(crystal, without)
    if not stays.any():
        return f"has no atoms but {without}, so there is no framework. Leave it out."
    symbols = {symbol_of(z) for z in np.unique(crystal.numbers[stays]).tolist()}
    missing = sorted(symbols - set(table))
    if missing:
        return (
            f"has elements without a radius: {', '.join(missing)}. Pass "
            "radii={element: Angstrom} with all of them, or other radii."
        )
    return None
