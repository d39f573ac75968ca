"""A canonical local frame for every atom, and its neighbours' order in that frame.

Each atom tries every frame that its nearest shells allow (see `candidates`). In each
frame the neighbours are sorted by (shell, element, z, y, x), and the frame with the
smallest sequence wins. Coordinates are compared through labels that mark where gaps lie
(see `ties`), shell by shell, so that farther shells never change what nearer ones
decided: the order for a smaller k is a prefix of the order for a larger one.

Frames that tie all the way differ by a symmetry of the neighbourhood. They are all
kept, because the atoms they place in a slot may still differ in what lies around
*them*; `orbits` decides among them. The coordinates are the mean over tied frames,
which differ by less than the tolerance: this makes near symmetry exact.
"""

import numpy as np
from numba import njit

from sk_knagcn.geometry.candidates import candidate_frames
from sk_knagcn.geometry.ties import argsort, closing_gap, label_by_gaps

# Atoms with this many frames to try are worth a look whether one like them was done;
# of so many of them the neighbours are remembered.
_COSTLY_FRAMES = 4
_COSTLY_ATOMS = 16
# Neighbourhoods that agree to this (Angstrom) are the same but for rounding.
_EXACT = 1e-9


# Rows of the space that the atoms of a structure share. Coordinates of a shell in all
# bases that are left, x on both sides:
_Z, _Y, _X = range(3)
# Labels of the same, the basis and side of the frames still in the race, the seats of
# their bases among those left, and what it takes to sort:
_Z_LABEL, _Y_LABEL, _X_LABEL, _ALIVE, _SEAT, _KEY, _ORDER, _SMALLEST = range(8)


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
    places = np.empty((2 * n + 16, k), dtype=np.int32)  # of the neighbours in the row
    sides = 2 if reflect else 1
    widest = 1
    for i in range(n):
        widest = max(widest, start[i + 1] - start[i])
    shell_end = np.empty(widest, dtype=np.int64)
    element = np.empty(widest, dtype=np.int64)
    single = np.empty((1, 3, 3))
    room = 32 * widest
    real, whole = np.empty((3, room)), np.empty((8, room), dtype=np.int64)
    picks = np.empty((16, k), dtype=np.int64)
    costly = np.empty(_COSTLY_ATOMS, dtype=np.int64)
    n_costly = 0
    same_place = np.empty(widest, dtype=np.int64)
    for i in range(n):
        begin = start[i]
        there = start[i + 1] - begin
        used = min(k, there)
        twin = -1
        for c in range(min(n_costly, _COSTLY_ATOMS)):
            if is_shifted_copy(
                costly[c], i, start, index, vectors, distances, numbers, same_place
            ):
                twin = costly[c]
                break
        if twin >= 0:
            m = frame_start[twin + 1] - frame_start[twin]
        else:
            row = vectors[begin : begin + there]
            for r in range(there):
                element[r] = numbers[index[begin + r]]
            n_shells = find_shells(distances, begin, there, k, tolerance, shell_end)
            bases = candidate_frames(
                row, element, shell_end, n_shells, tolerance, single
            )
            if len(bases) * sides > len(picks):
                room = 2 * len(bases) * sides * widest
                real, whole = np.empty((3, room)), np.empty((8, room), dtype=np.int64)
                picks = np.empty((2 * len(bases) * sides, k), dtype=np.int64)
            m = best_frames(
                row,
                element,
                shell_end,
                n_shells,
                bases,
                used,
                tolerance,
                sides,
                coordinates,
                i,
                real,
                whole,
                picks,
            )
            m = max(m, 1)  # a lone atom has one frame, with nothing in it
            if len(bases) >= _COSTLY_FRAMES:
                costly[n_costly % _COSTLY_ATOMS] = i
                n_costly += 1
        while frame_start[i] + m > len(places):
            larger = np.empty((2 * len(places), k), dtype=np.int32)
            larger[: len(places)] = places
            places = larger
        if twin >= 0:
            coordinates[i] = coordinates[twin]
            for f in range(m):
                for s in range(used):
                    place = places[frame_start[twin] + f, s]
                    places[frame_start[i] + f, s] = same_place[place]
        else:
            for f in range(m):
                for s in range(used):
                    places[frame_start[i] + f, s] = picks[f, s]
        frame_start[i + 1] = frame_start[i] + m

    slots = np.full((frame_start[n], k), -1, dtype=np.int32)
    for i in range(n):
        used = min(k, start[i + 1] - start[i])
        for f in range(frame_start[i], frame_start[i + 1]):
            for s in range(used):
                slots[f, s] = index[start[i] + places[f, s]]
    return coordinates, frame_start, slots


@njit(cache=True, nogil=True)
def is_shifted_copy(i, j, start, index, vectors, distances, numbers, same_place):
    """Whether atom j sees exactly what atom i sees: a lattice translation apart.

    Conventional cells and supercells hold many such atoms, and where they are highly
    symmetric each has dozens of frames to try: one of them is enough. `same_place`
    tells for each neighbour of i where its copy stands in the row of j.
    """
    first, second = start[i], start[j]
    there = start[i + 1] - first
    if (
        start[j + 1] - second != there
        or numbers[i] != numbers[j]
        or abs(distances[first] - distances[second]) > _EXACT
    ):
        return False
    low = 0
    for a in range(there):
        e = first + a
        while distances[second + low] < distances[e] - _EXACT:
            low += 1
            if low == there:
                return False
        found = False
        for b in range(low, there):
            f = second + b
            if distances[f] > distances[e] + _EXACT:
                break
            if (
                abs(vectors[e, 0] - vectors[f, 0]) < _EXACT
                and abs(vectors[e, 1] - vectors[f, 1]) < _EXACT
                and abs(vectors[e, 2] - vectors[f, 2]) < _EXACT
                and numbers[index[e]] == numbers[index[f]]
            ):
                same_place[a] = b
                found = True
                break
        if not found:
            return False
    return True


