"""Free spheres: where they can be worked out by hand, and wherever else."""

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure
from scipy.optimize import brentq
from scipy.spatial import cKDTree

from sk_knagcn.pores import FreeSpheres
from tests.pores.crystals import (
    CORNER,
    FACES,
    argon,
    channels,
    face_centred,
    low_symmetry,
    simple_cubic,
    written_otherwise,
)

SIZES = {"Ar": 1.0, "Si": 1.3, "O": 0.9, "Zn": 0.7, "H": 0.4, "Li": 0.6}


def spheres_of(structure, sizes=SIZES):
    radii = np.array([sizes[site.specie.symbol] for site in structure], dtype=float)
    return FreeSpheres(structure.lattice.matrix, structure.cart_coords, radii)


def all_radii(spheres):
    along = [spheres.percolating_along(axis) for axis in range(3)]
    return np.array([spheres.largest(), spheres.percolating(), *along])


def images(structure):
    """Atoms of all cells around, and their radii."""
    steps = np.stack(np.meshgrid(*3 * [range(-3, 4)]), axis=-1).reshape(-1, 3)
    shifts = steps @ structure.lattice.matrix
    radii = np.array([SIZES[site.specie.symbol] for site in structure])
    centres = (structure.cart_coords + shifts[:, None]).reshape(-1, 3)
    return centres, np.tile(radii, len(steps))


def free_radius(points, structure):
    """Distance to the nearest surface, one size of atom after the other."""
    centres, radii = images(structure)
    return np.min(
        [
            cKDTree(centres[radii == size]).query(points)[0] - size
            for size in np.unique(radii)
        ],
        axis=0,
    )


@pytest.mark.parametrize(
    ("structure", "largest", "percolating"),
    [
        # Through the middle of the cell; the windows are its faces.
        (simple_cubic(), 8 * 3**0.5 / 2, 8 / 2**0.5),
        # Octahedral sites; the windows are triangles of nearest neighbours.
        (face_centred(), 8 / 2, 8 / 6**0.5),
        # The tetrahedral sites of the body-centred lattice, through its triangles.
        (
            argon(Lattice.cubic(8), [[0, 0, 0], [0.5, 0.5, 0.5]]),
            8 * 5**0.5 / 4,
            3 * 2**0.5,
        ),
        # Planes of squares: along the middle between them, over the bridges.
        (
            argon(Lattice.tetragonal(4, 20), CORNER),
            (10**2 + 2 * 2**2) ** 0.5,
            (10**2 + 2**2) ** 0.5,
        ),
    ],
    ids=["simple cubic", "face-centred", "body-centred", "planes"],
)
@pytest.mark.parametrize("size", [0.0, 1.0])
def test_lattices(structure, largest, percolating, size):
    spheres = spheres_of(structure, {"Ar": size})
    assert spheres.largest() == pytest.approx(largest - size, abs=1e-6)
    assert spheres.percolating() == pytest.approx(percolating - size, abs=1e-6)


def test_tetrahedral_sites_hold_what_octahedral_atoms_leave():
    octahedra = [[0.5, 0.5, 0.5], [0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5]]
    filled = argon(Lattice.cubic(8), [*FACES, *octahedra])
    assert spheres_of(filled).largest() == pytest.approx(8 * 3**0.5 / 4 - 1, abs=1e-6)


