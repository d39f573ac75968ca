"""Networks with descriptors: they learn from them, and refuse to do without."""

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure
from sklearn.ensemble import StackingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sk_knagcn import (
    EnsembleRegressor,
    StructureDescriptors,
    StructureGraphTransformer,
    load_model,
    save_model,
)
from sk_knagcn.graphs import Columns
from tests.estimators.tiny import CLASSIFIERS, REGRESSORS, K, tiny


def count_atoms(structures):
    return np.array([[len(structure)] for structure in structures], dtype=float)


def hybrid(descriptors, **changes):
    graph = StructureGraphTransformer(k=K, descriptors=descriptors)
    return Pipeline([("graph", graph), ("net", tiny(**changes))])


@pytest.fixture(scope="module")
def cells():
    """The same crystals in cells of one to six atoms: one graph, other sizes."""
    crystal = Structure(Lattice.cubic(3.35), ["Po"], [[0, 0, 0]])
    return [crystal * (1, 1, n) for n in range(1, 7)] * 4


@pytest.fixture(scope="module")
def described(graphs):
    rng = np.random.default_rng(0)
    return graphs.with_columns(Columns(("a", "b"), rng.normal(size=(len(graphs), 2))))


def test_a_hybrid_sees_what_the_network_cannot(cells):
    y = count_atoms(cells).ravel()
    blind = hybrid(None, max_epochs=60).fit(cells, y).predict(cells)
    assert np.ptp(blind) < 1e-4
    seeing = hybrid(FunctionTransformer(count_atoms), max_epochs=60).fit(cells, y)
    assert abs(seeing.predict(cells) - y).mean() < 0.3


@pytest.mark.parametrize(("cls", "changes"), [*REGRESSORS, *CLASSIFIERS], ids=str)
@pytest.mark.parametrize("readout", ["mean", "sum"])
def test_every_estimator_takes_descriptors(
    cls, changes, readout, described, y, tmp_path
):
    model = tiny(cls, **changes, readout=readout).fit(described, y > 15)
    assert model.descriptor_names_ == ("a", "b")
    shuffled = described.with_columns(described.columns[::-1])
    ask = getattr(model, "predict_proba", model.predict)
    assert (ask(described) != ask(shuffled)).any()
    np.testing.assert_array_equal(model.transform(described), model.transform(shuffled))
    save_model(model, tmp_path / "model")
    again = load_model(tmp_path / "model")
    assert again.descriptor_names_ == ("a", "b")
    np.testing.assert_array_equal(again.predict(described), model.predict(described))


def test_other_descriptors_are_refused(crystals, graphs, described, y):
    model = tiny().fit(described, y)
    renamed = described.with_columns(Columns(("a", "c"), described.columns.values))
    for other in (crystals, graphs, list(graphs), renamed):
        with pytest.raises(ValueError, match="trained on graphs with the descriptors"):
            model.predict(other)
    with pytest.raises(ValueError, match="with no descriptors, but X has the desc"):
        tiny().fit(graphs, y).predict(described)
    with pytest.raises(ValueError, match="cannot change while training goes on"):
        model.set_params(warm_start=True).fit(renamed, y)


def test_scale_is_that_of_the_structures_learnt_from(described, y):
    model = tiny(early_stopping=True, validation_fraction=0.5).fit(described, y)
    center = model.net_.module_.descriptors.center
    means = described.columns.values.mean(axis=0)
    assert not np.allclose(center, means, atol=1e-3)
    model = tiny().fit(described, y)
    np.testing.assert_allclose(model.net_.module_.descriptors.center, means, atol=1e-6)


def test_missing_descriptors_are_filled_in(described, y):
    values = described.columns.values.copy()
    values[::2, 1] = np.nan
    holes = described.with_columns(Columns(("a", "b"), values))
    assert np.isfinite(tiny().fit(holes, y).predict(holes)).all()
    values = np.full_like(values, np.nan)
    nothing = described.with_columns(Columns(("a", "b"), values))
    assert np.isfinite(tiny().fit(nothing, y).predict(nothing)).all()


def test_going_on_continues_with_the_same_scale(described, y):
    model = tiny(warm_start=True).fit(described[:8], y[:8])
    center = model.net_.module_.descriptors.center.clone()
    model.fit(described, y)
    assert model.net_.module_.descriptors.center.equal(center)


def test_what_counts_for_nothing_scales_no_descriptors(described, y):
    rows = [*range(len(y)), 0]
    values = described.columns.values[rows].copy()
    values[-1] = 1e9
    spoilt = described[rows].with_columns(
        Columns(values=values, names=described.columns.names)
    )
    weights = np.append(np.ones(len(y)), 0.0)
    changes = {"batch_size": 100, "loss": "mse"}
    found = tiny(**changes).fit(spoilt, y[rows], sample_weight=weights)
    expected = tiny(**changes).fit(described, y)
    np.testing.assert_allclose(found.predict(described), expected.predict(described))


def test_checkpoints_tell_descriptors_apart(described, y, tmp_path):
    for graphs in (described, described.with_columns(described.columns[::-1])):
        tiny(checkpoint=tmp_path).fit(graphs, y)
    tiny(checkpoint=tmp_path).fit(described.with_columns(None), y)
    assert len(list(tmp_path.iterdir())) == 3


def test_searches_go_over_descriptors(crystals, y):
    grid = {
        "graph__descriptors": [
            None,
            StructureDescriptors("periodicity"),
            make_pipeline(StructureDescriptors("composition"), StandardScaler()),
        ]
    }
    search = GridSearchCV(hybrid(None), grid, cv=3).fit(crystals, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    alone = hybrid(grid["graph__descriptors"][1])
    np.testing.assert_array_equal(
        cross_val_score(alone, crystals, y, cv=3).mean(),
        search.cv_results_["mean_test_score"][1],
    )


def test_late_fusion_with_what_scikit_learn_has(crystals, y):
    both = FeatureUnion(
        [
            ("network", hybrid(None)),
            ("descriptors", StructureDescriptors("periodicity")),
        ]
    )
    model = make_pipeline(both, SimpleImputer(), StandardScaler(), Ridge())
    assert cross_val_predict(model, crystals, y, cv=3).shape == y.shape
    assert model.fit(crystals, y)[0].transform(crystals).shape == (len(y), 8 + 28)

    table = make_pipeline(StructureDescriptors("composition"), Ridge())
    stack = StackingRegressor(
        [("network", hybrid(None)), ("table", table)], Ridge(), cv=2
    )
    assert stack.fit(crystals, y).predict(crystals).shape == y.shape
    ensemble = EnsembleRegressor(
        [("network", hybrid(FunctionTransformer(count_atoms))), ("table", table)]
    )
    assert ensemble.fit(crystals, y).predict(crystals).shape == y.shape
