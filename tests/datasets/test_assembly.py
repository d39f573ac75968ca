"""Structures that are made the fast way are those that pymatgen makes."""

import gc
import pickle
from contextlib import suppress

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from sk_knagcn.datasets.assembly import make_structure, paused_collector

ELEMENTS = np.array([92, 1, 8, 8, 103, 1, 29], dtype=np.uint8)


@pytest.fixture
def arrays():
    rng = np.random.default_rng(0)
    return Lattice(rng.normal(size=(3, 3)) + 5 * np.eye(3)), rng.normal(size=(7, 3))


@pytest.fixture
def pair(arrays):
    """The same crystal, made by pymatgen and made here."""
    lattice, fractions = arrays
    return (
        Structure(lattice, ELEMENTS.tolist(), fractions),
        make_structure(lattice, ELEMENTS, fractions),
    )


def test_all_that_a_structure_tells_is_the_same(pair):
    expected, made = pair
    assert made == expected
    assert made.as_dict() == expected.as_dict()
    assert made.species == expected.species
    assert made.labels == expected.labels
    assert made.composition == expected.composition
    assert made.charge == expected.charge
    np.testing.assert_array_equal(made.cart_coords, expected.cart_coords)
    np.testing.assert_array_equal(made.distance_matrix, expected.distance_matrix)
    assert pickle.loads(pickle.dumps(made)) == expected
    for one, other in zip(made, expected, strict=True):
        assert vars(one).keys() == vars(other).keys()


def test_a_cell_without_atoms():
    cell = Lattice.cubic(3)
    assert make_structure(cell, ELEMENTS[:0], np.empty((0, 3))) == Structure(
        cell, [], []
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s.replace(0, "Pu"),
        lambda s: s.replace_species({"O": {"O": 0.5, "S": 0.5}}),
        lambda s: s.add_oxidation_state_by_element(
            dict.fromkeys(s.symbol_set, 0) | {"H": 1}
        ),
        lambda s: s.add_site_property("spin", [1, 2, 3, 4, 5, 6, 7]),
        lambda s: s.sites[2].properties.update(spin=1),
        lambda s: s.translate_sites([1], [0.1, 0.2, 0.3]),
        lambda s: s.sites[1].frac_coords.__setitem__(0, 0.25),
        lambda s: s.make_supercell(2),
        lambda s: s.remove_sites([3]),
        lambda s: s.append("Fe", [0.5, 0.5, 0.5]),
    ],
)
def test_a_change_is_the_same_and_reaches_no_other_site_or_structure(
    arrays, pair, change
):
    expected, made = pair
    lattice, fractions = arrays
    before = fractions.copy()
    sibling = make_structure(lattice, ELEMENTS, fractions)
    untouched = sibling.as_dict()
    change(expected)
    change(made)
    assert made.as_dict() == expected.as_dict()
    assert sibling.as_dict() == untouched
    np.testing.assert_array_equal(fractions, before)


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_is_left_as_it_was(enabled):
    try:
        if not enabled:
            gc.disable()
        with suppress(KeyError), paused_collector():
            assert not gc.isenabled()
            raise KeyError
        assert gc.isenabled() == enabled
    finally:
        gc.enable()
