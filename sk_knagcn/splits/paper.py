"""The random splits that the k-NAGCN paper reports its errors for."""

from __future__ import annotations

from collections.abc import Iterator
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import BaseCrossValidator
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, validate_params
from sklearn.utils.validation import _num_samples

Rows = NDArray[np.int64]


class PaperSplits(BaseCrossValidator):
    """Random parts of 80, 10 and 10 %, drawn several times; made by `paper_splits`.

    Parameters
    ----------
    n : int
        Number of structures.
    n_repeats : int, default=10
        How often to split.
    random_state : int, RandomState instance or None, default=0
        Seed of the splits.
    """

    def __init__(self, n: int, *, n_repeats: int = 10, random_state: Any = 0):
        self.n = n
        self.n_repeats = n_repeats
        self.random_state = random_state

    def with_validation(self) -> Iterator[tuple[Rows, Rows, Rows]]:
        """Yield the three parts, once for each repeat.

        Yields
        ------
        train : ndarray of int
            Four fifths of the rows, in random order.
        validation : ndarray of int
            A tenth, to choose epochs, depth and the like with.
        test : ndarray of int
            A tenth, for the error to report.
        """
        rng = check_random_state(self.random_state)
        tenth = max(1, round(self.n / 10))
        for _ in range(self.n_repeats):
            test, validation, train = np.split(
                rng.permutation(self.n), [tenth, 2 * tenth]
            )
            yield train, validation, test

    def split(
        self, X: Any = None, y: Any = None, groups: Any = None
    ) -> Iterator[tuple[Rows, Rows]]:
        """Yield the rows to train on, validation included, and to test with.

        Parameters
        ----------
        X : structures or graphs, default=None
            Only the length is looked at.
        y, groups : object, default=None
            Ignored.

        Yields
        ------
        train : ndarray of int
            Nine tenths of the rows; the last ninth of them is the validation part.
        test : ndarray of int
            One tenth.
        """
        if X is not None and _num_samples(X) != self.n:
            raise ValueError(
                f"X has {_num_samples(X)} structures, but these are splits of "
                f"{self.n}. Make them anew: paper_splits(len(X))."
            )
        for train, validation, test in self.with_validation():
            yield np.concatenate([train, validation]), test

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Count the repeats.

        Parameters
        ----------
        X, y, groups : object, default=None
            Ignored.

        Returns
        -------
        int
            The number of repeats.
        """
        return self.n_repeats


@validate_params(
    {
        "n": [Interval(Integral, 3, None, closed="left")],
        "n_repeats": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def paper_splits(n: int, *, n_repeats: int = 10, random_state: Any = 0) -> PaperSplits:
    """Split at random into 80, 10 and 10 %, several times, as the paper does.

    Zhang et al. [1]_ train on 80 % of the structures, choose the epoch and the depth
    on 10 %, and report the error on the other 10 %, as a mean over ten such splits.

    Parameters
    ----------
    n : int
        Number of structures, at least 3.
    n_repeats : int, default=10
        How often to split.
    random_state : int, RandomState instance or None, default=0
        Seed of the splits. With None they differ each time that they are used.

    Returns
    -------
    PaperSplits
        To be passed as `cv`: it yields the 90 % and the test part. An estimator with
        ``early_stopping=True, validation_fraction=1/9`` keeps 10 of the 90 % aside to
        validate with. `with_validation` yields all three parts.

    See Also
    --------
    StructureGroupKFold : Folds that keep related structures together.

    References
    ----------
    .. [1] B. Zhang, M. Zhou, J. Wu, F. Gao, "Predicting Material Properties Using a 3D
       Graph Neural Network with Invariant Local Descriptors", arXiv:2102.11023 (2021).

    Examples
    --------
    >>> from sk_knagcn import paper_splits
    >>> cv = paper_splits(200)
    >>> cv
    PaperSplits(n=200, n_repeats=10, random_state=0)
    >>> [(len(train), len(test)) for train, test in cv.split()][:2]
    [(180, 20), (180, 20)]
    >>> [len(part) for part in next(cv.with_validation())]
    [160, 20, 20]
    """
    return PaperSplits(n, n_repeats=n_repeats, random_state=random_state)
