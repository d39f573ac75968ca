"""CIF files: the fast reader says what pymatgen says, or leaves it to pymatgen."""

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
def test_operations_of_all_kinds_are_told_from_what_is_none(number):
    group = SpaceGroup.from_int_number(number)
    rows = [f"  {i} '{op.as_xyz_str()}'" for i, op in enumerate(group.symmetry_ops)]
    plain = "  _symmetry_equiv_pos_as_xyz\n  'x, y, z'"
    names = ["  _symmetry_equiv_pos_site_id", "  _symmetry_equiv_pos_as_xyz"]
    cif_symmetry.check_operations(PLAIN.replace(plain, "\n".join([*names, *rows])))
    rows.append("  9 'x, y, w'")
    with pytest.raises(ValueError, match="9 'x, y, w' is no symmetry operation"):
        cif_symmetry.check_operations(PLAIN.replace(plain, "\n".join([*names, *rows])))


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


@pytest.mark.parametrize("tag", ["_symmetry_equiv_pos_as_xyz_", "_Symmetry_Equiv_Odd"])
def test_tables_of_symmetry_by_other_names_are_left_to_pymatgen(tag):
    text = PLAIN.replace("  _symmetry_equiv_pos_as_xyz", tag)
    assert not read_by_hand(text.replace("'x, y, z'", "'x, y, z'\n  'x+1/2, -y, -z'"))
    assert len(read(text.replace("'x, y, z'", "'x, y, z'\n  'x+1/2, -y, -z'"))) in (
        2,
        4,
    )


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


def test_operations_are_looked_at_wherever_their_column_is_and_text_is_not():
    table = "loop_\n_space_group_symop_operation_xyz\n_space_group_symop_id\n"
    with pytest.raises(ValueError, match="is no symmetry operation"):
        cif_symmetry.check_operations(f"{table}'x, y, w' 1\n")
    cif_symmetry.check_operations(f"{table}'x, y, z' 1\n_comment\n;a, b, and c\n;\n")


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
