"""How graphs get from one process to another."""

import pickle
import sys
from copy import deepcopy

import joblib
import numpy as np
import pytest

from sk_knagcn import CrystalGraphs


@pytest.fixture
def on_disk(graphs, tmp_path):
    graphs.save(tmp_path / "graphs")
    return CrystalGraphs.open(tmp_path / "graphs", mmap_mode="r")


@pytest.mark.parametrize("rows", [slice(None), slice(1, None), [3, 1, 1], []])
@pytest.mark.parametrize("copy", [deepcopy, lambda g: pickle.loads(pickle.dumps(g))])
def test_of_graphs_on_disk_the_path_is_sent(graphs, on_disk, rows, copy):
    selected = on_disk[rows].with_k(5)
    restored = copy(selected)
    assert restored == selected == graphs[rows].with_k(5)
    assert restored.on_disk
    many = CrystalGraphs.concatenate([graphs] * 50)
    assert not many.on_disk
    assert len(pickle.dumps(on_disk)) < 2_000 < len(pickle.dumps(many)) / 10


def test_changes_in_memory_are_sent(graphs, tmp_path):
    graphs.save(tmp_path / "graphs")
    opened = CrystalGraphs.open(tmp_path / "graphs", mmap_mode="c")
    opened[0].species[:] = 9
    assert (pickle.loads(pickle.dumps(opened))[0].species == 9).all()


def test_other_graphs_in_the_same_folder_are_refused(graphs, on_disk, tmp_path):
    sent = pickle.dumps(on_disk)
    graphs[:3].save(tmp_path / "graphs", overwrite=True)
    with pytest.raises(ValueError, match="not those that were there"):
        pickle.loads(sent)[:2]
    graphs.with_k(4).save(tmp_path / "graphs", overwrite=True)
    with pytest.raises(ValueError, match="not those that were there"):
        pickle.loads(sent)[:2]


def test_they_pass_through_machines_that_do_not_see_the_folder(
    graphs, on_disk, tmp_path
):
    (tmp_path / "graphs").rename(tmp_path / "elsewhere")
    passing = pickle.loads(pickle.dumps(on_disk[1:].with_k(5)))
    assert sys.getsizeof(passing) < 1_000
    with pytest.raises(FileNotFoundError, match="not a folder of graphs"):
        passing[0]
    sent = pickle.dumps(passing)
    (tmp_path / "elsewhere").rename(tmp_path / "graphs")
    assert pickle.loads(sent) == graphs[1:].with_k(5)


def test_size_is_that_of_the_arrays(graphs, on_disk):
    many = CrystalGraphs.concatenate([graphs] * 50)
    assert many.nbytes < sys.getsizeof(many) < 1.5 * many.nbytes
    # So small that Dask makes it part of each task: no worker holds the only copy.
    assert sys.getsizeof(on_disk[np.zeros(10_000, dtype=int)]) < 1_000


def test_joblib_may_map_the_arrays_from_files_of_its_own(graphs, tmp_path):
    joblib.dump(graphs, tmp_path / "neighbors.pkl")
    mapped = joblib.load(tmp_path / "neighbors.pkl", mmap_mode="r")
    assert isinstance(mapped.flat().neighbors, np.memmap)
    assert not mapped.on_disk
    assert deepcopy(mapped) == pickle.loads(pickle.dumps(mapped)) == graphs
