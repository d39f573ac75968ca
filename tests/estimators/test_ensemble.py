"""Several models together."""

import pickle
from copy import copy

import numpy as np
import pytest
from joblib import parallel_config
from sklearn import config_context
from sklearn.base import clone
from sklearn.dummy import DummyRegressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sk_knagcn import EnsembleRegressor, KNAGCNClassifier, StructureGraphTransformer
from tests.estimators.tiny import tiny


def densities(structures):
    return np.array([[s.density, s.volume / len(s)] for s in structures])


def by_hand():
    """A pipeline on structures that has never heard of graphs."""
    return make_pipeline(FunctionTransformer(densities), Ridge())


def pair():
    return EnsembleRegressor([("net", tiny()), ("ridge", by_hand())], random_state=0)


@pytest.fixture(scope="module")
def fitted(graphs, y):
    return EnsembleRegressor(tiny(), n_members=3, random_state=0).fit(graphs, y)


def predictions(model, X):
    return np.stack([member.predict(X) for member in model.estimators_])


@pytest.mark.parametrize(
    ("aggregate", "function"), [("median", np.median), ("mean", np.mean)]
)
def test_members_are_put_together(graphs, y, aggregate, function):
    model = EnsembleRegressor(tiny(), n_members=4, aggregate=aggregate, random_state=0)
    out, std = model.fit(graphs, y).predict(graphs, return_std=True)
    members = predictions(model, graphs)
    assert members.shape == (4, 10)
    np.testing.assert_array_equal(out, function(members, axis=0))
    np.testing.assert_allclose(std, members.std(axis=0))
    np.testing.assert_array_equal(model.predict(graphs), out)


def test_members_have_seeds_of_their_own(fitted, graphs):
    members = predictions(fitted, graphs)
    assert len(np.unique(members, axis=0)) == 3
    assert len({m.random_state for m in fitted.estimators_}) == 3


def test_the_same_seed_gives_the_same_bits(fitted, graphs, y):
    again = clone(fitted).fit(graphs, y)
    np.testing.assert_array_equal(again.predict(graphs), fitted.predict(graphs))
    other = clone(fitted).set_params(random_state=1).fit(graphs, y)
    assert (other.predict(graphs) != fitted.predict(graphs)).any()


def test_one_member_is_sure_of_itself(graphs, y):
    model = EnsembleRegressor(tiny(), n_members=1).fit(graphs, y)
    assert not model.predict(graphs, return_std=True)[1].any()


def test_several_targets(graphs, y):
    model = EnsembleRegressor(tiny(), n_members=2, random_state=0)
    out, std = model.fit(graphs, np.column_stack([y, -y])).predict(graphs, True)
    assert out.shape == std.shape == (10, 2)


def test_members_of_any_kind(crystals, y):
    model = pair().fit(crystals, y)
    out, std = model.predict(crystals, return_std=True)
    net, ridge = predictions(model, crystals)
    np.testing.assert_allclose(out, (net + ridge) / 2)
    np.testing.assert_allclose(std, abs(net - ridge) / 2)
    alone = by_hand().fit(crystals, y)
    np.testing.assert_array_equal(ridge, alone.predict(crystals))


def test_members_given_by_name_can_be_set_and_replaced(crystals, y):
    model = pair().set_params(net__width=4, ridge__ridge__alpha=5.0)
    assert model.get_params()["net__width"] == 4
    assert model.get_params()["ridge__ridge__alpha"] == 5.0
    model.set_params(net=DummyRegressor(), aggregate="mean")
    assert isinstance(model.fit(crystals, y).estimators_[0], DummyRegressor)
    assert model.aggregate == "mean"


def test_a_single_member_can_be_set():
    model = EnsembleRegressor(tiny()).set_params(estimators__width=4, n_members=2)
    assert model.get_params()["estimators__width"] == 4
    assert model.n_members == 2


def test_members_can_be_replaced_and_set_at_once():
    model = EnsembleRegressor(tiny())
    model.set_params(estimators=[("a", tiny())], a__n_layers=3)
    assert model.get_params()["a__n_layers"] == 3


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_weights_are_routed_to_members_wherever_they_are(crystals, y, n_jobs):
    with config_context(enable_metadata_routing=True), parallel_config("threading"):
        net = tiny().set_fit_request(sample_weight=True)
        member = make_pipeline(StructureGraphTransformer(k=6), net)
        model = EnsembleRegressor(member, n_members=2, n_jobs=n_jobs, random_state=0)
        weighted = model.fit(crystals, y, sample_weight=np.arange(10)).predict(crystals)
        alike = model.fit(crystals, y).predict(crystals)
    assert abs(weighted - alike).max() > 0


