"""What is read from trained networks, which stay as they are."""

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sk_knagcn import StructureDescriptors, StructureGraphTransformer, probe_embedding
from sk_knagcn.structures import as_column
from tests.estimators.tiny import tiny


@pytest.fixture(scope="module")
def cells(crystals):
    """Forty cells of different sizes and densities."""
    rng = np.random.default_rng(0)
    copies = [crystal.copy() for crystal in crystals for _ in range(4)]
    return [cell.scale_lattice(cell.volume * rng.uniform(0.8, 1.2)) for cell in copies]


def features(X):
    """The volume of the cell, and something of no importance."""
    cells = as_column(X)[:, 0]
    return np.array([[cell.volume, len(cell) % 2] for cell in cells])


def test_what_is_in_the_features_is_read_and_what_is_not_is_not(cells):
    values = {
        "a straight line": [3 - 0.1 * cell.volume for cell in cells],
        "noise": np.random.default_rng(1).normal(size=len(cells)),
    }
    result = probe_embedding(FunctionTransformer(features), cells, values)
    r2 = result.table.set_index("descriptor")["r2"]
    assert r2["a straight line"] > 0.999
    assert r2["noise"] < 0.2


def test_networks_and_pipelines_are_read_as_they_are(cells):
    y = [cell.volume / len(cell) for cell in cells]
    network = tiny(max_epochs=20).fit(cells, y)
    pipeline = make_pipeline(StructureGraphTransformer(k=6), network)
    before = network.transform(cells)
    models = {
        "network": network,
        "pipeline": pipeline,
        "elements": StructureDescriptors("composition"),
    }
    result = probe_embedding(models, cells, {"vpa": y, "noise": np.arange(40) % 7})
    np.testing.assert_array_equal(network.transform(cells), before)
    r2 = result.table.pivot(index="descriptor", columns="model", values="r2")
    assert r2.loc["vpa", "network"] > 0.8  # it was trained to know that
    assert r2.loc["vpa", "pipeline"] == pytest.approx(r2.loc["vpa", "network"])
    assert r2.loc["vpa", "elements"] < r2.loc["vpa", "network"]


def test_missing_values_are_left_out(cells):
    values = pd.DataFrame({"x": np.arange(40.0), "y": np.arange(40.0)})
    values.loc[:9, "x"] = np.nan
    result = probe_embedding(FunctionTransformer(features), cells, values)
    counts = result.predictions["descriptor"].value_counts()
    assert counts.to_dict() == {"x": 30, "y": 40}


def test_an_untrained_network_is_refused(cells):
    with pytest.raises(NotFittedError, match="KNAGCNRegressor"):
        probe_embedding(tiny(), cells, {"x": np.arange(40.0)})


def test_what_makes_no_features_is_named(cells):
    with pytest.raises(TypeError, match="Ridge is a Ridge, which makes no features"):
        probe_embedding(Ridge(), cells, {"volume": [cell.volume for cell in cells]})
