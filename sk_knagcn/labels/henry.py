"""Henry's constant of a gas in a rigid crystal, by Widom's integral."""

from __future__ import annotations

import warnings
from dataclasses import astuple, dataclass
from functools import partial
from numbers import Integral as Whole
from numbers import Real
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.utils._param_validation import Interval, StrOptions, validate_params

from sk_knagcn.labels.force_field import (
    GAS_CONSTANT,
    Parameters,
    missing_elements,
    mix,
    resolve_force_field,
)
from sk_knagcn.labels.gases import Gas, resolve_gas
from sk_knagcn.labels.images import surround
from sk_knagcn.labels.integrate import Rule, integrate
from sk_knagcn.labels.many import (
    check_each,
    is_one_structure,
    label_each,
    read_structures,
    row_labels,
)
from sk_knagcn.labels.overlap import describe_overlap
from sk_knagcn.structures import Crystal

_MASS_DENSITY = 1660.5390666  # kg/m^3 of one atomic mass unit in a cubic Angstrom
_MAX_SHOWN = 5  # structures named in one warning


@validate_params(
    {
        "gas": [str, Gas],
        "temperature": [Interval(Real, 0, None, closed="neither")],
        "force_field": [str, dict],
        "cutoff": [Interval(Real, 0, None, closed="neither")],
        "spacing": [Interval(Real, 0, None, closed="neither")],
        "method": [StrOptions({"grid", "quasi-random"})],
        "tolerance": [Interval(Real, 0, None, closed="neither")],
        "max_points": [Interval(Whole, 1, None, closed="left")],
        "shifted": ["boolean"],
        "unit": [StrOptions({"dimensionless", "mol/kg/Pa"})],
        "return_details": ["boolean"],
        "cache": [str, Path, None],
        "n_jobs": [Whole, None],
        "verbose": ["verbose"],
    },
    prefer_skip_nested_validation=True,
)
def henry_constant(
    structures: Any,
    gas: str | Gas = "H2",
    *,
    temperature: float = 298.15,
    force_field: Literal["UFF"] | Parameters = "UFF",
    cutoff: float = 12.9,
    spacing: float = 0.9,
    method: Literal["grid", "quasi-random"] = "grid",
    tolerance: float = 0.01,
    max_points: int = 50_000_000,
    shifted: bool = False,
    unit: Literal["dimensionless", "mol/kg/Pa"] = "dimensionless",
    return_details: bool = False,
    cache: str | Path | None = "memory",
    n_jobs: int | None = None,
    verbose: int = 0,
) -> Any:
    """Compute how much of a gas crystals take up at low pressure.

    Henry's constant is the mean of exp(-U/kT) over the cell [1]_: the concentration of
    a dilute gas inside, divided by that outside. U is the energy of one molecule in the
    field of all atoms, which stay where they are: Lennard-Jones 12-6, Lorentz-Berthelot
    mixing, images up to the cut-off in any cell. There are no charges, and pores that
    no molecule could get into count like others.

    Parameters
    ----------
    structures : structure, or list, tuple, object array, pandas Series or DataFrame
        One structure, or many as `check_structures` takes them; periodic in all three
        directions.
    gas : {"H2", "He", "N2", "CH4", "Ar", "Kr", "Xe"} or Gas, default="H2"
        The gas, as single Lennard-Jones sites.
    temperature : float, default=298.15
        In Kelvin.
    force_field : "UFF" or dict, default="UFF"
        Parameters of the atoms: UFF, elements 1 to 103 [2]_; or your own, element to
        (sigma in Angstrom, epsilon/k in Kelvin).
    cutoff : float, default=12.9
        Atoms farther away than this are not felt, Angstrom. Nothing is added for them.
    spacing : float, default=0.9
        Of the first grid, in Angstrom. Each following one is 1.5 times as fine.
    method : {"grid", "quasi-random"}, default="grid"
        Grids along the lattice vectors, or lines at quasi-random places; the second is
        slower, and is there to check the first.
    tolerance : float, default=0.01
        Refine until the estimated relative error is below this.
    max_points : int, default=50_000_000
        Points in a cell at most. What has not converged by then is named in a warning.
    shifted : bool, default=False
        Whether each pair's energy is raised so as to vanish at the cut-off.
    unit : {"dimensionless", "mol/kg/Pa"}, default="dimensionless"
        Concentration over concentration, or uptake per mass of crystal and pressure:
        the former over RT and the density of the crystal.
    return_details : bool, default=False
        Whether to return a table with more columns.
    cache : "memory", str, Path or None, default="memory"
        Where results are kept, so that nothing is computed twice: in the memory of the
        process, in a folder as well, or nowhere.
    n_jobs : int, default=None
        Threads that share the structures; as everywhere in scikit-learn.
    verbose : int, default=0
        Show a progress bar if positive.

    Returns
    -------
    float, ndarray of shape (n_structures,) or DataFrame
        A number for one structure, an array for many. With `return_details` a row per
        structure: Henry's constant; the mean energy of a molecule inside and the heat
        of adsorption RT minus that, both in kJ/mol; the points of the last grid; and
        the estimated relative error of Henry's constant.

    Raises
    ------
    ValueError
        If structures have overlapping atoms, elements without parameters or directions
        in which they are not periodic; index and formula of each are named.

    See Also
    --------
    Gas : Any other gas.
    log10_target : Lets a regressor learn the logarithm.

    References
    ----------
    .. [1] B. Zhang, M. Zhou, J. Wu, F. Gao, "Predicting Material Properties Using a 3D
       Graph Neural Network with Invariant Local Descriptors", Appendix A,
       arXiv:2102.11023 (2021).
    .. [2] A. K. Rappé et al., "UFF, a full periodic table force field for molecular
       mechanics and molecular dynamics simulations", J. Am. Chem. Soc. 114, 10024
       (1992).

    Examples
    --------
    >>> from pymatgen.core import Lattice, Structure
    >>> from sk_knagcn.labels import henry_constant
    >>> sheets = Lattice.hexagonal(2.46, 7.0)
    >>> slit = Structure(sheets, ["C", "C"], [[0, 0, 0], [1 / 3, 2 / 3, 0]])
    >>> round(henry_constant(slit), 1)
    6.2
    >>> table = henry_constant([slit], return_details=True)
    >>> table.columns.to_list()
    ['henry_H2_298K', 'mean_energy_kJ_mol', 'heat_of_adsorption_kJ_mol', 'n_points',
    'relative_error']
    >>> table["heat_of_adsorption_kJ_mol"].round(1).to_list()
    [11.0]
    """
    parameters = resolve_force_field(force_field)
    chosen = resolve_gas(gas)
    crystals = read_structures(structures)
    check_each(crystals, partial(describe_problem, parameters=parameters))
    rule = Rule(method, float(spacing), float(tolerance), int(max_points))
    recipe = _Recipe(
        chosen, float(temperature), parameters, float(cutoff), bool(shifted), rule
    )
    table = label_each(
        crystals,
        recipe.compute,
        settings=recipe.settings(),
        cache=cache,
        n_jobs=n_jobs,
        verbose=verbose,
        title="Henry constants",
    )
    _warn(crystals, table, temperature, rule)
    henry = table[:, 0].copy()
    if unit == "mol/kg/Pa":
        densities = np.array([_density(crystal) for crystal in crystals])
        henry /= GAS_CONSTANT * temperature * densities
    if return_details:
        return _tabulate(henry, table, structures, chosen, temperature, unit)
    return float(henry[0]) if is_one_structure(structures) else henry


