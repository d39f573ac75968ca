"""Which optimizer a fit takes."""

import numpy as np
import pytest
import torch

from sk_knagcn import KNAGCNRegressor
from sk_knagcn.training import Muon
from tests.estimators.tiny import tiny

ADAM = torch.optim.AdamW


def fitted(graphs, y, n, **changes):
    """An estimator after an epoch on as many structures as wanted."""
    rows = np.resize(np.arange(len(graphs)), n)
    changes = {"max_epochs": 1, "batch_size": 500, **changes}
    return tiny(**changes).fit(graphs[rows], y[rows])


def test_it_is_auto_unless_told():
    assert KNAGCNRegressor().optimizer == "auto"


@pytest.mark.parametrize(
    ("optimizer", "n", "expected"),
    [
        ("auto", 1_999, ADAM),
        ("auto", 2_000, Muon),
        ("adamw", 2_000, ADAM),
        ("muon", 10, Muon),
    ],
)
def test_auto_looks_at_the_number_of_structures(graphs, y, optimizer, n, expected):
    model = fitted(graphs, y, n, optimizer=optimizer)
    assert type(model.net_.optimizer_) is expected


def test_auto_counts_what_is_learnt_from(graphs, y):
    model = fitted(
        graphs, y, 2_100, optimizer="auto", early_stopping=True, validation_fraction=0.1
    )
    assert type(model.net_.optimizer_) is ADAM


def test_auto_equals_what_it_stands_for(graphs, y):
    auto, muon = (
        fitted(graphs, y, 2_000, optimizer=name).predict(graphs)
        for name in ("auto", "muon")
    )
    np.testing.assert_array_equal(auto, muon)
