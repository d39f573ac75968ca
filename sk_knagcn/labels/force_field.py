"""Lennard-Jones parameters of the elements, and of their pairs with a gas."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from sk_knagcn.labels.gases import Gas
from sk_knagcn.structures import Crystal
from sk_knagcn.structures.crystal import symbol_of

Parameters = Mapping[str, tuple[float, float]]  # Angstrom, Kelvin

GAS_CONSTANT = 8.31446261815324  # J/(mol K)
_KELVIN_PER_KCAL = 4184 / GAS_CONSTANT
# A point that one atom alone repels by so many kT is inside that atom: whatever all
# others do, its weight stays below 1e-250.
_INSIDE = 650.0


@cache
def read_uff() -> Parameters:
    """UFF of Rappé et al., J. Am. Chem. Soc. 114, 10024 (1992), Table 1.

    Its types of one element (C_3, C_R; H_, H_b) differ in bonds and angles, not in
    these two numbers. x is the distance of lowest energy, D the depth of the well.
    """
    text = (files("sk_knagcn.labels") / "uff.csv").read_text("utf-8")
    return {
        row["element"]: (
            float(row["x_angstrom"]) / 2 ** (1 / 6),
            float(row["D_kcal_per_mol"]) * _KELVIN_PER_KCAL,
        )
        for row in csv.DictReader(text.splitlines())
    }


def resolve_force_field(force_field: str | Parameters) -> Parameters:
    """The parameters of each element that `force_field` names, or is."""
    if isinstance(force_field, str):
        if force_field != "UFF":
            raise ValueError(
                f"force field {force_field!r} is not known. Pass 'UFF' or a dictionary "
                "{element: (sigma, epsilon)} in Angstrom and Kelvin."
            )
        return read_uff()
    for element, pair in force_field.items():
        if len(pair) != 2 or not all(math.isfinite(x) and x >= 0 for x in pair):
            raise ValueError(
                f"force field: {element!r} has {pair!r}, but must have sigma in "
                "Angstrom and epsilon in Kelvin, neither of them negative."
            )
    return force_field


def missing_elements(crystal: Crystal, parameters: Parameters) -> list[str]:
    """Which elements of a crystal have no parameters."""
    symbols = [symbol_of(int(number)) for number in np.unique(crystal.numbers)]
    return [symbol for symbol in symbols if symbol not in parameters]


@dataclass(frozen=True, slots=True)
class Pairs:
    """How the gas and each kind of atom interact; energies in kT."""

    sixths: NDArray[np.float64]
    """(n_kinds,), sigma to the sixth power, Angstrom^6."""
    wells: NDArray[np.float64]
    """(n_kinds,), four times epsilon."""
    lifts: NDArray[np.float64]
    """(n_kinds,), the energy at the cut-off that is taken away; 0 if not shifted."""
    cores: NDArray[np.float64]
    """(n_kinds,), squared distance within which a point is inside the atom."""


def mix(
    numbers: NDArray[np.int64],
    parameters: Parameters,
    gas: Gas,
    temperature: float,
    cutoff: float,
    shifted: bool,
) -> tuple[NDArray[np.int64], Pairs]:
    """Pair each kind of atom with the gas (Lorentz-Berthelot); and the kind of each."""
    present, kinds = np.unique(numbers, return_inverse=True)
    own = np.array([parameters[symbol_of(int(number))] for number in present])
    own = own.reshape(-1, 2)
    sigma = (own[:, 0] + gas.sigma) / 2
    epsilon = np.sqrt(own[:, 1] * gas.epsilon) / temperature
    at_cutoff = (sigma / cutoff) ** 6
    lifts = 4 * epsilon * (at_cutoff**2 - at_cutoff) * shifted
    with np.errstate(divide="ignore"):  # without a well there is no core either
        steepest = (1 + np.sqrt(1 + _INSIDE / epsilon)) / 2
    cores = (sigma * steepest ** (-1 / 6)) ** 2
    return kinds, Pairs(sigma**6, 4 * epsilon, lifts, cores)
