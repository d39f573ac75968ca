"""Tasks of Matbench from a file laid out as the loader keeps them."""

import pandas as pd
import pytest
from matminer.utils.io import store_dataframe_as_json

from sk_knagcn.datasets import fetch_matbench, make_prototype_crystals


@pytest.fixture(scope="module")
def salts():
    return make_prototype_crystals(11, random_state=0)


def save(table, path):
    store_dataframe_as_json(
        pd.DataFrame(table), str(path), compression="gz", pbar=False
    )
    return path


def test_a_task_in_its_order_with_its_folds(salts, tmp_path):
    file = tmp_path / "matbench_jdft2d.json.gz"
    save({"structure": salts.structures, "exfoliation_en": salts.target}, file)
    task = fetch_matbench("jdft2d", file=file)
    assert task.structures == salts.structures
    assert task.target.tolist() == salts.target.tolist()
    assert task.target_name == "exfoliation_en"
    folds = list(task.splitter.split(task.structures, task.target))
    assert len(folds) == 5
    assert sorted(i for _, test in folds for i in test) == list(range(11))
    X, y = fetch_matbench("matbench_jdft2d", file=file, return_X_y=True)
    assert X == task.structures
    assert (y == task.target).all()


def test_classes_are_split_in_proportion(salts, tmp_path):
    table = {"structure": salts.structures, "is_metal": salts.target < -20}
    task = fetch_matbench("mp_is_metal", file=save(table, tmp_path / "metal.json.gz"))
    assert "Stratified" in type(task.splitter).__name__


def test_tasks_without_structures_are_refused(tmp_path):
    table = {"composition": ["NaCl"], "gap expt": [8.5]}
    with pytest.raises(ValueError, match="have no structures to learn from"):
        fetch_matbench("expt_gap", file=save(table, tmp_path / "gap.json.gz"))