@dataclass(frozen=True, slots=True)
class _Recipe:
    """Everything but the structure that decides the result."""

    gas: Gas
    temperature: float
    parameters: Parameters
    cutoff: float
    shifted: bool
    rule: Rule

    def settings(self) -> object:
        """What cached results are kept by; what the gas is called does not matter."""
        gas = self.gas.sigma, self.gas.epsilon
        parameters = sorted(self.parameters.items())
        return gas, self.temperature, parameters, self.cutoff, self.shifted, self.rule

    def compute(self, crystal: Crystal) -> NDArray[np.float64]:
        """Integrate over one crystal."""
        kinds, pairs = mix(
            crystal.numbers,
            self.parameters,
            self.gas,
            self.temperature,
            self.cutoff,
            self.shifted,
        )
        felt = (pairs.sixths * pairs.wells > 0)[kinds]
        around = surround(crystal, kinds, felt, self.cutoff)
        return np.array(astuple(integrate(around, pairs, self.cutoff, self.rule)))


def describe_problem(crystal: Crystal, parameters: Parameters) -> str | None:
    """Say why there is no Henry constant of a crystal, if there is none."""
    if not crystal.periodic.all():
        axes = "".join(np.array(["a", "b", "c"])[~crystal.periodic])
        return (
            f"is not periodic along {axes}, but only a crystal that fills space has a "
            "Henry constant. Leave it out."
        )
    missing = missing_elements(crystal, parameters)
    if missing:
        return (
            "has elements without parameters in the force field: "
            f"{', '.join(missing)}. Pass force_field={{element: (sigma, epsilon)}} "
            "with all of them."
        )
    return describe_overlap(crystal)


