"""The power diagram of spheres that repeat with a lattice.

Each sphere has a cell, of the points to which it is the nearest in terms of power: the
square of the distance to its centre less the square of its radius. Four cells meet at a
vertex and three along an edge, and these keep the most distance from all spheres. With
equal radii it is the Voronoi diagram.

Lifted to (x, |x|^2 - R^2), the centres' lower convex hull has one facet for each
vertex, and facets that touch share an edge.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import ConvexHull, QhullError, cKDTree

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# Vertices nearer to each other than this, in Angstrom, are one. Where more than four
# spheres are equally far, as in any crystal with symmetry, Qhull finds the vertex
# several times, and in each image of the cell in another way.
_SAME_PLACE = 1e-5
# The cell whose vertices are taken begins a little off the atoms' own, whose walls may
# go through many vertices; in fractions of its vectors.
_CORNER = np.array([-0.0137, -0.0071, -0.0193])
# How far around the cell spheres are taken into account at first, in Angstrom, and how
# many at most, in all or for each atom: the hull of so many takes seconds, and of twice
# as many four times as long.
_FIRST_MARGIN = 6.0
_MOST_SPHERES, _MOST_FOR_EACH = 40_000, 20
_APEX = 10.0  # the others are below three
# For each of the four spheres of a vertex the other three, whose edge leads away.
_OTHERS = np.array([[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2]])


@dataclass(frozen=True, slots=True)
class Diagram:
    """Vertices and edges of the cells of all spheres of one unit cell."""

    centres: Floats
    """(p, 3), of spheres in and around the unit cell."""
    owners: Integers
    """(p,), the atom that each is an image of."""
    own: Integers
    """(n,), the image of each atom that is in the unit cell."""
    vertices: Floats
    """(v, 3), those in the unit cell, at the other end of their edges, or around atoms
    in the unit cell; those of symmetric places several times."""
    corners: NDArray[np.int32]
    """(v, 4), the spheres whose cells meet at each vertex."""
    places: Integers
    """(v,), equal for vertices at one place, or at images of one."""
    images: Integers
    """(v, 3), which image of its place a vertex is, in vectors of the unit cell."""
    edges: Integers
    """(e, 2), the vertices that each edge leads from and to."""
    sides: NDArray[np.int32]
    """(e, 3), the spheres whose cells meet along each edge."""


def power_diagram(cell: Floats, positions: Floats, radii: Floats) -> Diagram:
    """Make the power diagram of spheres in a compact unit cell."""
    margin = _FIRST_MARGIN
    faces = np.cross(cell[[1, 2, 0]], cell[[2, 0, 1]])
    heights = abs(np.linalg.det(cell)) / np.linalg.norm(faces, axis=1)
    while True:
        diagram = _try_margin(cell, positions, radii, margin)
        if diagram is not None:
            return diagram
        margin *= 1.6
        most = max(_MOST_SPHERES, _MOST_FOR_EACH * len(positions))
        if len(positions) * np.prod(1 + 2 * margin / heights) > most:
            raise ValueError(
                f"{most:,} spheres around the cell do not close its void. Pass it with "
                "less vacuum."
            )


def _try_margin(
    cell: Floats, positions: Floats, radii: Floats, margin: float
) -> Diagram | None:
    """Make the diagram, or find out that spheres from farther away are needed."""
    centres, owners, own = _surround(cell, positions, margin)
    try:
        vertices, corners, beside, below = _lower_hull(centres, radii[owners])
    except QhullError:  # too few spheres so far, or all in one plane
        return None
    inverse = np.linalg.inv(cell)
    fractions = vertices @ inverse
    home = below & (np.floor(fractions - _CORNER) == 0).all(axis=1)
    ours = np.zeros(len(centres) + 1, dtype=bool)
    ours[own] = True
    needed = home.copy()
    needed[beside[home]] = True
    around_ours = ours[corners].any(axis=1)
    needed |= below & around_ours
    # Nor may a cell of our own be open, as on the rim of what is known so far.
    if not home.any() or not below[needed | around_ours].all():
        return None
    places, images = _merge(fractions[needed], cell, home[needed])
    if (places < 0).any():  # the image of one in the cell looks different from here
        return None

    row = np.cumsum(needed) - 1
    begin, end = np.repeat(row[home], 4), row[beside[home]].ravel()
    apart = (places[begin] != places[end]) | (images[begin] != images[end]).any(axis=1)
    sides = corners[home][:, _OTHERS].reshape(-1, 3)
    return Diagram(
        centres,
        owners,
        own,
        vertices[needed],
        corners[needed],
        places,
        images,
        np.column_stack([begin, end])[apart],
        sides[apart],
    )


def _surround(
    cell: Floats, positions: Floats, margin: float
) -> tuple[Floats, Integers, Integers]:
    """List all images within a margin of the unit cell."""
    inverse = np.linalg.inv(cell)
    reach = margin * np.linalg.norm(inverse, axis=0)  # margin over distances of faces
    inside = (positions @ inverse) % 1.0
    ranges = (np.arange(-n, n + 1) for n in np.ceil(reach).astype(int))
    steps = np.stack(np.meshgrid(*ranges, indexing="ij"), axis=-1).reshape(-1, 3)
    every = inside + steps[:, None]
    near = ((every >= -reach) & (every <= 1 + reach)).all(axis=2)
    step, owners = np.nonzero(near)
    own = np.flatnonzero((steps[step] == 0).all(axis=1))
    return every[near] @ cell, owners, own


def _lower_hull(
    centres: Floats, radii: Floats
) -> tuple[Floats, NDArray[np.int32], NDArray[np.int32], NDArray[np.bool_]]:
    """Vertices, their four spheres, the vertices across from each, and which are real.

    The hull's upper side means nothing.
    """
    middle = centres.mean(axis=0)
    points = centres - middle
    height = (points**2).sum(axis=1) - radii**2
    scale = np.abs(points).max()  # Qhull's tolerances are for numbers around one
    lifted = np.column_stack([points / scale, height / scale**2])
    # A point high above closes the hull, even where all centres lie on one sphere.
    hull = ConvexHull(np.vstack([lifted, [0, 0, 0, _APEX]]))
    normals = hull.equations[:, :4]
    below = normals[:, 3] < -1e-9
    vertices = np.zeros((len(normals), 3))
    normals = normals[below]
    vertices[below] = middle - scale / 2 * normals[:, :3] / normals[:, 3:]
    return vertices, hull.simplices, hull.neighbors, below


def _merge(
    fractions: Floats, cell: Floats, home: NDArray[np.bool_]
) -> tuple[Integers, Integers]:
    """Number the places that vertices are at; -1 where none of the unit cell's is."""
    lengths = np.linalg.norm(cell, axis=1)
    wrapped = fractions % 1.0
    wrapped[wrapped >= 1.0] = 0.0
    tree = cKDTree(wrapped * lengths, boxsize=lengths)
    pairs = tree.query_pairs(_SAME_PLACE, output_type="ndarray")
    n = len(fractions)
    links = coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    count, group = connected_components(links, directed=False)
    known = np.zeros(count, dtype=bool)
    known[group[home]] = True
    numbers = np.where(known, np.cumsum(known) - 1, -1)
    one_of_each = np.zeros(count, dtype=np.int64)
    one_of_each[group] = np.arange(n)
    images = np.rint(fractions - wrapped[one_of_each[group]]).astype(np.int64)
    return numbers[group], images
