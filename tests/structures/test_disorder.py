"""Sites that several elements share, and sites that are not full."""

import numpy as np
import pytest
from pymatgen.core import (
    Element,
    Lattice,
    Molecule,
    Species,
    Structure,
)

from sk_knagcn.structures import check_structures

HALVES = [[0, 0, 0], [0.5, 0.5, 0.5]]


def caesium_chloride(first="Cs", second="Cl", a=4.12):
    return Structure(Lattice.cubic(a), [first, second], HALVES)


@pytest.mark.parametrize(
    ("occupants", "winner"),
    [
        ({"Na": 0.7, "K": 0.3}, "Na"),
        ({"Na": 0.3, "K": 0.7}, "K"),
        ({"K": 0.5, "Na": 0.5}, "Na"),  # equals: the lighter
        ({"Na": 0.5, "K": 0.5}, "Na"),
        ({"K": 0.1 + 0.2, "Na": 0.3}, "Na"),  # equal but for the last digit
        ({"Cs": 0.4, "K": 0.3, "Rb": 0.3}, "Cs"),
        ({"Na": 0.5}, "Na"),  # as full as it is empty: kept
        ({"Na": 0.49}, None),  # a vacancy
        ({"Na": 0.3, "K": 0.25}, "Na"),  # more than half full
        ({"Na": 0.25, "K": 0.2}, None),
        ({"Na+": 0.4, "Na": 0.2, "K+": 0.4}, "Na"),  # one element, two charges
        ({"D+": 0.3, "H+": 0.3, "Li+": 0.4}, "H"),
        ({"X": 0.3, "Na": 0.7}, "Na"),
    ],
)
def test_majority(occupants, winner):
    structure = caesium_chloride(occupants)
    (crystal,) = check_structures([structure], on_disorder="majority")
    expected = [Element(winner).Z, 17] if winner else [17]
    assert crystal.numbers.tolist() == expected
    kept = structure.cart_coords[-len(expected) :]
    np.testing.assert_allclose(crystal.positions, kept)
    with pytest.raises(ValueError, match=r"has a disordered site: site 0 holds"):
        check_structures([structure])


@pytest.mark.parametrize(
    ("species", "number"),
    [
        ("Fe2+", 26),
        (Species("Fe", 3, spin=5), 26),
        ({"Fe2+": 0.5, "Fe3+": 0.5}, 26),
        ({"Fe": 1 - 1e-9}, 26),
        ("D", 1),
        ("D+", 1),
        ({"H": 0.5, "D": 0.5}, 1),
    ],
)
@pytest.mark.parametrize("on_disorder", ["raise", "majority"])
def test_charges_spins_and_isotopes_are_no_disorder(species, number, on_disorder):
    X = [caesium_chloride(species)]
    (crystal,) = check_structures(X, on_disorder=on_disorder)
    assert crystal.numbers.tolist() == [number, 17]


def test_disordered_molecule():
    molecule = Molecule([{"O": 0.8, "S": 0.2}, "H"], [[0, 0, 0], [0, 0, 1]])
    (crystal,) = check_structures([molecule], on_disorder="majority")
    assert crystal.numbers.tolist() == [8, 1]
    with pytest.raises(ValueError, match=r"structure 0 \(.*site 0 holds O0\.8 S0\.2"):
        check_structures([molecule])


@pytest.mark.parametrize(
    ("occupants", "message"),
    [
        ({}, r"structure 0.*has no sites left.*Order it first"),
        ({"Na": 0.4}, r"structure 0 \(Na0\.4\) has no sites left"),
        (
            {"X": 0.8, "Na": 0.2},
            r"structure 0 \(.*\) has .* no element: site 0 holds X",
        ),
    ],
)
def test_majority_that_leaves_no_atom(occupants, message):
    structure = Structure(Lattice.cubic(3), [occupants], [[0, 0, 0]])
    with pytest.raises(ValueError, match=message):
        check_structures([structure], on_disorder="majority")
