"""Crystals to try, and the same crystal written in other ways."""

from dataclasses import replace
from functools import cache
from itertools import product

import numpy as np
from pymatgen.core import Lattice, Molecule, Structure

from sk_knagcn.structures import Crystal, check_structures


def to_crystal(structure) -> Crystal:
    (crystal,) = check_structures([structure])
    return crystal


def _symmetric(group, lattice, species, coords):
    return Structure.from_spacegroup(group, lattice, species, coords)


def fcc():
    return _symmetric("Fm-3m", Lattice.cubic(3.61), ["Cu"], [[0, 0, 0]])


def bcc():
    return _symmetric("Im-3m", Lattice.cubic(2.87), ["Fe"], [[0, 0, 0]])


def hcp():
    lattice = Lattice.hexagonal(3.21, 5.21)
    return _symmetric("P6_3/mmc", lattice, ["Mg"], [[1 / 3, 2 / 3, 0.25]])


def diamond():
    return _symmetric("Fd-3m", Lattice.cubic(5.43), ["Si"], [[0.125] * 3])


def rocksalt():
    coords = [[0, 0, 0], [0.5, 0.5, 0.5]]
    return _symmetric("Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], coords)


def perovskite():
    coords = [[0, 0, 0], [0.5, 0.5, 0.5], [0.5, 0.5, 0]]
    return _symmetric("Pm-3m", Lattice.cubic(3.905), ["Sr", "Ti", "O"], coords)


def tilted_perovskite():
    coords = [[0.036, 0.25, 0.993], [0, 0, 0.5], [0.484, 0.25, 0.071]]
    return _symmetric(
        "Pnma",
        Lattice.orthorhombic(5.44, 7.65, 5.38),
        ["Ca", "Ti", "O", "O"],
        [*coords, [0.289, 0.037, 0.711]],
    )


def spinel():
    coords = [[0.125] * 3, [0.5] * 3, [0.2624] * 3]
    return _symmetric("Fd-3m", Lattice.cubic(8.083), ["Mg", "Al", "O"], coords)


def graphite():
    lattice = Lattice.hexagonal(2.461, 6.708)
    coords = [[0, 0, 0.25], [1 / 3, 2 / 3, 0.25]]
    return _symmetric("P6_3/mmc", lattice, ["C", "C"], coords)


def wurtzite():
    coords = [[1 / 3, 2 / 3, 0], [1 / 3, 2 / 3, 0.375]]
    return _symmetric("P6_3mc", Lattice.hexagonal(3.82, 6.26), ["Zn", "S"], coords)


def zincblende():
    coords = [[0, 0, 0], [0.25, 0.25, 0.25]]
    return _symmetric("F-43m", Lattice.cubic(5.41), ["Zn", "S"], coords)


def quartz():
    lattice = Lattice.hexagonal(4.913, 5.405)
    coords = [[0.4697, 0, 0], [0.4135, 0.2669, 0.1191]]
    return _symmetric("P3_121", lattice, ["Si", "O"], coords)


def quartz_other_hand():
    lattice = Lattice.hexagonal(4.913, 5.405)
    coords = [[0.4697, 0, 0], [0.4135, 0.2669, -0.1191]]
    return _symmetric("P3_221", lattice, ["Si", "O"], coords)


def rutile():
    coords = [[0, 0, 0], [0.3049, 0.3049, 0]]
    return _symmetric("P4_2/mnm", Lattice.tetragonal(4.594, 2.959), ["Ti", "O"], coords)


def triclinic():
    lattice = Lattice.from_parameters(4.1, 5.3, 6.7, 77, 98, 113)
    species = ["Li", "P", "O", "O", "S"]
    return Structure(lattice, species, np.random.default_rng(5).random((5, 3)))


def substituted():
    """One atom in a 2 x 2 x 2 supercell replaced."""
    structure = rocksalt()
    structure.make_supercell([2, 2, 2], to_unit_cell=False)
    structure[0] = "K"
    return structure


def slab():
    """Three layers of fcc (001), open along c."""
    lattice = Lattice(np.diag([2.55, 2.55, 30.0]), pbc=(True, True, False))
    coords = [[0, 0, 5], [1.275, 1.275, 6.8], [0, 0, 8.6]]
    return Structure(lattice, ["Cu"] * 3, coords, coords_are_cartesian=True)


def chain():
    """A zigzag of two elements, periodic along b only."""
    lattice = Lattice(np.diag([20.0, 3.1, 20.0]), pbc=(False, True, False))
    coords = [[0, 0, 0], [0.9, 1.55, 0]]
    return Structure(lattice, ["S", "N"], coords, coords_are_cartesian=True)


def water():
    return Molecule("OHH", [[0, 0, 0], [0.757, 0.586, 0], [-0.757, 0.586, 0]])


def carbon_dioxide():
    return Molecule("COO", [[0, 0, 0], [0, 0, 1.16], [0, 0, -1.16]])


def benzene():
    angles = np.arange(6) * np.pi / 3
    ring = np.stack([np.cos(angles), np.sin(angles), np.zeros(6)], axis=1)
    return Molecule("C" * 6 + "H" * 6, [*(1.397 * ring), *(2.481 * ring)])


def halomethane():
    """Four different atoms around a fifth: the simplest molecule with a hand."""
    corners = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
    lengths = np.array([[1.09], [1.36], [1.77], [1.93]])
    return Molecule("C H F Cl Br".split(), [[0] * 3, *(corners * lengths / 3**0.5)])


def argon_atom():
    return Molecule(["Ar"], [[1, 2, 3]])


def dimer():
    return Molecule("OC", [[0, 0, 0], [0.6, 0.5, 0.8]])


CRYSTALS = {
    make.__name__: make
    for make in (
        fcc,
        bcc,
        hcp,
        diamond,
        rocksalt,
        perovskite,
        tilted_perovskite,
        spinel,
        graphite,
        wurtzite,
        zincblende,
        quartz,
        quartz_other_hand,
        rutile,
        triclinic,
        substituted,
    )
}
NOT_PERIODIC = {
    make.__name__: make
    for make in (
        slab,
        chain,
        water,
        carbon_dioxide,
        benzene,
        halomethane,
        argon_atom,
        dimer,
    )
}
ALL = CRYSTALS | NOT_PERIODIC


@cache
def named(name) -> Crystal:
    """Make a crystal of the tables above: once, for pymatgen takes its time."""
    return to_crystal(ALL[name]())


def random_rotation(rng):
    """Random proper rotation, as a matrix for rows: positions @ matrix."""
    matrix, triangle = np.linalg.qr(rng.normal(size=(3, 3)))
    matrix *= np.sign(np.diag(triangle))
    return matrix * np.linalg.det(matrix)


def turned(crystal: Crystal, rng) -> Crystal:
    """Rotate, shift and re-order."""
    rotation, order = random_rotation(rng), rng.permutation(len(crystal))
    positions = crystal.positions[order] @ rotation + 10 * rng.normal(size=3)
    return replace(
        crystal,
        numbers=crystal.numbers[order],
        positions=positions,
        lattice=crystal.lattice @ rotation,
    )


def mirrored(crystal: Crystal) -> Crystal:
    flip = np.array([1.0, 1.0, -1.0])
    return replace(
        crystal, positions=crystal.positions * flip, lattice=crystal.lattice * flip
    )


def supercell(crystal: Crystal, matrix) -> Crystal:
    """Repeat a crystal in the cell whose vectors are integer sums of the old ones.

    Atom i of copy c becomes atom c * n + i.
    """
    matrix = np.array(matrix) * (np.ones((3, 1), int) if np.ndim(matrix) > 1 else 1)
    matrix = np.diag(matrix) if matrix.ndim == 1 else matrix
    reach = np.abs(matrix).sum(axis=0)
    points = np.array(list(product(*(range(-r, r + 1) for r in reach.tolist()))))
    inside = points @ np.linalg.inv(matrix)
    points = points[((inside > -1e-9) & (inside < 1 - 1e-9)).all(axis=1)]
    shifts = points @ crystal.lattice
    return replace(
        crystal,
        numbers=np.tile(crystal.numbers, len(points)),
        positions=(shifts[:, None] + crystal.positions).reshape(-1, 3),
        lattice=matrix @ crystal.lattice,
    )


def scattered(crystal: Crystal, rng) -> Crystal:
    """Move every atom to a random other cell."""
    cells = rng.integers(-4, 5, size=(len(crystal), 3)) * crystal.periodic
    return replace(crystal, positions=crystal.positions + cells @ crystal.lattice)


def jittered(crystal: Crystal, size, rng) -> Crystal:
    noise = size * rng.uniform(-1, 1, size=crystal.positions.shape)
    return replace(crystal, positions=crystal.positions + noise)
