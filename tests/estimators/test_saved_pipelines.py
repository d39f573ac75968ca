"""A pipeline is saved as a whole, where it can be done without code."""

import numpy as np
import pandas as pd
import pytest
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline

from sk_knagcn import (
    KNAGCNClassifier,
    StructureDescriptors,
    StructureGraphTransformer,
    load_model,
    save_model,
)
from tests.estimators.tiny import K, tiny


def pipeline(net=None, **graph):
    transformer = StructureGraphTransformer(**{"k": K, **graph})
    return Pipeline([("graph", transformer), ("net", tiny() if net is None else net)])


def again(model, folder):
    save_model(model, folder / "model.safetensors")
    return load_model(folder / "model.safetensors")


@pytest.mark.parametrize(
    "graph",
    [
        {},
        {"k": np.int64(8), "tie_tolerance": np.float64(0.05), "reduce": np.False_},
        {"frames": "paper", "dtype": "float64"},
        {"reflect": False, "on_disorder": "majority"},
    ],
    ids=str,
)
def test_it_comes_back_whole(graph, crystals, y, tmp_path):
    model = pipeline(**graph).fit(crystals, y)
    copy = again(model, tmp_path)
    assert list(copy.named_steps) == ["graph", "net"]
    assert copy["graph"].get_params() == model["graph"].get_params()
    np.testing.assert_array_equal(copy.predict(crystals), model.predict(crystals))


def test_classes_come_back(crystals, y, tmp_path):
    model = pipeline(tiny(KNAGCNClassifier)).fit(crystals, y > 15)
    copy = again(model, tmp_path)
    np.testing.assert_array_equal(copy.predict(crystals), model.predict(crystals))


def test_what_a_machine_decides_stays_behind(crystals, y, tmp_path):
    model = pipeline(n_jobs=2, verbose=0, cache=str(tmp_path / "cache"))
    copy = again(model.fit(crystals, y), tmp_path)
    assert copy["graph"].cache == "memory"
    assert copy["graph"].n_jobs is None


def test_a_preset_of_descriptors_comes_back(crystals, y, tmp_path):
    descriptors = StructureDescriptors("composition", on_error="nan")
    model = pipeline(descriptors=descriptors).fit(crystals, y)
    copy = again(model, tmp_path)
    assert copy["graph"].descriptors.get_params() == descriptors.get_params()
    np.testing.assert_array_equal(copy.predict(crystals), model.predict(crystals))


def test_what_holds_code_is_refused(crystals, y, tmp_path):
    table = make_pipeline(StructureDescriptors("composition"), SimpleImputer())
    path = tmp_path / "model.safetensors"
    with pytest.raises(TypeError, match="only the presets of StructureDescriptors"):
        save_model(pipeline(descriptors=table).fit(crystals, y), path)
    longer = Pipeline([("keep", "passthrough"), *pipeline().steps])
    with pytest.raises(TypeError, match="not keep, graph, net"):
        save_model(longer.fit(crystals, y), path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "names"),
    [("gap", ("gap",)), (None, ())],
)
def test_the_name_of_a_target_is_remembered(name, names, crystals, y, tmp_path):
    copy = again(tiny().fit(crystals, pd.Series(y, name=name)), tmp_path)
    assert copy.target_names_ == names
    assert copy.is_flat_


def test_the_names_of_several_targets_are_remembered(crystals, y, tmp_path):
    table = pd.DataFrame({"volume": y, "square": y**2})
    copy = again(pipeline().fit(crystals, table), tmp_path)
    assert copy["net"].target_names_ == ("volume", "square")
    assert tiny().fit(crystals, y).target_names_ == ()
