"""Killed while graphs are written: what is there is whole."""

import itertools
import random

import pytest

from sk_knagcn import CrystalGraphs
from tests.faults.limits import kill_after


def save_for_ever(versions, path):
    for graphs in itertools.cycle(versions):
        graphs.save(path, overwrite=True)


@pytest.mark.slow
def test_a_folder_of_graphs_is_old_or_new_but_never_half(graphs, tmp_path):
    versions = [CrystalGraphs.concatenate([graphs] * 20), graphs]
    path, rng = tmp_path / "graphs", random.Random(0)
    graphs.save(path)
    missing = 0
    for _ in range(12):
        kill_after(rng.uniform(0.05, 0.3), save_for_ever, versions, path)
        place = path
        if not path.exists():  # between two moves: both versions lie beside it
            missing += 1
            with pytest.raises(FileNotFoundError, match="killed left") as caught:
                CrystalGraphs.open(path)
            place = str(caught.value).split("killed left ")[1].removesuffix(".")
        assert CrystalGraphs.open(place) in versions
        graphs.save(path, overwrite=path.exists())
    assert missing < 12


def test_what_a_killed_process_left_is_named(graphs, tmp_path):
    graphs.save(tmp_path / "graphs")
    (tmp_path / "graphs").rename(tmp_path / ".graphs-x1-replaced")
    with pytest.raises(FileNotFoundError, match=r"killed left .*\.graphs-x1-replaced"):
        CrystalGraphs.open(tmp_path / "graphs")
    assert CrystalGraphs.open(tmp_path / ".graphs-x1-replaced") == graphs