def _warn(
    crystals: list[Crystal], table: NDArray[np.float64], temperature: float, rule: Rule
) -> None:
    """Name the structures whose number is too large, and those not converged."""

    def name(i: int) -> str:
        return f"structure {i} ({crystals[i].formula})"

    endless, errors = np.isinf(table[:, 0]), table[:, 3]
    _warn_of(
        f"of {len(crystals)} Henry constants are too large for a float at "
        f"{temperature:g} K",
        [name(i) for i in np.flatnonzero(endless).tolist()],
        "Raise temperature.",
    )
    _warn_of(
        f"of {len(crystals)} Henry constants have not converged to {rule.tolerance:g} "
        f"with {rule.max_points:,} points",
        [
            f"{name(i)}, estimated error {errors[i]:.2g}"
            for i in np.flatnonzero(~(errors < rule.tolerance) & ~endless).tolist()
        ],
        "Raise max_points, or the tolerance.",
    )


def _warn_of(problem: str, names: list[str], remedy: str) -> None:
    if not names:
        return
    shown = names[:_MAX_SHOWN]
    if len(names) > _MAX_SHOWN:
        shown.append(f"{len(names) - _MAX_SHOWN} more")
    warnings.warn(
        f"{len(names)} {problem}: {'; '.join(shown)}. {remedy}",
        UserWarning,
        stacklevel=5,
    )


def _density(crystal: Crystal) -> float:
    """Mass per volume in kg/m^3."""
    from pymatgen.core import Element

    numbers, counts = np.unique(crystal.numbers, return_counts=True)
    masses = [float(Element.from_Z(int(number)).atomic_mass) for number in numbers]
    volume = abs(np.linalg.det(crystal.lattice))
    return _MASS_DENSITY * float(counts @ masses) / volume


def _tabulate(
    henry: NDArray[np.float64],
    table: NDArray[np.float64],
    structures: Any,
    gas: Gas,
    temperature: float,
    unit: str,
) -> Any:
    """Make a table whose columns say what they are and in which unit."""
    import pandas as pd

    thermal = GAS_CONSTANT * temperature / 1000  # kJ/mol
    energy = thermal * table[:, 1]
    suffix = "" if unit == "dimensionless" else "_mol_kg_Pa"
    columns = {
        f"henry_{gas.name}_{temperature:.0f}K{suffix}": henry,
        "mean_energy_kJ_mol": energy,
        "heat_of_adsorption_kJ_mol": thermal - energy,
        "n_points": table[:, 2].astype(np.int64),
        "relative_error": table[:, 3],
    }
    return pd.DataFrame(columns, index=row_labels(structures))
