"""Labels from geometry, as users call them."""

import numpy as np
import pandas as pd
import pytest
from pymatgen.core import Lattice, Molecule, Structure

from sk_knagcn.labels import (
    clean_frameworks,
    li_site_radius,
    min_bond_length,
    min_interatomic_distance,
    percolation_radius,
    pore_diameters,
    surface_area,
    void_fraction,
)
from tests.pores.crystals import face_centred, low_symmetry, written_otherwise

EVERY = [
    clean_frameworks,
    li_site_radius,
    min_bond_length,
    min_interatomic_distance,
    percolation_radius,
    pore_diameters,
    surface_area,
    void_fraction,
]
NUMBERS = [
    li_site_radius,
    min_bond_length,
    min_interatomic_distance,
    percolation_radius,
    void_fraction,
]
PORES = [
    li_site_radius,
    percolation_radius,
    pore_diameters,
    surface_area,
    void_fraction,
]


def halite(cation="Na", a=5.64):
    cations, anions = [[0, 0, 0], *_FACES], [[0.5, 0.5, 0.5], *_EDGES]
    elements = 4 * [cation] + 4 * ["Cl"]
    return Structure(Lattice.cubic(a), elements, cations + anions)


_FACES = [[0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]]
_EDGES = [[0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5]]


def table_of(label, structures, **options):
    """Whatever a label returns for many structures, as an array with a row for each."""
    found = label(structures, **options)
    if label is clean_frameworks:
        found = found.report.drop(columns=["formula", "reason"])
    return np.asarray(found, dtype=float).reshape(len(structures), -1)


@pytest.mark.parametrize("label", NUMBERS, ids=lambda label: label.__name__)
def test_one_is_a_number_and_many_an_array(label):
    salts = [halite(), halite("Li", 5.13)]
    one, many = label(salts[1]), label(salts)
    assert isinstance(one, float)
    assert many.shape == (2,)
    assert many[1] == one


@pytest.mark.parametrize("label", [pore_diameters, surface_area])
def test_one_is_a_named_row_and_many_a_table(label):
    salts = pd.Series([halite(), halite("Li", 5.13)], index=["NaCl", "LiCl"])
    one, many = label(salts.iloc[1]), label(salts)
    assert many.index.to_list() == ["NaCl", "LiCl"]
    assert many.columns.to_list() == list(one._fields)
    assert many.loc["LiCl"].to_list() == list(one)


@pytest.mark.parametrize("label", EVERY, ids=lambda label: label.__name__)
def test_threads_caches_and_order_change_nothing(label, tmp_path):
    structures = [halite("Li", 5.13), halite("K", 6.29), halite()]
    first = table_of(label, structures, cache=None)
    for options in ({"n_jobs": 2, "cache": None}, {"cache": tmp_path}):
        np.testing.assert_array_equal(table_of(label, structures, **options), first)
    again = table_of(label, structures[::-1], cache=tmp_path)
    np.testing.assert_array_equal(again[::-1], first)


@pytest.mark.parametrize("label", PORES, ids=lambda label: label.__name__)
def test_settings_are_part_of_the_cache_key(label):
    small, large = ({"Na": 0.5, "Cl": size} for size in (0.5, 0.9))
    assert label(halite(), radii=small) != label(halite(), radii=large)


@pytest.mark.parametrize("label", EVERY, ids=lambda label: label.__name__)
def test_nothing_is_written_to_the_terminal(label, capfd):
    label([halite()], cache=None)
    assert capfd.readouterr() == ("", "")
    label([halite()], cache=None, verbose=1)
    shown = capfd.readouterr()
    assert "structure" in shown.err
    assert shown.out == ""


