"""What belongs together, by each of the four kinds."""

import numpy as np
import pandas as pd
import pytest
from pymatgen.core import Lattice, Molecule, Structure

from sk_knagcn import CrystalGraphs, StructureGraphTransformer, structure_groups
from sk_knagcn.structures import as_column
from tests.splits.crystals import (
    copper_gold,
    jittered,
    perovskite,
    quartz,
    rewritten,
    rock_salt,
    silicon_carbide,
    strained,
)

KINDS = ["formula", "chemical_system", "prototype", "duplicates"]


def together(first, second, by, **options):
    one, other = structure_groups([first, second], by, **options)
    return one == other


@pytest.mark.parametrize("by", KINDS)
@pytest.mark.parametrize("seed", range(3))
def test_the_same_crystal_written_down_differently_is_in_the_same_group(
    crystals, by, seed
):
    # The last crystal has no symmetry, one has a single atom, two are elements.
    copies = [rewritten(crystal, seed) for crystal in crystals]
    labels = structure_groups([*crystals, *copies], by)
    n = len(crystals)
    assert labels[:n].tolist() == labels[n:].tolist()


@pytest.mark.parametrize("by", KINDS)
def test_groups_are_numbered_as_they_appear(salts, by):
    labels = structure_groups(salts, by)
    assert labels.dtype == np.int64
    found, first = np.unique(labels, return_index=True)
    assert found.tolist() == list(range(len(found)))
    assert (np.diff(first) > 0).all()


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_the_structures_does_not_matter(seed):
    structures = [
        *(rock_salt("Na", "Cl", a) for a in (5.5, 5.58, 5.66, 5.9, 6.3)),
        *(perovskite("Ba", "Ti", a=a) for a in (3.9, 4.0, 4.2)),
        rock_salt("K", "Cl", 6.29),
    ]
    order = np.random.default_rng(seed).permutation(len(structures))
    for by in ("duplicates", "prototype"):
        labels = structure_groups(structures, by)[order]
        shuffled = structure_groups([structures[i] for i in order], by)
        assert np.array_equal(labels[:, None] == labels, shuffled[:, None] == shuffled)


def test_formula_and_chemical_system():
    iron_oxides = [
        Structure(Lattice.cubic(4.3), ["Fe", "O"], [[0, 0, 0], [0.5] * 3]),
        Structure(Lattice.cubic(5), ["Fe", "Fe", "O"], np.eye(3) / 2),
        Structure(Lattice.cubic(9), ["O", "Fe"], [[0.1, 0, 0], [0.3] * 3]),
        Structure(Lattice.cubic(4.3), ["Ni", "O"], [[0, 0, 0], [0.5] * 3]),
    ]
    assert structure_groups(iron_oxides, "formula").tolist() == [0, 1, 0, 2]
    assert structure_groups(iron_oxides, "chemical_system").tolist() == [0, 0, 0, 1]


def test_disordered_structures_are_grouped_by_their_majority():
    alloy = rock_salt("Na", "Cl", 5.64)
    alloy[0] = {"Na": 0.8, "K": 0.2}
    assert together(alloy, rock_salt("Na", "Cl", 5.64), "formula")


