"""The k nearest atoms, exactly, in any cell."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sk_knagcn.geometry.neighbors import (
    CLOSEST_PAIR,
    AtomsTooCloseError,
    nearest_neighbors,
    neighbor_vectors,
)
from sk_knagcn.structures import Crystal

from .crystals import ALL, named, scattered, supercell
from .reference import find_rows

TOLERANCE = 0.02003
FULL, OPEN = (True, True, True), (False, False, False)


def crystal_of(lattice, positions, periodic=FULL):
    return Crystal(
        numbers=np.full(len(positions), 6),
        positions=np.array(positions, dtype=float),
        lattice=np.array(lattice, dtype=float),
        periodic=np.array(periodic),
    )


def search(crystal, k, tolerance=TOLERANCE):
    """The rows of the kernels: for each atom, its neighbours' numbers and vectors."""
    found = nearest_neighbors(
        crystal.positions,
        crystal.lattice[None],
        crystal.periodic[None],
        np.array([0, len(crystal)]),
        k,
        tolerance,
    )
    index, vectors, distances = neighbor_vectors(
        crystal.positions,
        crystal.lattice,
        crystal.periodic,
        found.start,
        found.index,
        found.image,
    )
    cuts = found.start[1:-1]
    return list(
        zip(
            np.split(index, cuts),
            np.split(vectors, cuts),
            np.split(distances, cuts),
            strict=True,
        )
    )


def assert_same_sets(atoms, vectors, other_atoms, other_vectors):
    """Every neighbour of one row is in the other row once, and the other way round."""
    apart = np.linalg.norm(vectors[:, None] - other_vectors, axis=2)
    same = (apart < 1e-6) & (atoms[:, None] == other_atoms)
    assert len(atoms) == len(other_atoms)
    assert (same.sum(axis=0) == 1).all()
    assert (same.sum(axis=1) == 1).all()


def assert_exact(crystal, k, tolerance=TOLERANCE):
    rows = search(crystal, k, tolerance)
    assert len(rows) == len(crystal)
    for (atoms, vectors, distances), row in zip(
        rows, find_rows(crystal, k, tolerance), strict=True
    ):
        inside = slice(row.size)
        assert np.allclose(distances, row.distances[inside], atol=1e-9)
        assert (np.diff(distances) >= 0).all()
        assert_same_sets(atoms, vectors, row.atoms[inside], row.vectors[inside])


def random_crystal(lattice, n, periodic=FULL, seed=0):
    frac = np.random.default_rng(seed).random((n, 3))
    return crystal_of(lattice, frac @ np.array(lattice), periodic)


TRICLINIC = np.array([[3.1, 0.2, -0.4], [0.9, 4.0, 0.3], [-0.7, 1.1, 5.2]])
SHEAR = np.array([[1, 0, 0], [5, 1, 0], [-4, 7, 1]])
CELLS = {
    "one atom, cubic": crystal_of(3.0 * np.eye(3), [[0, 0, 0]]),
    "one atom, fcc": crystal_of(2 - 2 * np.eye(3), [[1, 2, 3]]),
    "one atom, triclinic": crystal_of(TRICLINIC, [[0.1, 0, 0]]),
    "one atom, flat": crystal_of(
        [[3, 0, 0], [1.5, 0.3, 0], [0.2, 1.4, 2.9]], [[0] * 3]
    ),
    "one atom, thin": crystal_of(np.diag([0.7, 9.0, 11.0]), [[0.5, 0.5, 0.5]]),
    "sheared": random_crystal(SHEAR @ TRICLINIC, 3),
    "sheared, one atom": crystal_of(SHEAR @ TRICLINIC, [[0, 0, 0]]),
    "left-handed": random_crystal(TRICLINIC[[1, 0, 2]], 3),
    "needle": random_crystal(np.diag([2.0, 2.0, 60.0]), 12),
    "needle, skewed": random_crystal([[2, 0, 0], [0, 2, 0], [19, 23, 60]], 12),
    "plate": random_crystal(np.diag([30.0, 30.0, 2.0]), 20),
    "acute": random_crystal(2 * np.ones((3, 3)) + 1.2 * np.eye(3), 5),
    "obtuse": random_crystal(3.5 * np.eye(3) - np.ones((3, 3)), 5),
    "slab": random_crystal(np.diag([4.0, 5.0, 1.0]), 6, (True, True, False)),
    "slab, skewed": random_crystal(
        [[4, 0, 0], [0.3, 0.8, 0.6], [1.7, -2.4, 3.2]], 6, (True, False, True)
    ),
    "thick slab": crystal_of(
        np.diag([2.5, 2.6, 1.0]),
        [[0, 0, 2 * z] for z in range(20)],
        (True, True, False),
    ),
    "two slabs far apart": crystal_of(
        np.diag([3.0, 3.0, 1.0]),
        [[0, 0, 0], [1, 1, 1], [0, 1, 200], [2, 2, 201]],
        (True, True, False),
    ),
    "chain along a": random_crystal(np.diag([2.9, 1, 1]), 4, (True, False, False)),
    "chain along b": random_crystal(TRICLINIC, 4, (False, True, False)),
    "chain along c": random_crystal(TRICLINIC, 4, (False, False, True)),
    "molecule": random_crystal(6 * np.eye(3), 25, OPEN),
    "straight molecule": crystal_of(np.eye(3), [[0, 0, z] for z in range(30)], OPEN),
    "far molecule": crystal_of(np.eye(3), [[1e4, -1e4, 0], [1e4, -1e4, 1]], OPEN),
    "lone atom": crystal_of(np.eye(3), [[1, 2, 3]], OPEN),
    "dense": random_crystal(TRICLINIC, 60),
    "crowded corner": crystal_of(
        np.diag([40.0, 40, 40]), np.random.default_rng(3).random((50, 3)) * 4
    ),
}


