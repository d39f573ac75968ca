"""Folds by groups, wherever scikit-learn takes `cv`."""

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.dummy import DummyRegressor
from sklearn.model_selection import (
    GridSearchCV,
    GroupShuffleSplit,
    LeaveOneGroupOut,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
)
from sklearn.pipeline import make_pipeline

from sk_knagcn import (
    StructureGraphTransformer,
    StructureGroupKFold,
    check_structures,
    structure_groups,
)
from sk_knagcn.structures import as_column
from tests.splits.crystals import rock_salt

KINDS = ["formula", "chemical_system", "prototype", "duplicates"]


class MeanVolume(RegressorMixin, BaseEstimator):
    """Predicts a multiple of the volume; counts what it was trained on."""

    def __init__(self, factor=1.0):
        self.factor = factor

    def fit(self, X, y):
        self.trained_on_ = structure_groups(X, "formula"), len(X)
        return self

    def predict(self, X):
        return self.factor * np.array(
            [abs(np.linalg.det(crystal.lattice)) for crystal in check_structures(X)]
        )


@pytest.fixture
def volumes(salts):
    return np.array([salt.volume for salt in salts])


@pytest.mark.parametrize("by", ["formula", "chemical_system", "duplicates"])
@pytest.mark.parametrize("shuffle", [True, False])
def test_folds_are_a_partition_and_no_group_is_torn(salts, by, shuffle):
    labels = structure_groups(salts, by)
    cv = StructureGroupKFold(by, n_splits=3, shuffle=shuffle)
    tested = []
    for train, test in cv.split(salts):
        assert set(labels[train]).isdisjoint(labels[test])
        assert sorted([*train, *test]) == list(range(len(salts)))
        tested += test.tolist()
    assert sorted(tested) == list(range(len(salts)))


def test_folds_are_of_like_size_even_if_one_group_is_large():
    many = [rock_salt("Na", "Cl", 5.6 + 0.001 * i) for i in range(20)]
    others = [rock_salt("K", x, 6.0) for x in ("F", "Cl", "Br", "I")] * 5
    for seed in range(5):
        cv = StructureGroupKFold("formula", n_splits=3, random_state=seed)
        sizes = sorted(len(test) for _, test in cv.split([*many, *others]))
        assert sizes == [10, 10, 20]


def test_the_seed_decides(salts):
    def folds(**options):
        cv = StructureGroupKFold("formula", n_splits=3, **options)
        return [test.tolist() for _, test in cv.split(salts)]

    assert folds() == folds()
    assert folds(random_state=1) == folds(random_state=1)
    assert len({str(folds(random_state=seed)) for seed in range(10)}) > 1
    assert folds(shuffle=False, random_state=1) == folds(shuffle=False)


def test_every_form_of_x_is_split_the_same(salts):
    cv = StructureGroupKFold("duplicates", n_splits=3)
    graphs = StructureGraphTransformer().transform(salts)
    expected = [test.tolist() for _, test in cv.split(salts)]
    for X in (as_column(salts), graphs, np.asarray(graphs), list(graphs)):
        assert [test.tolist() for _, test in cv.split(X)] == expected


def test_scores_and_predictions(salts, volumes):
    cv = StructureGroupKFold("formula", n_splits=3)
    pipe = make_pipeline(StructureGraphTransformer(k=4), DummyRegressor())
    assert cross_val_score(pipe, salts, volumes, cv=cv).shape == (3,)
    predicted = cross_val_predict(MeanVolume(), as_column(salts), volumes, cv=cv)
    assert predicted == pytest.approx(volumes)
    sizes, *_ = learning_curve(MeanVolume(), salts, volumes, cv=cv, train_sizes=[0.5])
    assert sizes.tolist() == [4]


def test_a_search_within_a_cross_validation_keeps_groups_together(salts, volumes):
    search = GridSearchCV(
        MeanVolume(),
        {"factor": [0.9, 1.0]},
        cv=StructureGroupKFold("formula", n_splits=2),
        scoring="neg_mean_absolute_error",
    )
    found = cross_validate(
        search,
        salts,
        volumes,
        cv=StructureGroupKFold("formula", n_splits=3),
        return_estimator=True,
    )
    for fitted in found["estimator"]:
        labels, n = fitted.best_estimator_.trained_on_
        assert n == 8
        assert np.bincount(labels).tolist() == [2, 2, 2, 2]
        assert fitted.best_params_ == {"factor": 1.0}


def test_metadata_routing_has_no_use_for_groups(salts, volumes):
    with config_context(enable_metadata_routing=True):
        cv = StructureGroupKFold("formula", n_splits=3)
        assert len(cross_val_score(MeanVolume(), salts, volumes, cv=cv)) == 3


def test_the_groups_serve_other_splitters(salts, volumes):
    groups = structure_groups(salts, "chemical_system")
    for cv in (LeaveOneGroupOut(), GroupShuffleSplit(4, test_size=0.3)):
        scores = cross_val_score(MeanVolume(), salts, volumes, cv=cv, groups=groups)
        assert len(scores) == cv.get_n_splits(salts, volumes, groups)


def test_parameters_are_only_stored():
    cv = StructureGroupKFold("prototype", n_splits=7, random_state=3)
    assert cv.get_n_splits() == 7
    assert "by='prototype', n_splits=7, random_state=3" in repr(cv)
    search = GridSearchCV(DummyRegressor(), {}, cv=cv)
    assert repr(clone(search).cv) == repr(cv)


def test_more_folds_than_groups_is_an_error_with_a_remedy(salts):
    cv = StructureGroupKFold("prototype", n_splits=2)
    message = (
        r"n_splits=2 is greater than the number of groups: by prototype the 12 "
        r"structures form 1\. Choose a smaller n_splits or finer groups"
    )
    with pytest.raises(ValueError, match=message):
        next(cv.split(salts))


@pytest.mark.parametrize(
    ("cv", "message"),
    [
        (StructureGroupKFold("formula", n_splits=1), "at least one train/test split"),
        (StructureGroupKFold("colour"), "'by' parameter"),
        (StructureGroupKFold("duplicates", tolerance=-1), "'tolerance' parameter"),
    ],
)
def test_wrong_parameters_are_errors(salts, cv, message):
    with pytest.raises(ValueError, match=message):
        next(cv.split(salts))


def test_y_of_another_length_is_an_error(salts):
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        next(StructureGroupKFold("formula", n_splits=2).split(salts, [1, 2]))
