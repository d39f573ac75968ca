"""CIF files: the fast reader says what pymatgen says, or leaves it to pymatgen."""

import re

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure
from pymatgen.io.cif import CifParser
from pymatgen.symmetry.groups import SpaceGroup

from sk_knagcn.datasets import cif, cif_symmetry, make_prototype_crystals


def by_pymatgen(text):
    parser = CifParser.from_str(text, frac_tolerance=0)  # no rounding to 1/3
    (structure,) = parser.parse_structures(primitive=False)
    return structure


def read(text):
    """The structure in a text, whoever read it."""
    found = cif.read_cif(text)
    return found.to_structure() if isinstance(found, cif.Listing) else found


def sites(structure):
    """Species and places, in whatever order they come."""
    places = np.round(structure.frac_coords * 1e6).astype(int) % 1_000_000
    return sorted(zip(map(str, structure.species_and_occu), *places.T, strict=True))


def assert_same(first, second):
    assert sites(first) == sites(second)
    np.testing.assert_allclose(first.lattice.matrix, second.lattice.matrix, atol=1e-10)


@pytest.fixture(scope="module")
def salts():
    return make_prototype_crystals(20, random_state=0).structures


@pytest.mark.parametrize("number", [1, 14, 62, 88, 148, 167, 194, 227, 230])
def test_operations_of_all_kinds_fit_their_cell(number):
    group = SpaceGroup.from_int_number(number)
    hexagonal, cubic = Lattice.hexagonal(4, 7), Lattice.cubic(4)
    lattice = hexagonal if number in (148, 167, 194) else cubic
    cif_symmetry.check_applied(group.symmetry_ops, lattice.matrix)


PLAIN = """\
data_plain
_cell_length_a 4.0
_cell_length_b 5.0(2)
_cell_length_c 6.0
_cell_angle_alpha 90
_cell_angle_beta 95.5
_cell_angle_gamma 90
loop_
  _symmetry_equiv_pos_as_xyz
  'x, y, z'
loop_
  _atom_site_label
  _atom_site_type_symbol
  _atom_site_fract_x
  _atom_site_fract_y
  _atom_site_fract_z
  _atom_site_occupancy
  Na1 Na 0.0 0.0 0.0 1.0
  # a comment
  Cl1 Cl 0.5(1) 0.52 0.51 1.0
"""


def read_by_hand(text):
    """Whether the fast reader took it."""
    try:
        cif._read_plain(text)
    except cif._Unusual:
        return False
    return True


def test_files_of_pymatgen_are_read_as_pymatgen_reads_them(salts):
    for salt in salts:
        text = salt.to(fmt="cif")
        assert read_by_hand(text)
        assert_same(read(text), by_pymatgen(text))


@pytest.mark.filterwarnings("ignore:Set OLD_ERROR_HANDLING:DeprecationWarning")
def test_symmetry_is_left_to_pymatgen(salts):
    for salt in salts[:5]:
        text = salt.to(fmt="cif", symprec=0.01)
        assert not read_by_hand(text)
        found, original = read(text), salt.get_primitive_structure()
        assert found.reduced_formula == original.reduced_formula
        assert found.volume / len(found) == pytest.approx(salt.volume / len(salt), 1e-4)


def test_numbers_with_uncertainties_are_numbers():
    structure = read(PLAIN)
    assert read_by_hand(PLAIN)
    assert structure.lattice.b == 5.0
    assert structure[1].frac_coords.tolist() == [0.5, 0.52, 0.51]
    assert_same(structure, by_pymatgen(PLAIN))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("'x, y, z'", "'x, y, z'\n  '-x, -y, -z'"),
        ("'x, y, z'", "'-x, -y, -z'"),
        ("0.51 1.0", "0.51 0.5"),
        ("  _atom_site_type_symbol\n", ""),
        ("Na1 Na 0.0", "Na1 Na+ 0.0"),
        ("  # a comment\n", "  ;\n text\n;\n"),
    ],
)
def test_what_is_out_of_the_ordinary_is_left_to_pymatgen(old, new, monkeypatch):
    text = PLAIN.replace(old, new)
    assert text != PLAIN
    asked = []
    monkeypatch.setattr(cif, "_read_with_pymatgen", lambda text: asked.append(text))
    read(text)
    assert asked == [text]


