"""Orbits: atoms that no network on these graphs can tell apart.

Two atoms share an orbit when they are the same element, see the same coordinates in
their canonical frames (to the tie tolerance) and find the same orbits in every slot.
Such atoms have identical features in every layer, so one of them is enough. Orbits
also finish the choice among tied frames: the frame whose slots hold the smallest
orbits wins.

Everything is decided for the set of atoms as a whole (see `ties`), never by comparing
with the atom that happened to come first, and orbits are numbered by what they are:
element, then coordinates, then neighbours.
"""

import numpy as np
from numba import njit

from sk_knagcn.geometry.ties import argsort, cut_narrow


@njit(cache=True, nogil=True)
def find_orbits(numbers, coordinates, frame_start, slots, tolerance):
    """Partition the atoms, and choose one frame for each.

    Returns
    -------
    orbit : int64 array of shape (n,)
        The orbit of each atom, numbered from 0 in canonical order.
    choice : int64 array of shape (n,)
        The chosen frame of each atom, a row of `slots`.
    """
    n = len(numbers)
    order, group_end = _by_geometry(numbers, coordinates, frame_start, slots, tolerance)
    orbit = np.empty(n, dtype=np.int64)
    choice = frame_start[:-1].copy()
    while True:
        _number(order, group_end, orbit)
        for i in range(n):
            choice[i] = _smallest_frame(i, frame_start, slots, orbit)
        finer = _split_by_neighbors(order, group_end, choice, slots, orbit)
        if len(finer) == len(group_end):
            return orbit, choice
        group_end = finer


@njit(cache=True, nogil=True)
def _number(order, group_end, orbit):
    begin = 0
    for g in range(len(group_end)):
        for r in range(begin, group_end[g]):
            orbit[order[r]] = g
        begin = group_end[g]


@njit(cache=True, nogil=True)
def _by_geometry(numbers, coordinates, frame_start, slots, tolerance):
    """Order the atoms by element and coordinates; groups agree within the tolerance.

    Field by field: a group is cut where its values have gaps, its parts are cut by
    the next field, and so on, as in a dictionary.
    """
    n, k = len(numbers), slots.shape[1]
    order = np.empty(n, dtype=np.int64)
    values = numbers.astype(np.float64)
    argsort(values, order, n)
    group_end = np.empty(n, dtype=np.int64)
    finer = np.empty(n, dtype=np.int64)
    n_groups = 0
    for r in range(1, n + 1):
        if r == n or numbers[order[r]] != numbers[order[r - 1]]:
            group_end[n_groups] = r
            n_groups += 1

    rank = np.empty(n, dtype=np.int64)
    ascending = np.empty(n)
    moved = np.empty(n, dtype=np.int64)
    cuts = np.empty(n, dtype=np.bool_)
    for field in range(4 * k):
        if n_groups == n:
            break
        slot, part = field // 4, field % 4
        begin, n_finer = 0, 0
        for g in range(n_groups):
            end = group_end[g]
            size = end - begin
            low, high = np.inf, -np.inf
            if size > 1:
                for r in range(size):
                    i = order[begin + r]
                    if part > 0:  # z, then y, then x
                        v = coordinates[i, slot, 3 - part]
                    else:
                        j = slots[frame_start[i], slot]
                        v = float(numbers[j]) if j >= 0 else 0.0
                    values[r] = v
                    low, high = min(low, v), max(high, v)
            if size > 1 and high - low > tolerance:
                argsort(values, rank, size)
                for r in range(size):
                    ascending[r] = values[rank[r]]
                    moved[r] = order[begin + rank[r]]
                cut_narrow(ascending, size, tolerance, cuts)
                for r in range(size):
                    order[begin + r] = moved[r]
                    if r > 0 and cuts[r]:
                        finer[n_finer] = begin + r
                        n_finer += 1
            finer[n_finer] = end
            n_finer += 1
            begin = end
        group_end[:n_finer] = finer[:n_finer]
        n_groups = n_finer
    return order, group_end[:n_groups].copy()


@njit(cache=True, nogil=True)
def _smallest_frame(i, frame_start, slots, orbit):
    """The first of the frames of atom i whose slots hold the smallest orbits."""
    best = frame_start[i]
    for f in range(frame_start[i] + 1, frame_start[i + 1]):
        if _compare(f, best, slots, orbit) < 0:
            best = f
    return best


@njit(cache=True, nogil=True)
def _compare(f, g, slots, orbit):
    """-1, 0 or 1 as the orbits along frame f come before, with or after frame g's."""
    for s in range(slots.shape[1]):
        if slots[f, s] < 0:  # then g has nothing there either
            return 0
        a, b = orbit[slots[f, s]], orbit[slots[g, s]]
        if a != b:
            return -1 if a < b else 1
    return 0


@njit(cache=True, nogil=True)
def _split_by_neighbors(order, group_end, choice, slots, orbit):
    """Sort each group by the orbits in its atoms' slots; cut where they differ."""
    finer = np.empty(len(order), dtype=np.int64)
    n_finer, begin = 0, 0
    for g in range(len(group_end)):
        end = group_end[g]
        uniform = True
        for r in range(begin + 1, end):
            if _compare(choice[order[r]], choice[order[begin]], slots, orbit) != 0:
                uniform = False
                break
        if not uniform:
            _sort_group(order, begin, end, choice, slots, orbit)
            for r in range(begin + 1, end):
                if _compare(choice[order[r]], choice[order[r - 1]], slots, orbit) != 0:
                    finer[n_finer] = r
                    n_finer += 1
        finer[n_finer] = end
        n_finer += 1
        begin = end
    return finer[:n_finer].copy()


@njit(cache=True, nogil=True)
def _sort_group(order, begin, end, choice, slots, orbit):
    """Merge sort by the orbits in the slots: supercells have groups of thousands."""
    size = end - begin
    source, target = order[begin:end].copy(), np.empty(size, dtype=order.dtype)
    run = 1
    while run < size:
        for left in range(0, size, 2 * run):
            middle, right = min(left + run, size), min(left + 2 * run, size)
            a, b = left, middle
            for r in range(left, right):
                if b >= right or (
                    a < middle
                    and _compare(choice[source[a]], choice[source[b]], slots, orbit)
                    <= 0
                ):
                    target[r] = source[a]
                    a += 1
                else:
                    target[r] = source[b]
                    b += 1
        source, target = target, source
        run *= 2
    order[begin:end] = source


@njit(cache=True, nogil=True)
def orbit_means(orbit, n_orbits, coordinates):
    """Mean coordinates over the members of each orbit, and how many they are."""
    k = coordinates.shape[1]
    members = np.zeros(n_orbits, dtype=np.int64)
    mean = np.zeros((n_orbits, k, 3))
    for i in range(len(orbit)):
        members[orbit[i]] += 1
        mean[orbit[i]] += coordinates[i]
    for o in range(n_orbits):
        mean[o] /= members[o]
    return mean, members
