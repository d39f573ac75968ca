"""Structures of pymatgen and ASE as arrays."""

import io
import pickle
from itertools import product
from operator import attrgetter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.core import (
    IMolecule,
    IStructure,
    Lattice,
    Molecule,
    Structure,
)

from sk_knagcn.structures import check_structures, readers

HALVES = [[0, 0, 0], [0.5, 0.5, 0.5]]


def caesium_chloride(first="Cs", second="Cl", a=4.12):
    return Structure(Lattice.cubic(a), [first, second], HALVES)


def quartz():
    lattice = Lattice.hexagonal(4.91, 5.40)
    coords = [[0.47, 0, 2 / 3], [0.41, 0.27, 0.79]]
    return Structure.from_spacegroup("P3_221", lattice, ["Si", "O"], coords)


def argon():
    return Structure(Lattice.cubic(5.26), ["Ar"], [[0.1, 0.2, 0.3]])


def water(cls=Molecule):
    return cls(["O", "H", "H"], [[0, 0, 0], [0.76, 0.59, 0], [-0.76, 0.59, 0]])


def slab(vacuum=(0, 0, 20), pbc=(True, True, False)):
    lattice = Lattice([[3, 0, 0], [1, 4, 0], vacuum], pbc=pbc)
    coords = [[0, 0, 1], [1.5, 2, 3]]
    return Structure(lattice, ["Mg", "O"], coords, coords_are_cartesian=True)


def digests(X, **settings):
    return [crystal.digest() for crystal in check_structures(X, **settings)]


@pytest.mark.parametrize("make", [caesium_chloride, quartz, argon, slab])
def test_arrays_are_those_of_the_structure(make):
    structure = make()
    (crystal,) = check_structures([structure])
    assert len(crystal) == len(structure)
    np.testing.assert_array_equal(crystal.numbers, structure.atomic_numbers)
    np.testing.assert_allclose(crystal.positions, structure.cart_coords, atol=1e-12)
    periodic = np.array(structure.lattice.pbc)
    np.testing.assert_array_equal(crystal.periodic, periodic)
    np.testing.assert_array_equal(
        crystal.lattice[periodic], structure.lattice.matrix[periodic]
    )


@pytest.mark.parametrize("make", [quartz, slab, water])
def test_arrays_have_one_type_and_layout(make):
    # Compiled kernels are compiled anew for every type, layout and read-only flag.
    (crystal,) = check_structures([make()])
    types = {"numbers": "i8", "positions": "f8", "lattice": "f8", "periodic": "?"}
    for name, dtype in types.items():
        array = getattr(crystal, name)
        assert array.dtype == dtype
        assert array.flags.c_contiguous
        assert array.flags.writeable


@given(
    st.lists(st.floats(-0.4, 0.4), min_size=9, max_size=9),
    st.lists(
        st.tuples(st.floats(-2, 2), st.floats(-2, 2), st.floats(-2, 2)),
        min_size=1,
        max_size=6,
    ),
)
def test_any_cell_and_any_coordinates(skew, fractions):
    matrix = 5 * (np.eye(3) + np.reshape(skew, (3, 3)) / 2)
    numbers = range(1, len(fractions) + 1)
    structure = Structure(matrix, list(numbers), fractions)
    (crystal,) = check_structures([structure])
    np.testing.assert_array_equal(crystal.numbers, numbers)
    np.testing.assert_allclose(crystal.positions, structure.cart_coords, atol=1e-12)
    np.testing.assert_array_equal(crystal.lattice, matrix)


def test_works_without_the_private_names_of_pymatgen(monkeypatch):
    X = [caesium_chloride(), quartz(), slab()]
    expected = digests(X)
    monkeypatch.setattr(readers, "SHARES", attrgetter("_no_such_name"))
    monkeypatch.setattr(readers, "FRACTIONS", attrgetter("_no_such_name"))
    assert digests(X) == expected


def test_structures_are_not_changed():
    disordered = caesium_chloride({"Cs": 0.6, "Rb": 0.4})
    X = [caesium_chloride(), quartz(), slab(), water(), disordered]
    before = pickle.dumps(X)
    for crystal in check_structures(X, on_disorder="majority"):
        for name in ("numbers", "positions", "lattice", "periodic"):
            getattr(crystal, name)[...] = 0
    assert pickle.dumps(X) == before


def test_immutable_and_derived_classes_read_like_their_parents():
    class Labelled(Structure):
        label = "mine"

    plain = quartz()
    immutable = IStructure.from_sites(plain.sites)
    derived = Labelled.from_sites(plain.sites)
    assert len(set(digests([plain, immutable, derived, derived]))) == 1
    assert digests([water()]) == digests([water(IMolecule)])