@njit(cache=True, nogil=True)
def find_shells(distances, begin, there, k, tolerance, shell_end):
    """Ends of the shells that are needed to hold k neighbours; returns their number."""
    n_shells = 0
    for r in range(1, there):
        gap = distances[begin + r] - distances[begin + r - 1]
        if gap > closing_gap(r, k, tolerance):
            shell_end[n_shells] = r
            n_shells += 1
            if r >= k:
                return n_shells
    if there > 0:
        shell_end[n_shells] = there
        n_shells += 1
    return n_shells


@njit(cache=True, nogil=True)
def best_frames(
    vectors,
    element,
    shell_end,
    n_shells,
    bases,
    used,
    tolerance,
    sides,
    mean,
    i,
    real,
    whole,
    picks,
):
    """Which neighbour fills each slot, in every frame whose sequence is the smallest.

    Frames are compared shell by shell and dropped as soon as they lose. `picks` gets
    the neighbours in the slots of the frames that remain, whose number is returned, and
    `mean[i]` their coordinates, averaged over these frames. A frame is a basis with x
    as it is or mirrored: number 2 * basis or 2 * basis + 1, if there are two sides.
    """
    m = len(bases) * sides
    for f in range(m):
        whole[_ALIVE, f] = f
    begin = 0
    for s in range(n_shells):
        size = shell_end[s] - begin
        basis = whole[_ALIVE, 0] // sides
        if size == 1 and basis == whole[_ALIVE, m - 1] // sides:
            # The usual case: nothing to sort, at most a side to choose.
            picks[0, begin] = begin
            if m == 2:
                picks[1, begin] = begin
                x = project(vectors, begin, bases, basis, 0)
                if abs(2.0 * x) > tolerance:
                    m = 1
                    if x < 0.0:
                        whole[_ALIVE, 0] = whole[_ALIVE, 1]
                        for r in range(begin):
                            picks[0, r] = picks[1, r]
        else:
            needed = min(shell_end[s], used) - begin
            n_seats = _place_shell(
                vectors, begin, size, bases, sides, tolerance, m, real, whole
            )
            m = _drop_losers(
                element, begin, size, needed, sides, m, n_seats * size, whole, picks
            )
        begin = shell_end[s]

    for r in range(used):
        for c in range(3):
            total = 0.0
            for f in range(m):
                basis = whole[_ALIVE, f] // sides
                component = project(vectors, picks[f, r], bases, basis, c)
                mirrored = c == 0 and whole[_ALIVE, f] % sides == 1
                total += -component if mirrored else component
            mean[i, r, c] = total / m
    return m


@njit(cache=True, nogil=True, inline="always")
def project(vectors, i, bases, f, c):
    """Component c of vector i in basis f."""
    return (
        vectors[i, 0] * bases[f, c, 0]
        + vectors[i, 1] * bases[f, c, 1]
        + vectors[i, 2] * bases[f, c, 2]
    )


@njit(cache=True, nogil=True)
def _place_shell(vectors, begin, size, bases, sides, tolerance, m, real, whole):
    """Coordinates of a shell in all bases that are left, and the labels of their gaps.

    Both sides of a basis share z and y; x is labelled on both, whether or not both are
    still in the race. Returns how many bases are left.
    """
    n_seats, last = 0, -1
    for f in range(m):
        if whole[_ALIVE, f] // sides != last:
            last = whole[_ALIVE, f] // sides
            for a in range(size):
                e = n_seats * size + a
                real[_X, e] = project(vectors, begin + a, bases, last, 0)
                real[_Y, e] = project(vectors, begin + a, bases, last, 1)
                real[_Z, e] = project(vectors, begin + a, bases, last, 2)
            n_seats += 1
        whole[_SEAT, f] = n_seats - 1
    entries = n_seats * size
    if sides == 2:
        for e in range(entries):
            real[_X, entries + e] = -real[_X, e]
    order = whole[_ORDER]
    label_by_gaps(real[_Z], entries, tolerance, order, whole[_Z_LABEL])
    label_by_gaps(real[_Y], entries, tolerance, order, whole[_Y_LABEL])
    label_by_gaps(real[_X], sides * entries, tolerance, order, whole[_X_LABEL])
    return n_seats


@njit(cache=True, nogil=True)
def _drop_losers(element, begin, size, needed, sides, m, entries, whole, picks):
    """Sort a shell in every frame, keep the frames with the smallest keys."""
    keys, order = whole[_KEY], whole[_ORDER]
    kept = 0
    for f in range(m):
        first = whole[_SEAT, f] * size
        side = entries if whole[_ALIVE, f] % sides == 1 else 0
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
            whole[_ALIVE, kept] = whole[_ALIVE, f]
            for r in range(begin):
                picks[kept, r] = picks[f, r]
        for r in range(needed):
            picks[kept, begin + r] = begin + order[r]
        kept += 1
    return kept
