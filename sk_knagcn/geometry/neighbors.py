"""The k nearest atoms of every atom, with the last shell whole.

A shell is a run of sorted distances without a gap wider than the tie tolerance.
Taking whole shells is what makes the answer independent of the cell, the order of the
atoms and the last digit: no choice is made yet among atoms that are equally far.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit

from sk_knagcn.geometry.cells import (
    choose_bins,
    compact_lattice,
    fill_bins,
    fractional,
    plane_spacings,
    to_cartesian,
)

# Two atoms nearer than this (in Angstrom) are one atom written twice.
CLOSEST_PAIR = 0.01
# Below this many atoms in the average occupied bin, more bins no longer help.
_CROWDED_BIN = 6.0


@dataclass(frozen=True, slots=True)
class Neighbors:
    """Neighbours of all atoms of one structure, nearest first, as ragged rows.

    Row i is ``start[i]:start[i + 1]``. Where the neighbours are, down to the last bit,
    follows from these integers and the structure (`neighbor_vectors`), so that a list
    kept from an earlier, larger k gives what a new search would.
    """

    start: np.ndarray
    """(n + 1,) int64, where each atom's row begins."""
    index: np.ndarray
    """(m,) int32, the neighbouring atom."""
    image: np.ndarray
    """(m, 3) int16, the cell it is in, counted in vectors of the compact lattice."""
    k: int
    """How many neighbours each row holds at least, if the structure has as many."""

    @property
    def nbytes(self) -> int:
        return self.start.nbytes + self.index.nbytes + self.image.nbytes


class AtomsTooCloseError(ValueError):
    """Two atoms of one structure sit on one spot."""

    def __init__(self, first: int, second: int, distance: float):
        self.first, self.second, self.distance = first, second, distance
        super().__init__(
            f"atoms {first} and {second} are only {distance:.2g} Angstrom apart"
        )

    def __reduce__(self):
        return type(self), (self.first, self.second, self.distance)


def nearest_neighbors(
    positions: np.ndarray,
    lattice: np.ndarray,
    periodic: np.ndarray,
    k: int,
    tolerance: float,
) -> Neighbors:
    """Find the k nearest neighbours of every atom, the last shell whole.

    Parameters
    ----------
    positions : ndarray of shape (n, 3)
        Cartesian coordinates in Angstrom, inside the cell or not.
    lattice : ndarray of shape (3, 3)
        Cell vectors as rows.
    periodic : ndarray of shape (3,), bool
        Along which vectors the structure repeats.
    k : int
        Neighbours per atom; a structure without periodicity may have fewer.
    tolerance : float
        Distances without a gap wider than this belong to one shell.
    """
    start, index, image, clash, closest = _search(
        positions, lattice, periodic, k, tolerance
    )
    if clash[0] >= 0:
        raise AtomsTooCloseError(int(clash[0]), int(clash[1]), float(closest))
    return Neighbors(start, index, image, k)


@njit(cache=True, nogil=True)
def neighbor_vectors(positions, lattice, periodic, start, index, image):
    """Where the neighbours are, in rows sorted by (distance, atom, image).

    The search orders equal distances by their noise. Here the order is settled by
    integers, so that everything computed from a row is the same to the last bit
    however far the search went.

    Returns
    -------
    index : int32 array of shape (m,)
        The neighbouring atoms.
    vectors : float64 array of shape (m, 3)
        From each atom to that image of its neighbour, in Angstrom.
    distances : float64 array of shape (m,)
        Their lengths.
    """
    cell = compact_lattice(lattice, periodic)
    wrapped = to_cartesian(fractional(positions, cell, periodic), cell)
    vectors = np.empty((len(index), 3))
    distances = np.empty(len(index))
    settled = np.empty_like(index)
    lengths = np.empty(len(index))
    for i in range(len(start) - 1):
        begin, end = start[i], start[i + 1]
        for e in range(begin, end):
            square = 0.0
            for c in range(3):
                d = _component(e, c, i, wrapped, cell, index, image)
                square += d * d
            lengths[e] = np.sqrt(square)
        rank = settled[begin:end]  # holds the order first, then the atoms
        for r in range(end - begin):
            e, q = begin + r, r
            while q > 0 and _precedes(e, begin + rank[q - 1], lengths, index, image):
                rank[q] = rank[q - 1]
                q -= 1
            rank[q] = r
        for r in range(end - begin):
            e = begin + rank[r]
            distances[begin + r] = lengths[e]
            for c in range(3):
                vectors[begin + r, c] = _component(e, c, i, wrapped, cell, index, image)
            rank[r] = index[e]
    return settled, vectors, distances


@njit(cache=True, nogil=True, inline="always")
def _component(e, c, i, wrapped, cell, index, image):
    shift = (
        image[e, 0] * cell[0, c] + image[e, 1] * cell[1, c] + image[e, 2] * cell[2, c]
    )
    return wrapped[index[e], c] - wrapped[i, c] + shift


@njit(cache=True, nogil=True)
def _precedes(a, b, distance, atom, image):
    if distance[a] != distance[b]:
        return distance[a] < distance[b]
    if atom[a] != atom[b]:
        return atom[a] < atom[b]
    for c in range(3):
        if image[a, c] != image[b, c]:
            return image[a, c] < image[b, c]
    return False


