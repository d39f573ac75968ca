"""Henry's constant is right, whatever the cell, and says how right it is."""

import numpy as np
import pytest
from pymatgen.core import Lattice, Molecule, Structure
from scipy.integrate import quad

from sk_knagcn import check_structures
from sk_knagcn.labels import Gas, henry_constant
from sk_knagcn.labels.force_field import read_uff
from tests.labels import reference
from tests.labels.frameworks import (
    moved,
    rocksalt,
    skewed,
    slit,
    sodalite,
    triclinic,
    turned,
)

CUTOFF = 7.0  # short, so that the plain twin, and kernels not compiled, take no time


def henry(structures, gas="H2", **options):
    return henry_constant(
        structures, gas, **{"cutoff": CUTOFF, "cache": None} | options
    )


@pytest.mark.parametrize("gas", ["H2", "Kr"])
@pytest.mark.parametrize("shifted", [False, True])
def test_agrees_with_plain_numpy(gas, shifted):
    crystal = triclinic()
    options = {"cutoff": CUTOFF, "shift": shifted}
    expected, energy = reference.henry(crystal, gas, (18, 20, 22), **options)
    found = henry([crystal], gas, shifted=shifted, return_details=True)
    assert found.iloc[0, 0] == pytest.approx(expected, rel=0.01)
    kilojoules = energy * 8.314462618e-3 * 298.15
    assert found["mean_energy_kJ_mol"][0] == pytest.approx(kilojoules, rel=0.01)
    heat = 8.314462618e-3 * 298.15 - kilojoules
    assert found["heat_of_adsorption_kJ_mol"][0] == pytest.approx(heat, rel=0.01)


def test_an_empty_box_takes_up_what_is_outside():
    box = Structure(Lattice.cubic(9), ["He"], [[0.2, 0.3, 0.4]])
    assert henry(box, force_field={"He": (2.5, 0.0)}) == 1.0
    assert henry(box, force_field={"He": (2.5, 0.0)}, method="quasi-random") == 1.0


@pytest.mark.slow
@pytest.mark.parametrize("gas", ["H2", "Xe"])
def test_one_atom_in_a_large_box_is_the_second_virial_coefficient(gas):
    cutoff, edge = 12.9, 27.0
    box = Structure(Lattice.cubic(edge), ["C"], [[0.5, 0.5, 0.5]])
    own = {"C": (3.0, 60.0)}
    site = {"H2": (2.96, 34.2), "Xe": (4.1, 221.0)}[gas]
    sigma, epsilon = (3.0 + site[0]) / 2, np.sqrt(60.0 * site[1]) / 298.15

    def integrand(r):
        ratio = (sigma / r) ** 6
        return np.expm1(-4 * epsilon * (ratio**2 - ratio)) * r * r

    expected, _ = quad(integrand, 1e-2, cutoff, points=[2, 3, 4, 6], limit=200)
    found = henry(box, gas, force_field=own, cutoff=cutoff, tolerance=1e-7)
    assert (found - 1) * edge**3 == pytest.approx(4 * np.pi * expected, rel=1e-4)


@pytest.mark.parametrize(
    "crystal",
    [pytest.param(sodalite(), marks=pytest.mark.slow), triclinic(), slit()],
)
def test_the_cell_the_orientation_and_the_order_do_not_matter(crystal):
    tolerance = 0.01
    expected = henry(crystal, tolerance=tolerance)
    primitive = crystal.get_primitive_structure()
    same = [turned(crystal), moved(crystal), skewed(crystal), primitive]
    # Turned, the grid is the very same one; else each is within its own error.
    assert henry(same[0], tolerance=tolerance) == pytest.approx(expected, rel=1e-6)
    np.testing.assert_allclose(
        henry(same, tolerance=tolerance), expected, rtol=2 * tolerance
    )


@pytest.mark.slow
def test_a_supercell_converges_to_the_same_number():
    expected = henry(triclinic(), "Kr", tolerance=1e-5)
    twice = triclinic().make_supercell([2, 1, 2])
    assert henry(twice, "Kr", tolerance=1e-5) == pytest.approx(expected, rel=2e-5)


def test_the_same_input_gives_the_same_bits():
    crystals = [triclinic(), slit(), triclinic()]
    first = henry(crystals)
    np.testing.assert_array_equal(henry(crystals, n_jobs=2), first)
    assert first[0] == first[2] == henry(crystals[0])


def test_both_methods_agree():
    for crystal in (triclinic(), slit()):
        expected = henry(crystal, "Ar", tolerance=0.003)
        found = henry(crystal, "Ar", tolerance=0.03, method="quasi-random")
        assert found == pytest.approx(expected, rel=0.033)


@pytest.mark.slow
@pytest.mark.parametrize("gas", ["H2", "Ar", "Xe"])
def test_the_estimated_error_is_no_smaller_than_the_true_one(gas):
    crystals = [sodalite(), triclinic(), *map(slit, np.arange(5.9, 8.0, 0.3))]
    # Raised, so that nothing jumps at the short cut-off, and few points are enough.
    exact = henry(crystals, gas, tolerance=1e-5, shifted=True)
    for method, tolerances in (("grid", [0.03, 0.01, 0.001]), ("quasi-random", [0.03])):
        for tolerance in tolerances:
            options = {"tolerance": tolerance, "method": method, "shifted": True}
            table = henry(crystals, gas, return_details=True, **options)
            true = abs(table.iloc[:, 0] / exact - 1)
            assert (table["relative_error"] < tolerance).all()
            assert (true <= table["relative_error"] + 1e-5).all()


