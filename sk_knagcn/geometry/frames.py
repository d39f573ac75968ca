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

from sk_knagcn.geometry.candidates import NOBODY, candidate_pairs, fill_basis
from sk_knagcn.geometry.kernel import kernel, leaf
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
# Space for so many bases is made at first.
FEW_BASES = 144
# From so many frames, times neighbours to a shell, on it pays to look for symmetry
# before trying them all. Shells of one or two atoms mostly tell of none.
_MANY_TO_SORT = 8


@kernel
def space_for_frames(n_bases, widest, k):
    """Arrays to try so many bases at once, for rows of at most `widest`."""
    return (
        np.empty(widest, dtype=np.int64),  # ends of shells
        np.empty(widest, dtype=np.int64),  # elements
        np.empty((n_bases, 2), dtype=np.int64),  # pairs of neighbours
        np.empty(n_bases),
        np.empty((n_bases, 3, 3)),
        space_to_race(2 * n_bases, widest, k),
        space_for_symmetry(2 * n_bases),
    )


@kernel
def canonical_frames(
    start, index, vectors, distances, numbers, k, tolerance, reflect, space
):
    """Coordinates of the k neighbours of each atom in its canonical frame.

    `space` is from `space_for_frames`; where it falls short more is made.

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
    places = np.empty((n + 2 * len(space[2]), k), dtype=np.int32)
    same_place = np.empty(len(index), dtype=np.int32)
    room = len(space[2])
    costly = np.empty(_COSTLY_ATOMS + 1, dtype=np.int64)
    costly[0] = 0  # how many follow
    done, total = 0, 0
    while done < n:
        if total + 2 * room > len(places):
            larger = np.empty((2 * len(places) + 2 * room, k), dtype=np.int32)
            larger[:total] = places[:total]
            places = larger
        done, total, n_bases = _frame_atoms(
            done,
            total,
            start,
            index,
            vectors,
            distances,
            numbers,
            k,
            tolerance,
            reflect,
            space,
            costly,
            coordinates,
            first_frame,
            n_frames,
            places,
            same_place,
        )
        if n_bases > room:
            room = 2 * n_bases
            space = space_for_frames(room, len(space[0]), k)
    return coordinates, first_frame, n_frames, places, same_place


@leaf
def _frame_atoms(
    done,
    total,
    start,
    index,
    vectors,
    distances,
    numbers,
    k,
    tolerance,
    reflect,
    space,
    costly,
    coordinates,
    first_frame,
    n_frames,
    places,
    same_place,
):
    """Go on with the atoms until all are done or space is short.

    Returns how many atoms are done, how many frames they have, and for how many bases
    at once there must be space to go on.
    """
    room = len(space[2])
    for i in range(done, len(start) - 1):
        twin = _find_twin(
            i, costly, start, index, vectors, distances, numbers, same_place
        )
        if twin >= 0:
            first_frame[i], n_frames[i] = first_frame[twin], n_frames[twin]
            for s in range(k):
                for c in range(3):
                    coordinates[i, s, c] = coordinates[twin, s, c]
            continue
        if total + 2 * room > len(places):
            return i, total, room
        n_bases, m = _frame_atom(
            i,
            start,
            index,
            vectors,
            distances,
            numbers,
            k,
            tolerance,
            reflect,
            space,
            coordinates[i],
            places[total:],
            same_place,
        )
        if n_bases > room:
            return i, total, n_bases
        first_frame[i], n_frames[i] = total, m
        total += m
        if n_bases >= _COSTLY_BASES:
            costly[1 + costly[0] % _COSTLY_ATOMS] = i
            costly[0] += 1
    return len(start) - 1, total, room


@leaf
def _find_twin(i, costly, start, index, vectors, distances, numbers, same_place):
    """An atom that is done already and sees the same, or -1."""
    for c in range(1, 1 + min(costly[0], _COSTLY_ATOMS)):
        if is_shifted_copy(
            costly[c], i, start, index, vectors, distances, numbers, same_place
        ):
            return costly[c]
    return -1


@leaf
def _frame_atom(
    i,
    start,
    index,
    vectors,
    distances,
    numbers,
    k,
    tolerance,
    reflect,
    space,
    mean,
    places,
    same_place,
):
    """Find the frames of one atom; return how many bases it has, and tied frames.

    Where there are more bases than `space` is for, nothing else is done.
    """
    shell_end, element, pairs, heights, bases, race, room = space
    begin = start[i]
    there = start[i + 1] - begin
    used = min(k, there)
    row = vectors[begin : begin + there]
    for r in range(there):
        element[r] = numbers[index[begin + r]]
        same_place[begin + r] = r
    n_shells = find_shells(distances, begin, there, k, tolerance, shell_end)
    seen = shell_end[n_shells - 1] if n_shells > 0 else 0
    n_bases = candidate_pairs(
        row, element, shell_end, n_shells, tolerance, pairs, heights
    )
    if n_bases > len(pairs):
        return n_bases, 0
    sides = 2 if reflect else 1
    led = (
        n_bases * sides * seen > _MANY_TO_SORT * n_shells
        and pairs[0, 1] != NOBODY
        and seen <= MOST_NEIGHBORS
        and leading_frames(
            row, element, shell_end, n_shells, pairs, n_bases, sides, bases, room
        )
    )
    if led:
        row = room[-1]  # the neighbours where the operations have them
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
        mean,
    )
    m = _list_frames(m, used, sides * n_bases, sides, led, race, room, places)
    return n_bases, m


@leaf
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


@leaf
def _list_frames(m, used, n_frames, sides, led, race, room, places):
    """Write down the neighbours in the slots of all frames that won.

    With a leader win all that it leads: an operation carries its neighbours to theirs.
    """
    _, whole, picks, _ = race
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


@leaf
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
