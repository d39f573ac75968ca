"""Descriptors ride with graphs: the right ones with each, wherever the graphs go."""

import json
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sk_knagcn.graphs import (
    Columns,
    CrystalGraph,
    CrystalGraphs,
    StructureGraphTransformer,
)


def sizes(structures):
    """Number of atoms, and the mean atomic number."""
    return np.array([[len(s), np.mean(s.atomic_numbers)] for s in structures])


SIZES = FunctionTransformer(sizes)


def transformer(descriptors=SIZES, **options):
    return StructureGraphTransformer(k=8, descriptors=descriptors, **options)


@pytest.fixture(scope="module")
def described(structures):
    return transformer(cache=None).fit_transform(structures)


def test_graphs_are_those_without_descriptors(structures, graphs, described):
    assert described.with_columns(None) == graphs
    assert described != graphs
    assert graphs.columns is None
    np.testing.assert_array_equal(described.columns.values, sizes(structures))
    assert described.columns.names == ("descriptor0", "descriptor1")
    assert "2 descriptors" in repr(described)
    assert described.nbytes == graphs.nbytes + 8 * 2 * len(graphs)


@given(st.lists(st.integers(-12, 11), min_size=1, max_size=20))
def test_rows_take_their_descriptors_along(structures, described, rows):
    expected = sizes([structures[row] for row in rows])
    selected = described[rows]
    np.testing.assert_array_equal(selected.columns.values, expected)
    for graph, values in zip(selected, expected, strict=True):
        np.testing.assert_array_equal(graph.columns.values, values)
    for copy in (
        CrystalGraphs.from_graphs(selected),
        CrystalGraphs.from_graphs(np.asarray(selected)[:, 0]),
        CrystalGraphs.concatenate([selected[:1], selected[1:]]),
        pickle.loads(pickle.dumps(selected)),
        selected.with_k(3).with_columns(selected.columns),
    ):
        np.testing.assert_array_equal(copy.columns.values, expected)
        assert copy.columns.names == described.columns.names


def test_of_one_graph_integers_give_its_own(described):
    graph = described[::-1][2]
    assert isinstance(graph, CrystalGraph)
    np.testing.assert_array_equal(graph.columns.values, described.columns.values[-3])


@pytest.mark.parametrize("mode", [None, "r"])
def test_descriptors_are_saved_with_the_graphs(described, tmp_path, mode):
    values = described.columns.values.copy()
    values[3, 1] = np.nan
    some = described.with_columns(Columns(("size", "mean Z"), values))[2:9]
    some.save(tmp_path / "graphs")
    opened = CrystalGraphs.open(tmp_path / "graphs", mmap_mode=mode)
    assert opened == some
    assert opened.columns.names == ("size", "mean Z")
    some.with_columns(None).save(tmp_path / "graphs", overwrite=True)
    assert CrystalGraphs.open(tmp_path / "graphs").columns is None


@pytest.mark.parametrize("names", [["one"], "xy", [1, 2], None, ["a", "b", "c"]])
def test_damaged_descriptors_are_refused(described, tmp_path, names):
    described.save(tmp_path / "graphs")
    header = json.loads((tmp_path / "graphs" / "graphs.json").read_text())
    header["descriptors"] = names
    (tmp_path / "graphs" / "graphs.json").write_text(json.dumps(header))
    with pytest.raises(ValueError, match="cannot be read as graphs"):
        CrystalGraphs.open(tmp_path / "graphs")


def test_what_learns_is_fitted_to_the_training_part_only(structures):
    chain = make_pipeline(SIZES, StandardScaler())
    model = transformer(chain).fit(structures[:6])
    assert not hasattr(chain[-1], "mean_")
    mean = model.descriptors_[-1].mean_
    np.testing.assert_allclose(mean, sizes(structures[:6]).mean(axis=0))
    train, test = model.transform(structures[:6]), model.transform(structures[6:])
    np.testing.assert_allclose(train.columns.values.mean(axis=0), 0, atol=1e-12)
    expected = chain.fit(structures[:6]).transform(structures[6:])
    np.testing.assert_array_equal(test.columns.values, expected)


