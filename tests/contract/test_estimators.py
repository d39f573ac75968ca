"""Every estimator under every tool of scikit-learn, in every form of X."""

import pickle
from collections import Counter
from itertools import product

import joblib
import numpy as np
import pytest
import sklearn
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import (
    AdaBoostRegressor,
    BaggingRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.experimental.enable_halving_search_cv import HalvingGridSearchCV
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    RandomizedSearchCV,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
    validation_curve,
)
from sklearn.pipeline import Pipeline
from sklearn.utils.fixes import parse_version

from sk_knagcn import EnsembleRegressor, GraphCache, StructureGraphTransformer
from sk_knagcn.graphs import build
from tests.contract.forms import FORMS
from tests.estimators.tiny import CLASSIFIERS, NAMES, REGRESSORS, tiny

TABLES = ["column", "frame", "column of graphs", "graphs"]
GRID = {"graph__k": [2, 4], "net__n_layers": [0, 1]}
KINDS = [*REGRESSORS, (EnsembleRegressor, {})]


def net(cls=None, changes=None):
    if cls is EnsembleRegressor:
        return EnsembleRegressor(net(), n_members=2, random_state=0)
    arguments = {"k": None, "batch_size": 12, "n_radial": 8, **(changes or {})}
    return tiny(*([cls] if cls else []), **arguments)


def pipeline(k=6, cls=None, changes=None, cache="memory"):
    return Pipeline(
        [
            ("graph", StructureGraphTransformer(k=k, cache=cache)),
            ("net", net(cls, changes)),
        ]
    )


def fitted(model):
    return lambda X, y: clone(model).fit(X, y).predict(X)


def searched(search):
    def run(X, y):
        found = clone(search).fit(X, y)
        return [*found.cv_results_["mean_test_score"], *found.predict(X)]

    return run


def importance(model):
    def run(X, y):
        found = permutation_importance(
            clone(model).fit(X, y), X, y, n_repeats=2, random_state=0
        )
        return found.importances.ravel()

    return run


def tools(model):
    """Every tool around a model, by name."""
    few = {"cv": 2, "error_score": "raise"}
    members = [("first", model), ("second", clone(model))]
    grid = {key: values for key, values in GRID.items() if key in model.get_params()}
    return {
        "alone": fitted(model),
        "cross_val_score": lambda X, y: cross_val_score(model, X, y, **few),
        "cross_val_predict": lambda X, y: cross_val_predict(model, X, y, cv=2),
        "cross_validate": lambda X, y: cross_validate(
            model, X, y, return_train_score=True, **few
        )["train_score"],
        "learning_curve": lambda X, y: learning_curve(
            model, X, y, train_sizes=[0.5, 1.0], **few
        )[2].ravel(),
        "validation_curve": lambda X, y: validation_curve(
            model, X, y, param_name="graph__k", param_range=[2, 6], **few
        )[1].ravel(),
        "GridSearchCV": searched(GridSearchCV(model, grid, **few)),
        "RandomizedSearchCV": searched(
            RandomizedSearchCV(model, grid, n_iter=2, random_state=0, **few)
        ),
        "HalvingGridSearchCV": searched(
            HalvingGridSearchCV(model, grid, min_resources=12, random_state=0, **few)
        ),
        "StackingRegressor": fitted(StackingRegressor(members, Ridge(), cv=2)),
        "VotingRegressor": fitted(VotingRegressor(members)),
        "TransformedTargetRegressor": fitted(
            TransformedTargetRegressor(model, func=np.log, inverse_func=np.exp)
        ),
        "BaggingRegressor": fitted(BaggingRegressor(model, 2, random_state=0)),
        "AdaBoostRegressor": fitted(
            AdaBoostRegressor(model, n_estimators=2, random_state=0)
        ),
        "permutation_importance": importance(model),
        "EnsembleRegressor": fitted(EnsembleRegressor(members, random_state=0)),
    }