class TestPrototype:
    def test_elements_do_not_matter(self):
        assert together(
            perovskite("Ba", "Ti"), perovskite("Ca", "Mn", "F"), "prototype"
        )

    def test_nor_does_the_origin(self):
        moved = perovskite("Sr", "Ru")
        moved.translate_sites(range(5), [0.5, 0.5, 0.5])
        assert together(perovskite("Ba", "Ti"), moved, "prototype")

    def test_nor_the_hand(self):
        left, right = quartz("P3_221"), quartz("P3_121")
        assert not np.allclose(left.frac_coords, right.frac_coords)
        assert together(left, right, "prototype")

    def test_nor_a_left_handed_lattice(self):
        left = perovskite("Ba", "Ti")
        mirrored = Structure(
            left.lattice.matrix[[1, 0, 2]], left.species, left.frac_coords[:, [1, 0, 2]]
        )
        assert np.linalg.det(mirrored.lattice.matrix) < 0
        assert together(left, mirrored, "prototype")

    def test_nor_which_axis_is_the_odd_one(self):
        def brick(a, b, c):
            sites = [[0, 0, 0], [0.2, 0, 0], [-0.2, 0, 0]]
            return Structure(Lattice.orthorhombic(a, b, c), ["C", "O", "O"], sites)

        assert together(brick(6, 4, 5), brick(6, 8, 9), "prototype")

    def test_noise_below_the_tolerance_does_not_break_symmetry(self):
        assert together(
            perovskite("Ba", "Ti"), jittered(perovskite("Ca", "Ti"), 0.01), "prototype"
        )

    @pytest.mark.parametrize(
        "other",
        [rock_salt("Na", "Cl", 5.64), silicon_carbide("cubic"), quartz()],
        ids=lambda structure: structure.formula,
    )
    def test_other_types_are_apart(self, other):
        assert not together(perovskite("Ba", "Ti"), other, "prototype")

    def test_same_space_group_and_formula_but_other_sites(self):
        caesium_chloride = Structure(
            Lattice.cubic(4.1), ["Cs", "Cl"], [[0, 0, 0], [0.5] * 3]
        )
        rhenium_oxide = perovskite("Ba", "Re")
        rhenium_oxide.remove_sites([0])
        assert not together(caesium_chloride, rhenium_oxide, "prototype")
        assert not together(
            silicon_carbide("cubic"), silicon_carbide("hexagonal"), "prototype"
        )

    def test_where_there_is_no_space_group_the_formula_stands_in(self, capfd):
        water = Molecule("OHH", [[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]])
        twins = [[0, 0, 0], [0, 0, 1e-7]]
        iron = Structure(Lattice.cubic(3), ["Fe", "Fe"], twins)
        sulphide = Molecule("SHH", [[0, 0, 0], [1.34, 0, 0], [-0.1, 1.33, 0]])
        with pytest.warns(
            UserWarning, match=r"no space group .* 0 \(H2O\), 1 \(Fe\), 2"
        ):
            labels = structure_groups([water, iron, sulphide], "prototype")
        assert labels.tolist() == [0, 1, 0]
        assert capfd.readouterr() == ("", "")

    def test_graphs_do_not_tell(self, graphs):
        with pytest.raises(ValueError, match="graphs, which do not tell"):
            structure_groups(graphs, "prototype")


