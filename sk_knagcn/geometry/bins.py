"""Atoms in bins, and blocks of bins: who can possibly be near."""

import numpy as np

from sk_knagcn.geometry.kernel import kernel, leaf

# More bins than this per atom would only be empty space to walk through.
_BINS_PER_ATOM = 8.0


@kernel
def choose_bins(n_atoms, spans, atoms_per_bin):
    """Bins along each axis so that a bin holds about `atoms_per_bin` atoms."""
    volume = max(spans[0] * spans[1] * spans[2], 1e-12)
    width = (volume * atoms_per_bin / n_atoms) ** (1.0 / 3.0)
    bins = np.empty(3, dtype=np.int64)
    for a in range(3):
        along = int(spans[a] / width + 0.5)
        bins[a] = max(1, min(along, int(_BINS_PER_ATOM * n_atoms)))
    return bins


@kernel
def fill_bins(frac, low, scale, bins):
    """Sort the atoms by bin, counting.

    Returns
    -------
    order : int64 array of shape (n,)
        The atoms, bin after bin.
    first : int64 array of shape (n_bins + 1,)
        Where each bin begins in that order.
    occupied : int
        How many bins hold an atom.
    """
    n = len(frac)
    bin_of = np.empty(n, dtype=np.int64)
    first = np.zeros(bins[0] * bins[1] * bins[2] + 1, dtype=np.int64)
    for i in range(n):
        b = 0
        for a in range(3):
            along = int((frac[i, a] - low[a]) * scale[a])
            b = b * bins[a] + min(max(along, 0), bins[a] - 1)
        bin_of[i] = b
        first[b + 1] += 1
    occupied = 0
    for b in range(len(first) - 1):
        occupied += first[b + 1] > 0
        first[b + 1] += first[b]
    cursor = first[:-1].copy()
    order = np.empty(n, dtype=np.int64)
    for i in range(n):
        order[cursor[bin_of[i]]] = i
        cursor[bin_of[i]] += 1
    return order, first, occupied


@leaf
def block_range(centre, ring, bins, periodic, lower, upper):
    """The bins along each axis that lie at most `ring` bins away."""
    for a in range(3):
        lower[a], upper[a] = centre[a] - ring, centre[a] + ring
        if not periodic[a]:
            lower[a], upper[a] = max(lower[a], 0), min(upper[a], bins[a] - 1)


@leaf
def gather_block(lower, upper, centre, bins, first, order, points, cell, near):
    """Copy the atoms of a block: their points, numbers and images.

    Returns how many they are, images counted each, and where those of the central bin
    itself begin. If there is no space for so many, the rest is only counted.
    """
    near_point, near_atom, near_image = near
    c, home = 0, 0
    sx, bx = _locate(lower[0], bins[0])
    start_y, start_z = _locate(lower[1], bins[1]), _locate(lower[2], bins[2])
    for x in range(lower[0], upper[0] + 1):
        sy, by = start_y
        for y in range(lower[1], upper[1] + 1):
            row = (bx * bins[1] + by) * bins[2]
            sz, bz = start_z
            for z in range(lower[2], upper[2] + 1):
                b = row + bz
                if x == centre[0] and y == centre[1] and z == centre[2]:
                    home = c
                held = first[b + 1] - first[b]
                if held > 0 and c + held <= len(near_atom):
                    shift_x = sx * cell[0, 0] + sy * cell[1, 0] + sz * cell[2, 0]
                    shift_y = sx * cell[0, 1] + sy * cell[1, 1] + sz * cell[2, 1]
                    shift_z = sx * cell[0, 2] + sy * cell[1, 2] + sz * cell[2, 2]
                    for a in range(held):
                        e, s = c + a, first[b] + a
                        near_point[0, e] = points[s, 0] + shift_x
                        near_point[1, e] = points[s, 1] + shift_y
                        near_point[2, e] = points[s, 2] + shift_z
                        near_atom[e] = order[s]
                        near_image[e, 0] = sx
                        near_image[e, 1] = sy
                        near_image[e, 2] = sz
                c += held
                sz, bz = _step(sz, bz, bins[2])
            sy, by = _step(sy, by, bins[1])
        sx, bx = _step(sx, bx, bins[0])
    return c, home


@leaf
def _locate(along, bins):
    """The cell that a bin is in, and its place there."""
    image = along // bins
    return image, along - image * bins


@leaf
def _step(image, place, bins):
    """The next bin, without a division: that costs as much as several atoms."""
    return (image, place + 1) if place + 1 < bins else (image + 1, 0)


@leaf
def safe_reach(frac, low, scale, centre, ring, bins, periodic, width):
    """Everything nearer than this to the atom lies in the block of bins."""
    reach = np.inf
    for a in range(3):
        inside = (frac[a] - low[a]) * scale[a] - centre[a]
        if periodic[a] or centre[a] - ring > 0:
            reach = min(reach, (ring + inside) * width[a])
        if periodic[a] or centre[a] + ring < bins[a] - 1:
            reach = min(reach, (ring + 1.0 - inside) * width[a])
    return reach
