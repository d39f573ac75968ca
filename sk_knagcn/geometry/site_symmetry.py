"""The operations that carry an atom's neighbourhood into itself.

In a frame and in its image under such an operation, the neighbourhood looks the same.
So where an atom has dozens of frames to try, a few operations are found by comparing,
the others by multiplying these, and of all frames that they carry into one another a
single one needs a closer look.
"""

import numpy as np

from sk_knagcn.geometry.candidates import fill_basis
from sk_knagcn.geometry.kernel import kernel, leaf
from sk_knagcn.geometry.vectors import dot

# Neighbourhoods that agree to this (Angstrom) are the same but for rounding.
_EXACT = 1e-11
# Files with six decimals are symmetric to 2e-6. Operations that fit to this are taken
# as exact.
_NEARLY = 5e-6
# The full icosahedral group is the largest that fits to an atom.
_MOST_OPERATIONS = 120
# Above so many neighbours nothing is gained.
MOST_NEIGHBORS = 64
_MOST_GENERATORS = 16

# What is known of a frame: whether an operation carries frame 0 to it.
_UNKNOWN, _REACHED, _OUT_OF_REACH = range(3)


@kernel
def space_for_symmetry(n_frames):
    """Arrays for `leading_frames`.

    The places to which each operation carries the neighbours, whether it mirrors, the
    frame to which it carries frame 0; the coordinates in frame 0; the frame on each
    pair of neighbours; for each frame what is known, its leader, the operation that
    carries the leader to it; the generators; where the neighbours are.
    """
    return (
        np.empty((_MOST_OPERATIONS, MOST_NEIGHBORS), dtype=np.int64),
        np.empty((_MOST_OPERATIONS, 2), dtype=np.int64),
        np.empty((MOST_NEIGHBORS, 3)),
        np.empty((MOST_NEIGHBORS, MOST_NEIGHBORS), dtype=np.int64),
        np.empty((3, n_frames), dtype=np.int64),
        np.empty(_MOST_GENERATORS, dtype=np.int64),
        np.empty((MOST_NEIGHBORS, 3)),
    )


@leaf
def leading_frames(vectors, element, shell_end, n_shells, pairs, n, sides, bases, room):
    """For each frame, the first that an operation carries to it, and the operation.

    Frame ``sides * b + s`` has basis b, x mirrored if s is 1. Returns whether the
    frames could be sorted out; fills rows 1 and 2 of `frames` in `room`, the bases of
    all leaders, and where the neighbours are if these operations are taken as exact.
    """
    places, marks, seen, frame_of, frames, generators, exact = room
    there = shell_end[n_shells - 1]
    for z in range(shell_end[0]):
        for y in range(there):
            frame_of[z, y] = -1
    for b in range(n):
        frame_of[pairs[b, 0], pairs[b, 1]] = sides * b
    n_frames = sides * n
    for f in range(n_frames):
        frames[0, f], frames[1, f] = _UNKNOWN, -1

    fill_basis(vectors, pairs[0, 0], pairs[0, 1], bases[0])
    for a in range(there):
        places[0, a] = a
        for c in range(3):
            exact[a, c] = vectors[a, c]
            seen[a, c] = dot(vectors, a, bases[0], c)
    marks[0, 0], marks[0, 1] = 0, 0
    frames[0, 0] = _REACHED
    order, n_generators, widest = 1, 0, 0.0
    for f in range(1, n_frames):
        if frames[0, f] != _UNKNOWN:
            continue
        b, side = f >> (sides - 1), f & (sides - 1)  # quotient and rest, but faster
        fill_basis(vectors, pairs[b, 0], pairs[b, 1], bases[b])
        off = np.inf
        if order < _MOST_OPERATIONS:
            place = places[order]
            off = _carries_to(
                vectors, element, shell_end, n_shells, bases[b], side, seen, place
            )
        if off < _NEARLY:
            widest = max(widest, off)
            if n_generators == _MOST_GENERATORS:
                return False
            generators[n_generators] = order
            n_generators += 1
            marks[order, 0], marks[order, 1] = side, f
            order = _close(order, n_generators, pairs, sides, there, room)
            if order < 0:
                return False
        else:
            for g in range(order):
                image = _carried(f, g, pairs, sides, room)
                if image < 0:
                    return False
                frames[0, image] = _OUT_OF_REACH

    for f in range(n_frames):
        if frames[1, f] < 0:
            for g in range(order):
                image = _carried(f, g, pairs, sides, room)
                if image < 0:
                    return False
                frames[1, image], frames[2, image] = f, g
    if widest > _EXACT:
        _even_out(vectors, pairs, sides, there, order, bases[0], room)
        for f in range(n_frames):
            if frames[1, f] == f:
                b = f >> (sides - 1)
                fill_basis(exact, pairs[b, 0], pairs[b, 1], bases[b])
    return True


