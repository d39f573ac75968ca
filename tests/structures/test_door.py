"""What X may be, and what is said when it is something else."""

from collections import deque
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.core import (
    Composition,
    IMolecule,
    Lattice,
    Molecule,
    PeriodicSite,
    Structure,
)

from sk_knagcn import StructureGraphTransformer
from sk_knagcn.structures import Crystal, as_column, check_structures
from sk_knagcn.structures.door import Reading

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


def crystal(**changes):
    arrays = {
        "numbers": np.array([11, 17]),
        "positions": np.array([[0.0, 0.0, 0.0], [2.0, 2.0, 2.0]]),
        "lattice": 4 * np.eye(3),
        "periodic": np.array([True, True, True]),
    }
    return Crystal(**(arrays | changes))


def site():
    return PeriodicSite("Na", [0, 0, 0], Lattice.cubic(3))


def objects(items, shape):
    array = np.empty(len(items), dtype=object)
    for index, item in enumerate(items):
        array[index] = item
    return array.reshape(shape)


def digests(X, **settings):
    return [crystal.digest() for crystal in check_structures(X, **settings)]


CONTAINERS = {
    "list": list,
    "tuple": tuple,
    "deque": deque,
    "object array": lambda items: objects(items, (-1,)),
    "object column": lambda items: objects(items, (-1, 1)),
    "view of a column": lambda items: objects([*items, None], (-1, 1))[:-1],
    "Series": lambda items: pd.Series(items, index=[7] * len(items)),
    "DataFrame": lambda items: pd.DataFrame({"structure": pd.Series(items)}),
    "as_column": as_column,
}


@pytest.mark.parametrize("container", CONTAINERS.values(), ids=CONTAINERS)
@pytest.mark.parametrize(
    "items",
    [
        [caesium_chloride(), quartz(), argon()],
        [caesium_chloride(), caesium_chloride("K", "Br", 4.0)],  # same size
        [argon(), argon()],
        [water()],
    ],
    ids=["mixed", "same size", "one site each", "one molecule"],
)
def test_every_container_gives_the_same(container, items):
    assert digests(container(items)) == [digests([item])[0] for item in items]


@given(st.permutations(range(5)))
def test_order_of_rows_is_kept(order):
    X = [caesium_chloride(), quartz(), argon(), water(), crystal()]
    expected = digests(X)
    assert digests([X[i] for i in order]) == [expected[i] for i in order]


def test_crystals_pass_as_they_are():
    X = [crystal(), crystal(numbers=np.array([3, 9]))]
    passed = check_structures(X)
    assert all(a is b for a, b in zip(X, passed, strict=True))
    assert check_structures(check_structures(X)) == passed


@pytest.mark.parametrize("n", [0, 1, 3])
def test_column_holds_the_objects_themselves(n):
    structures = [caesium_chloride() for _ in range(n)]
    column = as_column(structures)
    assert column.shape == (n, 1)
    assert column.dtype == object
    assert all(row[0] is s for row, s in zip(column, structures, strict=True))


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        ([], ValueError, "X is empty"),
        (pd.Series([], dtype=object), ValueError, "X is empty"),
        (as_column([]), ValueError, "X is empty"),
        (caesium_chloride(), TypeError, r"single Structure.*Pass \[structure\]"),
        (water(IMolecule), TypeError, r"single IMolecule.*Pass \[structure\]"),
        (crystal(), TypeError, r"single Crystal.*Pass \[structure\]"),
        (np.zeros((3, 2)), ValueError, r"shape \(3, 2\) and type float64.*as_column"),
        (np.array(["a.cif"]), ValueError, r"type <U5"),
        (objects([site()] * 6, (3, 2)), ValueError, r"\(3, 2\) and type object"),
        (objects([argon()], ()), ValueError, r"shape \(\)"),
        (objects([argon()], (1, 1, 1)), ValueError, r"shape \(1, 1, 1\)"),
        (pd.DataFrame({"a": [1], "b": [2]}), ValueError, r"2 columns.*X\[\["),
        ("folder/one.cif", TypeError, r"'folder/one.cif'.*Structure\.from_file"),
        (Path("one.cif"), TypeError, r"Structure\.from_file"),
        ({"a": argon()}, TypeError, r"X is a dict.*list\(X\.values\(\)\)"),
        (iter([argon()]), TypeError, r"list_iterator.*Pass list\(X\)"),
        ((argon() for _ in "ab"), TypeError, r"generator.*Pass list\(X\)"),
        ({1, 2}, TypeError, r"X is a set.*Pass list\(X\)"),
        (None, TypeError, r"X is a NoneType.*Pass a list of pymatgen Structures"),
        (3, TypeError, r"X is a int.*Pass a list of pymatgen Structures"),
    ],
)
@pytest.mark.parametrize("function", [check_structures, as_column])
def test_what_X_may_not_be(function, X, error, message):
    if function is as_column and message == "X is empty":
        assert as_column(X).shape == (0, 1)
        return
    with pytest.raises(error, match=message):
        function(X)


def test_single_atoms_object():
    ase = pytest.importorskip("ase")
    with pytest.raises(TypeError, match=r"single Atoms.*Pass \[structure\]"):
        check_structures(ase.Atoms("OH"))


