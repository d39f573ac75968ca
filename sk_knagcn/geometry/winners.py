"""Which of the candidate frames show the smallest sequence of neighbours.

In each frame the neighbours of a shell are sorted by element, then z, y, x from large
to small. Coordinates are compared through labels that mark where gaps lie (see `ties`)
over all frames still in the race. Frames are compared shell by shell and dropped as
soon as they lose.
"""

import numpy as np

from sk_knagcn.geometry.kernel import kernel, leaf
from sk_knagcn.geometry.ties import (
    argsort,
    label_both_signs,
    label_by_gaps,
    space_to_label,
)
from sk_knagcn.geometry.vectors import dot

# Rows of the space that the atoms of a structure share. Coordinates of a shell in all
# bases that are left, and how large x is on either side:
_Z, _Y, _X, _SIZE = range(4)
# The basis and side (1: x mirrored) of the frames still in the race:
BASIS, SIDE = 0, 1
# The seats of their bases among those left, labels, and what it takes to sort:
_SEAT, _Z_LABEL, _Y_LABEL, _X_LABEL, _KEY, _ORDER, _SMALLEST = range(2, 9)


@kernel
def space_to_race(n_frames, widest, k):
    """Arrays for `best_frames`.

    Coordinates, integers, the winners' neighbours, and what it takes to label.
    """
    room = (n_frames + 2) * widest
    return (
        np.empty((4, room)),
        np.empty((9, room), dtype=np.int64),
        np.empty((n_frames, k), dtype=np.int64),
        space_to_label(room),
    )


@leaf
def best_frames(
    vectors,
    element,
    shell_end,
    n_shells,
    bases,
    m,
    used,
    tolerance,
    reflect,
    space,
    mean,
):
    """Find the frames whose sequence is the smallest.

    The m frames to try are in rows `BASIS` and `SIDE` of the integers of `space`. Those
    that remain, whose number is returned, take their place, and `picks` gets the
    neighbours in their slots. `mean` gets the coordinates, averaged over these frames.
    """
    real, whole, picks, labels = space
    begin = 0
    for s in range(n_shells):
        size = shell_end[s] - begin
        basis = whole[BASIS, 0]
        if size == 1 and basis == whole[BASIS, m - 1]:
            # The usual case: nothing to sort, at most a side to choose.
            picks[0, begin] = begin
            if m == 2:
                picks[1, begin] = begin
                x = dot(vectors, begin, bases[basis], 0)
                if abs(2.0 * x) > tolerance:
                    m = 1
                    if x < 0.0:
                        whole[SIDE, 0] = whole[SIDE, 1]
                        for r in range(begin):
                            picks[0, r] = picks[1, r]
        elif size == 2 and basis == whole[BASIS, m - 1]:
            m = _settle_pair(
                vectors,
                element,
                begin,
                used,
                bases[basis],
                reflect,
                tolerance,
                m,
                space,
            )
        else:
            needed = min(shell_end[s], used) - begin
            n_seats = _place_shell(
                vectors,
                begin,
                size,
                bases,
                reflect,
                tolerance,
                m,
                real,
                whole,
                labels,
            )
            m = _drop_losers(
                element, begin, size, needed, m, n_seats * size, whole, picks
            )
        begin = shell_end[s]
    _average(vectors, bases, m, used, whole, picks, mean)
    return m


@leaf
def _settle_pair(vectors, element, begin, used, basis, reflect, tolerance, m, space):
    """Sort a shell of two on the one or two sides of one basis; drop the loser.

    Does what `_place_shell` and `_drop_losers` do, for the shell that real structures
    have most, without their arrays.
    """
    _, whole, picks, _ = space
    x = dot(vectors, begin, basis, 0), dot(vectors, begin + 1, basis, 0)
    dz = dot(vectors, begin + 1, basis, 2) - dot(vectors, begin, basis, 2)
    dy = dot(vectors, begin + 1, basis, 1) - dot(vectors, begin, basis, 1)
    # Element, z and y do not depend on the side; the larger coordinate comes first.
    first = (element[begin] << 3) + ((dz > tolerance) << 2) + ((dy > tolerance) << 1)
    second = (
        (element[begin + 1] << 3) + ((dz < -tolerance) << 2) + ((dy < -tolerance) << 1)
    )
    kept = 0
    smallest = 0, 0
    for f in range(m):
        mirrored = whole[SIDE, f] == 1
        a = (first << 3) + _x_label(x[0], x[1], mirrored, reflect, tolerance)
        b = (second << 3) + _x_label(x[1], x[0], mirrored, reflect, tolerance)
        swapped = b < a
        if swapped:
            a, b = b, a
        if begin + 1 >= used:
            b = 0  # there is no slot for it
        if kept == 1 and (a, b) > smallest:
            continue
        if kept == 1 and (a, b) < smallest:
            kept = 0
        smallest = a, b
        if kept != f:
            whole[SIDE, kept] = whole[SIDE, f]
            for r in range(begin):
                picks[kept, r] = picks[f, r]
        picks[kept, begin] = begin + swapped
        if begin + 1 < used:
            picks[kept, begin + 1] = begin + 1 - swapped
        kept += 1
    return kept


