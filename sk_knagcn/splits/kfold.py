"""Folds that keep related structures together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import BaseCrossValidator, GroupKFold
from sklearn.utils import check_random_state

from sk_knagcn.splits.groups import By, structure_groups


class StructureGroupKFold(BaseCrossValidator):
    """Folds that keep related structures together.

    The groups are found in X itself, so that the splitter can be passed as `cv`
    anywhere, also where `groups` do not get through: in a search within a
    cross-validation, for example. Folds are of like size, as far as the groups allow.

    Parameters
    ----------
    by : {"formula", "chemical_system", "prototype", "duplicates"}
        What related means; see `structure_groups`.
    n_splits : int, default=5
        Number of folds; at most the number of groups.
    shuffle : bool, default=True
        Distribute groups of equal size at random and not as they appear in X.
    random_state : int, RandomState instance or None, default=0
        Seed for `shuffle`. With None the folds differ each time.
    tolerance : float, default=0.02
        How near duplicates are, relative to their distances; see `structure_groups`.

    See Also
    --------
    structure_groups : The groups, for scikit-learn's own splitters.
    leakage_report : What a split tears apart.

    Examples
    --------
    >>> from pymatgen.core import Lattice, Structure
    >>> from sk_knagcn import StructureGroupKFold
    >>> salts = [
    ...     Structure(Lattice.cubic(a), ["Cs", anion], [[0, 0, 0], [0.5, 0.5, 0.5]])
    ...     for anion, a in [("Cl", 4.12), ("Cl", 4.2), ("Br", 4.3), ("Br", 4.4)]
    ... ]
    >>> cv = StructureGroupKFold(by="formula", n_splits=2)
    >>> cv
    StructureGroupKFold(by='formula', n_splits=2, random_state=0, shuffle=True,
              tolerance=0.02)
    >>> for train, test in cv.split(salts):
    ...     print(train, test)
    [2 3] [0 1]
    [0 1] [2 3]
    """

    def __init__(
        self,
        by: By,
        *,
        n_splits: int = 5,
        shuffle: bool = True,
        random_state: Any = 0,
        tolerance: float = 0.02,
    ):
        self.by = by
        self.n_splits = n_splits
        self.shuffle = shuffle
        self.random_state = random_state
        self.tolerance = tolerance

    def split(
        self, X: Any, y: Any = None, groups: Any = None
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Yield the rows to train on and to test with, once for each fold.

        Parameters
        ----------
        X : structures or graphs
            What `structure_groups` takes.
        y : array-like of shape (n,), default=None
            Only its length is looked at.
        groups : object, default=None
            Ignored: the groups are those of the structures.

        Yields
        ------
        train : ndarray of int
            Rows to train on.
        test : ndarray of int
            Rows to test with.
        """
        folds = GroupKFold(self.n_splits)
        labels = structure_groups(X, self.by, tolerance=self.tolerance)
        n_groups = int(labels.max()) + 1
        if n_groups < self.n_splits:
            raise ValueError(
                f"n_splits={self.n_splits} is greater than the number of groups: by "
                f"{self.by} the {len(labels)} structures form {n_groups}. Choose a "
                f"smaller n_splits or finer groups."
            )
        if self.shuffle:
            # GroupKFold's own shuffle deals out groups whatever their size: where one
            # holds a third of the structures, so does its fold.
            rng = check_random_state(self.random_state)
            labels = rng.permutation(n_groups)[labels]
        yield from folds.split(labels, y, labels)

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Count the folds.

        Parameters
        ----------
        X, y, groups : object, default=None
            Ignored.

        Returns
        -------
        int
            The number of folds.
        """
        return self.n_splits
