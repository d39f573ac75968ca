"""Distances and room for ions beside other ways to the same numbers, and their cost.

On compounds of lithium from `obelix_li_conductivity` in the folder that SK_KNAGCN_DATA
names (see structure_sets.py). Zeo++ is compared where pyzeo is installed, with equal
radii, for which it is exact.
"""

import argparse
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from time import process_time

import numpy as np
from property_sets import make_structure, read_entries
from pymatgen.analysis.molecule_structure_comparator import CovalentRadius
from pymatgen.core import Structure
from table import align, report, say
from zeopp import zeopp_diameters

from sk_knagcn.labels import (
    li_site_radius,
    min_bond_length,
    min_interatomic_distance,
    percolation_radius,
)
from sk_knagcn.pores import table_of_radii

EQUAL = 0.7  # Angstrom, for all elements
SPACING = 0.15  # of the grid, in Angstrom
TOLERANCE = 0.4  # of bonds, in Angstrom
TITLES = ("label", "beside", "n", "mean diff", "largest", "ms each")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--structures", type=int, default=100, metavar="N")
    parser.add_argument("--output", type=Path, metavar="PATH")
    options = parser.parse_args()

    def write(emit) -> bool:
        entries = read_entries("obelix_li_conductivity")
        if not entries:
            emit("There is no file obelix_li_conductivity.")
            return True
        structures = [make_structure(entry) for entry in entries]
        # Hydrogen has no ionic radius.
        structures = [s for s in structures if "H" not in s.symbol_set]
        structures = structures[: options.structures]
        atoms = np.mean([len(structure) for structure in structures])
        emit(f"{len(structures)} compounds of lithium, {atoms:.0f} atoms on average;")
        emit("differences in Angstrom, processor time on one core\n")
        emit(align(TITLES, list(rows(structures))))
        return True

    report(write, options.output)


def rows(structures: list[Structure]):
    """One row for each label."""
    near = "pymatgen's neighbours"
    yield row(min_interatomic_distance, near, structures, shortest_distance)
    yield row(lithium_bond, near, structures, shortest_lithium_bond)
    grid = f"a grid of {SPACING} A"
    yield row(li_site_radius, grid, structures, widest_place)
    if find_spec("pyzeo"):
        zeopp = f"Zeo++, all {EQUAL} A"
        yield row(of_equal(li_site_radius), zeopp, structures, half_zeopp(0))
        yield row(of_equal(percolation_radius), zeopp, structures, half_zeopp(1))
    yield row(percolation_radius, "", structures, None)


def row(
    label: Callable,
    beside: str,
    structures: list[Structure],
    other: Callable[[Structure], float | None] | None,
) -> tuple[str, ...]:
    """Time of ours, and how far it is from the other."""
    say(f"{label.__name__} {beside}")
    label(structures[:1], cache=None)  # compiles
    start = process_time()
    ours = label(structures, cache=None)
    cost = f"{1000 * (process_time() - start) / len(structures):.1f}"
    if other is None:
        return label.__name__, beside, f"{len(structures)}", "", "", cost
    theirs = np.array([other(structure) for structure in structures], dtype=float)
    apart = (ours - theirs)[~np.isnan(theirs)]
    numbers = f"{len(apart)}", f"{apart.mean():+.4f}", f"{abs(apart).max():.4f}"
    return label.__name__, beside, *numbers, cost


def lithium_bond(structures: list[Structure], cache: object) -> np.ndarray:
    """Bonds of lithium only."""
    return min_bond_length(structures, "Li", tolerance=TOLERANCE, cache=cache)


lithium_bond.__name__ = "min_bond_length of Li"


def of_equal(label: Callable) -> Callable:
    """The label for atoms of one size."""

    def labelled(structures: list[Structure], cache: object) -> np.ndarray:
        elements = {element.symbol for s in structures for element in s.elements}
        return label(structures, radii=dict.fromkeys(elements, EQUAL), cache=cache)

    labelled.__name__ = label.__name__
    return labelled


def shortest_distance(structure: Structure) -> float:
    """The shortest distance in a neighbour list of pymatgen."""
    return float(structure.get_neighbor_list(6.0)[3].min())


def shortest_lithium_bond(structure: Structure) -> float:
    """The same, of lithium and what its covalent radius reaches."""
    first, second, _, distances = structure.get_neighbor_list(6.0)
    symbols = np.array([site.specie.symbol for site in structure])
    sizes = np.array([CovalentRadius.radius[symbol] for symbol in symbols])
    bonded = distances <= sizes[first] + sizes[second] + TOLERANCE
    bonded &= symbols[first] == "Li"
    return float(distances[bonded].min()) if bonded.any() else np.nan


def widest_place(structure: Structure) -> float:
    """The room at the best point of a grid; a little less than there is."""
    frame = without_lithium(structure)
    table = table_of_radii("ionic")
    radii = np.array([table[site.specie.symbol] for site in frame])
    shape = [int(np.ceil(length / SPACING)) for length in frame.lattice.abc]
    points = np.stack(np.meshgrid(*(np.arange(n) / n for n in shape)), -1)
    best = -np.inf
    for plane in points:
        apart = frame.lattice.get_all_distances(plane.reshape(-1, 3), frame.frac_coords)
        best = max(best, (apart - radii).min(axis=1).max())
    return best


def half_zeopp(which: int) -> Callable[[Structure], float | None]:
    """Half a diameter of Zeo++; None where it fails."""

    def measure(structure: Structure) -> float | None:
        frame = without_lithium(structure)
        radii = {element.symbol: EQUAL for element in frame.elements}
        found = zeopp_diameters(frame, radii)
        return None if found is None else found[which] / 2

    return measure


def without_lithium(structure: Structure) -> Structure:
    """The framework that is left."""
    return structure.copy().remove_species(["Li"])


if __name__ == "__main__":
    main()
