"""A compact cell for any crystal.

The neighbour search never sees the cell the user happened to choose: long, skewed
cells are first replaced by the most compact one of the same lattice.
"""

import numpy as np

from sk_knagcn.geometry.kernel import kernel, leaf
from sk_knagcn.geometry.vectors import dot


@kernel
def compact_lattice(lattice, periodic):
    """Shortest equivalent vectors along the periodic axes, unit normals elsewhere.

    Pairwise (Lagrange-Gauss) reduction, with the body diagonal tried as well, leaves
    no vector that another one could shorten; bins are then never slivers.
    """
    cell = lattice.copy()
    changed = True
    while changed:
        changed = False
        for a in range(3):
            if not periodic[a]:
                continue
            for b in range(3):
                if b == a or not periodic[b]:
                    continue
                length, along = dot(cell, b, cell, b), dot(cell, a, cell, b)
                # The margin keeps a tie (exactly one half) from going back and forth.
                if abs(along) > (0.5 + 1e-9) * length:
                    times = np.rint(along / length)
                    for x in range(3):
                        cell[a, x] -= times * cell[b, x]
                    changed = True
        if not changed and periodic[0] and periodic[1] and periodic[2]:
            changed = _shorten_by_diagonal(cell)
    _replace_open_axes(cell, periodic)
    return cell


@leaf
def _shorten_by_diagonal(cell):
    """Replace the longest vector by a +- b +- c if that is shorter."""
    a = 0
    for other in range(1, 3):
        if dot(cell, other, cell, other) > dot(cell, a, cell, a):
            a = other
    b, c = (a + 1) % 3, (a + 2) % 3
    for sign_b in (-1.0, 1.0):
        for sign_c in (-1.0, 1.0):
            square = 0.0
            for x in range(3):
                square += (cell[a, x] + sign_b * cell[b, x] + sign_c * cell[c, x]) ** 2
            if square < dot(cell, a, cell, a) * (1.0 - 1e-9):
                for x in range(3):
                    cell[a, x] += sign_b * cell[b, x] + sign_c * cell[c, x]
                return True
    return False


@kernel
def _replace_open_axes(cell, periodic):
    """Make every open axis a unit vector at right angles to all other axes.

    A cell vector along an axis without periodicity says nothing about the atoms.
    """
    n_periodic = int(periodic[0]) + int(periodic[1]) + int(periodic[2])
    if n_periodic == 3:
        return
    if n_periodic == 0:
        cell[:] = np.eye(3)
        return
    if n_periodic == 2:
        a = 0 if not periodic[0] else (1 if not periodic[1] else 2)
        normal = np.cross(cell[(a + 1) % 3], cell[(a + 2) % 3])
        cell[a] = normal / np.sqrt((normal**2).sum())
        return
    a = 0 if periodic[0] else (1 if periodic[1] else 2)
    axis = cell[a] / np.sqrt((cell[a] ** 2).sum())
    helper = np.zeros(3)
    helper[int(np.argmin(np.abs(axis)))] = 1.0
    first = np.cross(axis, helper)
    first /= np.sqrt((first**2).sum())
    cell[(a + 1) % 3] = first
    cell[(a + 2) % 3] = np.cross(axis, first)


@kernel
def inverse(cell):
    """The inverse; its columns are normals of the cell's faces.

    Written out: for three vectors a library takes longer to be called than to compute,
    and may differ in the last bit from machine to machine.
    """
    normals = np.empty((3, 3))
    for a in range(3):
        b, c = (a + 1) % 3, (a + 2) % 3
        for x in range(3):
            y, z = (x + 1) % 3, (x + 2) % 3
            normals[x, a] = cell[b, y] * cell[c, z] - cell[b, z] * cell[c, y]
    volume = 0.0
    for x in range(3):
        volume += cell[0, x] * normals[x, 0]
    for x in range(3):
        for a in range(3):
            normals[x, a] /= volume
    return normals


@kernel
def plane_spacings(cell):
    """Distance between opposite faces of the cell, per axis."""
    normals = inverse(cell)
    heights = np.empty(3)
    for a in range(3):
        square = 0.0
        for x in range(3):
            square += normals[x, a] ** 2
        heights[a] = 1.0 / np.sqrt(square)
    return heights


@kernel
def fractional(positions, cell, periodic):
    """Fractional coordinates, wrapped into [0, 1) along periodic axes."""
    normals = inverse(cell)
    n = len(positions)
    frac = np.empty((n, 3))
    for i in range(n):
        for a in range(3):
            f = (
                positions[i, 0] * normals[0, a]
                + positions[i, 1] * normals[1, a]
                + positions[i, 2] * normals[2, a]
            )
            if periodic[a]:
                f -= np.floor(f)
                if f >= 1.0:  # floor of a tiny negative number
                    f = 0.0
            frac[i, a] = f
    return frac


@kernel
def to_cartesian(frac, cell):
    """Cartesian coordinates; written out, because BLAS may differ in the last bit."""
    positions = np.empty_like(frac)
    for i in range(len(frac)):
        for c in range(3):
            positions[i, c] = (
                frac[i, 0] * cell[0, c]
                + frac[i, 1] * cell[1, c]
                + frac[i, 2] * cell[2, c]
            )
    return positions
