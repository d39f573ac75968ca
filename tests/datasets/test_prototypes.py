"""Made-up salts: neutral, touching, reproducible, with the properties they claim."""

import numpy as np
import pytest
from pymatgen.analysis.ewald import EwaldSummation
from pymatgen.core import Species

from sk_knagcn.datasets import make_prototype_crystals
from sk_knagcn.datasets.prototypes import _IONS
from sk_knagcn.labels import percolation_radius

CHARGES = {symbol: q for q, symbols in _IONS.items() for symbol in symbols}
TARGETS = [
    "madelung_energy",
    "min_bond_length",
    "percolation_radius",
    "volume_per_atom",
]


@pytest.fixture(scope="module")
def salts():
    return make_prototype_crystals(60, random_state=0)


def test_every_ion_has_one_charge():
    assert len(CHARGES) == sum(map(len, _IONS.values()))


def test_crystals_are_neutral_and_ions_touch(salts):
    for crystal in salts.structures:
        charges = [CHARGES[site.specie.symbol] for site in crystal]
        assert sum(charges) == 0
        assert len(crystal) <= 30
        radius = {
            s: float(Species(s, CHARGES[s]).ionic_radius) for s in crystal.symbol_set
        }
        _, _, _, distances = crystal.get_neighbor_list(8.0)
        largest = max(radius.values())
        assert 0.7 * 2 * min(radius.values()) < distances.min() < 2.2 * largest


def test_ions_of_other_charge_are_next_to_each(salts):
    for crystal in salts.structures:
        for site, others in zip(crystal, crystal.get_all_neighbors(5.0), strict=True):
            nearest = min(other.nn_distance for other in others)
            near = [o for o in others if o.nn_distance < 1.002 * nearest]
            assert any(
                CHARGES[site.specie.symbol] * CHARGES[other.specie.symbol] < 0
                for other in near
            )
    assert (salts.target < 0).all()


def test_targets_are_properties_of_the_crystals(salts):
    for crystal, energy in zip(salts.structures[:10], salts.target, strict=False):
        crystal.add_oxidation_state_by_element(
            {symbol: CHARGES[symbol] for symbol in crystal.symbol_set}
        )
        # Another way to the same energy: a cell twice as large.
        twice = EwaldSummation(crystal * (2, 1, 1)).total_energy / (2 * len(crystal))
        assert twice == pytest.approx(energy, rel=1e-4)
        crystal.remove_oxidation_states()


def test_the_path_is_that_of_the_cations_of_the_lowest_charge(salts):
    again = make_prototype_crystals(20, target="percolation_radius", random_state=0)
    for crystal, radius in zip(again.structures, again.target, strict=True):
        cations = [s for s in crystal.symbol_set if CHARGES[s] > 0]
        lowest = min(CHARGES[symbol] for symbol in cations)
        paths = {
            Species(symbol, lowest).ionic_radius: percolation_radius(
                crystal * (1, 2, 1), symbol
            )
            for symbol in cations
            if CHARGES[symbol] == lowest
        }
        assert radius == pytest.approx(paths[min(paths)], abs=2e-4)
    assert again.unit == "Angstrom"


@pytest.mark.parametrize("target", TARGETS)
def test_the_same_seed_draws_the_same_crystals(salts, target):
    again = make_prototype_crystals(60, target=target, random_state=0)
    assert again.structures == salts.structures
    assert (again.prototypes == salts.prototypes).all()
    assert again.target_name == target
    structures, y = make_prototype_crystals(
        60, target=target, random_state=0, return_X_y=True
    )
    assert structures == again.structures
    np.testing.assert_array_equal(y, again.target)
    assert len(np.unique(y)) > 50


def test_the_first_crystals_do_not_depend_on_how_many_are_asked_for(salts):
    fewer = make_prototype_crystals(7, random_state=0)
    assert fewer.structures == salts.structures[:7]


def test_other_seeds_draw_others(salts):
    others = make_prototype_crystals(60, random_state=1)
    assert others.structures != salts.structures
    assert len(set(others.prototypes)) > 30


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [({"n_samples": 0}, "at least 1"), ({"target": "gap"}, "must be one of")],
)
def test_wrong_parameters_are_named(arguments, complaint):
    with pytest.raises(ValueError, match=complaint):
        make_prototype_crystals(**arguments)