@pytest.mark.slow
def test_a_narrow_slit_takes_a_finer_grid_than_a_wide_one():
    narrow, wide = slit(5.8), slit(8.0)
    table = henry([narrow, wide], "Xe", return_details=True)
    per_volume = table["n_points"] / [narrow.volume, wide.volume]
    assert per_volume[0] > 2 * per_volume[1]


def test_nothing_fits_into_a_dense_crystal():
    table = henry([rocksalt()], "Xe", return_details=True, cutoff=5.0)
    assert table.iloc[0, 0] == table["relative_error"][0] == 0
    assert np.isnan(table["mean_energy_kJ_mol"][0])


def test_no_grid_is_compared_with_itself():
    """In a short cell, a grid half as fine may have the same points."""
    chain = Structure(Lattice.tetragonal(1.2, 9), ["C"], [[0, 0, 0]])
    coarse = henry([chain], "He", spacing=9.0, tolerance=0.05, return_details=True)
    fine = henry(chain, "He", tolerance=0.001)
    assert coarse["n_points"][0] >= 3 * 3 * 3
    assert coarse.iloc[0, 0] == pytest.approx(fine, rel=0.05)


def test_moles_per_mass_and_pressure():
    crystal = slit()
    per_mass = henry(crystal, unit="mol/kg/Pa", temperature=300)
    kilograms = crystal.density * 1000  # per cubic metre
    expected = henry(crystal, temperature=300) / (8.314462618 * 300 * kilograms)
    assert per_mass == pytest.approx(expected, rel=1e-6)


def test_tables_join_the_structures_they_were_made_from():
    import pandas as pd

    frame = pd.DataFrame({"structure": [slit(), triclinic()]}, index=["a", "b"])
    options = {"temperature": 77.0, "unit": "mol/kg/Pa", "return_details": True}
    table = frame.join(henry(frame["structure"], Gas(3.0, 30.0, "dot"), **options))
    assert table.columns.to_list() == [
        "structure",
        "henry_dot_77K_mol_kg_Pa",
        "mean_energy_kJ_mol",
        "heat_of_adsorption_kJ_mol",
        "n_points",
        "relative_error",
    ]
    assert table.notna().all(axis=None)


def test_what_does_not_converge_is_named():
    with pytest.warns(UserWarning, match=r"1 of 2 .*: structure 1 \(C\), estimated"):
        table = henry(
            [triclinic(), slit(5.6)], "Ar", max_points=20_000, return_details=True
        )
    assert table["relative_error"][1] > 0.01 > table["relative_error"][0]


@pytest.mark.parametrize("method", ["grid", "quasi-random"])
def test_near_zero_kelvin_it_is_infinite_and_says_so(method):
    empty = Structure(Lattice.cubic(9), ["He"], [[0.2, 0.3, 0.4]])
    options = {"temperature": 0.5, "force_field": {"He": (2.5, 0.0), "C": (3.4, 53.0)}}
    with pytest.warns(UserWarning, match=r"1 of 2 .* at 0.5 K: structure 1 \(C\)"):
        found = henry([empty, slit(5.6)], method=method, **options)
    assert found.tolist() == [1.0, np.inf]


def test_errors_name_the_structures():
    good = triclinic()
    overlapping = good.copy().append("O", [0.26, 0.3, 0.35])
    with pytest.raises(
        ValueError, match=r"structure 1 \(ZnCO2\) has overlapping atoms: sites 1 and 3"
    ):
        henry([good, overlapping])
    alloy = Structure(Lattice.cubic(4), ["Og", "Zn"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    with pytest.raises(ValueError, match=r"0 \(OgZn\) has elements without .*: Og"):
        henry(alloy)
    with pytest.raises(ValueError, match="in the force field: C, Zn"):
        henry([good], force_field={"O": read_uff()["O"]})
    water = Molecule(["O", "H"], [[0, 0, 0], [0, 0, 0.96]])
    with pytest.raises(ValueError, match="2 of 3 structures cannot be used:") as error:
        henry([good, water, overlapping])
    assert "structure 1 (HO) is not periodic along abc" in str(error.value)
    with pytest.raises(
        ValueError, match="'cutoff' parameter of henry_constant must be"
    ):
        henry(good, cutoff=-1.0)


def test_structures_come_in_any_form():
    (crystal,) = check_structures([slit()])
    number = henry(slit())
    assert isinstance(number, float)
    assert henry(crystal) == number
    np.testing.assert_array_equal(henry([crystal, slit()]), [number, number])


def test_even_the_first_grid_has_no_more_points_than_allowed():
    salt = Structure(Lattice.cubic(12.0), ["Ar"], [[0, 0, 0]])
    with pytest.warns(UserWarning, match="with 1,000 points"):
        found = henry_constant([salt], max_points=1_000, return_details=True)
    assert found["n_points"].item() <= 1_500
