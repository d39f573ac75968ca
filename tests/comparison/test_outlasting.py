"""Comparisons whose processes are killed."""

import os
import signal

import pytest
from sklearn.dummy import DummyRegressor

from sk_knagcn import compare
from tests.comparison.models import Killed, ridge

TIMES = ["fit_time", "predict_time"]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="SIGKILL needs POSIX"),
]


def test_a_killed_process_costs_the_row_of_its_model(structures, y):
    models = {"ridge": ridge(), "mean": DummyRegressor()}
    result = compare(models, structures, y, cv=3)
    killed = {"killed": Killed(os.getpid())}
    found = compare(models | killed, structures, y, cv=3, n_jobs=2)
    assert found.table.index.tolist() == [*result.table.index, "killed"]
    assert "its process was killed" in found.table.at["killed", "error"]
    kept = result.table.drop(columns=TIMES)
    assert found.table.iloc[:-1].drop(columns=TIMES).equals(kept)


def test_what_is_too_much_together_is_done_one_by_one(structures, y, tmp_path):
    hungry = {name: Killed(os.getpid(), str(tmp_path)) for name in ("one", "two")}
    table = compare(hungry, structures, y, cv=2, n_jobs=2).table
    assert table["error"].tolist() == ["", ""]
