"""A canonical local frame for every atom, and its neighbours' order in that frame.

Each atom tries every frame that its nearest shells allow: +z towards an atom of the
nearest shell, y > 0 towards the first neighbour off that axis, x to either side. In
each frame the neighbours are sorted by (shell, element, z, y, x), and the frame with
the smallest sequence wins. Coordinates are compared through labels that mark where
gaps lie (see `ties`), shell by shell, so that farther shells never change what nearer
ones decided: the order for a smaller k is a prefix of the order for a larger one.

Frames that tie all the way differ by a symmetry of the neighbourhood. They are all
kept, because the atoms they place in a slot may still differ in what lies around
*them*; `orbits` decides among them. The coordinates are the mean over tied frames,
which differ by less than the tolerance: this makes near symmetry exact.
"""

import numpy as np
from numba import njit

from sk_knagcn.geometry.ties import argsort, label_by_gaps

# A neighbour nearer to the z axis than this (Angstrom) cannot tell where y points.
OFF_AXIS = 0.0531


@njit(cache=True, nogil=True)
def canonical_frames(start, index, vectors, distances, numbers, k, tolerance, reflect):
    """Coordinates of the k neighbours of each atom in its canonical frame.

    Returns
    -------
    coordinates : float64 array of shape (n, k, 3)
        Mean over the tied frames; rows of zeros where there are fewer than k others.
    frame_start : int64 array of shape (n + 1,)
        Where the tied frames of each atom begin.
    slots : int32 array of shape (n_frames, k)
        The atom in each slot of each tied frame, -1 where there is none.
    """
    n = len(start) - 1
    coordinates = np.zeros((n, k, 3))
    frame_start = np.zeros(n + 1, dtype=np.int64)
    slots = np.empty((2 * n + 16, k), dtype=np.int32)
    widest = 1
    for i in range(n):
        widest = max(widest, start[i + 1] - start[i])
    shell_end = np.empty(widest, dtype=np.int64)
    for i in range(n):
        begin = start[i]
        there = start[i + 1] - begin
        row = vectors[begin : begin + there]
        n_shells = find_shells(
            distances[begin : begin + there], k, tolerance, shell_end
        )
        element = numbers[index[begin : begin + there]]
        bases = candidate_frames(row, element, shell_end, n_shells, tolerance)
        used = min(k, there)
        picks = best_frames(
            row,
            element,
            shell_end,
            n_shells,
            bases,
            used,
            tolerance,
            reflect,
            coordinates[i],
        )
        m = len(picks)
        while frame_start[i] + m > len(slots):
            larger = np.empty((2 * len(slots), k), dtype=np.int32)
            larger[: len(slots)] = slots
            slots = larger
        for f in range(m):
            line = slots[frame_start[i] + f]
            for s in range(used):
                line[s] = index[begin + picks[f, s]]
            line[used:] = -1
        frame_start[i + 1] = frame_start[i] + m
    return coordinates, frame_start, slots[: frame_start[n]].copy()


@njit(cache=True, nogil=True)
def find_shells(distances, k, tolerance, shell_end):
    """Ends of the shells that are needed to hold k neighbours; returns their number."""
    n_shells = 0
    for r in range(1, len(distances)):
        if distances[r] - distances[r - 1] > tolerance:
            shell_end[n_shells] = r
            n_shells += 1
            if r >= k:
                return n_shells
    if len(distances) > 0:
        shell_end[n_shells] = len(distances)
        n_shells += 1
    return n_shells


