"""What descriptors are about."""

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from sk_knagcn import StructureDescriptors
from sk_knagcn.descriptors import descriptor_kind
from sk_knagcn.descriptors.density import DensityFeatures


@pytest.mark.parametrize("preset", ["composition", "periodicity", "full"])
def test_every_column_of_a_preset_has_a_kind(preset):
    names = StructureDescriptors(preset).get_feature_names_out()
    assert [name for name in names if descriptor_kind(name) == "other"] == []


def test_composition_is_of_one_kind():
    names = StructureDescriptors("composition").get_feature_names_out()
    assert {descriptor_kind(name) for name in names} == {"composition"}


def test_periodicity_holds_the_other_three():
    names = list(StructureDescriptors("periodicity").get_feature_names_out())
    kinds = {name: descriptor_kind(name) for name in names}
    assert [name for name in names if kinds[name] == "size"] == [
        "structural complexity per cell",
        "natoms",
    ]
    assert [name for name in names if kinds[name] == "periodic"] == [
        "spacegroup_num",
        "crystal_system_int",
        "structural complexity per atom",
        "a",
        "b",
        "c",
        "alpha",
        "beta",
        "gamma",
    ]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("structural_complexity_per_cell", "size"),
        ("volume_per_atom", "local"),
        ("Density", "local"),
        ("area", "other"),  # begins like a lattice parameter, and is none
        ("natoms in the layer", "other"),
        ("", "other"),
    ],
)
def test_names_are_matched_as_a_whole(name, kind):
    assert descriptor_kind(name) == kind


@pytest.mark.parametrize("element", ["Xe", "Fe"])
def test_without_a_radius_only_the_packing_fraction_is_missing(element):
    from matminer.featurizers.structure import DensityFeatures as Matminers

    crystal = Structure(Lattice.cubic(6), [element] * 2, [[0] * 3, [0.5] * 3])
    ours = DensityFeatures()
    assert ours.feature_labels() == Matminers().feature_labels()
    density, vpa, filled = ours.featurize(crystal)
    assert (density, vpa) == (float(crystal.density), 108)
    if element == "Xe":
        assert np.isnan(filled)
    else:
        assert [density, vpa, filled] == pytest.approx(Matminers().featurize(crystal))
