"""The transformer: columns, failures, and the same numbers whatever came before."""

import pickle

import numpy as np
import pytest
from pymatgen.core import Lattice, Molecule, Structure
from sklearn.base import clone
from sklearn.ensemble import RandomForestRegressor
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_checks

from sk_knagcn import StructureDescriptors, check_structures
from sk_knagcn.structures import as_column
from tests.descriptors.featurizers import (
    Amounts,
    Charge,
    Counting,
    Failing,
    Forgetful,
    HalfFinite,
    Learning,
    Wordy,
    calls,
)

GONG = [
    "spacegroup_num",
    "crystal_system_int",
    "structural complexity per atom",
    "structural complexity per cell",
    "mean absolute deviation in relative bond length",
    "max relative bond length",
    "min relative bond length",
    "maximum neighbor distance variation",
    "range neighbor distance variation",
    "mean neighbor distance variation",
    "avg_dev neighbor distance variation",
    "mean absolute deviation in relative cell size",
    "mean Average bond length",
    "std_dev Average bond length",
    "mean Average bond angle",
    "std_dev Average bond angle",
    "mean CN_VoronoiNN",
    "std_dev CN_VoronoiNN",
    "density",
    "vpa",
    "packing fraction",
    "a",
    "b",
    "c",
    "alpha",
    "beta",
    "gamma",
    "natoms",
]


def custom(*featurizers, **options):
    return StructureDescriptors(featurizers=list(featurizers), **options)


def test_the_28_have_the_names_and_order_of_the_paper():
    assert StructureDescriptors("periodicity").get_feature_names_out().tolist() == GONG


@pytest.mark.parametrize(
    ("preset", "width"),
    [("composition", 138), ("periodicity", 28), ("pores", 5), ("full", 179)],
)
def test_width_is_known_before_any_data(preset, width):
    names = StructureDescriptors(preset).get_feature_names_out()
    assert len(names) == len(set(names)) == width


@pytest.mark.parametrize("preset", ["composition", "periodicity", "full"])
def test_presets_describe_everything(structures, preset):
    table = StructureDescriptors(preset).fit_transform(structures)
    assert table.dtype == np.float64
    assert np.isfinite(table).all()


def test_values_of_rock_salt(structures):
    table = StructureDescriptors().set_output(transform="pandas").transform(structures)
    assert table.columns.tolist() == GONG
    salt = table.iloc[0]
    assert salt["spacegroup_num"] == 225
    assert salt["crystal_system_int"] == 1
    assert salt["mean CN_VoronoiNN"] == 6
    assert salt["mean Average bond length"] == pytest.approx(2.82)
    assert salt["mean Average bond angle"] == pytest.approx(np.pi / 2)
    assert salt["density"] == pytest.approx(2.16, abs=0.01)
    assert salt["structural complexity per cell"] == pytest.approx(8)
    assert salt["natoms"] == 8


def test_any_collection_is_taken(structures):
    import pandas as pd

    transformer = custom(Counting(), Amounts())
    expected = transformer.fit_transform(structures)
    assert expected.tolist() == [[len(s), len(s)] for s in structures]
    series = pd.Series(structures, index=range(5, 15))
    for X in (as_column(structures), series, check_structures(structures)):
        np.testing.assert_array_equal(transformer.transform(X), expected)
    frame = transformer.set_output(transform="pandas").transform(series)
    assert frame.index.tolist() == list(range(5, 15))


def test_two_processes_give_the_same_bits(structures):
    one = StructureDescriptors("full", cache=None).transform(structures)
    two = StructureDescriptors("full", cache=None, n_jobs=2).transform(structures)
    assert one.tobytes() == two.tobytes()