@njit(cache=True, nogil=True)
def candidate_frames(vectors, element, shell_end, n_shells, tolerance):
    """Right-handed bases (rows x, y, z) that the nearest shells allow.

    z: atoms of the first shell with the smallest atomic number. y: among neighbours
    off the axis, nearest shell, smallest atomic number, largest z. Pairs that are not
    best by these three are dropped at once, for all z together.
    """
    if n_shells == 0:
        return np.zeros((0, 3, 3))
    first = shell_end[0]
    lightest = element[:first].min()
    n_z = 0
    z_atoms = np.empty(first, dtype=np.int64)
    for a in range(first):
        if element[a] == lightest:
            z_atoms[n_z] = a
            n_z += 1

    # The best (shell, element) that any z atom offers for y.
    best_shell, best_element = n_shells, 0
    for c in range(n_z):
        axis = vectors[z_atoms[c]]
        begin = 0
        for s in range(min(n_shells, best_shell + 1)):
            for b in range(begin, shell_end[s]):
                if off_axis(vectors[b], axis) and (
                    s < best_shell or element[b] < best_element
                ):
                    best_shell, best_element = s, element[b]
            begin = shell_end[s]
    if best_shell == n_shells:
        return bases_on_a_line(vectors, z_atoms[:n_z])

    begin = 0 if best_shell == 0 else shell_end[best_shell - 1]
    size = shell_end[best_shell] - begin
    room = n_z * size
    heights = np.empty(room)
    z_of, y_of = np.empty(room, dtype=np.int64), np.empty(room, dtype=np.int64)
    n_pairs = 0
    for c in range(n_z):
        axis = vectors[z_atoms[c]]
        length = np.sqrt(axis[0] ** 2 + axis[1] ** 2 + axis[2] ** 2)
        for b in range(begin, begin + size):
            if element[b] == best_element and off_axis(vectors[b], axis):
                dot = (
                    vectors[b, 0] * axis[0]
                    + vectors[b, 1] * axis[1]
                    + vectors[b, 2] * axis[2]
                )
                heights[n_pairs] = dot / length
                z_of[n_pairs], y_of[n_pairs] = z_atoms[c], b
                n_pairs += 1
    labels = np.empty(n_pairs, dtype=np.int64)
    label_by_gaps(heights, n_pairs, tolerance, labels)
    highest = 0
    for p in range(n_pairs):
        highest += labels[p] == 0
    bases = np.empty((highest, 3, 3))
    f = 0
    for p in range(n_pairs):
        if labels[p] == 0:
            fill_basis(vectors[z_of[p]], vectors[y_of[p]], bases[f])
            f += 1
    return bases


@njit(cache=True, nogil=True)
def off_axis(vector, axis):
    """Whether the vector ends farther than `OFF_AXIS` from the axis."""
    square = vector[0] ** 2 + vector[1] ** 2 + vector[2] ** 2
    dot = vector[0] * axis[0] + vector[1] * axis[1] + vector[2] * axis[2]
    length = axis[0] ** 2 + axis[1] ** 2 + axis[2] ** 2
    return square - dot * dot / length > OFF_AXIS**2


@njit(cache=True, nogil=True)
def bases_on_a_line(vectors, z_atoms):
    """Frames when all neighbours lie on one line: x and y carry nothing and are 0."""
    bases = np.zeros((len(z_atoms), 3, 3))
    for f in range(len(z_atoms)):
        axis = vectors[z_atoms[f]]
        bases[f, 2] = axis / np.sqrt((axis**2).sum())
    return bases


@njit(cache=True, nogil=True)
def fill_basis(z_vector, y_vector, basis):
    """Fill rows x, y, z of a right-handed frame."""
    length = np.sqrt(z_vector[0] ** 2 + z_vector[1] ** 2 + z_vector[2] ** 2)
    for c in range(3):
        basis[2, c] = z_vector[c] / length
    dot = (
        y_vector[0] * basis[2, 0]
        + y_vector[1] * basis[2, 1]
        + y_vector[2] * basis[2, 2]
    )
    for c in range(3):
        basis[1, c] = y_vector[c] - dot * basis[2, c]
    length = np.sqrt(basis[1, 0] ** 2 + basis[1, 1] ** 2 + basis[1, 2] ** 2)
    for c in range(3):
        basis[1, c] /= length
    y, z = basis[1], basis[2]
    basis[0, 0] = y[1] * z[2] - y[2] * z[1]
    basis[0, 1] = y[2] * z[0] - y[0] * z[2]
    basis[0, 2] = y[0] * z[1] - y[1] * z[0]