@pytest.mark.parametrize(
    ("stranger", "message"),
    [
        (None, "NoneType.*Leave out the rows without a structure"),
        (float("nan"), "float.*Leave out the rows without a structure"),
        ("one.cif", r"str.*Structure\.from_file"),
        (Path("one.cif"), r"Structure\.from_file"),
        (argon().as_dict(), r"dict.*Structure\.from_dict"),
        (site(), "PeriodicSite.*took it apart.*as_column"),
        ([argon()], "list, which is no structure.*Pass pymatgen Structures"),
        (Composition("NaCl"), "Composition, which is no structure"),
        (Structure, "which is no structure"),
    ],
)
def test_item_that_is_no_structure(stranger, message):
    with pytest.raises(TypeError, match=r"^item 1 is of type (?s:.*)" + message):
        check_structures([argon(), stranger, argon()])


def broken():
    return crystal(positions=np.full((2, 3), np.nan))


def test_all_problems_are_counted_and_the_first_few_shown():
    X = [argon() if i % 2 else broken() for i in range(20)]
    with pytest.raises(ValueError, match="10 of 20 structures cannot be") as caught:
        check_structures(X)
    lines = str(caught.value).splitlines()
    assert [line.split(" (")[0] for line in lines[1:-1]] == [
        f"structure {i}" for i in (0, 2, 4, 6, 8)
    ]
    assert lines[-1] == "... and 5 more."


def test_first_problem_decides_the_type_of_the_error():
    with pytest.raises(TypeError, match=r"2 of 2(?s:.*)item 0(?s:.*)structure 1"):
        check_structures([None, broken()])
    with pytest.raises(ValueError, match=r"2 of 2(?s:.*)structure 0(?s:.*)item 1"):
        check_structures([broken(), None])


@pytest.mark.parametrize("option", ["drop", None, "RAISE"])
def test_unknown_option_lists_the_known(option):
    with pytest.raises(ValueError, match="must be 'raise' or 'majority', got"):
        check_structures([argon()], on_disorder=option)


@pytest.mark.parametrize(
    "wrong", [0.5, [0.5], [0.5, 0.5], [0.1, 0.2, 0.3, 0.4], ["a", "b", "c"], [0, 0, 1j]]
)
def test_a_site_without_three_coordinates_is_named(wrong):
    structure = Structure(Lattice.cubic(3), ["Na", "Cl"], [[0, 0, 0], [0.5] * 3])
    structure[1]._frac_coords = np.array(wrong)
    with pytest.raises(ValueError, match=r"structure 0 \(NaCl\).*not three numbers"):
        check_structures([structure])
    molecule = Molecule(["Na", "Cl"], [[0, 0, 0], [0.5] * 3])
    molecule[1].coords = np.array(wrong)
    with pytest.raises(ValueError, match=r"structure 0 \(NaCl\).*not three numbers"):
        check_structures([molecule])


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(
    "form",
    [
        np.arange(6, dtype=float)[::2],
        np.array([0, 2, 4]),
        np.array([0, 2, 4], dtype=np.float32),
        np.array([0, 2, 4], dtype=">f8"),
        [0, 2.0, 4],
    ],
    ids=["with gaps", "integers", "single", "big-endian", "list"],
)
def test_coordinates_of_a_site_may_have_any_form(form, first):
    structure = Structure(Lattice.cubic(3), ["Na", "Cl"], [[0.5] * 3] * 2)
    structure[0 if first else 1]._frac_coords = form
    molecule = Molecule(["Na", "Cl"], [[0.5] * 3] * 2)
    molecule[0 if first else 1].coords = form
    expected = [[0, 2, 4], [0.5] * 3] if first else [[0.5] * 3, [0, 2, 4]]
    one, other = check_structures([structure, molecule])
    assert (one.positions == 3 * np.array(expected)).all()
    assert (other.positions == expected).all()
    other.positions[:] = 7.0  # nobody else's memory, and not locked
    assert (np.array(molecule[1].coords) != 7.0).all()


def test_each_leaves_out_just_what_is_bad():
    flat = Structure(Lattice([[4, 0, 0], [8, 0, 0], [0, 0, 4]]), ["Cu"], HALVES[:1])
    reading = Reading([quartz(), flat, None, quartz()], "raise", first=10)
    sound = [crystal is not None for crystal in reading.each()]
    assert sound == [True, False, False, True]
    assert sorted(reading.problems) == [11, 12]
    with pytest.raises(ValueError, match=r"structure 11 \(Cu\) has a flat lattice"):
        reading.check()


def test_compositions_and_graphs_are_told_apart_from_structures():
    with pytest.raises(TypeError, match="does not say where the atoms are"):
        check_structures([Composition("NaCl")])
    graphs = StructureGraphTransformer(k=3).transform([quartz()])
    with pytest.raises(TypeError, match="X is a CrystalGraphs, which does not hold"):
        check_structures(graphs)
    with pytest.raises(TypeError, match="item 0 is a CrystalGraph, which does not"):
        check_structures([graphs[0]])
