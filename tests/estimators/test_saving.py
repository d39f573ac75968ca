"""Writing models: whole or not at all, over nothing that is there, for anybody."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge

from sk_knagcn import KNAGCNClassifier, load_model, save_model
from tests.estimators.tiny import tiny


def assert_same(first, second, X):
    np.testing.assert_array_equal(first.predict(X), second.predict(X))


def test_a_file_is_replaced_only_if_asked_for(model, file, graphs, y):
    before = file.read_bytes()
    with pytest.raises(FileExistsError, match="overwrite=True"):
        save_model(model, file)
    assert file.read_bytes() == before
    other = tiny(KNAGCNClassifier).fit(graphs, y > 15)
    save_model(other, file, overwrite=True)
    assert_same(load_model(file), other, graphs)
    assert list(file.parent.iterdir()) == [file]


def test_a_file_has_the_rights_of_any_other(model, tmp_path):
    save_model(model, tmp_path / "model.safetensors")
    (tmp_path / "other").touch()
    modes = {path.stat().st_mode for path in tmp_path.iterdir()}
    assert len(modes) == 1


def test_what_cannot_be_saved_is_refused(graphs, tmp_path):
    with pytest.raises(NotFittedError):
        save_model(tiny(), tmp_path / "model")
    with pytest.raises(TypeError, match="Ridge cannot be saved"):
        save_model(Ridge().fit([[0.0], [1]], [0, 1]), tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_and_a_device_that_is_none_are_named(
    model, tmp_path
):
    with pytest.raises(
        FileNotFoundError, match=r"no folder for the model\. Make .*gone"
    ):
        save_model(model, tmp_path / "gone" / "model")
    save_model(model, tmp_path / "model")
    with pytest.raises(ValueError, match="device='gpu' is none that torch knows"):
        load_model(tmp_path / "model", device="gpu")


def test_what_would_not_load_is_not_saved(graphs, y, tmp_path):
    model = tiny().fit(graphs, y).set_params(lr=-1.0)
    with pytest.raises(ValueError, match="'lr' parameter"):
        save_model(model, tmp_path / "model")
    long = np.array(["a", "b" * 5_000_000])[np.arange(10) % 2]
    model = tiny(KNAGCNClassifier).fit(graphs, long)
    with pytest.raises(ValueError, match="Fit with shorter ones"):
        save_model(model, tmp_path / "model")
    days = np.array(["2026-11-28", "2026-11-29"], dtype="datetime64[ns]")
    for classes in (days, np.array([1, 2], dtype=np.longdouble)):
        model = tiny(KNAGCNClassifier).fit(graphs, classes[np.arange(10) % 2])
        with pytest.raises(ValueError, match="these classes cannot be kept in a file"):
            save_model(model, tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_long_names_of_classes_come_back(graphs, tmp_path):
    model = tiny(KNAGCNClassifier).fit(graphs, np.tile(["a", "b" * 5_000], 5))
    path = tmp_path / "model.safetensors"
    save_model(model, path)
    assert_same(load_model(path), model, graphs)


def test_threads_may_save_to_one_place(model, graphs, tmp_path):
    path = tmp_path / "model.safetensors"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: save_model(model, path, overwrite=True), range(40)))
    assert_same(load_model(path), model, graphs)
    assert list(tmp_path.iterdir()) == [path]
