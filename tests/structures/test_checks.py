"""Structures that cannot be used: each is named, with its remedy."""

import numpy as np
import pytest
from pymatgen.core import (
    DummySpecies,
    Lattice,
    Molecule,
    Structure,
)

from sk_knagcn.structures import Crystal, check_structures

HALVES = [[0, 0, 0], [0.5, 0.5, 0.5]]


def caesium_chloride(first="Cs", second="Cl", a=4.12):
    return Structure(Lattice.cubic(a), [first, second], HALVES)


def argon():
    return Structure(Lattice.cubic(5.26), ["Ar"], [[0.1, 0.2, 0.3]])


def crystal(**changes):
    arrays = {
        "numbers": np.array([11, 17]),
        "positions": np.array([[0.0, 0.0, 0.0], [2.0, 2.0, 2.0]]),
        "lattice": 4 * np.eye(3),
        "periodic": np.array([True, True, True]),
    }
    return Crystal(**(arrays | changes))


def with_coordinate(value):
    return Structure(4 * np.eye(3), ["Cs", "Cl"], [[0, 0, 0], [0.5, value, 0.5]])


def with_lattice(*rows, pbc=(True, True, True)):
    return Structure(Lattice(rows, pbc=pbc), ["Cs", "Cl"], HALVES)


NAN, INF = float("nan"), float("inf")


A, B, C = (4, 0, 0), (0, 4, 0), (0, 0, 4)


BROKEN = {
    "no sites": (Structure(np.eye(3), [], []), "has no sites. Remove it"),
    "no atoms": (Molecule([], []), "has no sites. Remove it"),
    "disorder": (
        caesium_chloride("Na", {"Cl": 0.5, "Br": 0.25}),
        r"\(NaBr0.25Cl0.5\) has a disordered site: site 1 holds Cl0.5 Br0.25. Order "
        r"it first, or pass on_disorder='majority' to Str",
    ),
    "vacancy": (caesium_chloride({"Cs": 0.9}), "site 0 holds Cs0.9"),
    "empty site": (caesium_chloride({}), "site 0 holds nothing"),
    "dummy": (
        caesium_chloride("X", "Cl"),
        r"\(XCl\).*no element: site 0 holds X\. Rep",
    ),
    "charged dummy": (
        caesium_chloride("Cs", DummySpecies("Qa", 1)),
        "no element: site 1 holds Qa",
    ),
    "NaN": (with_coordinate(NAN), r"\(CsCl\) has NaN .* at site 1\. Repair or remove"),
    "infinite": (with_coordinate(INF), r"\(CsCl\) has NaN or infinite .* site 1"),
    "minus infinite": (with_coordinate(-INF), "infinite coordinates at site 1"),
    "NaN in a molecule": (Molecule(["N"], [[0, NAN, 0]]), r"\(N\) has NaN .* site 0"),
    "NaN lattice": (with_lattice(A, B, (0, NAN, 4)), "in its lattice. Repair it"),
    "infinite lattice": (with_lattice(A, B, (0, 0, INF)), "in its lattice. Repair it"),
    "one infinite number": (with_lattice((INF, 2, 3), (4, 5, 6), (7, 8, 1)), "lattice"),
    "in one plane": (
        with_lattice(A, B, (4, 4, 0)),
        r"\(CsCl\) has a flat lattice.*Mol",
    ),
    "nearly": (with_lattice(A, B, (4, 4, 1e-6)), "has a flat lattice"),
    "on one line": (with_lattice(A, A, A), "has a flat lattice"),
    "zero vector": (with_lattice(A, B, (0, 0, 0)), "along c, but .* only 0 Angstrom"),
    "short vector": (with_lattice((0.05, 0, 0), B, C), "along a, but .* only 0.05 Ang"),
    "flat in two axes": (
        with_lattice(A, (8, 0, 0), C, pbc=(True, True, False)),
        "has a flat lattice",
    ),
    "zero vector, one axis": (
        with_lattice((0, 0, 0), B, C, pbc=(True, False, False)),
        "along a, but that lattice vector",
    ),
    "element 0": (crystal(numbers=np.array([11, 0])), "site 1 has the atomic number 0"),
    "element 119": (crystal(numbers=np.array([119, 1])), "has the atomic number 119"),
    "short positions": (
        crystal(positions=np.zeros((1, 3))),
        r"\(NaCl\) has positions of shape \(1, 3\).*Make them \(2, 3\) and float64",
    ),
    "float32": (crystal(lattice=np.eye(3, dtype=np.float32)), "lattice .* float32.*64"),
    "NaN in a Crystal": (crystal(positions=np.full((2, 3), NAN)), "site 0"),
}


@pytest.mark.parametrize(("broken", "message"), BROKEN.values(), ids=BROKEN)
def test_broken_structure_is_named_with_its_remedy(broken, message):
    with pytest.raises(ValueError, match=r"^structure 2 .*" + message):
        check_structures([argon(), argon(), broken, argon()])


@pytest.mark.parametrize(
    "structure",
    [
        with_lattice(B, A, C),  # left-handed
        with_lattice(A, B, (0, 0, -4)),
        with_lattice((2.5, 0, 0), (0, 2.5, 0), (0, 0, 500)),  # a needle
        with_lattice((90, 0, 0), (0, 90, 0), (0, 0, 2.5)),  # a plate
        with_lattice(A, (39, 4, 0), (17, -28, 4)),  # skewed
        with_lattice(A, B, (0, 0, 0), pbc=(True, True, False)),
    ],
)
def test_odd_lattices_are_fine(structure):
    (crystal,) = check_structures([structure])
    np.testing.assert_allclose(crystal.positions, structure.cart_coords)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"symbols": "OH", "pbc": True}, "periodic along a, but that lattice vector"),
        ({"symbols": "OH", "cell": [4, 4, 0], "pbc": True}, "periodic along c"),
        ({"symbols": "OX"}, r"\(XO\).*site 1 has the atomic number 0"),
        ({"symbols": "OH", "positions": [[0, 0, 0], [0, NAN, 0]]}, r"\(HO\).*site 1"),
        ({"symbols": ""}, "has no sites"),
    ],
)
def test_broken_atoms(settings, message):
    ase = pytest.importorskip("ase")
    n = len(settings["symbols"])
    settings = {"positions": np.arange(3.0 * n).reshape(n, 3)} | settings
    with pytest.raises(ValueError, match=r"^structure 1 .*" + message):
        check_structures([argon(), ase.Atoms(**settings)])


@pytest.mark.parametrize("size", [1.1e6, 1e30, 1e200])
def test_cells_of_a_size_without_sense(size):
    for lattice in ([size * np.array(A) / 4, B, C], size * np.eye(3)):
        with pytest.raises(ValueError, match=r"lattice vector.*long|NaN or infinite"):
            check_structures([Structure(lattice, ["Cs", "Cl"], HALVES)])
    assert len(check_structures([with_lattice((9e5, 0, 0), B, C)])[0]) == 2


@pytest.mark.parametrize("away", [1.1e6, -1e30, 1e160])
def test_sites_too_far_away_to_tell_distances(away):
    molecule = Molecule(["O", "H"], [[0, 0, 0], [0, away, 0]])
    with pytest.raises(ValueError, match="away from the origin: site 1"):
        check_structures([molecule])
    near = crystal(positions=np.full((2, 3), 9e5) + np.eye(3)[:2])
    assert check_structures([near]) == [near]