TOOLS = tools(pipeline())
NEED_A_TABLE = {"BaggingRegressor", "AdaBoostRegressor", "permutation_importance"}
# All forms go through all doors in test_sklearn_tools.py; here they reach a network.
EVERY_FORM = {"alone", "cross_val_score", "GridSearchCV", "BaggingRegressor"}


@pytest.fixture(scope="session")
def expected(forms, y):
    """What each tool gives for graphs, computed once."""
    results = {}

    def result(tool):
        if tool not in results:
            results[tool] = np.asarray(TOOLS[tool](forms["graphs"], y))
        return results[tool]

    return result


@pytest.mark.parametrize(
    ("tool", "form"),
    [
        (tool, form)
        for tool, form in product(TOOLS, FORMS)
        if (tool in EVERY_FORM or form in ("list", "frame"))
        and (tool not in NEED_A_TABLE or form in TABLES)
        and form != "graphs"
    ],
)
def test_result_does_not_depend_on_the_form_of_X(forms, y, expected, tool, form):
    result = np.asarray(TOOLS[tool](forms[form], y))
    assert np.isfinite(result).all()
    np.testing.assert_allclose(result, expected(tool), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize(
    ("cls", "changes"), KINDS[1:], ids=[*NAMES[1:], "EnsembleRegressor"]
)
def test_every_regressor_works_under_every_tool(forms, y, cls, changes, tool):
    model = pipeline(cls=cls, changes=changes)
    assert np.isfinite(tools(model)[tool](forms["graphs"], y)).all()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("cls", "changes"), KINDS, ids=[*NAMES, "EnsembleRegressor"])
def test_a_regressor_takes_every_form_without_a_pipeline(forms, y, cls, changes, form):
    X = forms[form]
    changes = changes if cls is EnsembleRegressor else {**changes, "k": 6}
    model = net(cls, changes)
    if cls is EnsembleRegressor:
        model.set_params(estimators__k=6)
    out = model.fit(X, y).predict(X)
    assert out.shape == y.shape
    again = clone(model).fit(forms["graphs"], y).predict(forms["graphs"])
    np.testing.assert_allclose(out, again, rtol=1e-4, atol=1e-4)
    restored = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(restored.predict(X), out)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("cls", "changes"), CLASSIFIERS, ids=NAMES)
def test_a_classifier_takes_every_form(forms, y, cls, changes, form):
    X, labels = forms[form], np.where(y > np.median(y), "large", "small")
    model = pipeline(cls=cls, changes=changes).fit(X, labels)
    assert set(model.predict(X)) <= {"large", "small"}
    assert model.predict_proba(X).shape == (len(y), 2)
    scores = cross_val_score(model, X, labels, cv=2, error_score="raise")
    assert ((scores >= 0) & (scores <= 1)).all()


@pytest.mark.parametrize("meta", [StackingClassifier, VotingClassifier])
def test_classifiers_are_put_together(forms, y, meta):
    labels = np.where(y > np.median(y), "large", "small")
    members = [
        (name, pipeline(cls=cls, changes=changes))
        for name, (cls, changes) in zip(NAMES[:2], CLASSIFIERS, strict=False)
    ]
    extra = {"voting": "soft"} if meta is VotingClassifier else {"cv": 2}
    if meta is StackingClassifier:
        extra["final_estimator"] = LogisticRegression()
    model = meta(members, **extra).fit(forms["list"], labels)
    assert model.predict_proba(forms["list"]).shape == (len(y), 2)


def test_scores_can_be_those_of_probabilities(forms, y):
    labels = np.where(y > np.median(y), "large", "small")
    model = pipeline(cls=CLASSIFIERS[0][0])
    for scoring in ("neg_log_loss", "roc_auc", "f1_macro", "balanced_accuracy"):
        scores = cross_val_score(
            model, forms["graphs"], labels, cv=2, scoring=scoring, error_score="raise"
        )
        assert np.isfinite(scores).all()


# -- searches --------------------------------------------------------------------------


