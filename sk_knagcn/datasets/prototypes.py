"""Made-up salts on real crystal structures: something to learn without a download."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch, check_random_state

from sk_knagcn.labels import percolation_radius

if TYPE_CHECKING:
    from pymatgen.core import Species, Structure

# Ions by charge; those of one charge are exchanged for one another.
_IONS = {
    -3: ["N"],
    -2: ["O", "S", "Se"],
    -1: ["F", "Cl", "Br", "I"],
    1: ["Li", "Na", "K", "Rb", "Cs", "Ag"],
    2: ["Mg", "Ca", "Sr", "Ba", "Zn", "Cd", "Pb"],
    3: ["Al", "Ga", "In", "Sc", "Y", "La"],
    4: ["Si", "Ge", "Sn", "Ti", "Zr", "Hf", "Ce"],
    5: ["V", "Nb", "Ta", "P"],
    6: ["Mo", "W"],
}
_MOST_ATOMS = 30
# Ions of like charge come nearer than their radii say where polyhedra share edges.
_LIKE_CHARGES = 0.75
# Crystals are up to so much larger or smaller, along each axis, than radii say.
_STRAIN = 0.03
# The ions of a salt fill more of the space than this; layers that fall apart do not.
_LOOSEST = 0.3
_TARGETS = {
    "madelung_energy": "eV/atom",
    "min_bond_length": "Angstrom",
    "percolation_radius": "Angstrom",
    "volume_per_atom": "Angstrom^3",
}
_SOURCE = (
    "Prototypes: AFLOW library of crystallographic prototypes (Mehl et al., Comput. "
    "Mater. Sci. 136, S1, 2017; Hicks et al., Comput. Mater. Sci. 161, S1, 2019) as "
    "shipped with pymatgen. Radii: Shannon, as in pymatgen."
)


def make_prototype_crystals(
    n_samples: int = 300,
    *,
    target: str = "madelung_energy",
    random_state: Any = None,
    return_X_y: bool = False,
) -> Any:
    """Make ionic crystals on known structure types, with a property that they do have.

    Nothing is fetched. The structures are the prototypes of the AFLOW library that come
    with pymatgen, two or three elements and at most 30 atoms each. Their elements are
    replaced by ions whose charges cancel, and the cell is scaled until the ions touch,
    give or take 3 %; what is not packed as salts are is left out. The crystals are
    synthetic, most of them exist nowhere; the properties are computed from them and
    hold exactly.

    Parameters
    ----------
    n_samples : int, default=300
        How many crystals.
    target : str, default="madelung_energy"
        "madelung_energy", the electrostatic energy of the formal charges by Ewald
        summation, in eV per atom; "min_bond_length", the shortest distance, in
        Angstrom; "percolation_radius", the largest sphere that travels where the
        cations of the lowest charge (of two such, the smaller) were, in Angstrom, as
        the function of that name measures it; or "volume_per_atom", in cubic Angstrom.
    random_state : int, RandomState instance or None, default=None
        Decides which prototypes and ions are drawn.
    return_X_y : bool, default=False
        Give structures and target only.

    Returns
    -------
    Bunch or (list of Structure, ndarray)
        With ``structures``, ``target``, ``target_name``, ``unit``, ``prototypes`` (the
        structure type of each crystal: a grouping for cross-validation), ``source`` and
        ``licence``.

    See Also
    --------
    sk_knagcn.labels.percolation_radius : Of your own structures, for any ion.

    Examples
    --------
    >>> from sk_knagcn.datasets import make_prototype_crystals
    >>> salts = make_prototype_crystals(5, random_state=0)
    >>> salts.target.shape, salts.unit
    ((5,), 'eV/atom')
    >>> bool((salts.target < 0).all())
    True
    """
    if n_samples < 1:
        raise ValueError(f"n_samples must be at least 1, got {n_samples}.")
    if target not in _TARGETS:
        raise ValueError(f"target must be one of {sorted(_TARGETS)}, got {target!r}.")
    rng = check_random_state(random_state)
    drawn = [_draw(rng) for _ in range(n_samples)]
    y = np.array([_measure(ions, target) for _, ions in drawn])
    structures = [_without_charges(ions) for _, ions in drawn]
    if return_X_y:
        return structures, y
    return Bunch(
        structures=structures,
        target=y,
        target_name=target,
        unit=_TARGETS[target],
        prototypes=np.array([name for name, _ in drawn]),
        source=_SOURCE,
        licence="the prototypes are facts of nature; cite their source",
    )


def _draw(rng: np.random.RandomState) -> tuple[str, Structure]:
    """A prototype with new ions, and its name."""
    salts = _salts()
    name, prototype, choices = salts[rng.randint(len(salts))]
    charges = choices[rng.randint(len(choices))]
    ions = [_ions(charge)[rng.randint(len(_ions(charge)))] for charge in charges]
    if len(set(ions)) < len(ions):
        return _draw(rng)  # two sites of one element would be another structure type
    crystal = prototype.copy()
    crystal.replace_species(dict(zip(prototype.elements, ions, strict=True)))
    strain = 1 + rng.uniform(-_STRAIN, _STRAIN)
    crystal.scale_lattice(crystal.volume * (_touching(crystal) * strain) ** 3)
    return (name, crystal) if _is_salt(crystal) else _draw(rng)


@cache
def _salts() -> list[tuple[str, Structure, list[tuple[int, ...]]]]:
    """The prototypes that can be salts, and the charges that their elements may have.

    pymatgen keeps the file in different folders from release to release.
    """
    import pymatgen.analysis
    from monty.io import zopen
    from pymatgen.core import Structure

    (folder,) = pymatgen.analysis.__path__
    path = next(Path(folder).rglob("aflow_prototypes.json*"))
    with zopen(path, "rt", encoding="utf-8") as file:
        entries = json.load(file)
    salts = []
    for entry in entries:
        structure = Structure.from_dict(entry["snl"])
        charges = list(_neutral(structure))
        if len(structure) <= _MOST_ATOMS and charges:
            salts.append((entry["tags"]["aflow"], structure, charges))
    return salts


def _neutral(structure: Structure) -> Iterator[tuple[int, ...]]:
    """Charges that cancel: below zero for the most electronegative element only."""
    elements = structure.elements
    if len(elements) not in (2, 3):
        return
    anion = max(elements, key=lambda element: element.X)
    counts = [structure.composition[element] for element in elements]
    allowed = [
        [q for q in _IONS if (q < 0) == (element == anion)] for element in elements
    ]
    for charges in product(*allowed):
        if sum(n * q for n, q in zip(counts, charges, strict=True)) == 0:
            yield charges


@cache
def _ions(charge: int) -> list[Species]:
    from pymatgen.core import Species

    return [Species(symbol, charge) for symbol in _IONS[charge]]


def _touching(crystal: Structure) -> float:
    """The factor for all distances at which the first ions touch."""
    radii = _radii(crystal)
    charges = np.array([site.specie.oxi_state for site in crystal])
    first, second, distances = _pairs(crystal)
    like = charges[first] * charges[second] > 0
    contact = (radii[first] + radii[second]) * np.where(like, _LIKE_CHARGES, 1)
    return float((contact / distances).max())


def _without_charges(ions: Structure) -> Structure:
    """The same crystal as a file has it: elements only, with labels of their own."""
    from pymatgen.core import Structure

    elements = [site.specie.element for site in ions]
    return Structure(ions.lattice, elements, ions.frac_coords)


def _is_salt(crystal: Structure) -> bool:
    """Whether ions are packed closely, with the other charge next to each.

    Structure types of metals and of molecules are not.
    """
    filled = 4 / 3 * np.pi * (_radii(crystal) ** 3).sum() / crystal.volume
    charges = np.array([site.specie.oxi_state for site in crystal])
    first, second, distances = _pairs(crystal)
    nearest = np.full(len(crystal), np.inf)
    np.minimum.at(nearest, first, distances)
    bonded = (distances < 1.001 * nearest[first]) & (
        charges[first] * charges[second] < 0
    )
    return filled > _LOOSEST and set(first[bonded]) == set(range(len(crystal)))


def _radii(crystal: Structure) -> NDArray[np.float64]:
    return np.array([site.specie.ionic_radius for site in crystal], dtype=float)


def _pairs(crystal: Structure) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """All pairs that are not farther apart than an atom from its own image."""
    reach = max(crystal.lattice.abc) * (1 + 1e-8)
    first, second, _, distances = crystal.get_neighbor_list(reach)
    return first, second, distances


def _measure(ions: Structure, target: str) -> float:
    if target == "volume_per_atom":
        return ions.volume / len(ions)
    if target == "min_bond_length":
        return float(_pairs(ions)[2].min())
    if target == "percolation_radius":
        cations = [(ion.oxi_state or 0, ion.ionic_radius, ion) for ion in ions.elements]
        *_, mobile = min(cation for cation in cations if cation[0] > 0)
        return percolation_radius(ions, mobile.symbol, cache=None)
    from pymatgen.analysis.ewald import EwaldSummation

    return EwaldSummation(ions).total_energy / len(ions)
