"""The benchmark on Matbench runs on a local file laid out like one of its tasks."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matminer.utils.io import store_dataframe_as_json
from sklearn.model_selection import KFold

from sk_knagcn.datasets import make_prototype_crystals

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
OFFICIAL = KFold(5, shuffle=True, random_state=18012019)


@pytest.fixture(scope="module")
def salts():
    return make_prototype_crystals(25, random_state=0)


@pytest.fixture(scope="module")
def file(salts, tmp_path_factory):
    table = pd.DataFrame(
        {"structure": salts.structures, "last phdos peak": salts.target}
    )
    path = tmp_path_factory.mktemp("matbench") / "matbench_phonons.json.gz"
    store_dataframe_as_json(table, str(path), compression="gz")
    return path


def run(*arguments):
    script = [sys.executable, BENCHMARKS / "matbench.py", *arguments]
    return subprocess.run(script, capture_output=True, text=True, timeout=300)


@pytest.mark.slow
def test_errors_of_the_official_folds_stand_beside_the_published_ones(file, salts):
    ended = run(
        *("matbench_phonons", "--file", file, "--epochs", "1"),
        *("--models", "dummy", "k-NAGCN"),
    )
    assert ended.returncode == 0, ended.stderr
    rows = {
        line[:20].split("  ")[0]: line.split() for line in ended.stdout.splitlines()
    }
    y = salts.target
    errors = [
        abs(y[test] - np.median(y[train])).mean() for train, test in OFFICIAL.split(y)
    ]
    found = [float(number) for number in rows["dummy (here)"][2:]]
    np.testing.assert_allclose(found, [np.mean(errors), *errors], rtol=1e-3)
    assert len(rows["k-NAGCN (here)"]) == 2 + 1 + 5
    assert rows["coNGN"][1:] == ["28.89", "33.02", "32.63", "26.09", "25.32", "27.38"]


@pytest.mark.slow
def test_what_is_no_task_is_refused(file, tmp_path):
    table = pd.DataFrame({"formula": ["NaCl"], "gap": [8.5]})
    other = tmp_path / "other.json"
    store_dataframe_as_json(table, str(other))
    ended = run("matbench_mp_gap", "--file", other)
    assert ended.returncode == 1
    assert "have no structures to learn from" in ended.stderr
    ended = run("matbench_phonons", "--file", file, "--models", "ALIGNN")
    assert ended.returncode == 2
    assert "no model ['ALIGNN']" in ended.stderr
