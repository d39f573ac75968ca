"""What counts as equal: values without a wide gap between them.

Comparing pairs "within a tolerance" is not transitive, and whatever is decided that
way depends on the order of comparison. Here values are sorted and cut at the gaps:
the outcome is a property of the set of values alone.
"""

import numpy as np
from numba import njit

# A run of values without a gap can be wider than the tolerance. Where that matters it
# is cut again at gaps this many times smaller, until its parts are narrow enough.
_FINER = 4.0
# Insertion sort beats any other up to about this length.
_SHORT = 48
# Above this many bins the counting below costs more than sorting.
_MOST_BINS = 4096


# The gap that ends a list of neighbours shrinks to no less than this (Angstrom).
_SMALLEST_GAP = 1e-9


@njit(cache=True, nogil=True)
def closing_gap(r, k, tolerance):
    """How wide a gap before neighbour r must be to end a shell.

    The tolerance, unless the shell of the k-th neighbour has swallowed as many again:
    far out, distances follow each other so closely that a wide gap may never come.
    """
    excess = r - 2 * k - 16
    if excess < 0:
        return tolerance
    return max(tolerance * 0.25 ** (1 + excess // (k + 8)), _SMALLEST_GAP)


@njit(cache=True, nogil=True)
def argsort(values, order, n):
    """Fill `order` so that the first n values ascend; stable."""
    if n > _SHORT:
        order[:n] = np.argsort(values[:n], kind="mergesort")
        return
    for i in range(n):
        v, j = values[i], i
        while j > 0 and values[order[j - 1]] > v:
            order[j] = order[j - 1]
            j -= 1
        order[j] = i


@njit(cache=True, nogil=True)
def label_by_gaps(values, n, tolerance, order, labels):
    """Number the runs of values between gaps wider than the tolerance, largest first.

    The run with the largest value gets label 0. `order` is space to work in.
    """
    low, high = np.inf, -np.inf
    for r in range(n):
        low, high = min(low, values[r]), max(high, values[r])
    if high - low <= tolerance:
        labels[:n] = 0
        return
    bins = (high - low) / tolerance + 2.0
    if n > _SHORT and bins < _MOST_BINS:
        _label_by_counting(values, n, tolerance, high, int(bins), labels)
        return
    argsort(values, order, n)
    label = 0
    labels[order[n - 1]] = 0
    for r in range(n - 2, -1, -1):
        if values[order[r + 1]] - values[order[r]] > tolerance:
            label += 1
        labels[order[r]] = label


@njit(cache=True, nogil=True)
def lowest_of_highest(values, n, tolerance):
    """The smallest value in the run that holds the largest: all from it on tie."""
    lowest = -np.inf
    for r in range(n):
        lowest = max(lowest, values[r])
    grown = True
    while grown:
        grown = False
        for r in range(n):
            if values[r] < lowest and lowest - values[r] <= tolerance:
                lowest, grown = values[r], True
    return lowest


@njit(cache=True, nogil=True)
def _label_by_counting(values, n, tolerance, high, bins, labels):
    """The same without sorting: values in a bin one tolerance wide have no gap."""
    smallest, largest = np.full(bins, np.inf), np.full(bins, -np.inf)
    per_unit = 1.0 / tolerance
    for r in range(n):
        labels[r] = b = int((high - values[r]) * per_unit)
        smallest[b] = min(smallest[b], values[r])
        largest[b] = max(largest[b], values[r])
    label_of = np.empty(bins, dtype=np.int64)
    label, above = 0, high
    for b in range(bins):
        if largest[b] > -np.inf:
            if above - largest[b] > tolerance:
                label += 1
            above = smallest[b]
        label_of[b] = label
    for r in range(n):
        labels[r] = label_of[labels[r]]


@njit(cache=True, nogil=True)
def cut_narrow(ascending, n, tolerance, cuts):
    """Cut sorted values into runs no wider than the tolerance.

    `cuts[r]` becomes True where a new run begins. Runs are cut at gaps above the
    tolerance first; a run that is still too wide, at ever smaller gaps.
    """
    for r in range(n):
        cuts[r] = r == 0
    gap = tolerance
    # Float noise is 1e-14; no run of real data lacks a gap of 1e-12.
    while gap > 1e-12:
        too_wide = False
        begin = 0
        while begin < n:
            end = begin + 1
            while end < n and not cuts[end]:
                end += 1
            if ascending[end - 1] - ascending[begin] > tolerance:
                for r in range(begin + 1, end):
                    if ascending[r] - ascending[r - 1] > gap:
                        cuts[r] = True
                too_wide = True
            begin = end
        if not too_wide:
            return
        gap /= _FINER
