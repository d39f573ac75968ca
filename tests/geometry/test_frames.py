"""Each atom's neighbours in a frame that its own surroundings define."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sk_knagcn.geometry.candidates import OFF_AXIS
from sk_knagcn.geometry.environments import build_environments, find_neighbors
from sk_knagcn.structures import Crystal

from . import reference
from .compare import TOLERANCE, build, differences
from .crystals import (
    ALL,
    jittered,
    mirrored,
    named,
    turned,
)

# In these, neighbours are either equally far to the last digit or clearly not.
IDEAL = [
    "fcc",
    "bcc",
    "diamond",
    "rocksalt",
    "perovskite",
    "graphite",
    "zincblende",
    "triclinic",
    "substituted",
    "chain",
    "water",
    "carbon_dioxide",
    "benzene",
]


def molecule(**atoms):
    """Atoms of one element each, at the places given: H=[[0, 0, 1]], O=..."""
    numbers = {"H": 1, "He": 2, "Li": 3, "C": 6, "N": 7, "O": 8}
    return Crystal(
        numbers=np.concatenate([[numbers[s]] * len(xyz) for s, xyz in atoms.items()]),
        positions=np.concatenate([np.array(xyz, float) for xyz in atoms.values()]),
        lattice=np.eye(3),
        periodic=np.zeros(3, dtype=bool),
    )


# --- against the reference ---------------------------------------------------------


@pytest.mark.parametrize("reflect", [True, False])
@pytest.mark.parametrize("k", [1, 4, 12, 25])
@pytest.mark.parametrize("name", ALL)
def test_agrees_with_the_reference(name, k, reflect):
    crystal = named(name)
    found = build(crystal, k, reflect=reflect)
    expected = reference.build(crystal, k, TOLERANCE, reflect=reflect)
    assert differences(found, expected) == []
    assert (found.orbits == expected.orbits).all()


# Up to a few 1e-6 Angstrom symmetry is made exact before frames are compared.
@pytest.mark.parametrize("size", [1e-7, 1e-6, 3e-6, 1e-4, 3e-3, 1e-2, 3e-2])
@pytest.mark.parametrize(
    "name", ["fcc", "hcp", "spinel", "perovskite", "tilted_perovskite"]
)
def test_agrees_with_the_reference_on_noisy_crystals(name, size):
    rng = np.random.default_rng(round(1 / size))
    for reflect in (True, False):
        crystal = jittered(named(name), size, rng)
        expected = reference.build(crystal, 12, TOLERANCE, reflect=reflect)
        assert differences(build(crystal, reflect=reflect), expected) == []


@pytest.mark.parametrize("tolerance", [1e-9, 1e-4, 0.05, 0.1])
@pytest.mark.parametrize("name", ["hcp", "quartz", "tilted_perovskite", "benzene"])
def test_agrees_with_the_reference_for_any_tolerance(name, tolerance):
    crystal = named(name)
    expected = reference.build(crystal, 12, tolerance)
    assert differences(build(crystal, tolerance=tolerance), expected) == []


@st.composite
def on_a_grid(draw):
    """Atoms on the points of a grid: nothing has more ties."""
    points = draw(st.sets(st.tuples(*[st.integers(0, 3)] * 3), min_size=1, max_size=8))
    numbers = [draw(st.sampled_from([1, 6, 8])) for _ in points]
    periodic = draw(st.tuples(*[st.booleans()] * 3))
    stretch = draw(st.sampled_from([1.0, 1.003, 1.2]))
    lattice = np.diag([1.0, 1.0, stretch])
    return Crystal(
        numbers=np.array(numbers),
        positions=np.array(sorted(points)) @ lattice,
        lattice=np.where(np.array(periodic)[:, None], 4 * lattice, np.eye(3)),
        periodic=np.array(periodic),
    )


@settings(max_examples=60)
@given(crystal=on_a_grid(), k=st.integers(1, 14), reflect=st.booleans())
def test_agrees_with_the_reference_on_grids(crystal, k, reflect):
    found = build(crystal, k, reflect=reflect)
    expected = reference.build(crystal, k, TOLERANCE, reflect=reflect)
    assert differences(found, expected) == []


@settings(max_examples=60)
@given(crystal=on_a_grid(), k=st.integers(1, 14), seed=st.integers(0, 2**32))
def test_turning_and_mirroring_change_nothing_on_grids(crystal, k, seed):
    other = mirrored(turned(crystal, np.random.default_rng(seed)))
    assert differences(build(crystal, k), build(other, k)) == []


# --- what the frame is -------------------------------------------------------------


@pytest.mark.parametrize("name", ALL)
def test_neighbors_keep_their_distances(name):
    crystal = named(name)
    environments = build(crystal, 12, reduce=False)
    for i, row in enumerate(reference.find_rows(crystal, 12, TOLERANCE)):
        lengths = np.linalg.norm(environments.coordinates[i], axis=1)
        used = min(12, row.size)
        for slot in range(used):
            (shell,) = [s for s in row.shells if s.start <= slot < s.stop]
            apart = np.abs(row.distances[shell] - lengths[slot])
            assert apart.min() < TOLERANCE / 2
        assert (environments.neighbors[i, :used] >= 0).all()
        assert (environments.neighbors[i, used:] == -1).all()
        assert (environments.coordinates[i, used:] == 0).all()


@pytest.mark.parametrize("reflect", [True, False])
@pytest.mark.parametrize("name", IDEAL)
def test_axes_point_to_the_first_neighbors(name, reflect):
    environments = build(named(name), reflect=reflect)
    for places in environments.coordinates:
        assert places[0, :2] == pytest.approx(0, abs=1e-9)
        assert places[0, 2] > 0
        off_axis = places[np.hypot(places[:, 0], places[:, 1]) > OFF_AXIS]
        if len(off_axis):
            assert off_axis[0, 0] == pytest.approx(0, abs=1e-9)
            assert off_axis[0, 1] > 0


def test_z_points_to_the_lightest_of_the_nearest():
    crystal = molecule(C=[[0, 0, 0]], O=[[1, 0, 0]], N=[[0, 1, 0]], He=[[0, 0, 3]])
    environments = build(crystal, 2, reduce=False)
    assert crystal.numbers[environments.neighbors[0]].tolist() == [7, 8]
    assert np.allclose(environments.coordinates[0], [[0, 0, 1], [0, 1, 0]])


def test_y_points_to_the_nearest_shell_even_if_a_farther_atom_is_lighter():
    crystal = molecule(
        C=[[0, 0, 0]], O=[[0, 0, 1], [0, 2, 0]], H=[[3, 0, 0], [0, 0, 2.5]]
    )
    places = build(crystal, 4, reduce=False).coordinates[0]
    assert np.allclose(places, [[0, 0, 1], [0, 2, 0], [0, 0, 2.5], [3, 0, 0]])


@pytest.mark.parametrize("side", [1, -1])
def test_a_late_choice_of_side_sorts_the_earlier_slots_anew(side):
    # The pair is symmetric about the plane; the last atom alone tells left from right.
    crystal = molecule(
        C=[[0, 0, 0]],
        H=[[0, 0, 1], [0, 1.5, 0.2], [1, -1.5, 0.5], [-1, -1.5, 0.5]],
        O=[[1.3 * side, 0.5, -2]],
    )
    environments = build(crystal, 5, reduce=False)
    places = [[1, -1.5, 0.5], [-1, -1.5, 0.5], [1.3, 0.5, -2]]
    assert np.allclose(environments.coordinates[0, 2:], places)
    pair = [3, 4] if side > 0 else [4, 3]
    assert environments.neighbors[0, 2:].tolist() == [*pair, 5]
    expected = reference.build(crystal, 5, TOLERANCE, reduce=False)
    assert differences(environments, expected) == []


def test_neighbors_on_one_line():
    environments = build(named("carbon_dioxide"), 4)
    places = np.zeros((2, 4, 3))
    places[0, :2, 2] = 1.16, -1.16  # carbon sees the oxygens on either side
    places[1, :2, 2] = 1.16, 2.32
    assert np.allclose(environments.coordinates, places)
    assert environments.neighbors.tolist() == [[1, 1, -1, -1], [0, 1, -1, -1]]


@pytest.mark.parametrize(
    ("bend", "seen"), [(0, 0), (0.01, 0), (0.05, 0), (0.06, 0.06), (0.2, 0.2)]
)
def test_neighbors_almost_on_one_line(bend, seen):
    crystal = molecule(C=[[0, 0, 0]], O=[[0, 0, 1.1], [bend, 0, -1.2]])
    places = build(crystal, 2, reduce=False).coordinates[0]
    assert np.allclose(places[0], [0, 0, 1.1])
    # Too near to the axis to tell a direction, it counts as on the axis.
    assert np.allclose(places[1], [0, seen, -1.2])
    rng = np.random.default_rng(0)
    for _ in range(10):
        other = mirrored(turned(crystal, rng))
        assert differences(build(crystal, 2), build(other, 2)) == []


def test_a_lone_atom_has_empty_slots():
    environments = build(molecule(He=[[1, 2, 3]]), 4)
    assert environments.species.tolist() == [2]
    assert environments.neighbors.tolist() == [[-1] * 4]
    assert (environments.coordinates == 0).all()


def test_many_atoms_at_one_distance():
    # The corners of an icosahedron and a dodecahedron, an atom in the middle.
    golden = (1 + np.sqrt(5)) / 2
    signs = np.array([[0, a, b * golden] for a in (1, -1) for b in (1, -1)])
    corners = np.concatenate([np.roll(signs, shift, axis=1) for shift in range(3)])
    crystal = molecule(O=[[0, 0, 0]], H=1.7 * corners)
    environments = build(crystal, 12)
    assert environments.multiplicity.tolist() == [12, 1]
    assert differences(environments, reference.build(crystal, 12, TOLERANCE)) == []
    other = turned(mirrored(crystal), np.random.default_rng(0))
    assert differences(environments, build(other)) == []


# --- left and right ----------------------------------------------------------------

HANDED = ["halomethane", "quartz", "quartz_other_hand", "triclinic"]


@pytest.mark.parametrize("name", ALL)
def test_mirror_images_agree(name):
    crystal = named(name)
    assert differences(build(crystal), build(mirrored(crystal))) == []


@pytest.mark.parametrize("name", HANDED)
def test_hands_can_be_kept_apart(name):
    crystal = named(name)
    one = build(crystal, reflect=False)
    other = build(mirrored(crystal), reflect=False)
    assert "coordinates" in differences(one, other, atol=0.1)


@pytest.mark.parametrize("name", [name for name in ALL if name not in HANDED])
def test_what_has_no_hand_agrees_with_its_mirror_image(name):
    crystal = named(name)
    one = build(crystal, reflect=False)
    assert differences(one, build(mirrored(crystal), reflect=False)) == []


def test_left_and_right_quartz():
    left, right = named("quartz"), named("quartz_other_hand")
    assert differences(build(left), build(right)) == []
    found = differences(build(left, reflect=False), build(right, reflect=False))
    assert "coordinates" in found


# --- smaller k ---------------------------------------------------------------------


@pytest.mark.parametrize("reflect", [True, False])
@pytest.mark.parametrize("name", IDEAL)
def test_smaller_k_is_a_prefix(name, reflect):
    crystal = named(name)
    large = build(crystal, 24, reflect=reflect, reduce=False)
    for k in (1, 2, 5, 12, 13):
        small = build(crystal, k, reflect=reflect, reduce=False)
        assert np.allclose(small.coordinates, large.coordinates[:, :k], atol=1e-9)


@pytest.mark.parametrize("size", [0, 3e-3, 3e-2])
@pytest.mark.parametrize("name", ALL)
def test_elements_of_smaller_k_are_a_prefix(name, size):
    crystal = jittered(named(name), size, np.random.default_rng(0))
    elements = np.append(crystal.numbers, 0)  # 0 where a slot is empty
    large = elements[build(crystal, 24, reduce=False).neighbors]
    for k in (1, 5, 12):
        small = elements[build(crystal, k, reduce=False).neighbors]
        assert (small == large[:, :k]).all()


@pytest.mark.parametrize("name", ["tilted_perovskite", "slab", "benzene", "hcp"])
def test_a_longer_list_of_neighbors_changes_nothing(name):
    crystal = jittered(named(name), 1e-2, np.random.default_rng(2))
    for k in (1, 6, 12):
        long_list = find_neighbors(crystal, 30, TOLERANCE)
        found = build_environments(crystal, long_list, k, TOLERANCE)
        assert differences(found, build(crystal, k), atol=0) == []


# --- the frames of the paper -------------------------------------------------------


def algorithm_1(vectors):
    z = vectors[0] / np.linalg.norm(vectors[0])
    y = vectors[1] - (vectors[1] @ z) * z
    y /= np.linalg.norm(y)
    return vectors @ np.array([np.cross(y, z), y, z]).T


def test_paper_frames_are_algorithm_1():
    crystal = jittered(named("triclinic"), 0.1, np.random.default_rng(3))
    environments = build(crystal, 12, frames="paper")
    for i, row in enumerate(reference.find_rows(crystal, 12, TOLERANCE)):
        expected = algorithm_1(row.vectors[:12])
        assert np.allclose(environments.coordinates[i], expected, atol=1e-9)
        assert (environments.neighbors[i] == row.atoms[:12]).all()
    assert (environments.multiplicity == 1).all()
    assert (environments.orbits == np.arange(5)).all()


def test_paper_frames_pass_over_a_second_neighbor_on_the_axis():
    crystal = molecule(C=[[0, 0, 0]], O=[[0, 0, 1], [0, 0, -1.1], [0, 2, 0], [3, 0, 0]])
    environments = build(crystal, 4, frames="paper")
    expected = [[0, 0, 1], [0, 0, -1.1], [0, 2, 0], [3, 0, 0]]
    assert np.allclose(environments.coordinates[0], expected)


@pytest.mark.parametrize("name", ["carbon_dioxide", "dimer", "argon_atom"])
def test_paper_frames_of_molecules_on_a_line(name):
    crystal = named(name)
    environments = build(crystal, 4, frames="paper")
    assert (environments.coordinates[:, :, :2] == 0).all()
    assert (environments.neighbors >= 0).sum() == len(crystal) * (len(crystal) - 1)


def test_paper_frames_depend_on_what_should_not_matter():
    # Twelve nearest neighbours tie: which are first and second is an accident.
    crystal, rng = named("fcc"), np.random.default_rng(0)
    others = [turned(crystal, rng) for _ in range(5)]
    paper = [build(other, frames="paper").coordinates[0] for other in others]
    assert max(np.abs(p - paper[0]).max() for p in paper) > 1
    canonical = [build(other).coordinates[0] for other in others]
    assert max(np.abs(c - canonical[0]).max() for c in canonical) < 1e-9