def test_disorder_is_kept():
    structure = read(PLAIN.replace("0.51 1.0", "0.51 0.5"))
    assert not structure.is_ordered


def test_labels_are_no_elements():
    lattice = Lattice.orthorhombic(4, 5, 6)
    text = Structure(lattice, ["C", "Co"], [[0, 0, 0], [0.5] * 3]).to(fmt="cif")
    assert read(text).formula == "Co1 C1"


PEROVSKITE = """\
data_perovskite
_cell_length_a 3.905
_cell_length_b 3.905
_cell_length_c 3.905
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'P m -3 m'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Sr1 Sr 0 0 0
Ti1 Ti 0.5 0.5 0.5
O1 O 0.5 0.5 0
"""
GROUP = "_symmetry_space_group_name_H-M 'P m -3 m'"


@pytest.mark.filterwarnings("ignore")  # pymatgen says where it looked
@pytest.mark.parametrize(
    "group",
    [GROUP, "_space_group_IT_number 221", "_symmetry_Int_Tables_number 221"],
)
def test_symmetry_that_is_named_but_not_listed_is_applied(group):
    text = PEROVSKITE.replace(GROUP, group)
    assert len(read(text)) == 5
    assert_same(read(text), by_pymatgen(text))
    assert len(read(text.replace(group, "_symmetry_space_group_name_H-M 'P 1'"))) == 3


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "group",
    [
        "_symmetry_space_group_name_H-M 'F d -3 m :3'",
        "_symmetry_space_group_name_H-M 'no such group'",
        "_space_group_name_H-M_alt 'P 21/n'\n_space_group_IT_number 14",
        "_space_group_name_Hall '-P 4 2 3 odd'",
        "_symmetry_Int_Tables_number 231",
    ],
)
def test_symmetry_that_nobody_knows_is_refused_not_lost(group):
    with pytest.raises(ValueError, match=r"space group .* is not known, and no op"):
        read(PEROVSKITE.replace(GROUP, group))


@pytest.mark.filterwarnings("ignore")
def test_a_number_is_enough_where_it_leaves_no_choice():
    old = "_symmetry_space_group_name_H-M Pm3m\n_space_group_IT_number 221"
    assert len(read(PEROVSKITE.replace(GROUP, old))) == 5
    assert len(read(PEROVSKITE.replace(GROUP, "_symmetry_space_group_name_H-M ?"))) == 3


@pytest.mark.filterwarnings("ignore")
def test_two_structures_in_one_file_are_refused():
    with pytest.raises(ValueError, match="holds 2 structures"):
        read(PEROVSKITE + PEROVSKITE.replace("data_perovskite", "data_again"))
    # Polymorphs: pymatgen keeps the last block of a name, and the last table.
    with pytest.raises(ValueError, match="holds 2 structures"):
        read(PEROVSKITE + PEROVSKITE.replace("3.905", "4.1"))
    with pytest.raises(ValueError, match="holds 2 structures"):
        read(PLAIN + PLAIN[PLAIN.rindex("loop_") :])
    told = "data_told\n_comment\n;\nis like\n_atom_site_fract_x\n;\n"
    assert len(read(PEROVSKITE.replace("data_perovskite\n", told))) == 5