def test_a_search_equals_separate_fits(forms, y):
    search = GridSearchCV(pipeline(), GRID, cv=KFold(3), error_score="raise")
    search.fit(forms["list"], y)
    for i, parameters in enumerate(search.cv_results_["params"]):
        single = pipeline().set_params(**parameters)
        scores = cross_val_score(single, forms["list"], y, cv=KFold(3))
        found = [search.cv_results_[f"split{s}_test_score"][i] for s in range(3)]
        np.testing.assert_allclose(found, scores, rtol=1e-3, atol=1e-4)
    best = pipeline().set_params(**search.best_params_).fit(forms["list"], y)
    np.testing.assert_allclose(
        search.predict(forms["list"]), best.predict(forms["list"]), rtol=1e-4
    )


def test_a_search_builds_no_graph_twice(forms, y, monkeypatch):
    calls = Counter()

    def count(name):
        kernel = getattr(build, name)

        def counting(batch, *args, **kwargs):
            calls[name] += len(batch)
            return kernel(batch, *args, **kwargs)

        monkeypatch.setattr(build, name, counting)

    count("find_all_neighbors")
    count("build_all_environments")
    search = GridSearchCV(pipeline(cache=GraphCache()), GRID, cv=3, error_score="raise")
    search.fit(forms["list"], y).predict(forms["list"])
    assert calls["find_all_neighbors"] == len(y)
    assert calls["build_all_environments"] == len(y) * len(GRID["graph__k"])


def test_convolution_and_readout_can_be_searched(forms, y):
    grid = {
        "net__convolution": ["slots", "moments"],
        "net__readout": ["mean", "sum", "max", "attention"],
    }
    search = GridSearchCV(pipeline(), grid, cv=2, error_score="raise")
    search.fit(forms["graphs"], y)
    assert len(set(search.cv_results_["mean_test_score"])) == 8


@pytest.mark.parametrize("tool", ["GridSearchCV", "BaggingRegressor"])
def test_threads_give_the_same(forms, y, expected, tool):
    with joblib.parallel_config(backend="threading", n_jobs=2):
        result = TOOLS[tool](forms["graphs"], y)
    np.testing.assert_allclose(result, expected(tool), rtol=1e-3, atol=1e-3)


# -- sample weights on their way -------------------------------------------------------


@pytest.mark.skipif(
    parse_version(sklearn.__version__) < parse_version("1.8"),
    reason="older pipelines do not route weights to the score of their last step",
)
def test_weights_are_routed_to_fit_and_score(forms, y):
    weights = np.linspace(0.1, 3, len(y))
    X = forms["list"]
    with config_context(enable_metadata_routing=True):
        model = pipeline()
        model["net"].set_fit_request(sample_weight=True)
        model["net"].set_score_request(sample_weight=True)
        routed = cross_val_score(
            model, X, y, cv=KFold(2), params={"sample_weight": weights}
        )
        searched = GridSearchCV(model, {"net__n_layers": [1]}, cv=KFold(2)).fit(
            X, y, sample_weight=weights
        )
    single = []
    for train, test in KFold(2).split(y):
        graphs = forms["graphs"]
        found = net().fit(graphs[train], y[train], sample_weight=weights[train])
        single.append(found.score(graphs[test], y[test], weights[test]))
    np.testing.assert_allclose(routed, single, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(
        searched.cv_results_["mean_test_score"], np.mean(single), rtol=1e-3
    )


def test_weights_that_nobody_asked_for_are_an_error(forms, y):
    with config_context(enable_metadata_routing=True):
        model = pipeline()
        model["net"].set_fit_request(sample_weight=None)
        with pytest.raises(ValueError, match="sample_weight"):
            model.fit(forms["list"], y, sample_weight=np.ones(len(y)))


def test_without_routing_weights_go_by_name(forms, y):
    weights = np.linspace(0.1, 3, len(y))
    model = pipeline().fit(forms["list"], y, net__sample_weight=weights)
    expected = net().fit(forms["graphs"], y, sample_weight=weights)
    np.testing.assert_allclose(
        model.predict(forms["list"]), expected.predict(forms["graphs"]), rtol=1e-4
    )
    boosted = AdaBoostRegressor(pipeline(), n_estimators=2, random_state=0)
    boosted.fit(forms["column"], y, sample_weight=weights)