@njit(cache=True, nogil=True)
def _search(positions, lattice, periodic, k, tolerance):
    n = len(positions)
    cell = compact_lattice(lattice, periodic)
    frac = fractional(positions, cell, periodic)
    heights = plane_spacings(cell)

    low, spans = np.zeros(3), heights.copy()
    for a in range(3):
        if not periodic[a]:
            low[a] = frac[:, a].min()
            spans[a] = max((frac[:, a].max() - low[a]) * heights[a], 1.0)
    # A sphere around 12 atoms of even density fits into 3 x 3 x 3 bins of this size.
    per_bin = 0.26 * (k + 1)
    bins = choose_bins(n, spans, per_bin)
    scale = bins * heights / spans
    place, order, first, occupied = fill_bins(frac, low, scale, bins)
    # Pores and vacuum: the atoms crowd into a part of the bins. Make these smaller.
    crowd = n / occupied
    if crowd > 1.5 * per_bin and crowd > _CROWDED_BIN:
        bins = choose_bins(n, spans, per_bin * per_bin / crowd)
        scale = bins * heights / spans
        place, order, first, occupied = fill_bins(frac, low, scale, bins)
    width = spans / bins

    # Positions in bin order: neighbours in space are neighbours in memory.
    points = to_cartesian(frac, cell)[order]
    where = np.empty(n, dtype=np.int64)
    where[order] = np.arange(n)

    start = np.zeros(n + 1, dtype=np.int64)
    capacity = n * (k + 4) + 64
    index = np.empty(capacity, dtype=np.int32)
    image = np.empty((capacity, 3), dtype=np.int16)
    clash = np.full(2, -1, dtype=np.int64)

    room = 64 + 8 * k
    near_square = np.empty(room)
    near_atom = np.empty(room, dtype=np.int64)
    near_image = np.empty((room, 3), dtype=np.int16)
    rank = np.empty(room, dtype=np.int64)

    shift = np.empty(3)
    lower, upper = np.empty(3, dtype=np.int64), np.empty(3, dtype=np.int64)
    for i in range(n):
        here = where[i]
        x, y, z = points[here, 0], points[here, 1], points[here, 2]
        ring = 1
        while True:
            # All atoms nearer than `reach` lie in the block of bins around this one.
            reach, everything = np.inf, True
            for a in range(3):
                inside = (frac[i, a] - low[a]) * scale[a] - place[i, a]
                lower[a], upper[a] = place[i, a] - ring, place[i, a] + ring
                if periodic[a]:
                    everything = False
                    reach = min(reach, (ring + min(inside, 1.0 - inside)) * width[a])
                    continue
                if lower[a] > 0:
                    everything = False
                    reach = min(reach, (ring + inside) * width[a])
                if upper[a] < bins[a] - 1:
                    everything = False
                    reach = min(reach, (ring + 1.0 - inside) * width[a])
                lower[a], upper[a] = max(lower[a], 0), min(upper[a], bins[a] - 1)
            reach_square = reach * reach

            found = 0
            for bx in range(lower[0], upper[0] + 1):
                sx = bx // bins[0]
                for by in range(lower[1], upper[1] + 1):
                    sy = by // bins[1]
                    row = ((bx - sx * bins[0]) * bins[1] + by - sy * bins[1]) * bins[2]
                    for bz in range(lower[2], upper[2] + 1):
                        sz = bz // bins[2]
                        b = row + bz - sz * bins[2]
                        if first[b] == first[b + 1]:
                            continue
                        for c in range(3):
                            shift[c] = (
                                sx * cell[0, c] + sy * cell[1, c] + sz * cell[2, c]
                            )
                        ox, oy, oz = shift[0] - x, shift[1] - y, shift[2] - z
                        for s in range(first[b], first[b + 1]):
                            dx, dy = points[s, 0] + ox, points[s, 1] + oy
                            dz = points[s, 2] + oz
                            square = dx * dx + dy * dy + dz * dz
                            if square > reach_square:
                                continue
                            if s == here and sx == 0 and sy == 0 and sz == 0:
                                continue
                            if found == room:
                                room *= 2
                                near_square = _grown(near_square)
                                near_atom = _grown(near_atom)
                                near_image = _grown(near_image)
                                rank = np.empty(room, dtype=np.int64)
                            near_square[found] = square
                            near_atom[found] = order[s]
                            near_image[found, 0] = sx
                            near_image[found, 1] = sy
                            near_image[found, 2] = sz
                            found += 1

            if everything or found >= k:
                _sort(near_square, rank, found)
                last = _whole_shells(near_square, rank, found, k, tolerance, reach)
                if last >= 0:
                    break
            ring += 1

        if last > 0 and near_square[rank[0]] < CLOSEST_PAIR**2:
            clash[0], clash[1] = i, near_atom[rank[0]]
            return start, index, image, clash, np.sqrt(near_square[rank[0]])
        offset = start[i]
        while offset + last > len(index):
            index, image = _grown(index), _grown(image)
        for r in range(last):
            index[offset + r] = near_atom[rank[r]]
            for c in range(3):
                image[offset + r, c] = near_image[rank[r], c]
        start[i + 1] = offset + last
    m = start[n]
    return start, index[:m].copy(), image[:m].copy(), clash, np.inf


@njit(cache=True, nogil=True)
def _grown(array):
    larger = np.empty((2 * array.shape[0], *array.shape[1:]), array.dtype)
    larger[: array.shape[0]] = array
    return larger


@njit(cache=True, nogil=True)
def _sort(values, rank, n):
    """Order of the first n values, ascending; insertion sort, for n is about 25."""
    for i in range(n):
        v, j = values[i], i
        while j > 0 and values[rank[j - 1]] > v:
            rank[j] = rank[j - 1]
            j -= 1
        rank[j] = i


@njit(cache=True, nogil=True)
def _whole_shells(squares, rank, found, k, tolerance, reach):
    """How many atoms make k neighbours and a whole last shell; -1 if not known yet."""
    if found <= k and reach == np.inf:
        return found
    distance = np.sqrt(squares[rank[k - 1]])
    for r in range(k, found):
        following = np.sqrt(squares[rank[r]])
        if following - distance > tolerance:
            return r
        distance = following
    return found if reach - distance > tolerance else -1
