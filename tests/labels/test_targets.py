"""Logarithms are learnt, labels are predicted."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import LinearRegression

from sk_knagcn.labels import log10_plus_one_target, log10_target

X = np.arange(6.0)[:, None]


@pytest.mark.parametrize(
    ("wrap", "y"),
    [
        (log10_target, 10 ** (2 * X[:, 0] - 3)),
        (log10_plus_one_target, 10 ** X[:, 0] - 1),
    ],
)
def test_a_straight_line_in_the_logarithm_is_found(wrap, y):
    model = wrap(LinearRegression()).fit(X, y)
    np.testing.assert_allclose(model.predict(X), y, rtol=1e-9, atol=1e-12)
    copy = pickle.loads(pickle.dumps(clone(model).fit(X, y)))
    np.testing.assert_array_equal(copy.predict(X), model.predict(X))


def test_structures_reach_the_regressor_as_they_are(crystals, y):
    model = log10_target(DummyRegressor()).fit(crystals, y)
    expected = 10 ** np.log10(y).mean()
    np.testing.assert_allclose(model.predict(crystals), expected)


def test_labels_without_a_logarithm_are_named():
    y = np.array([1.0, 0, 2, -1, 5, 6])
    with pytest.raises(ValueError, match=r"2 of 6 labels .*rows 1, 3\).*plus_one"):
        log10_target(LinearRegression()).fit(X, y)
    with pytest.raises(ValueError, match=r"1 of 6 labels .* above -1 \(rows 3\)"):
        log10_plus_one_target(LinearRegression()).fit(X, y)
