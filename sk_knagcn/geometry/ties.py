"""What counts as equal: values without a wide gap between them.

Comparing pairs "within a tolerance" is not transitive, and whatever is decided that
way depends on the order of comparison. Here values are sorted and cut at the gaps:
the outcome is a property of the set of values alone.
"""

import numpy as np

from sk_knagcn.geometry.kernel import kernel, leaf

# A run of values without a gap can be wider than the tolerance. Where that matters it
# is cut again at gaps this many times smaller, until its parts are narrow enough.
_FINER = 4.0
# Insertion sort beats any other up to about this length.
SHORT = 48
# Above this many bins the counting below costs more than sorting.
_MOST_BINS = 4096


# The gap that ends a list of neighbours shrinks to no less than this (Angstrom).
_SMALLEST_GAP = 1e-9


@leaf
def closing_gap(r, k, tolerance):
    """How wide a gap before neighbour r must be to end a shell.

    The tolerance, unless the shell of the k-th neighbour has swallowed as many again:
    far out, distances follow each other so closely that a wide gap may never come.
    """
    excess = r - 2 * k - 16
    if excess < 0:
        return tolerance
    return max(tolerance * 0.25 ** (1 + excess // (k + 8)), _SMALLEST_GAP)


@leaf
def argsort(values, order, n):
    """Fill `order` so that the first n values ascend; stable."""
    if n > SHORT:
        _argsort_long(values, order, n)
        return
    for i in range(n):
        v, j = values[i], i
        while j > 0 and values[order[j - 1]] > v:
            order[j] = order[j - 1]
            j -= 1
        order[j] = i


@leaf
def _argsort_long(values, order, n):
    """Heap sort, which needs no space; equal values keep their order."""
    for r in range(n):
        order[r] = r
    for top in range(n // 2 - 1, -1, -1):
        _sift(values, order, top, n)
    for end in range(n - 1, 0, -1):
        order[0], order[end] = order[end], order[0]
        _sift(values, order, 0, end)


@leaf
def _sift(values, order, top, end):
    """Let the entry at `top` sink to its place in the heap."""
    sinking = order[top]
    v = values[sinking]
    while 2 * top + 1 < end:
        child = 2 * top + 1
        i = order[child]
        if child + 1 < end:
            j = order[child + 1]
            if values[j] > values[i] or (values[j] == values[i] and j > i):
                child, i = child + 1, j
        if v > values[i] or (v == values[i] and sinking > i):
            break
        order[top] = i
        top = child
    order[top] = sinking


@kernel
def space_to_label(n):
    """Arrays for `label_by_gaps` of at most n values."""
    return (
        np.empty(n, dtype=np.int64),
        np.empty(_MOST_BINS),
        np.empty(_MOST_BINS),
        np.empty(_MOST_BINS, dtype=np.int64),
    )


@leaf
def label_by_gaps(values, n, tolerance, space, labels):
    """Number the runs of values between gaps wider than the tolerance, largest first.

    The run with the largest value gets label 0. Returns the label of the smallest.
    """
    low, high = np.inf, -np.inf
    for r in range(n):
        low, high = min(low, values[r]), max(high, values[r])
    if high - low <= tolerance:
        for r in range(n):
            labels[r] = 0
        return 0
    bins = (high - low) / tolerance + 2.0
    if n > SHORT and bins < _MOST_BINS:
        return _label_by_counting(values, n, tolerance, high, int(bins), space, labels)
    order = space[0]
    argsort(values, order, n)
    label = 0
    labels[order[n - 1]] = 0
    for r in range(n - 2, -1, -1):
        if values[order[r + 1]] - values[order[r]] > tolerance:
            label += 1
        labels[order[r]] = label
    return label


@leaf
def label_both_signs(values, n, tolerance, space, labels):
    """Label values, of which only the sizes are given, together with their negatives.

    First come the labels of all n sizes, then those of all negatives. These mirror each
    other: as many gaps lie above a size as below its negative.
    """
    last = label_by_gaps(values, n, tolerance, space, labels)
    smallest = np.inf
    for r in range(n):
        smallest = min(smallest, values[r])
    last = 2 * last + (2.0 * smallest > tolerance)
    for r in range(n):
        labels[n + r] = last - labels[r]


@leaf
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


@leaf
def _label_by_counting(values, n, tolerance, high, bins, space, labels):
    """The same without sorting: values in a bin one tolerance wide have no gap."""
    _, smallest, largest, label_of = space
    for b in range(bins):
        smallest[b], largest[b] = np.inf, -np.inf
    per_unit = 1.0 / tolerance
    for r in range(n):
        labels[r] = b = int((high - values[r]) * per_unit)
        smallest[b] = min(smallest[b], values[r])
        largest[b] = max(largest[b], values[r])
    label, above = 0, high
    for b in range(bins):
        if largest[b] > -np.inf:
            if above - largest[b] > tolerance:
                label += 1
            above = smallest[b]
        label_of[b] = label
    for r in range(n):
        labels[r] = label_of[labels[r]]
    return label


@leaf
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
