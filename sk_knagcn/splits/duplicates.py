"""Which structures are nearly the same."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from sk_knagcn.splits.contents import Item, reduced_composition
from sk_knagcn.splits.fingerprint import fingerprint

# Neighbours that a first search for duplicates asks for.
_FIRST = 16


class Fingerprints:
    """The fingerprints of structures, those of one composition together.

    Two structures are nearly the same if their compositions are equal and no average
    distance differs by more than a tolerance, relative to itself. Fingerprints sit in
    a tree for each composition: no structure is compared with all others. A structure
    that is the only one of its composition has no duplicate and needs no fingerprint.
    """

    def __init__(self, items: Sequence[Item]) -> None:
        compositions = [reduced_composition(item) for item in items]
        often = Counter(compositions)
        rows = defaultdict(list)
        points = defaultdict(list)
        for index, (item, composition) in enumerate(
            zip(items, compositions, strict=True)
        ):
            if often[composition] == 1:
                continue
            point = fingerprint(item, index, composition)
            rows[composition, len(point)].append(index)
            points[composition, len(point)].append(point)
        self._n = len(items)
        self._sets = [(np.array(rows[key]), np.stack(points[key])) for key in rows]

    def groups(self, tolerance: float) -> NDArray[np.int64]:
        """Number groups of what is nearly the same, directly or through others."""
        labels = np.arange(self._n)
        n_groups = self._n
        for rows, points in self._sets:
            labels[rows] = n_groups + _components(points, tolerance)
            n_groups = labels[rows].max() + 1
        return labels

    def nearest(
        self, test: NDArray[np.int64], train: NDArray[np.int64], tolerance: float
    ) -> list[tuple[int, int, float]]:
        """Pair structures with their nearest duplicates in training, if they have one.

        Each entry is a structure of the test part, one of the training part, and the
        largest relative difference of their average distances. A structure in both
        parts is the nearest to itself.
        """
        in_train, in_test = np.zeros((2, self._n), dtype=bool)
        in_train[train] = True
        in_test[test] = True
        both = np.flatnonzero(in_train & in_test).tolist()
        in_test[both] = False
        found = [(row, row, 0.0) for row in both]
        for rows, points in self._sets:
            known, asked = in_train[rows], in_test[rows]
            if not (known.any() and asked.any()):
                continue
            away, place = KDTree(points[known]).query(
                points[asked], p=np.inf, distance_upper_bound=np.log1p(tolerance)
            )
            near = np.isfinite(away)
            found += zip(
                rows[asked][near].tolist(),
                rows[known][place[near]].tolist(),
                np.expm1(away[near]).tolist(),
                strict=True,
            )
        return found


def _components(points: NDArray[np.float32], tolerance: float) -> NDArray[np.int32]:
    """Label what hangs together by steps shorter than the tolerance.

    Only a point with no room left in its list of neighbours can have others; in dense
    sets all is one group long before every pair has been looked at.
    """
    n, k = len(points), 1
    if n == 1:
        return np.zeros(1, dtype=np.int32)
    tree = KDTree(points)
    while True:
        k = min(_FIRST * k, n)
        away, others = tree.query(
            points, k=k, p=np.inf, distance_upper_bound=np.log1p(tolerance)
        )
        near = np.isfinite(away)
        links = np.broadcast_to(np.arange(n)[:, None], near.shape)[near], others[near]
        edges = coo_array((np.ones(near.sum(), dtype=bool), links), shape=(n, n))
        n_groups, labels = connected_components(edges, directed=False)
        if n_groups == 1 or k == n or not near[:, -1].any():
            return labels
