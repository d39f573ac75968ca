"""Atoms that nothing can tell apart, stored once and in canonical order."""

from functools import cache

import numba
import numpy as np
import pytest
import spglib
from pymatgen.core import Lattice, Structure
from pymatgen.symmetry.groups import SpaceGroup, sg_symbol_from_int_number

from sk_knagcn.structures import Crystal

from . import reference
from .compare import TOLERANCE, build, differences
from .crystals import (
    ALL,
    CRYSTALS,
    jittered,
    mirrored,
    named,
    scattered,
    supercell,
    to_crystal,
    turned,
)

# One of every point group, and groups with glides, screws and centrings of all kinds.
GROUPS = [1, 2, 4, 5, 7, 9, 11, 14, 15, 19, 22, 29, 33, 41, 43, 53, 60, 62, 70, 76, 82]
GROUPS += [88, 92, 96, 106, 110, 114, 122, 130, 136, 146, 148, 151, 154, 159, 161, 163]
GROUPS += [167, 169, 174, 176, 180, 186, 190, 194, 198, 199, 205, 212, 217, 220, 224]
GROUPS += [225, 227, 229]
SYSTEMS = {
    "triclinic": lambda a, b, c, t: (a, b, c, *t),
    "monoclinic": lambda a, b, c, t: (a, b, c, 90, t[1], 90),
    "orthorhombic": lambda a, b, c, t: (a, b, c, 90, 90, 90),
    "tetragonal": lambda a, b, c, t: (a, a, c, 90, 90, 90),
    "trigonal": lambda a, b, c, t: (a, a, c, 90, 90, 120),
    "hexagonal": lambda a, b, c, t: (a, a, c, 90, 90, 120),
    "cubic": lambda a, b, c, t: (a, a, a, 90, 90, 90),
}


@cache
def symmetric_crystal(number) -> Crystal:
    """A crystal of this space group, with sites of high and low symmetry."""
    rng = np.random.default_rng(number)
    symbol = sg_symbol_from_int_number(number)
    group = SpaceGroup(symbol)
    shape = SYSTEMS[group.crystal_system]
    size = 1.0
    while True:
        size *= 1.05
        lengths, angles = size * rng.uniform(5, 8, 3), rng.uniform(75, 110, 3)
        lattice = Lattice.from_parameters(*shape(*lengths, angles))
        special, plane, anywhere = (
            rng.integers(0, 4, 3) / 4,
            rng.random(3),
            rng.random(3),
        )
        plane[1] = plane[0]
        sites = [special, plane, anywhere][: 2 if group.order > 48 else 3]
        structure = Structure.from_spacegroup(
            symbol, lattice, ["Si", "Na", "O"][: len(sites)], sites
        )
        if (structure.distance_matrix + np.eye(len(structure))).min() > 0.8:
            return to_crystal(structure)


def symmetry(crystal: Crystal):
    frac = np.linalg.solve(crystal.lattice.T, crystal.positions.T).T
    cell = (crystal.lattice, frac, crystal.numbers)
    return frac, spglib.get_symmetry_dataset(cell, symprec=0.01)


def proper_orbits(crystal: Crystal):
    """For each atom, the first that a proper rotation or screw brings it to."""
    frac, found = symmetry(crystal)
    orbit = np.arange(len(crystal))
    for rotation, shift in zip(found.rotations, found.translations, strict=True):
        if np.linalg.det(rotation) > 0:
            apart = (frac @ rotation.T + shift)[:, None] - frac
            apart = np.linalg.norm((apart - np.rint(apart)) @ crystal.lattice, axis=2)
            orbit = np.minimum(orbit, apart.argmin(axis=1))
    return orbit


def same_partition(one, other):
    pairs = set(zip(one.tolist(), other.tolist(), strict=True))
    return len(pairs) == len(set(one.tolist())) == len(set(other.tolist()))


# What spglib says of its own interface when it is asked for a symmetry.
quietly = pytest.mark.filterwarnings("ignore:.*OLD_ERROR_HANDLING:DeprecationWarning")


# --- which atoms are equal ---------------------------------------------------------


@quietly
@pytest.mark.parametrize("number", GROUPS)
def test_orbits_are_those_of_the_space_group(number):
    crystal = symmetric_crystal(number)
    _, found = symmetry(crystal)
    assert same_partition(build(crystal).orbits, found.equivalent_atoms)
    # Told left from right, atoms that only a mirror relates are different.
    handed = build(crystal, reflect=False).orbits
    assert same_partition(handed, proper_orbits(crystal))


@quietly
@pytest.mark.parametrize("name", sorted(CRYSTALS.keys() - {"graphite"}))
def test_orbits_of_known_crystals(name):
    crystal = named(name)
    _, found = symmetry(crystal)
    assert same_partition(build(crystal).orbits, found.equivalent_atoms)