@leaf
def _x_label(x, other, mirrored, reflect, tolerance):
    """How many gaps lie above x among two values, and their mirror images if wanted."""
    if not reflect:
        return int(other - x > tolerance)
    if mirrored:
        x = -x
    size, other = abs(x), abs(other)
    outer = int(abs(size - other) > tolerance)
    if x >= 0.0:
        return outer if size < other else 0
    inner = int(2.0 * min(size, other) > tolerance)
    return inner + (outer if size < other else 2 * outer)


@leaf
def _average(vectors, bases, m, used, whole, picks, mean):
    """Fill `mean` with the coordinates of the slots, averaged over the frames."""
    for f in range(m):
        basis = bases[whole[BASIS, f]]
        mirrored = whole[SIDE, f] == 1
        for r in range(used):
            place = picks[f, r]
            x = dot(vectors, place, basis, 0)
            mean[r, 0] += -x if mirrored else x
            mean[r, 1] += dot(vectors, place, basis, 1)
            mean[r, 2] += dot(vectors, place, basis, 2)
    if m > 1:
        for r in range(used):
            for c in range(3):
                mean[r, c] /= m


@leaf
def _place_shell(
    vectors, begin, size, bases, reflect, tolerance, m, real, whole, space
):
    """Coordinates of a shell in all bases that are left, and the labels of their gaps.

    Both sides of a basis share z and y; x is labelled on both, whether or not both are
    still in the race. Returns how many bases are left.
    """
    n_seats, last = 0, -1
    for f in range(m):
        if whole[BASIS, f] != last:
            last = whole[BASIS, f]
            basis = bases[last]
            for a in range(size):
                e = n_seats * size + a
                real[_X, e] = dot(vectors, begin + a, basis, 0)
                real[_Y, e] = dot(vectors, begin + a, basis, 1)
                real[_Z, e] = dot(vectors, begin + a, basis, 2)
            n_seats += 1
        whole[_SEAT, f] = n_seats - 1
    entries = n_seats * size
    label_by_gaps(real[_Z], entries, tolerance, space, whole[_Z_LABEL])
    label_by_gaps(real[_Y], entries, tolerance, space, whole[_Y_LABEL])
    if reflect:
        size_of_x, label = real[_SIZE], whole[_X_LABEL]
        for e in range(entries):
            size_of_x[e] = abs(real[_X, e])
        label_both_signs(size_of_x, entries, tolerance, space, label)
        for e in range(entries):
            if real[_X, e] < 0.0:
                label[e], label[entries + e] = label[entries + e], label[e]
    else:
        label_by_gaps(real[_X], entries, tolerance, space, whole[_X_LABEL])
    return n_seats


@leaf
def _drop_losers(element, begin, size, needed, m, entries, whole, picks):
    """Sort a shell in every frame, keep the frames with the smallest keys."""
    keys, order = whole[_KEY], whole[_ORDER]
    kept = 0
    for f in range(m):
        first = whole[_SEAT, f] * size
        side = entries * whole[SIDE, f]
        for a in range(size):
            # One integer orders them by element, then z, y, x from large to small.
            keys[a] = (
                (element[begin + a] << 54)
                + (whole[_Z_LABEL, first + a] << 36)
                + (whole[_Y_LABEL, first + a] << 18)
                + whole[_X_LABEL, side + first + a]
            )
        argsort(keys, order, size)
        sign = -1 if kept == 0 else 0
        for r in range(needed):
            if sign != 0:
                break
            key = keys[order[r]]
            if key != whole[_SMALLEST, r]:
                sign = -1 if key < whole[_SMALLEST, r] else 1
        if sign > 0:
            continue
        if sign < 0:
            kept = 0
            for r in range(needed):
                whole[_SMALLEST, r] = keys[order[r]]
        if kept != f:
            whole[BASIS, kept] = whole[BASIS, f]
            whole[SIDE, kept] = whole[SIDE, f]
            for r in range(begin):
                picks[kept, r] = picks[f, r]
        for r in range(needed):
            picks[kept, begin + r] = begin + order[r]
        kept += 1
    return kept