def test_nothing_depends_on_what_came_before(structures):
    from matminer.featurizers.site import CoordinationNumber
    from matminer.featurizers.structure import ChemicalOrdering, SiteStatsFingerprint
    from pymatgen.analysis.local_env import VoronoiNN

    # This one widens its cutoff at a difficult structure and keeps it so; and matminer
    # takes a structure for the one before if it differs by less than 1e-5.
    near = VoronoiNN(cutoff=5.0, compute_adj_neighbors=False)
    sites = SiteStatsFingerprint(CoordinationNumber(near))
    almost = structures[7].copy()
    almost.translate_sites([0], [1e-6, 0, 0])
    wide = Structure(Lattice.cubic(6), ["Cs"], [[0, 0, 0]])
    some = [wide, structures[7], almost]
    transformer = custom(sites, ChemicalOrdering(shells=(1,)), Forgetful(), cache=None)
    together = transformer.transform(some)
    for row, structure in zip(together, some, strict=True):
        assert transformer.transform([structure]).tobytes() == row.tobytes()
    assert near.cutoff == 5.0
    assert together[1, 2] != together[2, 2]


def test_clone_and_copy_agree(structures):
    transformer = StructureDescriptors(n_jobs=1, on_error="nan").fit(structures[:1])
    expected = transformer.transform(structures)
    for other in (clone(transformer), pickle.loads(pickle.dumps(transformer))):
        assert other.transform(structures).tobytes() == expected.tobytes()


def test_featurizers_that_are_not_their_parameters_can_be_cloned(structures):
    from matminer.featurizers.site import CrystalNNFingerprint
    from matminer.featurizers.structure import SiteStatsFingerprint

    sites = SiteStatsFingerprint(CrystalNNFingerprint.from_preset("ops"))
    transformer = custom(sites).set_output(transform="pandas")
    with pytest.raises(RuntimeError, match="Cannot clone"):
        clone(sites)
    cloned = clone(transformer)
    assert cloned.featurizers[0] is not sites
    expected = transformer.fit_transform(structures[:2])
    assert cloned.fit_transform(structures[:2]).equals(expected)


def test_failures_raise_with_a_remedy(structures):
    transformer = custom(Counting(), Failing())
    with pytest.raises(ValueError, match="2 of 10 structures") as error:
        transformer.fit_transform(structures)
    for part in (
        "structure 0 (NaCl), Failing: RuntimeError: no chlorine, please\n",
        "structure 1 (CsCl), Failing",
        "on_error='nan'",
    ):
        assert part in str(error.value)
    assert len(transformer.failures_) == 2


def test_many_failures_are_counted(structures):
    with pytest.raises(ValueError, match="and 5 more, in failures_") as error:
        custom(HalfFinite()).transform(structures)
    assert str(error.value).count("structure ") == 5


def test_failures_become_nan_and_are_listed(structures):
    transformer = custom(Counting(), Failing(), on_error="nan")
    table = transformer.transform(structures)
    assert np.isnan(table).sum(axis=1).tolist() == [2, 2, *[0] * 8]
    assert not np.isnan(table[:, 0]).any()
    first = transformer.failures_[0]
    assert (first.index, first.formula, first.featurizer) == (0, "NaCl", "Failing")
    assert first.reason == "RuntimeError: no chlorine, please"
    transformer.transform(structures[2:])
    assert transformer.failures_ == []


def test_what_is_not_a_finite_number_is_a_failure(structures):
    transformer = custom(HalfFinite(), on_error="nan")
    table = transformer.transform(structures[:1])
    np.testing.assert_array_equal(table, [[1, np.nan]])
    assert transformer.failures_[0].reason == "no finite value for 'two'"
    with pytest.raises(ValueError, match="'two' is of type str, not a number"):
        custom(Wordy()).transform(structures)


def test_molecules_have_a_composition_only():
    water = Molecule(["O", "H", "H"], [[0, 0, 0], [0.76, 0.59, 0], [-0.76, 0.59, 0]])
    assert np.isfinite(StructureDescriptors("composition").transform([water])).all()
    with pytest.raises(ValueError, match="is not periodic along abc"):
        StructureDescriptors().transform([water])


def test_disorder_is_settled_at_the_door(structures):
    alloy = structures[4].copy()
    alloy[0] = {"Fe": 0.7, "Ni": 0.3}
    with pytest.raises(ValueError, match="disordered site"):
        StructureDescriptors().transform([alloy])
    transformer = StructureDescriptors(on_disorder="majority")
    np.testing.assert_array_equal(
        transformer.transform([alloy]), transformer.transform([structures[4]])
    )


