"""The local frames that an atom's nearest shells allow.

+z points to an atom of the nearest shell, y > 0 to the first neighbour off that axis.
Where several atoms qualify, each gives a candidate.
"""

import numpy as np
from numba import njit

from sk_knagcn.geometry.ties import label_by_gaps

# A neighbour nearer to the z axis than this (Angstrom) cannot tell where y points.
OFF_AXIS = 0.0531


@njit(cache=True, nogil=True)
def candidate_frames(vectors, element, shell_end, n_shells, tolerance, single):
    """Right-handed bases (rows x, y, z) that the nearest shells allow.

    z: atoms of the first shell with the smallest atomic number. y: among neighbours
    off the axis, nearest shell, smallest atomic number, largest z. Pairs that are not
    best by these three are dropped at once, for all z together. `single` is space for
    the usual case of only one.
    """
    if n_shells == 0:
        return single[:0]
    first = shell_end[0]
    lightest = element[0]
    for a in range(1, first):
        lightest = min(lightest, element[a])

    # The best (shell, element) that any z atom offers for y, and how many offers.
    best_shell, best_element, n_pairs = n_shells, 0, 0
    z_atom, y_atom = 0, 0
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
                n_pairs += 1
                z_atom, y_atom = c, b
            if s == best_shell:
                break
            begin = shell_end[s]
    if n_pairs == 0:
        return _bases_on_a_line(vectors, element, first, lightest)
    if n_pairs == 1:
        fill_basis(vectors, z_atom, y_atom, single[0])
        return single

    begin = 0 if best_shell == 0 else shell_end[best_shell - 1]
    heights = np.empty(n_pairs)
    z_of, y_of = np.empty(n_pairs, dtype=np.int64), np.empty(n_pairs, dtype=np.int64)
    p = 0
    for c in range(first):
        if element[c] != lightest:
            continue
        length = np.sqrt(dot(vectors, c, vectors, c))
        for b in range(begin, shell_end[best_shell]):
            if b != c and element[b] == best_element and off_axis(vectors, b, c):
                heights[p] = dot(vectors, b, vectors, c) / length
                z_of[p], y_of[p] = c, b
                p += 1
    labels, order = np.empty(n_pairs, dtype=np.int64), np.empty(n_pairs, dtype=np.int64)
    label_by_gaps(heights, n_pairs, tolerance, order, labels)
    highest = 0
    for p in range(n_pairs):
        highest += labels[p] == 0
    bases = np.empty((highest, 3, 3))
    f = 0
    for p in range(n_pairs):
        if labels[p] == 0:
            fill_basis(vectors, z_of[p], y_of[p], bases[f])
            f += 1
    return bases


# Rows are named by array and number: a slice of an array costs more than the product.
@njit(cache=True, nogil=True, inline="always")
def dot(u, i, v, j):
    """Scalar product of row i of u and row j of v."""
    return u[i, 0] * v[j, 0] + u[i, 1] * v[j, 1] + u[i, 2] * v[j, 2]


@njit(cache=True, nogil=True)
def off_axis(vectors, i, axis):
    """Whether vector i ends farther than `OFF_AXIS` from the line along vector axis."""
    height = dot(vectors, i, vectors, axis)
    square = dot(vectors, i, vectors, i)
    return square - height * height / dot(vectors, axis, vectors, axis) > OFF_AXIS**2


@njit(cache=True, nogil=True)
def _bases_on_a_line(vectors, element, first, lightest):
    """Frames when all neighbours lie on one line: x and y carry nothing and are 0."""
    n_z = 0
    for a in range(first):
        n_z += element[a] == lightest
    bases = np.zeros((n_z, 3, 3))
    f = 0
    for a in range(first):
        if element[a] == lightest:
            fill_axis(vectors, a, bases[f])
            f += 1
    return bases


@njit(cache=True, nogil=True)
def fill_axis(vectors, z_atom, basis):
    """Fill row z of a frame; x and y become 0."""
    length = np.sqrt(dot(vectors, z_atom, vectors, z_atom))
    for c in range(3):
        basis[0, c] = basis[1, c] = 0.0
        basis[2, c] = vectors[z_atom, c] / length


@njit(cache=True, nogil=True)
def fill_basis(vectors, z_atom, y_atom, basis):
    """Fill rows x, y, z of a right-handed frame."""
    fill_axis(vectors, z_atom, basis)
    height = dot(vectors, y_atom, basis, 2)
    for c in range(3):
        basis[1, c] = vectors[y_atom, c] - height * basis[2, c]
    length = np.sqrt(dot(basis, 1, basis, 1))
    for c in range(3):
        basis[1, c] /= length
    for c in range(3):
        d, e = (c + 1) % 3, (c + 2) % 3
        basis[0, c] = basis[1, d] * basis[2, e] - basis[1, e] * basis[2, d]
