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

from sk_knagcn.geometry.kernel import kernel, leaf
from sk_knagcn.geometry.ties import SHORT, argsort, cut_narrow


@kernel
def find_orbits(numbers, coordinates, start, index, frames, tolerance):
    """Partition the atoms, and choose one frame for each.

    `frames` are the last four results of `canonical_frames`.

    Returns
    -------
    orbit : int64 array of shape (n,)
        The orbit of each atom, numbered from 0 in canonical order.
    slots : int32 array of shape (n, k)
        The atom in each slot of the chosen frame, -1 where there is none.
    """
    n = len(numbers)
    slots = _first_frames(start, index, frames)
    order, group_end = _by_geometry(numbers, coordinates, slots, tolerance)
    orbit = np.empty(n, dtype=np.int64)
    while True:
        _number(order, group_end, orbit)
        for i in range(n):
            _choose_frame(i, numbers, start, index, frames, orbit, slots)
        finer = _split_by_neighbors(order, group_end, slots, orbit)
        if len(finer) == len(group_end):
            return orbit, slots
        group_end = finer


@kernel
def _first_frames(start, index, frames):
    """The atoms in the slots of the first of the tied frames of each atom."""
    first_frame, _, places, same_place = frames
    n, k = len(first_frame), places.shape[1]
    slots = np.empty((n, k), dtype=np.int32)
    for i in range(n):
        begin = start[i]
        used = min(k, start[i + 1] - begin)
        for s in range(used):
            slots[i, s] = index[begin + same_place[begin + places[first_frame[i], s]]]
        for s in range(used, k):
            slots[i, s] = -1
    return slots


@leaf
def _number(order, group_end, orbit):
    begin = 0
    for g in range(len(group_end)):
        for r in range(begin, group_end[g]):
            orbit[order[r]] = g
        begin = group_end[g]


@kernel
def _by_geometry(numbers, coordinates, slots, tolerance):
    """Order the atoms by element and coordinates; groups agree within the tolerance.

    Field by field: a group is cut where its values have gaps, its parts are cut by
    the next field, and so on, as in a dictionary.
    """
    n, k = len(numbers), slots.shape[1]
    order = np.empty(n, dtype=np.int64)
    group_end = np.empty(n, dtype=np.int64)
    n_groups = _by_element(numbers, order, group_end)
    finer = np.empty(n, dtype=np.int64)
    values = np.empty(n)
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
                        j = slots[i, slot]
                        v = float(numbers[j]) if j >= 0 else 0.0
                    values[r] = v
                    low, high = min(low, v), max(high, v)
            if size > 1 and high - low > tolerance:
                if size > SHORT:  # twice as fast then, if it need not be stable
                    rank[:size] = np.argsort(values[:size])
                else:
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


@kernel
def _by_element(numbers, order, group_end):
    """Order the atoms by element, and mark where each ends; count the elements."""
    begin = np.zeros(numbers.max() + 2, dtype=np.int64)
    for number in numbers:
        begin[number + 1] += 1
    n_groups = 0
    for number in range(1, len(begin)):
        count = begin[number]
        begin[number] += begin[number - 1]
        if count > 0:
            group_end[n_groups] = begin[number]
            n_groups += 1
    for i in range(len(numbers)):
        order[begin[numbers[i]]] = i
        begin[numbers[i]] += 1
    return n_groups


@leaf
def _choose_frame(i, numbers, start, index, frames, orbit, slots):
    """Fill slots of atom i from the first of its frames with the smallest orbits."""
    first_frame, n_frames, places, same_place = frames
    if n_frames[i] == 1 or _alike(i, numbers, start, index, orbit):
        return
    begin = start[i]
    used = min(slots.shape[1], start[i + 1] - begin)
    best = first = first_frame[i]
    for f in range(first + 1, first + n_frames[i]):
        for s in range(used):
            a = orbit[index[begin + same_place[begin + places[f, s]]]]
            b = orbit[index[begin + same_place[begin + places[best, s]]]]
            if a != b:
                if a < b:
                    best = f
                break
    for s in range(used):
        slots[i, s] = index[begin + same_place[begin + places[best, s]]]


@leaf
def _alike(i, numbers, start, index, orbit):
    """Whether all neighbours of one element share an orbit: then all frames agree."""
    begin = start[i]
    for e in range(begin, start[i + 1]):
        for d in range(begin, e):
            if numbers[index[d]] == numbers[index[e]]:
                if orbit[index[d]] != orbit[index[e]]:
                    return False
                break
    return True


@leaf
def _compare(i, j, slots, orbit):
    """-1, 0 or 1 as the orbits around atom i come before, with or after atom j's."""
    for s in range(slots.shape[1]):
        if slots[i, s] < 0:  # then j has nothing there either
            return 0
        a, b = orbit[slots[i, s]], orbit[slots[j, s]]
        if a != b:
            return -1 if a < b else 1
    return 0


@kernel
def _split_by_neighbors(order, group_end, slots, orbit):
    """Sort each group by the orbits in its atoms' slots; cut where they differ."""
    finer = np.empty(len(order), dtype=np.int64)
    n_finer, begin = 0, 0
    for g in range(len(group_end)):
        end = group_end[g]
        uniform = True
        for r in range(begin + 1, end):
            if _compare(order[r], order[begin], slots, orbit) != 0:
                uniform = False
                break
        if not uniform:
            _sort_group(order, begin, end, slots, orbit)
            for r in range(begin + 1, end):
                if _compare(order[r], order[r - 1], slots, orbit) != 0:
                    finer[n_finer] = r
                    n_finer += 1
        finer[n_finer] = end
        n_finer += 1
        begin = end
    return finer[:n_finer].copy()


@kernel
def _sort_group(order, begin, end, slots, orbit):
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
                    a < middle and _compare(source[a], source[b], slots, orbit) <= 0
                ):
                    target[r] = source[a]
                    a += 1
                else:
                    target[r] = source[b]
                    b += 1
        source, target = target, source
        run *= 2
    order[begin:end] = source


@kernel
def orbit_means(orbit, n_orbits, coordinates):
    """Mean coordinates over the members of each orbit, and how many they are."""
    k = coordinates.shape[1]
    members = np.zeros(n_orbits, dtype=np.int64)
    mean = np.zeros((n_orbits, k, 3))
    for i in range(len(orbit)):
        o = orbit[i]
        members[o] += 1
        for s in range(k):
            for c in range(3):
                mean[o, s, c] += coordinates[i, s, c]
    for o in range(n_orbits):
        if members[o] > 1:
            for s in range(k):
                for c in range(3):
                    mean[o, s, c] /= members[o]
    return mean, members