def test_molecule_is_periodic_nowhere():
    (crystal,) = check_structures([water()])
    assert not crystal.periodic.any()
    np.testing.assert_array_equal(crystal.lattice, np.eye(3))
    np.testing.assert_array_equal(crystal.positions, water().cart_coords)


@pytest.mark.parametrize(
    "pbc",
    [pbc for pbc in product([True, False], repeat=3) if 0 < sum(pbc) < 3],
)
def test_free_axes_get_unit_vectors_at_right_angles(pbc):
    (crystal,) = check_structures([slab((1, 2, 20), pbc)])
    kept, free = np.array(pbc), ~np.array(pbc)
    given = np.array([[3, 0, 0], [1, 4, 0], [1, 2, 20]])
    np.testing.assert_array_equal(crystal.periodic, pbc)
    np.testing.assert_array_equal(crystal.lattice[kept], given[kept])
    products = crystal.lattice[free] @ crystal.lattice.T
    np.testing.assert_allclose(products, np.eye(3)[free], atol=1e-12)


def test_vectors_of_free_axes_have_no_meaning():
    X = [slab((0, 0, 20)), slab((0, 0, 55)), slab((3, 1, 20))]
    first, *others = check_structures(X)
    for other in others:
        np.testing.assert_allclose(other.positions, first.positions, atol=1e-12)
        np.testing.assert_array_equal(other.lattice, first.lattice)


@pytest.fixture
def ase():
    return pytest.importorskip("ase")


def test_atoms_read_like_the_structure(ase):
    atoms, structures = [], [caesium_chloride(), quartz(), argon()]
    for s in structures:
        atoms.append(ase.Atoms(s.atomic_numbers, s.cart_coords, cell=s.lattice.matrix))
        atoms[-1].pbc = True
    for one, other in zip(*map(check_structures, (atoms, structures)), strict=True):
        np.testing.assert_array_equal(one.numbers, other.numbers)
        np.testing.assert_allclose(one.positions, other.positions, atol=1e-12)
        np.testing.assert_array_equal(one.lattice, other.lattice)
        np.testing.assert_array_equal(one.periodic, other.periodic)
    before = pickle.dumps(atoms)
    for crystal in check_structures(atoms):
        crystal.positions[...], crystal.numbers[...] = 0, 0
        crystal.lattice[...], crystal.periodic[...] = 0, False
    assert pickle.dumps(atoms) == before


@pytest.mark.parametrize(
    ("cell", "pbc"),
    [
        (None, False),
        ([4, 4, 4], False),
        ([4, 4, 0], (True, True, False)),
        ([4, 4, 20], (True, True, False)),
        ([0, 4, 0], (False, True, False)),
        ([0, 4, 4], (False, True, True)),
    ],
)
def test_atoms_are_periodic_axis_by_axis(ase, cell, pbc):
    atoms = ase.Atoms("OH", [[0, 0, 0], [0, 0, 1]], cell=cell, pbc=pbc)
    (crystal,) = check_structures([atoms])
    np.testing.assert_array_equal(crystal.periodic, np.broadcast_to(pbc, 3))
    assert abs(np.linalg.det(crystal.lattice)) > 0.1
    periodic = crystal.periodic
    np.testing.assert_array_equal(crystal.lattice[periodic], atoms.cell[periodic])


def test_shared_sites_of_a_cif_read_by_ase(ase):
    spacegroup = pytest.importorskip("ase.spacegroup")
    positions = [[0, 0, 0], [0, 0, 0], [0.5, 0.5, 0.5]]
    atoms = spacegroup.crystal(
        ["Na", "K", "Cl"],
        positions,
        spacegroup=221,
        cellpar=[4, 4, 4, 90, 90, 90],
        occupancies=[0.4, 0.6, 1.0],
        onduplicates="keep",
    )
    assert len(atoms) == 2
    with pytest.raises(ValueError, match=r"site 0 holds .*Order it first"):
        check_structures([atoms])
    (crystal,) = check_structures([atoms], on_disorder="majority")
    assert crystal.numbers.tolist() == [19, 17]


def test_atoms_replaced_after_a_cif_was_read_are_what_they_are_now(ase):
    # ASE keeps what the file said of its sites, whatever becomes of the atoms.
    salt = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], HALVES)
    text = io.StringIO(salt.to(fmt="cif"))
    atoms = pytest.importorskip("ase.io").read(text, format="cif")
    replaced = atoms.copy()
    replaced.symbols[replaced.numbers == 11] = "K"
    added = atoms + ase.Atoms("H", positions=[[1.4, 1.4, 1.4]])
    crystals = check_structures([atoms, replaced, added])
    for crystal, expected in zip(crystals, [atoms, replaced, added], strict=True):
        np.testing.assert_array_equal(crystal.numbers, expected.numbers)