def test_distances():
    salt = halite()
    assert min_interatomic_distance(salt) == pytest.approx(5.64 / 2)
    assert min_bond_length(salt) == pytest.approx(5.64 / 2)
    argon = face_centred()
    assert min_interatomic_distance(argon) == pytest.approx(8 / 2**0.5)
    assert np.isnan(min_bond_length(argon))  # nothing is bonded to argon
    water = Molecule(["O", "H", "H"], [[0, 0, 0], [0.76, 0.59, 0], [-0.76, 0.59, 0]])
    assert min_bond_length(water, "H") == pytest.approx(np.hypot(0.76, 0.59))
    assert np.isnan(min_interatomic_distance(Molecule(["O"], [[0, 0, 0]])))


def test_bonds_of_one_element():
    both = Structure(
        Lattice.cubic(20),
        ["O", "H", "Li", "Cl"],
        [[0, 0, 0], [0.05, 0, 0], [0.5, 0.5, 0.5], [0.5, 0.5, 0.62]],
    )
    assert min_bond_length(both) == pytest.approx(1.0)
    assert min_bond_length(both, "Li") == pytest.approx(0.12 * 20)
    assert np.isnan(min_bond_length(both, "Li", tolerance=0.0))


def test_one_atom_written_twice():
    twice = Structure(Lattice.cubic(6), ["O", "O"], [[0, 0, 0], [0.001, 0, 0]])
    assert min_interatomic_distance(twice) == pytest.approx(0.006)
    assert not clean_frameworks([twice]).report["kept"].any()


def test_mobile_ions_are_taken_out():
    """What is left of LiCl is the face-centred lattice of the anions."""
    salt = halite("Li", 5.13)
    assert li_site_radius(salt, radii="point") == pytest.approx(5.13 / 2)
    assert percolation_radius(salt, radii="point") == pytest.approx(5.13 / 6**0.5)
    anions = salt.copy()
    anions.remove_species(["Li"])
    assert percolation_radius(anions) == pytest.approx(percolation_radius(salt))
    assert percolation_radius(salt) == pytest.approx(5.13 / 6**0.5 - 1.67)
    # With the ions in place, only the tetrahedral sites are left.
    assert li_site_radius(salt, "Na", radii="point") == pytest.approx(5.13 * 3**0.5 / 4)


def test_pore_diameters_are_twice_the_radii():
    structure = low_symmetry(2)
    pores = pore_diameters(structure, radii="point")
    assert pores.largest_cavity_diameter_A == pytest.approx(
        2 * li_site_radius(structure, "Ca", radii="point")
    )
    assert pores.pore_limiting_diameter_A == max(pores[2:])
    assert pores.pore_limiting_diameter_A == pytest.approx(
        2 * percolation_radius(structure, "Ca", radii="point")
    )


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("label", NUMBERS, ids=lambda label: label.__name__)
def test_the_way_a_crystal_is_written_changes_nothing(label, seed):
    structure = low_symmetry(seed, n=7)
    again = written_otherwise(structure, seed, [[2, 0, 0], [0, 1, 1], [0, 0, 1]])
    options = {"radii": "van der Waals"} if label in PORES else {}
    first = label(structure, **options)
    assert label(again, **options) == pytest.approx(first, abs=1e-3, nan_ok=True)


def test_surface_in_all_units():
    area = surface_area(face_centred(12.0), probe_radius=1.0, radii={"Ar": 2.0})
    free = 4 * 4 * np.pi * 3.0**2
    assert area.accessible_surface_area_A2 == pytest.approx(free)
    assert area.accessible_surface_area_m2_cm3 == pytest.approx(1e4 * free / 12**3)
    grams = 4 * 39.948 / 6.02214076e23
    assert area.accessible_surface_area_m2_g == pytest.approx(1e-20 * free / grams)
    assert area.pocket_surface_area_A2 == 0


def test_void_shrinks_with_the_probe():
    probes = [0.0, 0.5, 1.0, 2.0]
    voids = [void_fraction(face_centred(), probe_radius=probe) for probe in probes]
    assert voids == sorted(voids, reverse=True)
    assert voids[0] == pytest.approx(1 - 4 * 4 / 3 * np.pi * 1.88**3 / 8**3)
    assert void_fraction(face_centred(), radii={"Ar": 7.0}) == 0


