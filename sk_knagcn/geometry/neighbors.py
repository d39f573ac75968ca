"""The k nearest atoms of every atom, with the last shell whole.

A shell is a run of sorted distances without a gap wider than the tie tolerance.
Taking whole shells is what makes the answer independent of the cell, the order of the
atoms and the last digit: no choice is made yet among atoms that are equally far.
"""

from dataclasses import dataclass

import numpy as np

from sk_knagcn.geometry.bins import (
    block_range,
    choose_bins,
    fill_bins,
    gather_block,
    safe_reach,
)
from sk_knagcn.geometry.cells import (
    compact_lattice,
    fractional,
    plane_spacings,
    to_cartesian,
)
from sk_knagcn.geometry.kernel import kernel, leaf
from sk_knagcn.geometry.ties import SHORT, closing_gap
from sk_knagcn.geometry.vectors import dot

# Two atoms nearer than this (in Angstrom) are one atom written twice.
CLOSEST_PAIR = 0.01
# Below this many atoms in the average occupied bin, more bins no longer help.
_CROWDED_BIN = 6.0
# How far the next atom looks at first: so many times as far as the last one had to.
_GUESS = 1.15


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
    lattices: np.ndarray,
    periodic: np.ndarray,
    first: np.ndarray,
    k: int,
    tolerance: float,
) -> Neighbors:
    """Find the k nearest neighbours of every atom, the last shell whole.

    Parameters
    ----------
    positions : ndarray of shape (n, 3)
        Cartesian coordinates in Angstrom, inside the cell or not.
    lattices : ndarray of shape (n_structures, 3, 3)
        Cell vectors as rows.
    periodic : ndarray of shape (n_structures, 3), bool
        Along which vectors each structure repeats.
    first : ndarray of shape (n_structures + 1,)
        Where the atoms of each structure begin.
    k : int
        Neighbours per atom; a structure without periodicity may have fewer.
    tolerance : float
        Distances without a gap wider than this belong to one shell.
    """
    start, index, image, done, clash, closest = _search_all(
        positions, lattices, periodic, first, k, tolerance
    )
    if done < len(lattices):
        raise AtomsTooCloseError(int(clash[0]), int(clash[1]), float(closest))
    return Neighbors(start, index, image, k)


@kernel
def _search_all(positions, lattices, periodic, first, k, tolerance):
    """Search in one structure after the other, until two atoms are too close."""
    n = len(positions)
    start = np.zeros(n + 1, dtype=np.int64)
    index = np.empty(n * (k + 4) + 64, dtype=np.int32)
    image = np.empty((len(index), 3), dtype=np.int16)
    clash, closest = np.full(2, -1, dtype=np.int64), 0.0
    space = _space_for_block(256)
    for s in range(len(lattices)):
        low, high = first[s], first[s + 1]
        row, length, found, where, clash, closest = _search(
            positions[low:high], lattices[s], periodic[s], k, tolerance, space
        )
        if clash[0] >= 0:
            return start, index, image, s, clash, closest
        # Rows come in the order of the bins; here they get that of the atoms.
        total = start[low]
        for i in range(high - low):
            start[low + i + 1] = start[low + i] + length[i]
        while start[high] > len(index):
            index, image = _grown(index, total), _grown(image, total)
        for i in range(high - low):
            for e in range(row[i], row[i] + length[i]):
                index[total] = found[e]
                for a in range(3):
                    image[total, a] = where[e, a]
                total += 1
    total = start[n]
    return start, index[:total], image[:total], len(lattices), clash, closest


@kernel
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
    unsorted, lengths = np.empty((len(index), 3)), np.empty(len(index))
    for i in range(len(start) - 1):
        begin, end = start[i], start[i + 1]
        for e in range(begin, end):
            for c in range(3):
                unsorted[e, c] = _component(e, c, i, wrapped, cell, index, image)
            lengths[e] = np.sqrt(dot(unsorted, e, unsorted, e))
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
                vectors[begin + r, c] = unsorted[e, c]
            rank[r] = index[e]
    return settled, vectors, distances


@leaf
def _component(e, c, i, wrapped, cell, index, image):
    shift = (
        image[e, 0] * cell[0, c] + image[e, 1] * cell[1, c] + image[e, 2] * cell[2, c]
    )
    return wrapped[index[e], c] - wrapped[i, c] + shift


@leaf
def _precedes(a, b, distance, atom, image):
    if distance[a] != distance[b]:
        return distance[a] < distance[b]
    if atom[a] != atom[b]:
        return atom[a] < atom[b]
    for c in range(3):
        if image[a, c] != image[b, c]:
            return image[a, c] < image[b, c]
    return False


