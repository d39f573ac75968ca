"""Whether a difference between two models is more than chance."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

N_RESAMPLES = 5_000
_SEED = 0
_TAILS = (0.025, 0.975)


def bootstrap_intervals(
    differences: NDArray[np.float64], groups: NDArray[Any] | None = None
) -> NDArray[np.float64]:
    """95 % intervals of mean differences, by drawing structures with replacement.

    Parameters
    ----------
    differences : ndarray of shape (n_structures, n_models)
        Error of each model less that of the best, on the same structures.
    groups : ndarray of shape (n_structures,), optional
        Structures of one group are drawn together.

    Returns
    -------
    ndarray of shape (n_models, 2)
        Lower and upper ends; NaN where there is one structure or group only, which
        tells nothing of others. All models see the same draws.
    """
    n = len(differences)
    _, units = np.unique(
        np.arange(n) if groups is None else groups, return_inverse=True
    )
    sizes = np.bincount(units)
    if len(sizes) < 2:
        return np.full((differences.shape[1], 2), np.nan)
    sums = np.zeros((len(sizes), differences.shape[1]))
    np.add.at(sums, units, differences)
    rng = np.random.default_rng(_SEED)
    means = np.empty((N_RESAMPLES, differences.shape[1]))
    for i in range(N_RESAMPLES):
        drawn = rng.integers(len(sizes), size=len(sizes))
        times = np.bincount(drawn, minlength=len(sizes)).astype(np.float64)
        means[i] = times @ sums / (times @ sizes)
    return np.quantile(means, _TAILS, axis=0).T


def verdict(lower: float, upper: float) -> str:
    """What an interval of a difference in error says, in a word or two."""
    if lower > 0:
        return "worse"
    return "better" if upper < 0 else "no difference"