def test_members_are_clones(graphs, y):
    member = tiny()
    EnsembleRegressor(member, n_members=2).fit(graphs, y)
    assert not hasattr(member, "net_")
    assert member.random_state == 0


def test_clone_pickle_and_repr(fitted, graphs):
    copy = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(copy.predict(graphs), fitted.predict(graphs))
    with pytest.raises(NotFittedError):
        clone(fitted).predict(graphs)
    assert repr(fitted).startswith("EnsembleRegressor(")
    assert repr(clone(pair())) == repr(pair())


def test_threads_give_the_same(fitted, graphs, y):
    from joblib import parallel_config

    with parallel_config(backend="threading"):
        found = clone(fitted).set_params(n_jobs=2).fit(graphs, y)
    np.testing.assert_array_equal(found.predict(graphs), fitted.predict(graphs))


def test_weights_reach_the_members(graphs, y):
    weights = np.linspace(0.1, 3, len(y))
    model = EnsembleRegressor(tiny(), n_members=2, random_state=0)
    plain = model.fit(graphs, y).predict(graphs)
    weighted = model.fit(graphs, y, sample_weight=weights).predict(graphs)
    assert (plain != weighted).all()


def test_weights_reach_the_ends_of_pipelines(crystals, y):
    weights = np.arange(len(y)) % 3
    kept = np.repeat(np.arange(len(y)), weights)
    members = [("alone", by_hand()), ("inside", make_pipeline(by_hand()))]
    weighted = EnsembleRegressor(members).fit(crystals, y, sample_weight=weights)
    repeated = EnsembleRegressor(members).fit([crystals[i] for i in kept], y[kept])
    np.testing.assert_allclose(weighted.predict(crystals), repeated.predict(crystals))


def test_searched_and_cross_validated(crystals, y):
    model = make_pipeline(
        StructureGraphTransformer(k=6), EnsembleRegressor(tiny(), n_members=2)
    )
    assert np.isfinite(cross_val_score(model, crystals, y, cv=3)).all()
    grid = {"ensembleregressor__estimators__n_layers": [0, 1]}
    search = GridSearchCV(model, grid, cv=3, error_score="raise").fit(crystals, y)
    assert search.predict(crystals).shape == y.shape


@pytest.mark.parametrize(
    ("estimators", "changes"),
    [
        ([], {}),
        ([("a", Ridge()), ("a", Ridge())], {}),
        ([("a__b", Ridge())], {}),
        (None, {}),
        (Ridge(), {"n_members": 0}),
        (Ridge(), {"aggregate": "mode"}),
        (FunctionTransformer(), {}),
        ([Ridge(), Ridge()], {}),
        ([("a", Ridge()), ("b", KNAGCNClassifier())], {}),
    ],
    ids=[
        *("none", "twice", "underscores", "None", "no members", "mode"),
        *("no predictor", "no names", "a classifier"),
    ],
)
def test_what_makes_no_sense_is_refused(graphs, y, estimators, changes):
    with pytest.raises(ValueError, match=r"\w"):
        EnsembleRegressor(estimators, **changes).fit(graphs, y)


def test_nothing_is_predicted_before_a_fit(graphs):
    with pytest.raises(NotFittedError):
        EnsembleRegressor(tiny()).predict(graphs)


def test_an_aggregate_that_is_none_is_refused_after_the_fit_too(fitted, graphs):
    model = copy(fitted).set_params(aggregate="max")
    with pytest.raises(ValueError, match="'aggregate' parameter"):
        model.predict(graphs)


def test_members_may_differ_in_what_they_make_of_one_column(graphs, crystals, y):
    flat = make_pipeline(FunctionTransformer(lambda X: [[len(x)] for x in X]), Ridge())
    model = EnsembleRegressor([("net", tiny()), ("flat", flat)]).fit(
        crystals, y[:, None]
    )
    assert model.predict(crystals).shape == y.shape
