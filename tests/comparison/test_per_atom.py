"""Values per atom, times the number of atoms."""

import pickle

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import VotingRegressor
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sk_knagcn import EnsembleRegressor, PerAtomRegressor, StructureGraphTransformer
from sk_knagcn.comparison.per_atom import per_atom_version
from sk_knagcn.structures import as_column, check_structures
from tests.comparison.models import cells, ridge
from tests.contract.forms import FORMS
from tests.estimators.tiny import tiny


def n_atoms(structures):
    return np.array([len(structure) for structure in structures])


def test_it_is_the_regressor_on_y_over_the_atoms(structures, y):
    n = n_atoms(structures)
    model = PerAtomRegressor(ridge()).fit(structures, y)
    by_hand = ridge().fit(structures, y / n).predict(structures) * n
    assert np.array_equal(model.predict(structures), by_hand)


def test_a_supercell_has_so_many_times_the_value(structures):
    # Whatever the regressor sees of a crystal, here nothing: the value goes with it.
    model = PerAtomRegressor(DummyRegressor()).fit(structures, n_atoms(structures))
    larger = [structure * (3, 1, 2) for structure in structures]
    assert model.predict(larger) == pytest.approx(6 * model.predict(structures))


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_X(form, forms, structures, y):
    model = PerAtomRegressor(DummyRegressor())
    expected = model.fit(structures, y).predict(structures)
    assert np.array_equal(model.fit(forms[form], y).predict(forms[form]), expected)


def test_several_targets(structures, y):
    both = np.column_stack([y, 2 * y])
    predicted = PerAtomRegressor(ridge()).fit(structures, both).predict(structures)
    alone = PerAtomRegressor(ridge()).fit(structures, y).predict(structures)
    assert predicted == pytest.approx(np.column_stack([alone, 2 * alone]))


def test_networks_take_graphs(structures, y):
    graphs = StructureGraphTransformer(k=6).transform(structures)
    model = PerAtomRegressor(tiny())
    assert np.array_equal(
        model.fit(graphs, y).predict(graphs),
        model.fit(structures, y).predict(structures),
    )


@pytest.mark.parametrize("routing", [False, True])
def test_weights_reach_the_end_of_a_pipeline(structures, y, routing):
    weights = np.arange(len(y)) % 3
    kept = np.repeat(np.arange(len(y)), weights)
    with config_context(enable_metadata_routing=routing):
        last = LinearRegression()
        if routing:
            last.set_fit_request(sample_weight=True)
        inner = make_pipeline(FunctionTransformer(cells), last)
        outer = make_pipeline(FunctionTransformer(check_structures), inner)
        if not routing:
            inner = outer
        weighted = PerAtomRegressor(inner).fit(structures, y, sample_weight=weights)
        repeated = PerAtomRegressor(inner).fit(as_column(structures)[kept], y[kept])
        assert weighted.predict(structures) == pytest.approx(
            repeated.predict(structures)
        )


def test_scikit_learn_takes_it_for_a_regressor(structures, y):
    model = PerAtomRegressor(ridge())
    search = GridSearchCV(model, {"regressor__ridge__alpha": [1e-3, 1e3]}, cv=3)
    assert search.fit(structures, y).best_params_ == {"regressor__ridge__alpha": 1e-3}
    assert cross_val_predict(model, as_column(structures), y, cv=3).shape == y.shape
    again = pickle.loads(pickle.dumps(clone(model).fit(structures, y)))
    assert again.score(structures, y) > 0.9


def test_wrong_use_is_told(structures, y):
    with pytest.raises(ValueError, match="24 structures, but y has 23 entries"):
        PerAtomRegressor(ridge()).fit(structures, y[1:])
    with pytest.raises(ValueError, match="regressor"):
        PerAtomRegressor("ridge").fit(structures, y)


def test_each_model_becomes_per_atom_in_its_own_way():
    table, net = ridge(), make_pipeline(StructureGraphTransformer(), tiny(readout=None))
    wrapped = per_atom_version(table)
    assert isinstance(wrapped, PerAtomRegressor)
    assert per_atom_version(wrapped).regressor.steps[0][0] == table.steps[0][0]
    assert per_atom_version(net)[-1].readout == "sum"
    assert net[-1].readout is None  # the one that was passed stays as it is
    assert per_atom_version(tiny(readout="max")).readout == "max"
    ensemble = per_atom_version(EnsembleRegressor([("table", table), ("net", net)]))
    (_, first), (_, second) = ensemble.estimators
    assert isinstance(first, PerAtomRegressor)
    assert second[-1].readout == "sum"
    copies = per_atom_version(EnsembleRegressor(tiny(readout=None), n_members=2))
    assert copies.estimators.readout == "sum"
    assert isinstance(per_atom_version(Ridge()), PerAtomRegressor)


def test_what_does_something_to_the_target_is_wrapped_as_a_whole(structures):
    # Logarithms of two halves do not add up to that of the whole.
    y = n_atoms(structures) * 2.0
    log = TransformedTargetRegressor(
        tiny(readout=None, max_epochs=40), func=np.log, inverse_func=np.exp
    )
    vote = VotingRegressor([("net", tiny(readout=None)), ("mean", DummyRegressor())])
    for model in (log, vote):
        fitted = per_atom_version(model).fit(np.array(structures, dtype=object), y)
        doubled = [structure * (2, 1, 1) for structure in structures]
        once, twice = fitted.predict(structures), fitted.predict(doubled)
        assert twice == pytest.approx(2 * once, rel=1e-4)