@pytest.mark.parametrize("tag", ["_symmetry_equiv_pos_as_xyz_", "_Symmetry_Equiv_Odd"])
def test_tables_of_symmetry_by_other_names_are_left_to_pymatgen(tag):
    text = PLAIN.replace("  _symmetry_equiv_pos_as_xyz", tag)
    assert not read_by_hand(text.replace("'x, y, z'", "'x, y, z'\n  '-x, -y, -z'"))
    assert len(read(text.replace("'x, y, z'", "'x, y, z'\n  '-x, -y, -z'"))) in (2, 3)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("_occupancy\n", "_occupancy\n_cell_formula_units_Z 1\n"),  # ends the table
        ("_cell_length_a 4.0", "_cell_length_a 4.0\n_cell_length_a 5.0"),
        ("_cell_length_a 4.0", "_cell_length_a -4.0"),
        ("_alpha 90", "_alpha 180"),
        ("_alpha 90", "_alpha 400"),
        ("Na 0.0", "Na 1e12"),
        ("fract_y", "fract_x"),
    ],
)
def test_what_makes_no_sense_is_not_read_by_hand(old, new):
    assert not read_by_hand(PLAIN.replace(old, new, 1))


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "1e400"])
@pytest.mark.parametrize("old", ["_cell_length_a 4.0", "_alpha 90", "Na 0.0"])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_no_structure_has_numbers_that_are_none(old, number):
    text = PLAIN.replace(old, f"{old.split()[0]} {number}")
    with pytest.raises((ValueError, OverflowError)):
        read(text)


def test_symmetry_that_would_take_for_ever_is_refused():
    operations = "".join(f"  'x+1/{n}, y, z'\n" for n in range(2, 150))
    sites = "".join(f"  C{n} C 0.{n} 0.1 0.2 1.0\n" for n in range(300))
    bonds = "loop_\n_geom_bond_1\n" + "C1 C2 1.39 . ?\n" * 1000
    many = PLAIN.replace("  'x, y, z'\n", operations)
    with pytest.raises(ValueError, match="up to 44,696 atoms"):
        read(many + sites)
    assert cif_symmetry.count_copies(many + bonds) == 296


def test_nobody_waits_for_an_endless_operation():
    endless = f"  'x, y, z'\n  'x, y, {'.' * 10_000}'\n"
    with pytest.raises(ValueError, match="too long for a symmetry operation"):
        read(PLAIN.replace("  'x, y, z'\n", endless))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "line",
    [
        *("x, y", "x, y,", "x, y, w", "2x, y, z", "x, x, x", "1/2, 1/2, 1/2"),
        *("?", "P 1", "x+0.5 y z", "x;y;z", "x+y, y, z"),
    ],
)
def test_what_is_no_symmetry_of_the_cell_is_refused(line):
    one_atom = PLAIN.replace("  Na1 Na 0.0 0.0 0.0 1.0\n", "")
    with pytest.raises(ValueError, match=r"2 of 2, .* does not turn its cell"):
        read(one_atom.replace("'x, y, z'", f"'x, y, z'\n  '{line}'"))
    with pytest.raises(ValueError, match="operation 1 of 1"):
        read(one_atom.replace("'x, y, z'", f"'{line}'"))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("group", "cell"),
    [
        ("R -3 m", (4.131, 4.131, 4.131, 54.1, 54.1, 54.1)),  # rhombohedral axes
        ("P m -3 m", (3.905, 3.905, 4.2, 90, 90, 90)),
        ("P 63/m m c", (3.9, 3.9, 3.9, 90, 90, 90)),
        ("P 1 21/c 1", (3.9, 4.9, 5.9, 90, 90, 110)),
    ],
)
def test_a_group_whose_axes_are_not_those_of_the_cell_is_refused(group, cell):
    text = PEROVSKITE[: PEROVSKITE.index("Ti1")].replace("P m -3 m", group)
    for name, value in zip(cif._CELL, cell, strict=True):
        text = re.sub(rf"{name} .*", f"{name} {value}", text)
    with pytest.raises(
        ValueError, match="the cell has other axes than the space group"
    ):
        read(text)


@pytest.mark.parametrize(
    "told",
    [
        "loop_\n_space_group_symop.operation_xyz\nx,y,z\n-x,-y,-z",
        "_space_group.name_H-M_alt 'P m -3 m'",
    ],
)
def test_symmetry_by_names_with_a_dot_is_refused_not_lost(told):
    with pytest.raises(
        ValueError, match=r"Call it _space_group_(symop_op|name_H-M_alt)"
    ):
        read(PEROVSKITE.replace(GROUP, told))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("where", [PLAIN, PEROVSKITE], ids=["by hand", "pymatgen"])
