"""The compact cell spans the same lattice as the given one."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sk_knagcn.geometry.cells import compact_lattice, fractional, plane_spacings

PATTERNS = [np.array(axes) for axes in product([True, False], repeat=3)]
FULL = np.ones(3, dtype=bool)


def name(pattern):
    return "".join(np.array(["a", "b", "c"])[pattern]) or "none"


def random_lattice(rng):
    """Any cell from compact to needle, plate and sheared, of either hand."""
    while True:
        lattice = rng.normal(size=(3, 3)) * 10 ** rng.uniform(0, 1.5, size=(3, 1))
        volume = abs(np.linalg.det(lattice))
        if volume > 1e-2 * np.linalg.norm(lattice, axis=1).prod():
            return lattice


def sheared(lattice, rng, most):
    """Another basis of the same lattice, with vectors many times as long."""
    for _ in range(4):
        a, b = rng.permutation(3)[:2]
        lattice[a] += rng.integers(-most, most + 1) * lattice[b]
    return lattice


def content(vectors):
    """Length, area or volume that one to three vectors span."""
    return np.linalg.svd(vectors, compute_uv=False).prod()


@pytest.mark.parametrize("periodic", PATTERNS, ids=name)
@given(seed=st.integers(0, 2**32), most=st.sampled_from([0, 1, 30]))
def test_periodic_vectors_span_the_same_lattice(periodic, seed, most):
    rng = np.random.default_rng(seed)
    lattice = random_lattice(rng)
    lattice[periodic] = sheared(lattice.copy(), rng, most)[periodic]
    given_lattice = lattice.copy()
    cell = compact_lattice(lattice, periodic)

    assert (lattice == given_lattice).all()
    old, new = lattice[periodic], cell[periodic]
    if periodic.any():
        relation = new @ np.linalg.pinv(old)
        whole = np.rint(relation)
        assert np.allclose(relation, whole, atol=1e-6)
        assert abs(np.linalg.det(whole)) == pytest.approx(1)
        assert content(new) == pytest.approx(content(old), rel=1e-6)
        assert np.linalg.norm(new, axis=1).max() <= np.linalg.norm(old, axis=1).max()


@pytest.mark.parametrize("periodic", PATTERNS, ids=name)
@given(seed=st.integers(0, 2**32))
def test_no_vector_shortens_another(periodic, seed):
    rng = np.random.default_rng(seed)
    cell = compact_lattice(sheared(random_lattice(rng), rng, 30), periodic)[periodic]
    for a, b in product(range(len(cell)), repeat=2):
        if a != b:
            assert abs(cell[a] @ cell[b]) <= (0.5 + 1e-8) * (cell[b] @ cell[b])


@pytest.mark.parametrize("periodic", PATTERNS, ids=name)
@given(seed=st.integers(0, 2**32))
def test_open_axes_become_unit_normals(periodic, seed):
    lattice = random_lattice(np.random.default_rng(seed))
    lattice[~periodic] = 0  # what stands there means nothing
    cell = compact_lattice(lattice, periodic)
    products = cell @ cell.T
    products[np.ix_(periodic, periodic)] = 0
    assert np.allclose(products, np.diag(~periodic), atol=1e-12)


@pytest.mark.parametrize("periodic", PATTERNS, ids=name)
def test_a_compact_cell_stays(periodic):
    rng = np.random.default_rng(1)
    for _ in range(20):
        cell = compact_lattice(random_lattice(rng), periodic)
        assert np.allclose(compact_lattice(cell, periodic), cell, atol=1e-12)


@pytest.mark.parametrize("shear", [1, 57, 10_000])
def test_a_sheared_cube_becomes_a_cube(shear):
    lattice = 3.7 * np.array([[1.0, 0, 0], [shear, 1, 0], [-2 * shear, shear, 1]])
    cell = compact_lattice(lattice, FULL)
    assert np.allclose(cell @ cell.T, 3.7**2 * np.eye(3), atol=1e-4)


def test_spacings_are_those_of_the_faces():
    rng = np.random.default_rng(2)
    for _ in range(20):
        cell = random_lattice(rng)
        inverse = np.linalg.inv(cell)
        expected = 1 / np.linalg.norm(inverse, axis=0)
        assert np.allclose(plane_spacings(cell), expected, rtol=1e-9)


@pytest.mark.parametrize("periodic", PATTERNS, ids=name)
def test_atoms_are_wrapped_along_periodic_axes_only(periodic):
    rng = np.random.default_rng(3)
    cell = random_lattice(rng)
    edges = [0.0, 1.0, -1.0, -1e-18, 1e-18, 0.999999, 1 - 1e-16, -3.2, 7.5]
    given_frac = np.array(list(product(edges, [0.0, -1e-17, 12.25], [1.0, -0.5])))
    frac = fractional(given_frac @ cell, cell, periodic)
    assert (frac[:, periodic] >= 0).all()
    assert (frac[:, periodic] < 1).all()
    moved = frac - given_frac
    assert np.allclose(moved[:, periodic], np.rint(moved[:, periodic]), atol=1e-12)
    assert np.allclose(moved[:, ~periodic], 0, atol=1e-12)
