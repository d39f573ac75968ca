"""Crystals with free spheres worked out by hand, and other ways to write them."""

import numpy as np
from pymatgen.core import Lattice, Structure
from scipy.spatial.transform import Rotation

CORNER = [[0, 0, 0]]
FACES = [[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]]


def argon(lattice, sites):
    """Atoms of one kind."""
    return Structure(lattice, ["Ar"] * len(sites), sites)


def simple_cubic(a=8.0):
    return argon(Lattice.cubic(a), CORNER)


def face_centred(a=8.0):
    return argon(Lattice.cubic(a), FACES)


def channels(a=8):
    """Square channels along c, of walls with an atom every Angstrom."""
    steps = np.arange(a) / a
    walls = {(x, 0.0, 0.0) for x in steps} | {(0.0, y, 0.0) for y in steps}
    return argon(Lattice.tetragonal(a, 1.0), sorted(walls))


def low_symmetry(seed, n=6):
    """A crystal without symmetry, of atoms of different sizes."""
    rng = np.random.default_rng(seed)
    lattice = Lattice.from_parameters(*rng.uniform(6, 9, 3), *rng.uniform(65, 115, 3))
    elements = rng.choice(["Si", "O", "Zn", "H", "Li"], n)
    return Structure(lattice, elements, rng.random((n, 3)))


def written_otherwise(structure, seed=0, supercell=None):
    """The same crystal in another cell: turned, shifted and re-ordered."""
    rng = np.random.default_rng(seed)
    other = structure.copy()
    other.translate_sites(range(len(other)), rng.random(3))
    other = other * (supercell or [[1, 1, 0], [0, 1, 0], [0, -1, 1]])
    turn = Rotation.random(random_state=rng).as_matrix()
    order = rng.permutation(len(other))
    species = [other[i].species for i in order]
    return Structure(
        Lattice(other.lattice.matrix @ turn), species, other.frac_coords[order]
    )
