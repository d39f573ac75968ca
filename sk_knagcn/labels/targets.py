"""Regressors that learn the logarithm of a label, and predict the label."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.compose import TransformedTargetRegressor

_ROWS_SHOWN = 5


def log10_target(regressor: Any) -> TransformedTargetRegressor:
    """Let a regressor learn log10(y) of positive labels.

    Parameters
    ----------
    regressor : estimator
        What learns; a pipeline from structures on, for instance.

    Returns
    -------
    TransformedTargetRegressor
        Takes and predicts y itself. Scores are those of y, too: to have errors in
        decades, give the regressor np.log10(y) instead.

    See Also
    --------
    log10_plus_one_target : For labels some of which are 0, or nearly so.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> from sk_knagcn.labels import log10_target
    >>> model = log10_target(LinearRegression()).fit([[0], [1], [2]], [1, 10, 100])
    >>> model.predict([[3]]).round(6)
    array([1000.])
    """
    return TransformedTargetRegressor(
        regressor, func=_log10, inverse_func=_power_of_ten
    )


def log10_plus_one_target(regressor: Any) -> TransformedTargetRegressor:
    """Let a regressor learn log10(y + 1) of labels that are not negative.

    Parameters
    ----------
    regressor : estimator
        What learns; a pipeline from structures on, for instance.

    Returns
    -------
    TransformedTargetRegressor
        Takes and predicts y itself.

    See Also
    --------
    log10_target : Sees the difference between small labels and very small ones.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> from sk_knagcn.labels import log10_plus_one_target
    >>> model = log10_plus_one_target(LinearRegression()).fit([[0], [1]], [0, 9])
    >>> model.predict([[2]]).round(6)
    array([99.])
    """
    return TransformedTargetRegressor(
        regressor, func=_log10_plus_one, inverse_func=_power_of_ten_less_one
    )


# Functions with names, so that models can be pickled.
def _log10(y: NDArray[np.float64]) -> NDArray[np.float64]:
    _check(y, 0, "Leave them out, or learn them with log10_plus_one_target.")
    return np.log10(y)


def _check(y: NDArray[np.float64], above: float, remedy: str) -> None:
    rows = np.unique(np.argwhere(np.asarray(y) <= above)[:, 0])
    if len(rows):
        some = ", ".join(map(str, rows[:_ROWS_SHOWN]))
        more = ", ..." if len(rows) > _ROWS_SHOWN else ""
        raise ValueError(
            f"{len(rows)} of {len(y)} labels have no logarithm, as they are not above "
            f"{above} (rows {some}{more}). {remedy}"
        )


def _power_of_ten(y: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.power(10.0, y)


def _log10_plus_one(y: NDArray[np.float64]) -> NDArray[np.float64]:
    _check(y, -1, "Leave them out.")
    return np.log1p(y) / np.log(10.0)


def _power_of_ten_less_one(y: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.expm1(y * np.log(10.0))