@kernel
def _search(positions, lattice, periodic, k, tolerance, space):
    """Go from bin to bin; the atoms of a bin share one list of candidates.

    Where the block of bins around them does not reach far enough for k neighbours and
    a whole shell, it grows by a ring for the atoms that still wait.
    """
    n = len(positions)
    cell = compact_lattice(lattice, periodic)
    frac = fractional(positions, cell, periodic)
    heights = plane_spacings(cell)
    low, spans = np.zeros(3), heights.copy()
    for a in range(3):
        if not periodic[a]:
            low[a] = frac[:, a].min()
            spans[a] = max((frac[:, a].max() - low[a]) * heights[a], 1.0)
    # 3 x 3 x 3 bins of this size nearly always hold k neighbours and a whole shell; as
    # many atoms share the work of gathering them. Both were measured.
    per_bin = 0.5 * (k + 1)
    bins = choose_bins(n, spans, per_bin)
    order, first, occupied = fill_bins(frac, low, bins * heights / spans, bins)
    # Pores and vacuum: the atoms crowd into a part of the bins. Make these smaller.
    crowd = n / occupied
    if crowd > 1.5 * per_bin and crowd > _CROWDED_BIN:
        bins = choose_bins(n, spans, per_bin * per_bin / crowd)
        order, first, occupied = fill_bins(frac, low, bins * heights / spans, bins)
    scale, width = bins * heights / spans, spans / bins
    points = to_cartesian(frac, cell)[order]

    # Rows are written as they are finished, and put in the order of the atoms last.
    row = np.full(n, -1, dtype=np.int64)
    length = np.zeros(n, dtype=np.int64)
    index = np.empty(n * (k + 4) + 64, dtype=np.int32)
    image = np.empty((len(index), 3), dtype=np.int16)
    clash = np.full(2, -1, dtype=np.int64)
    total = 0

    near, squares, keys = space
    low_bits = len(keys) - 1  # hold the number of a candidate
    corners = np.empty((3, 3), dtype=np.int64)
    centre, lower, upper = corners[0], corners[1], corners[2]
    guess = np.inf
    for b in range(len(first) - 1):
        centre[0] = b // (bins[1] * bins[2])
        centre[1] = b // bins[2] % bins[1]
        centre[2] = b % bins[2]
        waiting, ring = first[b + 1] - first[b], 0
        while waiting > 0:
            ring += 1
            block_range(centre, ring, bins, periodic, lower, upper)
            while True:
                block, home = gather_block(
                    lower, upper, centre, bins, first, order, points, cell, near
                )
                if block <= len(keys):
                    break
                while block > low_bits + 1:
                    low_bits = 2 * low_bits + 1
                near, squares, keys = _space_for_block(low_bits + 1)
            near_point, near_atom, near_image = near
            for s in range(first[b], first[b + 1]):
                i = order[s]
                if row[i] >= 0:
                    continue
                x, y, z = points[s, 0], points[s, 1], points[s, 2]
                for c in range(block):
                    dx = near_point[0, c] - x
                    dy = near_point[1, c] - y
                    dz = near_point[2, c] - z
                    squares[c] = dx * dx + dy * dy + dz * dz
                squares[home + s - first[b]] = np.inf  # the atom itself
                reach = safe_reach(
                    frac[i], low, scale, centre, ring, bins, periodic, width
                )
                # What was enough for the atom before is mostly enough for this one.
                last, radius = -1, min(guess, reach)
                while True:
                    found = _sort_nearer(squares, block, radius, low_bits, keys)
                    if found >= k or radius == np.inf:
                        last = _whole_shells(
                            squares, keys, low_bits, found, k, tolerance, radius
                        )
                    if last >= 0 or radius == reach:
                        break
                    radius = reach
                if last < 0:
                    continue
                if last > 0:
                    nearest = squares[keys[0] & low_bits]
                    if nearest < CLOSEST_PAIR**2:
                        clash[0], clash[1] = i, near_atom[keys[0] & low_bits]
                        return row, length, index, image, clash, np.sqrt(nearest)
                    guess = _GUESS * np.sqrt(squares[keys[last - 1] & low_bits])
                while total + last > len(index):
                    index, image = _grown(index, total), _grown(image, total)
                for r in range(last):
                    c = keys[r] & low_bits
                    index[total + r] = near_atom[c]
                    for a in range(3):
                        image[total + r, a] = near_image[c, a]
                row[i], length[i] = total, last
                total += last
                waiting -= 1
    return row, length, index, image, clash, np.inf


@kernel
def _space_for_block(room):
    """Space for the atoms of a block, so many as a power of two.

    Their points, numbers and images; squares of distances; keys to sort them by.
    """
    near = (
        np.empty((3, room)),
        np.empty(room, dtype=np.int32),
        np.empty((room, 3), dtype=np.int16),
    )
    return near, np.empty(room), np.empty(room, dtype=np.int64)


@kernel
def _grown(array, used):
    larger = np.empty((2 * array.shape[0], *array.shape[1:]), array.dtype)
    larger[:used] = array[:used]
    return larger


@kernel
def _sort_nearer(squares, block, radius, low_bits, keys):
    """Sort the candidates within a radius by distance; return how many they are.

    A key is the square of the distance with the number of the candidate in the lowest
    bits: sorting plain integers is fast. Cutting these bits off moves no distance by
    more than 1e-9 of it.
    """
    limit = min(radius * radius, 1e300)
    # The bits of positive numbers are in the order of the numbers.
    bits = squares.view(np.int64)
    found = 0
    for c in range(block):
        keys[found] = (bits[c] & ~low_bits) | c
        found += squares[c] <= limit
    if found > SHORT:
        keys[:found].sort()
        return found
    for r in range(1, found):
        key, q = keys[r], r
        while q > 0 and keys[q - 1] > key:
            keys[q] = keys[q - 1]
            q -= 1
        keys[q] = key
    return found


@leaf
def _whole_shells(squares, keys, low_bits, found, k, tolerance, reach):
    """How many atoms make k neighbours and a whole last shell; -1 if not known yet."""
    if found <= k and reach == np.inf:
        return found
    distance = np.sqrt(squares[keys[k - 1] & low_bits])
    for r in range(k, found):
        following = np.sqrt(squares[keys[r] & low_bits])
        if following - distance > closing_gap(r, k, tolerance):
            return r
        distance = following
    return found if reach - distance > closing_gap(found, k, tolerance) else -1
