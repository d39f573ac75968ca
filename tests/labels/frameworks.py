"""Crystals with pores, and one without."""

import numpy as np
from pymatgen.core import Lattice, Structure


def sodalite():
    """Cages, joined by rings too narrow for most gases."""
    sites = [[0.25, 0.5, 0], [0.1472, 0.1472, 0.5]]
    return Structure.from_spacegroup("Im-3m", Lattice.cubic(8.96), ["Si", "O"], sites)


def triclinic():
    """A loose skewed cell of a few atoms; no symmetry at all."""
    lattice = Lattice.from_parameters(6.1, 7.3, 8.2, 77, 98, 113)
    sites = [[0.1, 0.2, 0.3], [0.25, 0.3, 0.35], [0.9, 0.1, 0.75]]
    return Structure(lattice, ["Zn", "O", "C"], sites)


def slit(width=6.4):
    """Sheets of carbon with a narrow slit between them."""
    lattice = Lattice.hexagonal(2.46, width)
    return Structure(lattice, ["C", "C"], [[1 / 3, 2 / 3, 0.5], [2 / 3, 1 / 3, 0.5]])


def rocksalt():
    """No room for anything."""
    sites = [[0, 0, 0], [0.5, 0.5, 0.5]]
    return Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], sites)


def turned(structure, seed=0):
    """The same crystal in another orientation."""
    rotation, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    lattice = structure.lattice.matrix @ rotation
    return Structure(lattice, structure.species, structure.frac_coords)


def moved(structure, seed=0):
    """The same crystal, shifted, its atoms in another order."""
    random = np.random.default_rng(seed)
    order = random.permutation(len(structure))
    sites = structure.frac_coords[order] + random.random(3)
    species = [structure.species[i] for i in order]
    return Structure(structure.lattice, species, sites)


def skewed(structure):
    """The same crystal in a long oblique cell."""
    return structure.copy().make_supercell(
        [[1, 1, 0], [0, 1, 2], [0, 0, 1]], to_unit_cell=False
    )
