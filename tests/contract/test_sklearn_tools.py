"""Every tool of scikit-learn works on structures, in every form of X."""

import pickle
from itertools import product

import joblib
import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import (
    AdaBoostRegressor,
    BaggingRegressor,
    StackingRegressor,
    VotingRegressor,
)
from sklearn.experimental.enable_halving_search_cv import HalvingGridSearchCV
from sklearn.inspection import permutation_importance
from sklearn.linear_model import Ridge
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    RandomizedSearchCV,
    ShuffleSplit,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
    permutation_test_score,
    validation_curve,
)
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from sk_knagcn import CrystalGraphs, StructureGraphTransformer
from sk_knagcn.graphs.transformer import as_graphs
from tests.contract.forms import FORMS

KS = {"graph__k": [2, 4, 6]}


class DistanceRegressor(RegressorMixin, BaseEstimator):
    """Ridge regression on the mean distances of graphs, the smallest of networks."""

    def __init__(self, alpha=1e-3):
        self.alpha = alpha

    def fit(self, X, y):
        self.ridge_ = Ridge(self.alpha).fit(self.describe(X), y)
        return self

    def predict(self, X):
        check_is_fitted(self)
        return self.ridge_.predict(self.describe(X))

    def describe(self, X):
        graphs = as_graphs(X)
        assert isinstance(graphs, CrystalGraphs)
        return np.array(
            [np.average(g.distances, axis=0, weights=g.multiplicity) for g in graphs]
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        return tags


def pipeline(k=6, alpha=1e-3):
    return Pipeline(
        [
            ("graph", StructureGraphTransformer(k=k)),
            ("net", DistanceRegressor(alpha)),
        ]
    )


def fitted(model):
    """A tool that is an estimator: what it predicts."""
    return lambda X, y: clone(model).fit(X, y).predict(X)


def searched(search):
    """A tool that searches: the scores of all candidates, and what it predicts."""

    def run(X, y):
        found = clone(search).fit(X, y)
        return [*found.cv_results_["mean_test_score"], *found.predict(X)]

    return run


def two_targets(model):
    return lambda X, y: clone(model).fit(X, np.column_stack([y, -y])).predict(X).ravel()


def importance(X, y):
    model = pipeline().fit(X, y)
    found = permutation_importance(model, X, y, n_repeats=3, random_state=0)
    assert found.importances.shape == (1, 3)
    return found.importances.ravel()


members = [("few", pipeline(2)), ("many", pipeline(6))]
TOOLS = {
    "Pipeline": fitted(pipeline()),
    "score": lambda X, y: [pipeline().fit(X, y).score(X, y)],
    "cross_val_score": lambda X, y: cross_val_score(pipeline(), X, y, cv=3),
    "cross_val_predict": lambda X, y: cross_val_predict(pipeline(), X, y, cv=3),
    "cross_validate": lambda X, y: cross_validate(
        pipeline(), X, y, cv=ShuffleSplit(3, random_state=0), return_train_score=True
    )["train_score"],
    "learning_curve": lambda X, y: learning_curve(
        pipeline(), X, y, train_sizes=[0.5, 1.0], cv=3, shuffle=True, random_state=0
    )[2].ravel(),
    "validation_curve": lambda X, y: validation_curve(
        pipeline(), X, y, param_name="graph__k", param_range=[2, 6], cv=3
    )[1].ravel(),
    "permutation_test_score": lambda X, y: permutation_test_score(
        pipeline(), X, y, cv=3, n_permutations=3, random_state=0
    )[1],
    "permutation_importance": importance,
    "GridSearchCV": searched(GridSearchCV(pipeline(), KS, cv=3)),
    "RandomizedSearchCV": searched(
        RandomizedSearchCV(pipeline(), KS, n_iter=2, cv=3, random_state=0)
    ),
    "HalvingGridSearchCV": searched(
        HalvingGridSearchCV(pipeline(), KS, cv=3, min_resources=12, random_state=0)
    ),
    "BaggingRegressor": fitted(BaggingRegressor(pipeline(), 3, random_state=0)),
    "AdaBoostRegressor": fitted(
        AdaBoostRegressor(pipeline(), n_estimators=3, random_state=0)
    ),
    "VotingRegressor": fitted(VotingRegressor(members)),
    "StackingRegressor": fitted(StackingRegressor(members, Ridge(), cv=3)),
    "TransformedTargetRegressor": fitted(
        TransformedTargetRegressor(pipeline(), func=np.log, inverse_func=np.exp)
    ),
    "MultiOutputRegressor": two_targets(MultiOutputRegressor(pipeline())),
    "a tool after the graphs": fitted(
        Pipeline(
            [
                ("graph", StructureGraphTransformer(k=6)),
                ("net", BaggingRegressor(DistanceRegressor(), 3, random_state=0)),
            ]
        )
    ),
}
# These make an array of X before any estimator sees it. A Structure in a list is then
# taken apart into its sites, and what has one axis only is refused: structures go into
# them as a column (`as_column`), as a frame with one column, or as graphs.
NEED_A_TABLE = {"permutation_importance", "BaggingRegressor", "AdaBoostRegressor"}
TABLES = {"column", "frame", "column of graphs", "graphs"}


@pytest.fixture(scope="session")
def expected(forms, y):
    """What each tool gives for a column of structures, computed once."""
    results = {}

    def result(tool):
        if tool not in results:
            results[tool] = TOOLS[tool](forms["column"], y)
        return results[tool]

    return result


@pytest.mark.parametrize(
    ("tool", "form"),
    [
        (tool, form)
        for tool, form in product(TOOLS, FORMS)
        if tool not in NEED_A_TABLE or form in TABLES
    ],
)
def test_result_does_not_depend_on_the_form_of_X(forms, y, expected, tool, form):
    result = np.asarray(TOOLS[tool](forms[form], y))
    assert np.isfinite(result).all()
    np.testing.assert_allclose(result, expected(tool), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("tool", sorted(NEED_A_TABLE))
@pytest.mark.parametrize("n_sites", [1, 2])
def test_structures_that_were_taken_apart_are_recognised(structures, tool, n_sites):
    # Of equal size, their sites fill a table without a gap, and nothing else objects.
    X = [structure for structure in structures if len(structure) == n_sites]
    with pytest.raises((ValueError, TypeError), match="as_column"):
        TOOLS[tool](X, [structure.volume for structure in X])


@pytest.mark.parametrize("tool", sorted(NEED_A_TABLE))
@pytest.mark.parametrize("form", ["array", "list of crystals", "list of graphs"])
def test_one_axis_is_refused_where_a_table_is_needed(forms, y, tool, form):
    with pytest.raises(ValueError, match="Expected 2D array"):
        TOOLS[tool](forms[form], y)


def test_there_is_something_to_learn(forms, y):
    assert pipeline().fit(forms["list"], y).score(forms["list"], y) > 0.5


def test_forms_are_all_those_listed(forms):
    assert list(forms) == FORMS


@pytest.mark.parametrize("form", FORMS)
def test_fitted_pipeline_survives_pickle_and_clone(forms, y, form):
    X = forms[form]
    model = pipeline().fit(X, y)
    restored = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(restored.predict(X), model.predict(X))
    again = clone(restored).set_params(net__alpha=1e3).fit(X, y)
    assert (again.predict(X) != model.predict(X)).all()


@pytest.mark.parametrize(
    "tool", ["GridSearchCV", "BaggingRegressor", "cross_val_score"]
)
@pytest.mark.parametrize("form", ["column", "graphs"])
def test_threads_give_the_same(forms, y, expected, tool, form):
    with joblib.parallel_config(backend="threading", n_jobs=2):
        result = TOOLS[tool](forms[form], y)
    np.testing.assert_allclose(result, expected(tool), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("form", FORMS)
def test_groups_are_routed_past_the_graphs(forms, y, form):
    groups = np.arange(len(y)) % 4
    with config_context(enable_metadata_routing=True):
        routed = cross_val_score(
            pipeline(), forms[form], y, cv=GroupKFold(4), params={"groups": groups}
        )
    plain = [
        pipeline().fit(forms["graphs"][groups != g], y[groups != g]) for g in range(4)
    ]
    scores = [
        model.score(forms["graphs"][groups == g], y[groups == g])
        for g, model in enumerate(plain)
    ]
    np.testing.assert_allclose(sorted(routed), sorted(scores), rtol=1e-4)