def test_orbits_are_what_k_neighbors_can_tell():
    # The nearest twelve all lie in one sheet, where all atoms are alike.
    graphite = named("graphite")
    assert len(build(graphite, 12).species) == 1
    assert len(build(graphite, 24).species) == 2


def test_equal_surroundings_in_unequal_ones_are_told_apart():
    # With six neighbours most sodium atoms see nothing of the one that was replaced.
    crystal = named("substituted")
    assert len(build(crystal, 6).species) == 10
    assert len(build(named("rocksalt"), 6).species) == 2


@pytest.mark.parametrize("name", ALL)
def test_multiplicities_sum_to_the_atoms(name):
    crystal = named(name)
    environments = build(crystal)
    counts = np.bincount(environments.orbits)
    assert (counts == environments.multiplicity).all()
    assert counts.sum() == len(crystal)
    assert (environments.species[environments.orbits] == crystal.numbers).all()


@pytest.mark.parametrize("name", ALL)
def test_elements_come_in_order(name):
    species = build(named(name)).species
    assert (np.diff(species) >= 0).all()


# --- reduced or not, the same for any network --------------------------------------


def slots_network(environments):
    """Three layers of fixed random weights; what each stored atom ends up with."""
    rng = np.random.default_rng(12)
    places = environments.coordinates
    m, k = environments.neighbors.shape
    features = rng.normal(size=(119, 6))[environments.species]
    distances = np.linalg.norm(places, axis=2, keepdims=True)
    geometry = np.concatenate([places, np.exp(-distances / 3)], axis=2)
    there = (environments.neighbors >= 0)[:, :, None]
    for _ in range(3):
        seen = np.concatenate([features[environments.neighbors], geometry], axis=2)
        weights = rng.normal(size=(k * 10, 6)) / np.sqrt(k * 10)
        message = (seen * there).reshape(m, -1) @ weights
        features = features + np.tanh(message + features @ rng.normal(size=(6, 6)))
    return features


def pooled(environments):
    weights = environments.multiplicity / environments.multiplicity.sum()
    return weights @ slots_network(environments)


REDUCED = ["spinel", "quartz", "tilted_perovskite", "substituted", "slab", "benzene"]


@pytest.mark.parametrize("reflect", [True, False])
@pytest.mark.parametrize("k", [4, 12, 20])
@pytest.mark.parametrize("name", REDUCED)
def test_the_reduced_graph_computes_the_same(name, k, reflect):
    crystal = supercell(named(name), [2, 1, 1] if name in CRYSTALS else [1, 1, 1])
    reduced = build(crystal, k, reflect=reflect)
    full = build(crystal, k, reflect=reflect, reduce=False)
    assert (full.multiplicity == 1).all()
    assert (full.orbits == np.arange(len(crystal))).all()
    assert (full.species == crystal.numbers).all()
    assert len(reduced.species) < len(full.species)
    spread = slots_network(reduced)[reduced.orbits]
    assert np.allclose(slots_network(full), spread, rtol=0, atol=1e-9)
    assert np.allclose(pooled(full), pooled(reduced), rtol=0, atol=1e-9)


