"""Crystals in which something is known to be the same, or not."""

import numpy as np
from pymatgen.core import Lattice, Structure

HALVES = [[0, 0, 0], [0.5, 0.5, 0.5]]


def rock_salt(metal, halogen, a):
    lattice = Lattice(a / 2 * (1 - np.eye(3)))
    return Structure(lattice, [metal, halogen], HALVES)


def perovskite(a_site, b_site, anion="O", a=3.9):
    edges = [[0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5]]
    sites = [[0.5, 0.5, 0.5], [0, 0, 0], *edges]
    return Structure(Lattice.cubic(a), [a_site, b_site] + [anion] * 3, sites)


def quartz(space_group="P3_221"):
    third = {"P3_221": 2 / 3, "P3_121": 1 / 3}[space_group]
    oxygen = [0.415, 0.266, 0.786 if third > 0.5 else 0.214]
    return Structure.from_spacegroup(
        space_group,
        Lattice.hexagonal(4.91, 5.40),
        ["Si", "O"],
        [[0.47, 0, third], oxygen],
    )


def silicon_carbide(stacking):
    a = 4.36
    if stacking == "cubic":
        lattice, sites = Lattice.cubic(a), [[0, 0, 0], [0.25] * 3]
        return Structure.from_spacegroup("F-43m", lattice, ["Si", "C"], sites)
    lattice = Lattice.hexagonal(a / 2**0.5, 2 * a / 3**0.5)
    sites = [[1 / 3, 2 / 3, 0], [1 / 3, 2 / 3, 0.375]]
    return Structure.from_spacegroup("P6_3mc", lattice, ["Si", "C"], sites)


def copper_gold(ordering):
    """Half copper, half gold on one fcc lattice: in layers along [001] or [111]."""
    steps = [
        (i, j, k)
        for i in range(4)
        for j in range(4)
        for k in range(4)
        if (i + j + k) % 2 == 0
    ]
    layers = [k if ordering == "001" else (i + j + k) // 2 for i, j, k in steps]
    elements = ["Cu" if layer % 2 else "Au" for layer in layers]
    return Structure(Lattice.cubic(7.8), elements, np.array(steps) / 4)


def rewritten(structure, seed):
    """The same crystal: doubled, turned, shifted, re-ordered, sheared."""
    rng = np.random.default_rng(seed)
    copy = structure.copy()
    copy.make_supercell([[1, 1, 0], [0, 1, 0], [0, 0, 2]])
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    fractions = copy.frac_coords + rng.random(3)
    order = rng.permutation(len(copy))
    return Structure(
        copy.lattice.matrix @ turn,
        [copy.species[i] for i in order],
        fractions[order],
    )


def strained(structure, share):
    """Every length grown by a share."""
    return structure.copy().scale_lattice(structure.volume * (1 + share) ** 3)


def jittered(structure, size):
    """Every atom moved by so many Angstrom."""
    return structure.copy().perturb(size)