class TestDuplicates:
    def test_noise_of_a_thousandth_of_an_angstrom_changes_nothing(self, crystals):
        copies = [jittered(rewritten(crystal, 5), 1e-3) for crystal in crystals]
        labels = structure_groups([*crystals, *copies], "duplicates")
        assert labels[: len(crystals)].tolist() == labels[len(crystals) :].tolist()
        assert len(set(labels)) == len(crystals)

    @pytest.mark.parametrize(
        ("share", "same"), [(0.0199, True), (0.0201, False), (0.05, False)]
    )
    def test_the_tolerance_is_relative_to_distances(self, crystals, share, same):
        for crystal in crystals:
            assert together(crystal, strained(crystal, share), "duplicates") == same

    def test_a_wider_tolerance_takes_more(self):
        salt = rock_salt("Na", "Cl", 5.64)
        assert together(salt, strained(salt, 0.05), "duplicates", tolerance=0.06)

    def test_what_lies_between_two_joins_them(self):
        scan = [rock_salt("Na", "Cl", a) for a in 5.64 * 1.015 ** np.arange(6)]
        assert set(structure_groups(scan, "duplicates")) == {0}
        assert set(structure_groups([scan[0], scan[5]], "duplicates")) == {0, 1}

    def test_other_elements_in_the_same_places_are_another_crystal(self):
        assert not together(
            rock_salt("Na", "Cl", 5.64), rock_salt("Na", "Br", 5.64), "duplicates"
        )
        assert not together(
            perovskite("Ba", "Ti"), perovskite("Ti", "Ba"), "duplicates"
        )

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            (silicon_carbide("cubic"), silicon_carbide("hexagonal")),
            (copper_gold("001"), copper_gold("111")),
        ],
        ids=["stackings of the same layers", "orders on the same lattice"],
    )
    def test_close_relatives_are_told_apart(self, first, second):
        assert first.reduced_formula == second.reduced_formula
        assert not together(first, second, "duplicates")

    def test_molecules_and_single_atoms(self):
        def hydrogen(length):
            return Molecule(["H", "H"], [[0, 0, 0], [0, 0, length]])

        atom = Molecule(["H"], [[0, 0, 0]])
        molecules = [hydrogen(0.74), atom, hydrogen(0.745), atom, hydrogen(0.8)]
        assert structure_groups(molecules, "duplicates").tolist() == [0, 1, 0, 1, 2]

    def test_many_copies_and_more_than_one_crowd(self):
        # More of one kind than a first search asks for, in chains and in crowds.
        sizes = np.concatenate(
            [np.linspace(5.0, 5.01, 40), np.linspace(5.5, 5.51, 40), [5.105]]
        )
        structures = [rock_salt("Na", "Cl", a) for a in sizes]
        labels = structure_groups(structures, "duplicates", tolerance=0.02)
        assert labels.tolist() == [0] * 40 + [1] * 40 + [0]

    def test_a_scan_without_gaps_is_one_group_whatever_its_length(self):
        sizes = np.geomspace(4.0, 7.0, 200)
        structures = [rock_salt("Na", "Cl", a) for a in sizes]
        step = (7 / 4) ** (1 / 199) - 1
        wide = structure_groups(structures, "duplicates", tolerance=1.5 * step)
        narrow = structure_groups(structures, "duplicates", tolerance=0.5 * step)
        assert set(wide) == {0}
        assert len(set(narrow)) == 200

    def test_two_atoms_on_one_spot_are_named(self):
        twice = Structure(Lattice.cubic(3), ["Fe", "Fe"], [[0, 0, 0], [0, 0, 1e-4]])
        with pytest.raises(ValueError, match=r"structure 1 \(Fe\) has two atoms"):
            structure_groups([rock_salt("Na", "Cl", 5.6), twice, twice], "duplicates")


def test_every_form_of_x_gives_the_same(salts):
    expected = structure_groups(salts, "formula").tolist()
    column = as_column(salts)
    forms = [column, column.ravel(), pd.Series(salts), pd.DataFrame({"s": salts})]
    for X in [*forms, tuple(salts)]:
        assert structure_groups(X, "formula").tolist() == expected


@pytest.mark.parametrize("reduce", [True, False])
@pytest.mark.parametrize("by", ["formula", "chemical_system", "duplicates"])
def test_graphs_give_what_structures_give(salts, crystals, by, reduce):
    structures = [*salts, *crystals, *(strained(salt, 0.05) for salt in salts)]
    graphs = StructureGraphTransformer(reduce=reduce).transform(structures)
    expected = structure_groups(structures, by)
    assert structure_groups(graphs, by).tolist() == expected.tolist()
    assert structure_groups(list(graphs), by).tolist() == expected.tolist()


def test_what_is_wrong_is_said(salts, graphs):
    with pytest.raises(ValueError, match="'by' parameter of structure_groups"):
        structure_groups(salts, "colour")
    with pytest.raises(ValueError, match="'tolerance' parameter"):
        structure_groups(salts, "duplicates", tolerance=0)
    empty: CrystalGraphs = graphs[:0]
    for X in ([], empty):
        with pytest.raises(ValueError, match="X is empty"):
            structure_groups(X, "formula")