@pytest.mark.parametrize("k", [1, 4, 12, 40])
@pytest.mark.parametrize("name", CELLS)
def test_exact_in_any_cell(name, k):
    assert_exact(CELLS[name], k)


@pytest.mark.parametrize("k", [1, 8, 30])
@pytest.mark.parametrize("name", ALL)
def test_exact_in_crystals(name, k):
    assert_exact(named(name), k)


@pytest.mark.parametrize("k", range(1, 41))
def test_exact_for_every_k(k):
    assert_exact(CELLS["sheared, one atom"], k)


@pytest.mark.parametrize("tolerance", [1e-9, 1e-4, 0.1, 0.3, 0.5])
@pytest.mark.parametrize("name", ["dense", "molecule", "one atom, fcc", "slab"])
def test_exact_for_any_tolerance(name, tolerance):
    assert_exact(CELLS[name], 12, tolerance)


@pytest.mark.parametrize(
    "matrix", [[2, 1, 1], [3, 2, 2], [[1, 1, 0], [-1, 2, 0], [0, 3, 1]]]
)
def test_exact_in_supercells(matrix):
    assert_exact(supercell(CELLS["left-handed"], matrix), 12)


@pytest.mark.parametrize("frac", [0.999999, -1e-17, 1.0, -3.2, 7.5, 1000.25])
def test_atoms_need_not_be_inside_the_cell(frac):
    positions = np.array([[frac, 0, -frac], [0.4, frac, 0.5]]) @ TRICLINIC
    assert_exact(crystal_of(TRICLINIC, positions), 12)


@pytest.mark.parametrize("name", ["dense", "slab", "chain along b", "needle, skewed"])
def test_any_image_of_an_atom_will_do(name):
    crystal = CELLS[name]
    moved = scattered(crystal, np.random.default_rng(7))
    for (atoms, vectors, _), (others, other_vectors, _) in zip(
        search(crystal, 12), search(moved, 12), strict=True
    ):
        assert_same_sets(atoms, vectors, others, other_vectors)


@pytest.mark.parametrize("shear", [30, 1000, 30_000])
def test_any_shear_of_the_cell_will_do(shear):
    crystal = CELLS["left-handed"]
    matrix = np.array([[1, 0, 0], [shear, 1, 0], [1 - shear, shear, 1]])
    other = replace(crystal, lattice=matrix @ crystal.lattice)
    for (atoms, vectors, _), (others, other_vectors, _) in zip(
        search(crystal, 12), search(other, 12), strict=True
    ):
        assert_same_sets(atoms, vectors, others, other_vectors)


@st.composite
def crystals(draw):
    numbers = st.sampled_from([0.0, 0.5, 1.0, 2.0, -1.0, 3.0]) | st.floats(-5, 5)
    fractions = st.sampled_from([0.0, 0.5, 0.25, 1 / 3, 1.0, -1.5]) | st.floats(-2, 2)
    lattice = np.array(draw(st.lists(numbers, min_size=9, max_size=9))).reshape(3, 3)
    lengths = np.linalg.norm(lattice, axis=1)
    assume(lengths.min() > 0.5)
    assume(abs(np.linalg.det(lattice)) > 0.05 * lengths.prod())
    frac = draw(st.lists(st.tuples(*[fractions] * 3), min_size=1, max_size=5))
    periodic = draw(st.tuples(*[st.booleans()] * 3))
    return crystal_of(lattice, np.array(frac) @ lattice, periodic)


