"""A canonical local frame for every atom, and its neighbours' order in that frame.

Each atom tries every frame that its nearest shells allow (see `candidates`). In each
frame the neighbours are sorted by (shell, element, z, y, x), and the frame with the
smallest sequence wins (see `winners`). This goes shell by shell, so that farther shells
never change what nearer ones decided: the order for a smaller k is a prefix of the
order for a larger one.

Frames that tie all the way differ by a symmetry of the neighbourhood. They are all
kept, because the atoms they place in a slot may still differ in what lies around
*them*; `orbits` decides among them. The coordinates are the mean over tied frames,
which differ by less than the tolerance: this makes near symmetry exact.
"""

import numpy as np
from numba import njit

from sk_knagcn.geometry.candidates import candidate_pairs, fill_basis
from sk_knagcn.geometry.site_symmetry import (
    MOST_NEIGHBORS,
    leading_frames,
    space_for_symmetry,
)
from sk_knagcn.geometry.ties import closing_gap
from sk_knagcn.geometry.translations import is_shifted_copy
from sk_knagcn.geometry.winners import BASIS, SIDE, best_frames, space_to_race

# Atoms with this many bases to try are worth a look whether one like them was done;
# of so many of them the neighbours are remembered.
_COSTLY_BASES = 4
_COSTLY_ATOMS = 16
# From so many frames on it pays to look for symmetry before trying them all.
_MANY_FRAMES = 8


@njit(cache=True, nogil=True)
def space_for_frames(n_bases, widest, k):
    """Arrays that `canonical_frames` works in, for rows of at most `widest`."""
    return (
        np.empty(widest, dtype=np.int64),  # ends of shells
        np.empty(widest, dtype=np.int64),  # elements
        np.empty((n_bases, 3, 3)),
        space_to_race(2 * n_bases, widest, k),
        space_for_symmetry(2 * n_bases),
    )


@njit(cache=True, nogil=True)
def canonical_frames(start, index, vectors, distances, numbers, k, tolerance, reflect):
    """Coordinates of the k neighbours of each atom in its canonical frame.

    Returns
    -------
    coordinates : float64 array of shape (n, k, 3)
        Mean over the tied frames; rows of zeros where there are fewer than k others.
    first_frame : int64 array of shape (n,)
        Where the tied frames of each atom begin.
    n_frames : int64 array of shape (n,)
        How many they are. Copies of an atom share its frames.
    places : int32 array of shape (n_all_frames, k)
        Which of the neighbours, by their place in the row of the atom or of the one
        that it is a copy of, is in each slot of each frame.
    same_place : int32 array of shape (m,)
        Where a copy's neighbours stand in its own row.
    """
    n = len(start) - 1
    coordinates = np.zeros((n, k, 3))
    first_frame = np.empty(n, dtype=np.int64)
    n_frames = np.empty(n, dtype=np.int64)
    places = np.empty((n + 16, k), dtype=np.int32)
    same_place = np.empty(len(index), dtype=np.int32)
    sides = 2 if reflect else 1
    widest = 1
    for i in range(n):
        widest = max(widest, start[i + 1] - start[i])
    pairs, heights = np.empty((64, 2), dtype=np.int64), np.empty(64)
    space = space_for_frames(8, widest, k)
    costly = np.empty(_COSTLY_ATOMS, dtype=np.int64)
    n_costly, total = 0, 0
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
            first_frame[i], n_frames[i] = first_frame[twin], n_frames[twin]
            for s in range(used):
                for c in range(3):
                    coordinates[i, s, c] = coordinates[twin, s, c]
            continue
        shell_end, element, bases, race, room = space
        row = vectors[begin : begin + there]
        for r in range(there):
            element[r] = numbers[index[begin + r]]
            same_place[begin + r] = r
        n_shells = find_shells(distances, begin, there, k, tolerance, shell_end)
        pairs, heights, n_bases = candidate_pairs(
            row, element, shell_end, n_shells, tolerance, pairs, heights
        )
        if n_bases > len(bases):
            space = space_for_frames(2 * n_bases, widest, k)
            space[0][:n_shells] = shell_end[:n_shells]
            space[1][:there] = element[:there]
            shell_end, element, bases, race, room = space
        if n_bases >= _COSTLY_BASES:
            costly[n_costly % _COSTLY_ATOMS] = i
            n_costly += 1
        led = (
            n_bases * sides >= _MANY_FRAMES
            and pairs[0, 1] >= 0
            and shell_end[n_shells - 1] <= MOST_NEIGHBORS
            and leading_frames(
                row, element, shell_end, n_shells, pairs, n_bases, sides, bases, room
            )
        )
        m = _enter_frames(row, pairs, n_bases, sides, bases, led, race, room)
        m = best_frames(
            row,
            element,
            shell_end,
            n_shells,
            bases,
            m,
            used,
            tolerance,
            reflect,
            race,
            coordinates[i],
        )
        first_frame[i] = total
        while total + max(1, sides * n_bases) > len(places):
            larger = np.empty((2 * len(places), k), dtype=np.int32)
            larger[:total] = places[:total]
            places = larger
        total += _list_frames(
            m, used, sides * n_bases, sides, led, race, room, places[total:]
        )
        n_frames[i] = total - first_frame[i]
    return coordinates, first_frame, n_frames, places, same_place


@njit(cache=True, nogil=True)
def _enter_frames(vectors, pairs, n_bases, sides, bases, led, race, room):
    """Enter the frames to try: all of them, or the leaders where these are known."""
    whole, leader = race[1], room[4][1]
    m = 0
    for b in range(n_bases):
        if not led:
            fill_basis(vectors, pairs[b, 0], pairs[b, 1], bases[b])
        for side in range(sides):
            f = sides * b + side
            if not led or leader[f] == f:
                whole[BASIS, m], whole[SIDE, m] = b, side
                m += 1
    return m


@njit(cache=True, nogil=True)
def _list_frames(m, used, n_frames, sides, led, race, room, places):
    """Write down the neighbours in the slots of all frames that won.

    With a leader win all that it leads: an operation carries its neighbours to theirs.
    """
    _, whole, picks = race
    if not led:
        for f in range(m):
            for s in range(used):
                places[f, s] = picks[f, s]
        return max(m, 1)  # a lone atom has one frame, with nothing in it
    image, leader, operation = room[0], room[4][1], room[4][2]
    total = 0
    for f in range(n_frames):
        for w in range(m):
            if leader[f] == sides * whole[BASIS, w] + whole[SIDE, w]:
                for s in range(used):
                    places[total, s] = image[operation[f], picks[w, s]]
                total += 1
    return total


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