def test_oxidation_states_arrive_and_tell_equal_structures_apart(structures):
    salt, other = structures[0].copy(), structures[0].copy()
    salt.add_oxidation_state_by_element({"Na": 1, "Cl": -1})
    other.add_oxidation_state_by_element({"Na": 3, "Cl": -3})
    transformer = custom(Charge(), on_error="nan")
    table = transformer.transform([salt, other, structures[0]])
    np.testing.assert_array_equal(table[:, 0], [1, 3, np.nan])


def test_featurizers_of_matminer(structures):
    from matminer.featurizers.base import MultipleFeaturizer
    from matminer.featurizers.composition import ElementFraction
    from matminer.featurizers.structure import DensityFeatures

    single = StructureDescriptors(featurizers=ElementFraction())
    sodium = single.get_feature_names_out().tolist().index("Na")
    assert single.transform(structures[:2])[:, sodium].tolist() == [0.5, 0]
    both = StructureDescriptors(
        featurizers=MultipleFeaturizer([DensityFeatures(), DensityFeatures(["vpa"])])
    )
    with pytest.raises(ValueError, match="two columns are called"):
        both.transform(structures)
    names = custom(DensityFeatures(), ElementFraction()).get_feature_names_out()
    assert names[:4].tolist() == ["density", "vpa", "packing fraction", "H"]


def test_columns_of_one_name_get_that_of_their_featurizer():
    names = custom(Counting(), Forgetful()).get_feature_names_out()
    assert names.tolist() == ["Counting: counted", "Forgetful: counted"]


def test_what_is_no_featurizer_is_refused(structures):
    from matminer.featurizers.site import AverageBondLength
    from pymatgen.analysis.local_env import VoronoiNN

    with pytest.raises(TypeError, match="SiteStatsFingerprint"):
        custom(AverageBondLength(VoronoiNN())).fit(structures).transform(structures)
    for wrong in ("magpie", Counting, StandardScaler()):
        with pytest.raises(TypeError, match="is no featurizer"):
            custom(wrong).fit(structures)
    with pytest.raises(ValueError, match="featurizers is empty"):
        custom().fit(structures)
    with pytest.raises(ValueError, match="'preset' parameter"):
        StructureDescriptors("everything").fit(structures)


def test_featurizers_that_learn_do_so_in_fit(structures):
    original = Learning()
    transformer = custom(original, Counting())
    with pytest.raises(NotFittedError):
        transformer.transform(structures)
    transformer.fit(structures[:1])
    names = ["share of Cl", "share of Na", "counted"]
    assert transformer.get_feature_names_out().tolist() == names
    assert transformer.transform(structures)[1].tolist() == [0.5, 0, 2]
    assert not hasattr(original, "elements_")
    assert transformer.fit(structures[1:2]).transform(structures)[0].tolist() == [
        0.5,
        0,
        8,
    ]


def test_tools_of_scikit_learn(structures):
    y = [structure.density for structure in structures]
    forest = RandomForestRegressor(5, random_state=0)
    pipe = make_pipeline(StructureDescriptors(), forest)
    assert np.isfinite(cross_val_score(pipe, structures, y, cv=3)).all()
    grid = {"structuredescriptors__preset": ["composition", "periodicity"]}
    search = GridSearchCV(pipe, grid, cv=2, scoring="neg_mean_absolute_error")
    assert len(search.fit(structures, y).predict(structures)) == 10
    union = make_union(StructureDescriptors("composition"), StructureDescriptors())
    assert union.fit_transform(structures).shape == (10, 138 + 28)


@pytest.mark.parametrize(
    "check",
    [
        "check_estimators_overwrite_params",
        "check_fit_check_is_fitted",
        "check_param_validation",
    ],
)
def test_checks_of_scikit_learn_that_only_fit(check):
    # A table of numbers is as good as anything to a `fit` that does not look at X. The
    # checks that apply to all estimators are in the contract.
    run = getattr(estimator_checks, check)
    run("StructureDescriptors", StructureDescriptors())


def test_folds_compute_each_structure_once(structures):
    y = np.arange(10)
    pipe = make_pipeline(custom(Counting()), RandomForestRegressor(2))
    cross_val_score(pipe, structures, y, cv=5)
    assert len(calls) == 10