def test_two_sizes_of_atoms():
    """The widest place of caesium chloride touches two atoms of either kind."""
    salt = Structure(Lattice.cubic(10), ["Ar", "O"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    large, small = 2.0, 0.5

    def above(t):  # at (5, t, 0), between (0, 0, 0), (10, 0, 0), (5, 5, 5), (5, 5, -5)
        return np.hypot(5, t) - large - (np.hypot(5 - t, 5) - small)

    expected = np.hypot(5, brentq(above, 0, 5)) - large
    spheres = spheres_of(salt, {"Ar": large, "O": small})
    assert spheres.largest() == pytest.approx(expected, abs=1e-4)


def test_a_channel_has_a_direction():
    spheres = spheres_of(channels(8), {"Ar": 0.5})
    along_c, through_walls = 8 / 2 - 0.5, 1 / 2**0.5 - 0.5
    assert spheres.percolating_along(0) == pytest.approx(through_walls, abs=1e-6)
    assert spheres.percolating_along(1) == pytest.approx(through_walls, abs=1e-6)
    assert spheres.percolating_along(2) == pytest.approx(along_c, abs=1e-6)
    assert spheres.percolating() == pytest.approx(along_c, abs=1e-6)


def test_a_channel_askew_goes_on_along_all_vectors_it_winds_around():
    straight = channels(8)
    a, b, c = straight.lattice.matrix
    askew = Structure(
        Lattice([a, b, c + a]),
        straight.species,
        straight.cart_coords,
        coords_are_cartesian=True,
    )
    spheres = spheres_of(askew, {"Ar": 0.5})
    # What was c is c - a now.
    along = [spheres.percolating_along(axis) for axis in range(3)]
    assert along == pytest.approx([3.5, 1 / 2**0.5 - 0.5, 3.5], abs=1e-6)


def test_nothing_gets_through_where_atoms_overlap():
    spheres = spheres_of(simple_cubic(4.0), {"Ar": 2.9})
    assert 0 < spheres.largest() == pytest.approx(2 * 3**0.5 - 2.9, abs=1e-6)
    assert spheres.percolating() == 0
    assert spheres_of(simple_cubic(4.0), {"Ar": 3.6}).largest() == 0


@pytest.mark.parametrize("seed", range(6))
def test_no_point_has_more_room_than_the_largest_sphere(seed):
    structure = low_symmetry(seed)
    rng = np.random.default_rng(seed)
    points = rng.random((40_000, 3)) @ structure.lattice.matrix
    found = free_radius(points, structure)
    largest = spheres_of(structure).largest()
    assert found.max() <= largest + 1e-4
    # Points lie a third of an Angstrom apart at most.
    assert found.max() >= largest - 0.35


@pytest.mark.parametrize("seed", range(4))
def test_percolation_on_a_grid(seed):
    """Points with more room than the percolating sphere do not connect; others do."""
    structure = low_symmetry(seed, n=5)
    radius = spheres_of(structure).percolating()
    fine = 36
    steps = (np.stack(np.meshgrid(*3 * [range(fine)], indexing="ij"), -1) + 0.5) / fine
    room = free_radius(steps.reshape(-1, 3) @ structure.lattice.matrix, structure)
    room = room.reshape(fine, fine, fine)
    spacing = max(structure.lattice.abc) / fine
    assert not winds(room > radius + 1e-3)
    assert winds(room > radius - spacing)


def winds(is_open):
    """Whether a walk over open points of a periodic grid can go on for ever."""
    place = {}
    n = is_open.shape[0]
    for start in zip(*np.nonzero(is_open), strict=True):
        if start in place:
            continue
        place[start], pending = start, [start]
        while pending:
            at = place[pending.pop()]
            for axis in range(3):
                for step in (-1, 1):
                    beyond = list(at)
                    beyond[axis] += step
                    wrapped = tuple(int(x) % n for x in beyond)
                    if not is_open[wrapped]:
                        continue
                    if wrapped not in place:
                        place[wrapped] = tuple(beyond)
                        pending.append(wrapped)
                    elif place[wrapped] != tuple(beyond):
                        return True
    return False


@pytest.mark.parametrize(
    "structure",
    [face_centred(), channels(), *(low_symmetry(seed) for seed in range(6))],
    ids=len,
)
def test_the_way_a_crystal_is_written_changes_nothing(structure):
    first = all_radii(spheres_of(structure))
    doubled = [[1, 1, 0], [0, 1, 0], [0, -1, 2]]
    for supercell in (None, doubled):
        again = written_otherwise(structure, supercell=supercell)
        assert all_radii(spheres_of(again))[:2] == pytest.approx(first[:2], abs=1e-4)


def test_directions_follow_the_vectors():
    """A diagonal supercell keeps a, b and c, another order of them exchanges them."""
    structure = low_symmetry(1)
    first = all_radii(spheres_of(structure))
    large = all_radii(spheres_of(structure * [2, 1, 1]))
    assert large == pytest.approx(first, abs=1e-4)
    order = [2, 0, 1]
    turned = Structure(
        Lattice(structure.lattice.matrix[order]),
        structure.species,
        structure.frac_coords[:, order],
    )
    again = all_radii(spheres_of(turned))
    assert again[2:] == pytest.approx(first[2:][order], abs=1e-4)
