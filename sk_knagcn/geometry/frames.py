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

from typing import NamedTuple

import numpy as np
from numba import njit

from sk_knagcn.geometry.candidates import candidate_frames
from sk_knagcn.geometry.ties import argsort, label_by_gaps

# Atoms with this many frames to try are worth a look whether one like them was done;
# of so many of them the neighbours are remembered.
_COSTLY_FRAMES = 4
_COSTLY_ATOMS = 16
# Neighbourhoods that agree to this (Angstrom) are the same but for rounding.
_EXACT = 1e-9


class Workspace(NamedTuple):
    """Arrays that every atom of a structure uses again."""

    alive: np.ndarray  # (frames,) basis and side of the frames still in the race
    seat: np.ndarray  # (frames,) which of the bases that are left each stands on
    picks: np.ndarray  # (frames, k) which neighbour each frame puts in each slot
    z: np.ndarray  # (entries,) coordinates of a shell in all bases that are left
    y: np.ndarray
    x: np.ndarray  # (2 * entries,) on both sides
    z_label: np.ndarray
    y_label: np.ndarray
    x_label: np.ndarray
    keys: np.ndarray  # (entries,)
    order: np.ndarray  # (entries,)
    smallest: np.ndarray  # (entries,)


@njit(cache=True, nogil=True)
def _workspace(frames, entries, k):
    return Workspace(
        np.empty(frames, dtype=np.int64),
        np.empty(frames, dtype=np.int64),
        np.empty((frames, k), dtype=np.int64),
        np.empty(entries),
        np.empty(entries),
        np.empty(2 * entries),
        np.empty(entries, dtype=np.int64),
        np.empty(entries, dtype=np.int64),
        np.empty(2 * entries, dtype=np.int64),
        np.empty(entries, dtype=np.int64),
        np.empty(entries, dtype=np.int64),
        np.empty(entries, dtype=np.int64),
    )


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
    work = _workspace(16, 16 * widest, k)
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
            if len(bases) * sides > len(work.alive):
                frames = 2 * len(bases) * sides
                work = _workspace(frames, frames * widest, k)
            m = best_frames(
                row,
                element,
                shell_end,
                n_shells,
                bases,
                used,
                tolerance,
                sides,
                coordinates[i],
                work,
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
                    places[frame_start[i] + f, s] = work.picks[f, s]
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
        if distances[begin + r] - distances[begin + r - 1] > tolerance:
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
    vectors, element, shell_end, n_shells, bases, used, tolerance, sides, mean, work
):
    """Which neighbour fills each slot, in every frame whose sequence is the smallest.

    Frames are compared shell by shell and dropped as soon as they lose. `mean` gets
    the coordinates, averaged over the frames that remain, whose number is returned;
    their neighbours are in `work.picks`. Frame f stands on basis alive[f] // sides and
    has x mirrored if alive[f] is odd and there are two sides.
    """
    alive, picks = work.alive, work.picks
    m = len(bases) * sides
    for f in range(m):
        alive[f] = f
    begin = 0
    for s in range(n_shells):
        size = shell_end[s] - begin
        if size == 1 and len(bases) == 1:
            # The usual case: nothing to sort, at most a side to choose.
            for f in range(m):
                picks[f, begin] = begin
            if m == 2:
                x = project(vectors, begin, bases, 0, 0)
                if abs(2.0 * x) > tolerance:
                    alive[0] = 0 if x > 0.0 else 1
                    m = 1
        else:
            needed = min(shell_end[s], used) - begin
            _place_shell(vectors, begin, size, bases, sides, tolerance, m, work)
            m = _drop_losers(element, begin, size, needed, sides, m, work)
        begin = shell_end[s]

    for r in range(used):
        for c in range(3):
            total = 0.0
            for f in range(m):
                component = project(vectors, picks[f, r], bases, alive[f] // sides, c)
                mirrored = c == 0 and alive[f] % sides == 1
                total += -component if mirrored else component
            mean[r, c] = total / m
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
def _place_shell(vectors, begin, size, bases, sides, tolerance, m, work):
    """Coordinates of a shell in all bases that are left, and the labels of their gaps.

    Both sides of a basis share z and y; x is labelled on both, whether or not both are
    still in the race.
    """
    alive, seat, z, y, x = work.alive, work.seat, work.z, work.y, work.x
    n_seats, last = 0, -1
    for f in range(m):
        if alive[f] // sides != last:
            last = alive[f] // sides
            for a in range(size):
                e = n_seats * size + a
                x[e] = project(vectors, begin + a, bases, last, 0)
                y[e] = project(vectors, begin + a, bases, last, 1)
                z[e] = project(vectors, begin + a, bases, last, 2)
            n_seats += 1
        seat[f] = n_seats - 1
    entries = n_seats * size
    if sides == 2:
        for e in range(entries):
            x[entries + e] = -x[e]
    label_by_gaps(z, entries, tolerance, work.order, work.z_label)
    label_by_gaps(y, entries, tolerance, work.order, work.y_label)
    label_by_gaps(x, sides * entries, tolerance, work.order, work.x_label)


@njit(cache=True, nogil=True)
def _drop_losers(element, begin, size, needed, sides, m, work):
    """Sort a shell in every frame, keep the frames with the smallest keys."""
    alive, seat, picks = work.alive, work.seat, work.picks
    keys, order, smallest = work.keys, work.order, work.smallest
    entries = (seat[m - 1] + 1) * size
    kept = 0
    for f in range(m):
        first = seat[f] * size
        side = entries if alive[f] % sides == 1 else 0
        for a in range(size):
            # One integer orders them by element, then z, y, x from large to small.
            keys[a] = (
                (element[begin + a] << 54)
                + (work.z_label[first + a] << 36)
                + (work.y_label[first + a] << 18)
                + work.x_label[side + first + a]
            )
        argsort(keys, order, size)
        sign = -1 if kept == 0 else 0
        for r in range(needed):
            if sign != 0:
                break
            key = keys[order[r]]
            if key != smallest[r]:
                sign = -1 if key < smallest[r] else 1
        if sign > 0:
            continue
        if sign < 0:
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