@settings(max_examples=150)
@given(crystal=crystals(), k=st.integers(1, 20))
def test_exact_in_random_cells(crystal, k):
    rows = find_rows(crystal, k, TOLERANCE)
    closest = min((row.distances[0] for row in rows if row.size), default=np.inf)
    assume(abs(closest - CLOSEST_PAIR) > 1e-9)
    if closest > CLOSEST_PAIR:
        assert_exact(crystal, k)
    else:
        with pytest.raises(AtomsTooCloseError):
            search(crystal, k)


@pytest.mark.parametrize("name", ["molecule", "straight molecule", "lone atom"])
def test_a_molecule_may_have_fewer_than_k_others(name):
    crystal = CELLS[name]
    for atoms, _, _ in search(crystal, 100):
        assert len(atoms) == len(crystal) - 1


@pytest.mark.parametrize("name", ["dense", "slab", "one atom, fcc", "molecule"])
def test_the_last_shell_is_whole_and_the_last(name):
    crystal = CELLS[name]
    for k in (1, 5, 6, 12, 13, 20):
        for (_, _, near), (_, _, far) in zip(
            search(crystal, k), search(crystal, 60), strict=True
        ):
            gaps = np.diff(far)
            assert (gaps[k - 1 : len(near) - 1] <= TOLERANCE).all()
            assert (gaps[len(near) - 1 : len(near)] > TOLERANCE).all()


@pytest.mark.parametrize("name", ["one atom, fcc", "dense", "slab, skewed", "molecule"])
def test_smaller_k_is_a_prefix_to_the_last_bit(name):
    crystal = CELLS[name]
    large = search(crystal, 40)
    for k in (1, 3, 12, 13, 25):
        for row, longer in zip(search(crystal, k), large, strict=True):
            for values, more in zip(row, longer, strict=True):
                assert (values == more[: len(values)]).all()


def test_shells_of_fcc():
    (distances,) = {tuple(row[2].round(6)) for row in search(named("fcc"), 50)}
    assert len(distances) == 12 + 6 + 24 + 12
    assert distances[0] == pytest.approx(3.61 / np.sqrt(2))


def test_nothing_is_changed():
    crystal = CELLS["sheared"]
    copy = pickle.loads(pickle.dumps(crystal))
    search(crystal, 12)
    assert (crystal.positions == copy.positions).all()
    assert (crystal.lattice == copy.lattice).all()


@pytest.mark.parametrize(
    "second",
    [[0, 0, 0], [4, 0, 0], [-8, 4, 12], [0.0099, 0, 0], [0, 3.999, 0], [4, 4, -0.005]],
)
def test_two_atoms_on_one_spot_are_named(second):
    positions = [[2, 2, 2], [0, 0, 0], [2, 0, 1], second]
    with pytest.raises(AtomsTooCloseError, match="only 0") as caught:
        search(crystal_of(4 * np.eye(3), positions), 4)
    error = caught.value
    assert {error.first, error.second} == {1, 3}
    assert error.distance < CLOSEST_PAIR
    assert all(str(i) in str(error) for i in (1, 3))
    # It has to come back from other processes.
    again = pickle.loads(pickle.dumps(error))
    assert (again.first, again.second, str(again)) == (1, 3, str(error))


def test_two_atoms_nearly_on_one_spot_are_accepted():
    assert_exact(crystal_of(4 * np.eye(3), [[0, 0, 0], [0.0101, 0, 0]]), 4)


def test_atoms_across_an_open_boundary_are_not_one():
    crystal = named("slab")
    top = crystal.positions[[0]] + [0, 0, 30.0]  # where the next cell would begin
    more = replace(
        crystal,
        numbers=np.append(crystal.numbers, 29),
        positions=np.concatenate([crystal.positions, top]),
    )
    assert_exact(more, 12)


def test_a_large_cell():
    rng = np.random.default_rng(4)
    grid = np.stack(np.meshgrid(*map(np.arange, (20, 25, 10))), axis=-1).reshape(-1, 3)
    frac = (grid + rng.uniform(-0.3, 0.3, size=grid.shape)) / [20, 25, 10]
    lattice = np.array([[50, 0, 0], [12, 61, 0], [-3, 7, 26.0]])
    crystal = crystal_of(lattice, frac @ lattice)
    rows = search(crystal, 12)
    assert len(rows) == 5000
    for i in rng.integers(5000, size=25):
        away = frac - frac[i]
        vectors = (away - np.rint(away)) @ lattice  # all are nearer than half the cell
        distances = np.linalg.norm(vectors, axis=1)
        nearest = np.argsort(distances)[1 : len(rows[i][0]) + 1]
        assert_same_sets(rows[i][0], rows[i][1], nearest, vectors[nearest])