@pytest.mark.parametrize("number", GROUPS[::4])
def test_the_reduced_graph_of_a_space_group_computes_the_same(number):
    crystal = symmetric_crystal(number)
    reduced, full = build(crystal), build(crystal, reduce=False)
    spread = slots_network(reduced)[reduced.orbits]
    assert np.allclose(slots_network(full), spread, rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", ["tilted_perovskite", "spinel", "quartz"])
def test_full_and_reduced_agree_on_noisy_crystals(name):
    rng = np.random.default_rng(3)
    for size in (1e-4, 3e-3, 1e-2):
        crystal = jittered(supercell(named(name), [1, 1, 2]), size, rng)
        reduced, full = build(crystal), build(crystal, reduce=False)
        spread = slots_network(reduced)[reduced.orbits]
        assert np.allclose(slots_network(full), spread, rtol=0, atol=1e-9)


# --- the same graph, however the crystal is written --------------------------------

CELLS = {
    "2 x 1 x 1": [2, 1, 1],
    "2 x 2 x 2": [2, 2, 2],
    "skewed": [[1, 0, 0], [2, 1, 0], [-1, 3, 1]],
    "left-handed": [[0, 1, 0], [1, 0, 0], [0, 0, 1]],
    "doubled askew": [[1, 1, 0], [-1, 1, 0], [0, 1, 1]],
}


@pytest.mark.parametrize("reflect", [True, False])
@pytest.mark.parametrize("name", ALL)
def test_turning_shifting_and_reordering_change_nothing(name, reflect):
    crystal, rng = named(name), np.random.default_rng(1)
    expected = build(crystal, reflect=reflect)
    for _ in range(3):
        found = build(turned(crystal, rng), reflect=reflect)
        assert differences(expected, found) == []


@pytest.mark.parametrize("name", ALL)
def test_moving_atoms_to_other_cells_changes_nothing(name):
    crystal = named(name)
    expected = build(crystal)
    found = build(scattered(crystal, np.random.default_rng(2)))
    assert differences(expected, found) == []
    assert (found.orbits == expected.orbits).all()


@pytest.mark.parametrize("reflect", [True, False])
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("name", CRYSTALS)
def test_another_cell_changes_nothing(name, cell, reflect):
    crystal = named(name)
    other = supercell(crystal, CELLS[cell])
    copies = len(other) // len(crystal)
    expected, found = build(crystal, reflect=reflect), build(other, reflect=reflect)
    assert differences(expected, found, copies=copies) == []
    assert (found.orbits == np.tile(expected.orbits, copies)).all()


@pytest.mark.parametrize("name", ["slab", "chain"])
def test_another_cell_of_a_slab_or_chain_changes_nothing(name):
    crystal = named(name)
    matrix = {"slab": [[2, 1, 0], [-1, 1, 0], [0, 0, 1]], "chain": [1, 3, 1]}[name]
    found = build(turned(supercell(crystal, matrix), np.random.default_rng(3)))
    assert differences(build(crystal), found, copies=3) == []


@pytest.mark.parametrize("name", CRYSTALS)
def test_primitive_and_niggli_cells_change_nothing(name):
    structure = CRYSTALS[name]()
    expected = build(to_crystal(structure))
    primitive = structure.get_primitive_structure()
    copies = len(structure) // len(primitive)
    assert differences(build(to_crystal(primitive)), expected, copies=copies) == []
    niggli = structure.get_reduced_structure("niggli")
    assert differences(build(to_crystal(niggli)), expected) == []


@pytest.mark.parametrize("k", [1, 6, 20])
@pytest.mark.parametrize("name", ["fcc", "hcp", "spinel", "quartz", "benzene"])
def test_nothing_changes_for_any_k(name, k):
    crystal, rng = named(name), np.random.default_rng(k)
    expected = build(crystal, k)
    assert differences(expected, build(turned(crystal, rng), k)) == []
    if name in CRYSTALS:
        other = turned(supercell(crystal, [2, 1, 1]), rng)
        assert differences(expected, build(other, k), copies=2) == []


# Noise from the last digit of a file to beyond the tolerance: symmetry half broken.
@pytest.mark.parametrize("size", [1e-6, 1e-3, 5e-3, 1e-2, 2e-2, 4e-2])
@pytest.mark.parametrize("name", ["fcc", "hcp", "diamond", "perovskite", "rutile"])
def test_nothing_changes_for_noisy_crystals(name, size):
    rng = np.random.default_rng(round(1 / size))
    for tolerance in (TOLERANCE, 0.1, 1e-9):
        crystal = jittered(named(name), size, rng)
        expected = build(crystal, tolerance=tolerance)
        for other in (crystal, mirrored(crystal), supercell(crystal, [2, 1, 1])):
            copies = len(other) // len(crystal)
            found = build(turned(other, rng), tolerance=tolerance)
            assert differences(expected, found, copies=copies) == []


@pytest.mark.parametrize("digits", [2, 3, 4])
@pytest.mark.parametrize("name", ["hcp", "graphite", "wurtzite", "quartz", "spinel"])
def test_nothing_changes_for_rounded_coordinates(name, digits):
    structure = CRYSTALS[name]()
    rounded = Structure(
        structure.lattice, structure.species, structure.frac_coords.round(digits)
    )
    crystal, rng = to_crystal(rounded), np.random.default_rng(digits)
    expected = build(crystal)
    assert differences(expected, reference.build(crystal, 12, TOLERANCE)) == []
    for other, copies in ((mirrored(crystal), 1), (supercell(crystal, [1, 2, 1]), 2)):
        found = build(turned(other, rng))
        assert differences(expected, found, copies=copies) == []


def test_orbits_of_a_random_alloy():
    crystal, rng = supercell(named("fcc"), [2, 2, 2]), np.random.default_rng(6)
    crystal.numbers[rng.random(len(crystal)) < 0.3] = 47
    expected = build(crystal)
    assert differences(expected, reference.build(crystal, 12, TOLERANCE)) == []
    found = build(turned(supercell(crystal, [1, 1, 2]), rng))
    assert differences(expected, found, copies=2) == []


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="takes minutes")
@pytest.mark.parametrize(("name", "copies"), [("rocksalt", 512), ("quartz", 343)])
def test_a_huge_supercell_has_the_same_orbits(name, copies):
    crystal = named(name)
    times = round(copies ** (1 / 3))
    other = turned(supercell(crystal, [times] * 3), np.random.default_rng(8))
    assert differences(build(crystal), build(other), copies=copies) == []