def test_y_reaches_the_descriptors(structures):
    class Means(FunctionTransformer):
        def fit(self, X, y=None):
            self.mean_ = np.mean(y)
            return super().fit(X, y)

        def transform(self, X):
            return np.full(len(X), self.mean_)

    graphs = transformer(Means()).fit_transform(structures, np.arange(12))
    assert graphs.columns.values.ravel().tolist() == [5.5] * 12


def test_parameters_reach_the_descriptors(structures):
    chain = make_pipeline(SIZES, StandardScaler())
    model = transformer(chain)
    model.set_params(descriptors__standardscaler__with_mean=False)
    assert model.get_params()["descriptors__standardscaler__with_mean"] is False
    copy = clone(model)
    assert copy.descriptors is not chain
    assert repr(copy) == repr(model)
    assert model.fit(structures).descriptors_[-1].mean_ is not None
    model.set_params(descriptors=None).fit(structures)
    assert not hasattr(model, "descriptors_")
    assert model.transform(structures).columns is None


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (lambda X: pd.DataFrame(sizes(X), columns=["n", "Z"]), ("n", "Z")),
        (lambda X: csr_matrix(sizes(X)), ("descriptor0", "descriptor1")),
        (lambda X: sizes(X).astype("float32"), ("descriptor0", "descriptor1")),
        (lambda X: sizes(X)[:, 0], ("descriptor0",)),
        (lambda X: sizes(X).tolist(), ("descriptor0", "descriptor1")),
    ],
)
def test_tables_of_every_kind(structures, make, names):
    columns = transformer(FunctionTransformer(make)).fit_transform(structures).columns
    assert columns.names == names
    np.testing.assert_allclose(
        columns.values, sizes(structures)[:, : len(names)], rtol=1e-6
    )


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda X: [[s.formula] for s in X], "must be numbers"),
        (lambda X: sizes(X)[1:], r"one row for each of the 12"),
        (lambda X: sizes(X)[:, :0], r"gives shape \(12, 0\)"),
        (lambda X: 1 / (sizes(X) - 3), "'descriptor0' of structure 4 is infinite"),
        (lambda X: sizes(X) * 1e39, "of structure 0 is .*e.39, too large for a net"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_tables_that_make_no_sense_are_refused(structures, make, complaint):
    model = transformer(FunctionTransformer(make)).fit(structures)
    with pytest.raises(ValueError, match=complaint):
        model.transform(structures)


def test_graphs_cannot_be_described(structures, graphs, described):
    with pytest.raises(ValueError, match="made from structures"):
        transformer().fit(graphs)
    with pytest.raises(ValueError, match="made from structures"):
        transformer().fit(structures).transform(list(graphs))
    assert transformer(None).fit_transform(described) == described


def test_descriptors_have_to_be_fitted_first(structures):
    with pytest.raises(NotFittedError):
        transformer().transform(structures)


def test_containers_with_other_descriptors_do_not_mix(graphs, described):
    renamed = described.with_columns(Columns(("a", "b"), described.columns.values))
    for other in (graphs, renamed):
        with pytest.raises(ValueError, match="different descriptors"):
            CrystalGraphs.concatenate([described, other])
        with pytest.raises(ValueError, match="different descriptors"):
            CrystalGraphs.from_graphs([described[0], other[1]])
    with pytest.raises(ValueError, match="12 structures, but 5 rows"):
        graphs.with_columns(described.columns[:5])


def test_equality_looks_at_names_and_numbers(described):
    names, values = described.columns.names, described.columns.values
    assert described == described.with_columns(Columns(names, values.copy()))
    assert described != described.with_columns(Columns(("a", "b"), values))
    assert described != described.with_columns(Columns(names, values + 1))