@njit(cache=True, nogil=True)
def best_frames(
    vectors, element, shell_end, n_shells, bases, used, tolerance, reflect, mean
):
    """Which neighbour fills each slot, in every frame whose sequence is the smallest.

    Frames are compared shell by shell and dropped as soon as they lose. `mean` gets
    the coordinates, averaged over the frames that remain.
    """
    sides = 2 if reflect else 1
    m = len(bases) * sides
    # Frame f stands on basis alive[f] // sides and has x mirrored if alive[f] is odd.
    alive = np.arange(m)
    picks = np.empty((m, used), dtype=np.int64)
    begin = 0
    for s in range(n_shells):
        size = shell_end[s] - begin
        if size == 1 and len(bases) == 1:
            # The usual case: nothing to sort, at most a side to choose.
            picks[:m, begin] = begin
            if m == 2:
                x = along(vectors[begin], bases[0, 0])
                if abs(2.0 * x) > tolerance:
                    alive[0] = 0 if x > 0.0 else 1
                    m = 1
        else:
            m = _compare_shell(
                vectors,
                element,
                begin,
                shell_end[s],
                bases,
                sides,
                tolerance,
                alive,
                picks,
                m,
            )
        begin = shell_end[s]

    for r in range(used):
        for c in range(3):
            total = 0.0
            for f in range(m):
                component = along(vectors[picks[f, r]], bases[alive[f] // sides, c])
                total += -component if c == 0 and alive[f] % sides == 1 else component
            mean[r, c] = total / m
    return picks[:m]


@njit(cache=True, nogil=True, inline="always")
def along(vector, axis):
    return vector[0] * axis[0] + vector[1] * axis[1] + vector[2] * axis[2]


@njit(cache=True, nogil=True)
def _compare_shell(
    vectors, element, begin, end, bases, sides, tolerance, alive, picks, m
):
    """Sort one shell in every frame, drop the frames that lose; how many remain."""
    size, used = end - begin, picks.shape[1]
    needed = min(end, used) - begin
    # Both sides of a basis share z and y; x is labelled for both, whether or not both
    # are still in the race.
    seat = np.empty(m, dtype=np.int64)
    n_bases, last = 0, -1
    for f in range(m):
        if alive[f] // sides != last:
            last = alive[f] // sides
            n_bases += 1
        seat[f] = n_bases - 1
    entries = n_bases * size
    z, y, x = np.empty(entries), np.empty(entries), np.empty(sides * entries)
    for f in range(m):
        if f > 0 and seat[f] == seat[f - 1]:
            continue
        basis = bases[alive[f] // sides]
        for a in range(size):
            v, e = vectors[begin + a], seat[f] * size + a
            z[e], y[e], x[e] = (
                along(v, basis[2]),
                along(v, basis[1]),
                along(v, basis[0]),
            )
            if sides == 2:
                x[entries + e] = -x[e]
    z_label = np.empty(entries, dtype=np.int64)
    y_label = np.empty(entries, dtype=np.int64)
    x_label = np.empty(sides * entries, dtype=np.int64)
    label_by_gaps(z, entries, tolerance, z_label)
    label_by_gaps(y, entries, tolerance, y_label)
    label_by_gaps(x, sides * entries, tolerance, x_label)

    # One integer per neighbour orders it by element, then z, y, x from large to small.
    smallest = np.empty(needed, dtype=np.int64)
    keys = np.empty(size, dtype=np.int64)
    order = np.empty(size, dtype=np.int64)
    kept = 0
    for f in range(m):
        first = seat[f] * size
        side = entries if alive[f] % sides == 1 else 0
        for a in range(size):
            keys[a] = (
                (element[begin + a] << 54)
                + (z_label[first + a] << 36)
                + (y_label[first + a] << 18)
                + x_label[side + first + a]
            )
        argsort(keys, order, size)
        sign = 0
        if kept > 0:
            for r in range(needed):
                key = keys[order[r]]
                if key != smallest[r]:
                    sign = -1 if key < smallest[r] else 1
                    break
        if sign > 0:
            continue
        if sign < 0 or kept == 0:
            kept = 0
            for r in range(needed):
                smallest[r] = keys[order[r]]
        if kept != f:
            alive[kept] = alive[f]
            for r in range(begin):
                picks[kept, r] = picks[f, r]
        for r in range(needed):
            picks[kept, begin + r] = begin + order[r]
        kept += 1
    return kept
