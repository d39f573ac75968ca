"""What the network makes of structures and of their atoms."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline, make_union

from sk_knagcn import StructureGraphTransformer
from tests.estimators.tiny import CLASSIFIERS, NAMES, REGRESSORS, tiny


@pytest.fixture(scope="module")
def summed(graphs, y):
    """A model that adds up atoms."""
    return tiny(readout="sum", n_layers=2).fit(graphs, y * graphs.n_atoms)


@pytest.mark.parametrize(("cls", "changes"), [*REGRESSORS, *CLASSIFIERS], ids=str)
@pytest.mark.parametrize("readout", ["mean", "sum", "max", "attention"])
def test_transform_gives_a_row_of_the_width(cls, changes, readout, graphs, y):
    model = tiny(cls, **changes, readout=readout).fit(graphs, y > 15)
    features = model.transform(graphs)
    assert features.shape == (10, 8)
    assert features.dtype == np.float32
    assert np.isfinite(features).all()
    names = model.get_feature_names_out()
    assert len(set(names)) == 8
    assert all(name.startswith(cls.__name__.lower()) for name in names)


def test_features_become_a_table_with_the_rows_of_X(crystals, y):
    model = tiny().set_output(transform="pandas").fit(crystals, y)
    table = model.transform(crystals)
    assert table.columns.tolist() == model.get_feature_names_out().tolist()
    labelled = pd.Series(crystals, index=list("abcdefghij"))
    table = model.transform(labelled)
    assert table.index.tolist() == list("abcdefghij")


def test_a_table_of_features_stands_beside_others_row_by_row(crystals, y):
    table = pd.DataFrame({"crystal": crystals, "y": y}, index=list("abcdefghij"))
    features = make_pipeline(StructureGraphTransformer(k=6), tiny())
    columns = ColumnTransformer(
        [("net", features, ["crystal"]), ("kept", "passthrough", ["y"])]
    ).set_output(transform="pandas")
    columns.fit(table, y)
    backwards = columns.transform(table[::-1])
    assert backwards.index.tolist() == list("jihgfedcba")
    assert backwards["kept__y"].tolist() == y[::-1].tolist()
    pd.testing.assert_frame_equal(backwards[::-1], columns.transform(table))
    assert backwards.columns.tolist() == columns.get_feature_names_out().tolist()


def test_networks_with_unlike_k_stand_side_by_side(crystals, y):
    nearer = make_pipeline(StructureGraphTransformer(k=4), tiny(k=None))
    both = make_union(tiny(), nearer).set_output(transform="pandas")
    labelled = pd.Series(crystals, index=list("abcdefghij"))
    model = make_pipeline(StructureGraphTransformer(k=6), both)
    table = model.fit(labelled, y).transform(labelled)
    assert table.index.tolist() == list("abcdefghij")
    assert table.notna().all(axis=None)


def test_names_are_those_of_the_fitted_network(graphs, y):
    model = tiny(width=8).fit(graphs, y).set_params(width=16)
    assert len(model.get_feature_names_out()) == 8


def test_features_feed_any_model(crystals, y):
    model = make_pipeline(StructureGraphTransformer(k=6), tiny(), Ridge())
    assert model.fit(crystals, y).predict(crystals).shape == y.shape


@pytest.mark.parametrize("reduce", [True, False])
@pytest.mark.parametrize(("cls", "changes"), REGRESSORS, ids=NAMES)
def test_contributions_add_up(cls, changes, reduce, crystals, y):
    graphs = StructureGraphTransformer(k=6, reduce=reduce).transform(crystals)
    model = tiny(cls, **changes, readout="sum").fit(graphs, y * graphs.n_atoms)
    parts = model.atom_contributions(graphs)
    assert [part.shape for part in parts] == [(len(c),) for c in crystals]
    np.testing.assert_allclose(
        [part.sum() for part in parts], model.predict(graphs), rtol=1e-5
    )


def test_contributions_of_several_targets_add_up(graphs, y):
    z = np.column_stack([y, -y]) * graphs.n_atoms[:, None]
    model = tiny(readout="sum").fit(graphs, z)
    parts = model.atom_contributions(graphs)
    assert parts[0].shape == (8, 2)
    np.testing.assert_allclose(
        [part.sum(axis=0) for part in parts], model.predict(graphs), rtol=1e-4
    )


def test_contributions_stand_in_the_order_of_the_atoms(summed, crystals):
    rng = np.random.default_rng(0)
    for crystal in crystals:
        cell = crystal.make_supercell([2, 1, 1], in_place=False)
        order = rng.permutation(len(cell))
        shuffled = cell.from_sites([cell[i] for i in order])
        plain, moved = summed.atom_contributions([cell, shuffled])
        np.testing.assert_allclose(moved, plain[order], rtol=1e-4)
        reduced = StructureGraphTransformer(k=6, reduce=False).transform([cell])
        (full,) = summed.atom_contributions(reduced)
        np.testing.assert_allclose(plain, full, rtol=1e-4)


def test_atoms_of_one_orbit_contribute_alike(summed, crystals):
    salt = crystals[0]
    (parts,) = summed.atom_contributions([salt])
    for element in ("Na", "Cl"):
        of_element = parts[[site.specie.symbol == element for site in salt]]
        assert len(of_element) == 4
        assert len(set(of_element)) == 1
    assert len(set(parts)) == 2


@pytest.mark.parametrize("readout", ["mean", "max", "attention"])
def test_other_readouts_have_no_contributions(graphs, y, readout):
    with pytest.raises(ValueError, match="readout='sum'"):
        tiny(readout=readout).fit(graphs, y).atom_contributions(graphs)
