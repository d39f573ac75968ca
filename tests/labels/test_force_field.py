"""The tables hold what was published, and pairs are mixed as they should be."""

import numpy as np
import pytest
from pymatgen.core import Element
from scipy.integrate import quad

from sk_knagcn import check_structures
from sk_knagcn.labels import Gas, henry_constant
from sk_knagcn.labels.force_field import mix, read_uff, resolve_force_field
from sk_knagcn.labels.gases import BUILT_IN
from tests.labels.frameworks import slit, sodalite

AVOGADRO = 6.02214076e23
# Measured second virial coefficients at 298.15 K in cm^3/mol (Dymond, Marsh, Wilhoit,
# Wong, Virial Coefficients of Pure Gases, 2002, rounded).
MEASURED = {"H2": 14, "He": 12, "N2": -4, "CH4": -43, "Ar": -16, "Kr": -51, "Xe": -130}


def virial_coefficient(gas, temperature=298.15):
    """Second virial coefficient of a Lennard-Jones gas in cm^3/mol."""

    def integrand(r):
        ratio = (gas.sigma / r) ** 6
        return np.expm1(-4 * gas.epsilon / temperature * (ratio**2 - ratio)) * r * r

    value, _ = quad(integrand, 1e-3, 200, limit=500, points=[2, 3, 4, 6, 10])
    return -2 * np.pi * value * AVOGADRO * 1e-24


@pytest.mark.parametrize("name", MEASURED)
def test_gases_are_as_imperfect_as_the_real_ones(name):
    assert virial_coefficient(BUILT_IN[name]) == pytest.approx(MEASURED[name], abs=10)


def test_uff_knows_the_elements_up_to_lawrencium():
    assert list(read_uff()) == [Element.from_Z(z).symbol for z in range(1, 104)]


def test_uff_has_its_published_shape():
    sigma, epsilon = np.array(list(read_uff().values())).T
    assert sigma.min() == pytest.approx(2.362 / 2 ** (1 / 6))  # He
    assert sigma.max() == pytest.approx(4.9 / 2 ** (1 / 6))  # Fr
    # Along the actinides wells get shallower.
    assert (np.diff(epsilon[91:]) <= 1e-9).all()
    # Sums of the columns of the published table.
    assert (sigma * 2 ** (1 / 6)).sum() == pytest.approx(364.487, abs=5e-4)
    assert (epsilon / 503.2195).sum() == pytest.approx(13.944, abs=5e-4)


@pytest.mark.parametrize(
    ("element", "sigma", "epsilon"),
    [("C", 3.43085, 52.838), ("O", 3.11815, 30.193), ("Zn", 2.46155, 62.399)],
)
def test_uff_in_the_units_of_simulation_codes(element, sigma, epsilon):
    assert read_uff()[element] == pytest.approx((sigma, epsilon), rel=2e-5)


def test_mixing_is_that_of_lorentz_and_berthelot():
    own = {"Si": (2.0, 90.0), "O": (3.0, 40.0)}
    (crystal,) = check_structures([sodalite()])
    kinds, pairs = mix(crystal.numbers, own, Gas(4.0, 10.0), 100.0, 12.0, True)
    assert kinds.tolist() == [int(number == 14) for number in crystal.numbers]
    np.testing.assert_allclose(pairs.sixths, [3.5**6, 3.0**6])
    np.testing.assert_allclose(pairs.wells, [4 * 20 / 100, 4 * 30 / 100])
    ratio = pairs.sixths / 12.0**6
    np.testing.assert_allclose(pairs.lifts, pairs.wells * (ratio**2 - ratio))
    # One atom alone repels a molecule at its core by 650 kT.
    ratio = pairs.sixths / pairs.cores**3
    np.testing.assert_allclose(pairs.wells * (ratio**2 - ratio), 650)


def test_own_parameters_do_what_the_same_of_uff_do():
    options = {"cutoff": 6.0, "cache": None}
    chosen = {"C": read_uff()["C"]}
    own = henry_constant(slit(), force_field=chosen, **options)
    assert own == henry_constant(slit(), **options)
    built_in = BUILT_IN["He"]
    gas = Gas(built_in.sigma, built_in.epsilon)
    own = henry_constant(slit(), gas, **options)
    assert own == henry_constant(slit(), "He", **options)


def test_what_is_no_parameter_is_refused():
    with pytest.raises(ValueError, match="gas 'H3' is not built in; those that"):
        henry_constant(sodalite(), "H3")
    with pytest.raises(ValueError, match="force field 'MMFF' is not known"):
        resolve_force_field("MMFF")
    with pytest.raises(ValueError, match=r"'O' has \(3.0, -1.0\), but must have"):
        resolve_force_field({"O": (3.0, -1.0)})
    with pytest.raises(ValueError, match="sigma of a gas must be a number"):
        Gas(float("nan"), 3.0)