def test_cleaning_says_why():
    good, dense = face_centred(14.0), halite()
    overlapping = good.copy()
    overlapping.append("Ar", [0.05, 0, 0])
    frame = pd.Series([good, overlapping, dense, good], index=list("abcd"))
    cleaned = clean_frameworks(frame)
    assert cleaned.kept.tolist() == [0, 3]
    assert repr(cleaned) == (
        "2 of 4 kept; 1 with atoms too close, 1 with too little surface"
    )
    report = cleaned.report
    assert report.index.to_list() == list("abcd")
    assert report["kept"].to_list() == [True, False, False, True]
    assert report["reason"].to_list() == [
        "",
        "atoms too close",
        "too little surface",
        "",
    ]
    assert report["min_distance_A"].to_list()[1] == pytest.approx(0.7)
    assert report["accessible_surface_area_A2"].isna().to_list()[1]
    tolerant = clean_frameworks(frame, min_distance=0.6, min_surface_area=0.0)
    assert tolerant.kept.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("label", PORES, ids=lambda label: label.__name__)
def test_errors_name_the_structure(label):
    molecule = Molecule(["O"], [[0, 0, 0]])
    with pytest.raises(
        ValueError, match=r"structure 1 \(O\) is not periodic along abc"
    ):
        label([halite(), molecule])
    with pytest.raises(ValueError, match=r"structure 0 \(NaCl\).*without a radius: Na"):
        label([halite()], radii={"Cl": 1.0})


@pytest.mark.parametrize("radius", [-1.0, float("nan"), float("inf"), "2", None])
def test_radii_are_lengths(radius):
    with pytest.raises(ValueError, match=r"radii: 'Na' has .* not negative"):
        pore_diameters([halite()], radii={"Cl": 1.0, "Na": radius})


def test_ions_need_a_framework():
    lithium = Structure(Lattice.cubic(3.5), ["Li"], [[0, 0, 0]])
    with pytest.raises(ValueError, match=r"\(Li\) has no atoms but Li"):
        percolation_radius(lithium)
    with pytest.raises(ValueError, match="ion"):
        percolation_radius(halite(), "Xy")


def test_large_atoms_may_be_bonded_beyond_many_small_ones():
    # Caesium has 12 oxygens nearer to it than the next caesium, its only bond by size.
    caesium = Structure(
        Lattice.cubic(5.2),
        ["Cs", "Si", "O", "O", "O"],
        [[0, 0, 0], [0.5] * 3, [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]],
    )
    assert min_bond_length(caesium, "Cs") == pytest.approx(5.2)
    assert np.isnan(min_bond_length(caesium, "Cs", tolerance=0.3))


def test_an_atom_written_twice_does_not_hide_the_bonds_of_others():
    sites = [[0, 0, 0], [0.16, 0, 0], [0.5, 0.5, 0.5], [0.5005, 0.5, 0.5]]
    crystal = Structure(Lattice.cubic(10), ["Li", "F", "H", "H"], sites)
    assert min_bond_length(crystal, "Li") == pytest.approx(1.6)
    assert min_bond_length(crystal, "H") == pytest.approx(0.005)
    assert min_bond_length(crystal) == pytest.approx(0.005)


def test_too_much_vacuum_is_named():
    sheet = Structure(
        Lattice.hexagonal(2.46, 400), ["C", "C"], [[0, 0, 0], [1 / 3, 2 / 3, 0]]
    )
    iron = Structure(Lattice.cubic(2.87), ["Fe", "Fe"], [[0, 0, 0], [0.5] * 3])
    with pytest.raises(ValueError, match=r"structure 1 \(C\): .* less vacuum"):
        pore_diameters([iron, sheet])
