"""The local frames that an atom's nearest shells allow.

+z points to an atom of the nearest shell, y > 0 to the first neighbour off that axis.
Where several atoms qualify, each gives a candidate.
"""

import numpy as np

from sk_knagcn.geometry.kernel import leaf
from sk_knagcn.geometry.ties import lowest_of_highest
from sk_knagcn.geometry.vectors import dot

# A neighbour nearer to the z axis than this (Angstrom) cannot tell where y points.
OFF_AXIS = 0.0531
# Stands for the y atom where all neighbours lie on one line.
NOBODY = -1


@leaf
def candidate_pairs(vectors, element, shell_end, n_shells, tolerance, pairs, heights):
    """Pairs of neighbours (one on +z, one at y > 0) that the nearest shells allow.

    z: atoms of the first shell with the smallest atomic number. y: among neighbours
    off the axis, nearest shell, smallest atomic number, largest z. Pairs that are not
    best by these three are dropped, for all z together. Where all neighbours lie on
    one line, y is `NOBODY`. Returns the number of pairs; one that is larger than
    `pairs` is the space that they need.
    """
    n_pairs = 0
    if n_shells == 0:
        return n_pairs
    first = shell_end[0]
    lightest = element[0]
    for a in range(1, first):
        lightest = min(lightest, element[a])

    # Only pairs as good as the best (shell, element) that any z atom offers for y.
    best_shell, best_element = n_shells, 0
    for c in range(first):
        if element[c] != lightest:
            continue
        begin = 0
        for s in range(min(n_shells, best_shell + 1)):
            for b in range(begin, shell_end[s]):
                if s == best_shell and element[b] > best_element:
                    continue
                if b == c or not off_axis(vectors, b, c):
                    continue
                if s < best_shell or element[b] < best_element:
                    best_shell, best_element, n_pairs = s, element[b], 0
                if n_pairs < len(pairs):
                    pairs[n_pairs, 0], pairs[n_pairs, 1] = c, b
                n_pairs += 1
            if s == best_shell:
                break
            begin = shell_end[s]
    if n_pairs == 0:
        for c in range(first):
            if element[c] == lightest:
                if n_pairs < len(pairs):
                    pairs[n_pairs, 0], pairs[n_pairs, 1] = c, NOBODY
                n_pairs += 1
    elif 1 < n_pairs <= len(pairs):
        for p in range(n_pairs):
            z, y = pairs[p, 0], pairs[p, 1]
            length = np.sqrt(dot(vectors, z, vectors, z))
            heights[p] = dot(vectors, y, vectors, z) / length
        lowest = lowest_of_highest(heights, n_pairs, tolerance)
        kept = 0
        for p in range(n_pairs):
            if heights[p] >= lowest:
                pairs[kept, 0], pairs[kept, 1] = pairs[p, 0], pairs[p, 1]
                kept += 1
        n_pairs = kept
    return n_pairs


@leaf
def off_axis(vectors, i, axis):
    """Whether vector i ends farther than `OFF_AXIS` from the line along vector axis."""
    height = dot(vectors, i, vectors, axis)
    square = dot(vectors, i, vectors, i)
    along = dot(vectors, axis, vectors, axis)
    return square * along - height * height > OFF_AXIS**2 * along


@leaf
def fill_axis(vectors, z_atom, basis):
    """Fill row z of a frame; x and y become 0."""
    length = np.sqrt(dot(vectors, z_atom, vectors, z_atom))
    for c in range(3):
        basis[0, c] = basis[1, c] = 0.0
        basis[2, c] = vectors[z_atom, c] / length


@leaf
def fill_basis(vectors, z_atom, y_atom, basis):
    """Fill rows x, y, z of a right-handed frame; without a y atom x and y are 0."""
    fill_axis(vectors, z_atom, basis)
    if y_atom == NOBODY:
        return
    height = dot(vectors, y_atom, basis, 2)
    for c in range(3):
        basis[1, c] = vectors[y_atom, c] - height * basis[2, c]
    length = np.sqrt(dot(basis, 1, basis, 1))
    for c in range(3):
        basis[1, c] /= length
    for c in range(3):
        d, e = (c + 1) % 3, (c + 2) % 3
        basis[0, c] = basis[1, d] * basis[2, e] - basis[1, e] * basis[2, d]