@leaf
def _carries_to(vectors, element, shell_end, n_shells, basis, side, seen, place):
    """How far all looks in this frame from what it does in frame 0.

    Infinite if it is not nearly the same; else fills which neighbour is which.
    """
    begin, off = 0, 0.0
    for s in range(n_shells):
        for a in range(begin, shell_end[s]):
            x = -seen[a, 0] if side == 1 else seen[a, 0]
            y, z = seen[a, 1], seen[a, 2]
            u = x * basis[0, 0] + y * basis[1, 0] + z * basis[2, 0]
            v = x * basis[0, 1] + y * basis[1, 1] + z * basis[2, 1]
            w = x * basis[0, 2] + y * basis[1, 2] + z * basis[2, 2]
            found = False
            for b in range(begin, shell_end[s]):
                if (
                    abs(vectors[b, 0] - u) < _NEARLY
                    and abs(vectors[b, 1] - v) < _NEARLY
                    and abs(vectors[b, 2] - w) < _NEARLY
                    and element[a] == element[b]
                ):
                    off = max(off, abs(vectors[b, 0] - u), abs(vectors[b, 1] - v))
                    off = max(off, abs(vectors[b, 2] - w))
                    place[a] = b
                    found = True
                    break
            if not found:
                return np.inf
        begin = shell_end[s]
    return off


@leaf
def _even_out(vectors, pairs, sides, there, order, basis, room):
    """Put each neighbour where the operations carry it on average.

    It does not matter from which frame this starts: what is left undone is of second
    order in how far the neighbours are from symmetry.
    """
    places, marks, seen, _, _, _, exact = room
    for g in range(1, order):
        b = marks[g, 1] >> (sides - 1)
        fill_basis(vectors, pairs[b, 0], pairs[b, 1], basis)
        for a in range(there):
            x = dot(vectors, places[g, a], basis, 0)
            seen[a, 0] += -x if marks[g, 0] == 1 else x
            seen[a, 1] += dot(vectors, places[g, a], basis, 1)
            seen[a, 2] += dot(vectors, places[g, a], basis, 2)
    fill_basis(vectors, pairs[0, 0], pairs[0, 1], basis)
    for a in range(there):
        for c in range(3):
            exact[a, c] = (
                seen[a, 0] * basis[0, c]
                + seen[a, 1] * basis[1, c]
                + seen[a, 2] * basis[2, c]
            ) / order


@leaf
def _carried(f, g, pairs, sides, room):
    """The frame to which operation g carries frame f; negative if there is none."""
    places, marks, _, frame_of, _, _, _ = room
    b, side = f >> (sides - 1), f & (sides - 1)
    image = frame_of[places[g, pairs[b, 0]], places[g, pairs[b, 1]]]
    return image + (side ^ marks[g, 0]) if image >= 0 else image


@leaf
def _close(order, n_generators, pairs, sides, there, room):
    """Multiply the operations by a new generator, number `order`, until none is new.

    They form a group before and after, so the new ones come in cosets of the old, each
    known by one member (Dimino's algorithm). Returns how many there are now, -1 if
    they carry some frame to where there is none.
    """
    places, marks, _, _, frames, generators, _ = room
    total = _add_coset(order, order, order, pairs, sides, there, room)
    member = order
    while total > 0 and member < total:
        for n in range(n_generators):
            g = generators[n]
            # First the generator, then the member.
            image = _carried(marks[g, 1], member, pairs, sides, room)
            if image < 0:
                return -1
            if frames[0, image] != _REACHED:
                if total + order > _MOST_OPERATIONS:
                    return -1
                for a in range(there):
                    places[total, a] = places[member, places[g, a]]
                marks[total, 0] = marks[member, 0] ^ marks[g, 0]
                marks[total, 1] = image
                total = _add_coset(total, order, total, pairs, sides, there, room)
                if total < 0:
                    return -1
        member += order
    return total


@leaf
def _add_coset(first, order, total, pairs, sides, there, room):
    """Append the products of all old operations with operation `first`."""
    places, marks, _, _, frames, _, _ = room
    if total + order > _MOST_OPERATIONS:
        return -1
    frames[0, marks[first, 1]] = _REACHED
    for h in range(1, order):
        for a in range(there):
            places[total + h, a] = places[h, places[first, a]]
        marks[total + h, 0] = marks[h, 0] ^ marks[first, 0]
        image = _carried(marks[first, 1], h, pairs, sides, room)
        if image < 0:
            return -1
        marks[total + h, 1] = image
        frames[0, image] = _REACHED
    return total + order