def test_hydrogens_that_are_not_listed_are_asked_for(where):
    text = where.replace("_fract_z\n", "_fract_z\n_atom_site_attached_hydrogens\n")
    columns = (r"(?m)(^ *(?:Na|Cl|Sr|Ti|O)\d \w+ \S+ \S+ \S+)", r"\1 {}")
    with pytest.raises(ValueError, match="hydrogen atoms that it does not list"):
        read(re.sub(columns[0], columns[1].format(3), text))
    assert len(read(re.sub(columns[0], columns[1].format(0), text))) == len(read(where))


@pytest.mark.filterwarnings("ignore")
def test_atoms_without_a_place_or_that_are_less_than_none_are_refused():
    with pytest.raises(ValueError, match=r"atom 2 has no place: \., 0\.52, 0\.51"):
        read(PLAIN.replace("0.5(1) 0.52", ". 0.52"))
    with pytest.raises(ValueError, match=r"atom 2 has occupancy -0\.5"):
        read(PLAIN.replace("0.51 1.0", "0.51 -0.5"))


@pytest.mark.parametrize(
    ("group", "copies"),
    [
        ("_symmetry_space_group_name_H-M 'F m -3 m'", 192),
        ("_space_group_name_H-M_alt 'P 1 21/c 1'", 4),
        ("_space_group_IT_number 221", 48),
        ("_symmetry_space_group_name_H-M 'no group'", 192),
        ("_cell_length_a 5.64", 1),
    ],
)
def test_copies_are_counted_where_a_group_is_only_named(group, copies):
    sites = ["loop_", *(f"_atom_site_fract_{axis}" for axis in "xyz"), "0 0 0"]
    assert cif_symmetry.count_copies("\n".join(["data_x", group, *sites])) == copies


TRAILING = """\
data_pattern
_symmetry_space_group_name_H-M 'P 63/m m c'
loop_
  _symmetry_equiv_pos_as_xyz
  'x-y, x, z+1/2'
loop_
  _pd_proc_point_id
  1
"""


@pytest.mark.filterwarnings("ignore")
def test_other_blocks_say_nothing_of_the_crystal():
    assert_same(read(PEROVSKITE + TRAILING), read(PEROVSKITE))
    assert_same(read(TRAILING + PEROVSKITE), read(PEROVSKITE))
    with pytest.raises(ValueError, match="does not turn its cell into itself"):
        read(PLAIN.replace("'x, y, z'", "'x, y'") + "data_global\n_audit_date 2001\n")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "line",
    [
        "# _atom_site_fract_x 1\n",
        "_comment 'as _atom_site_fract_x tells'\n",
        "_comment\n;\n_space_group.name_H-M_alt is better\n;\n",
        "_space_group.crystal_system cubic\n",
        "_space_group.IT_number 1\n",
    ],
)
def test_what_only_looks_like_a_name_is_passed_over(line):
    assert len(read(PEROVSKITE.replace(GROUP, f"{GROUP}\n{line}"))) == 5


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("line", ["y, x, z", "x, 0, z"])
def test_a_long_axis_hides_nothing(line):
    text = PLAIN.replace("_length_c 6.0", "_length_c 60.0").replace("95.5", "90")
    with pytest.raises(ValueError, match="does not turn its cell into itself"):
        read(text.replace("'x, y, z'", f"'x, y, z'\n  '{line}'"))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("amount", "whole"), [("1.00()", True), ("0.5(1.5)", False)])
def test_occupancies_are_as_uncertain_as_pymatgen_allows(amount, whole):
    structure = read(PLAIN.replace("0.51 1.0", f"0.51 {amount}"))
    assert structure.is_ordered is whole
    with pytest.raises(ValueError, match="atom 2 has occupancy 0,5"):
        read(PLAIN.replace("0.51 1.0", "0.51 0,5"))
