"""The Voronoi cells of a crystal's atoms, each from its nearby atoms alone.

pymatgen's VoronoiNN tessellates all atoms within 13 Angstrom anew for every atom, and
matminer asks it to do so once for each statistic. An atom's own cell is settled by far
fewer: whatever is farther away than twice its outermost corner cannot cut it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError

from sk_knagcn.geometry.cells import compact_lattice

FloatArray = NDArray[np.float64]

_FIRST_GUESS = 40  # atoms that a first try looks at, roughly
_WIDER = 1.5
_PERIODIC = np.ones(3, dtype=np.bool_)


@dataclass(frozen=True, slots=True)
class VoronoiCell:
    """The faces of one atom's cell; each belongs to one neighbour."""

    vectors: FloatArray  # (n_faces, 3), from the atom to the neighbour, Angstrom
    neighbors: NDArray[np.int64]  # (n_faces,), their indices in the structure
    areas: FloatArray  # (n_faces,), square Angstrom
    solid_angles: FloatArray  # (n_faces,), seen from the atom

    @property
    def distances(self) -> FloatArray:
        """Distances to the neighbours: twice those to the faces."""
        return np.linalg.norm(self.vectors, axis=1)

    @property
    def volume(self) -> float:
        """Volume of the cell, in cubic Angstrom."""
        return float(self.areas @ self.distances) / 6


def voronoi_cells(structure: Any, smallest_face: float) -> list[VoronoiCell]:
    """Find the cell of every site of a periodic pymatgen Structure.

    Faces whose solid angle is smaller than `smallest_face` times the largest of the
    cell are left out.
    """
    # A sphere holds few images of a compact cell, and very many of a sheared one.
    lattice = compact_lattice(np.array(structure.lattice.matrix), _PERIODIC)
    fractions = np.linalg.solve(lattice.T, structure.cart_coords.T).T % 1.0
    guess = (0.75 / np.pi * _FIRST_GUESS * structure.volume / len(structure)) ** (1 / 3)
    return [
        _cell_of(site, fractions, lattice, guess, smallest_face)
        for site in range(len(fractions))
    ]


def _cell_of(
    site: int,
    fractions: FloatArray,
    lattice: FloatArray,
    radius: float,
    smallest_face: float,
) -> VoronoiCell:
    """Widen the sphere of atoms that are looked at until the cell is settled."""
    while True:
        vectors, indices = _atoms_within(radius, site, fractions, lattice)
        cut = _cut(vectors) if len(vectors) > 3 else None
        if cut is None:  # not closed yet
            radius *= _WIDER
            continue
        faces, solid_angles, areas, outermost = cut
        if 2 * outermost <= radius:
            keep = solid_angles > smallest_face * solid_angles.max()
            faces = faces[keep]
            return VoronoiCell(
                vectors[faces], indices[faces], areas[keep], solid_angles[keep]
            )
        # At the wall of a pore the first atoms may close the cell kilometres away:
        # what lies between will cut it shorter.
        radius = min(2.001 * outermost, _WIDER * radius)


def _atoms_within(
    radius: float, site: int, fractions: FloatArray, lattice: FloatArray
) -> tuple[FloatArray, NDArray[np.int64]]:
    """Vectors to all periodic images of atoms within a sphere, and whose they are."""
    # The planes of the lattice along each axis are this many to the Angstrom.
    density = np.linalg.norm(np.linalg.inv(lattice), axis=0)
    reach = np.ceil(radius * density).astype(int) + 1
    shifts = np.stack(
        np.meshgrid(*(np.arange(-n, n + 1) for n in reach), indexing="ij"), axis=-1
    ).reshape(-1, 3)
    apart = fractions - fractions[site]
    vectors = (apart[None] + shifts[:, None]) @ lattice
    lengths = np.linalg.norm(vectors, axis=2)
    inside = lengths <= radius
    inside &= ~((shifts == 0).all(axis=1)[:, None] & (np.arange(len(apart)) == site))
    if (lengths[inside] < 1e-3).any():
        raise ValueError("two atoms are on one spot")
    return vectors[inside], np.nonzero(inside)[1]


def _cut(
    vectors: FloatArray,
) -> tuple[NDArray[np.int64], FloatArray, FloatArray, float] | None:
    """The polyhedron that the planes halfway to these atoms cut out; None if open.

    It is the dual of the convex hull of the inverted vectors: corners of the cell are
    facets of the hull, and each edge of the hull, between two of its points, is the
    edge that the faces of these two share.
    """
    halves = vectors / 2
    squares = np.einsum("ij,ij->i", halves, halves)
    try:
        hull = ConvexHull(halves / squares[:, None])
    except QhullError:  # all in one plane
        return None
    normals, offsets = hull.equations[:, :3], hull.equations[:, 3]
    if (offsets > -1e-9 / np.sqrt(squares.min())).any():  # the atom is not inside
        return None
    corners = -normals / offsets[:, None]
    facet, opposite = np.nonzero(np.arange(len(corners))[:, None] < hull.neighbors)
    one, other = corners[facet], corners[hull.neighbors[facet, opposite]]
    ends = hull.simplices[facet]
    first = ends[np.arange(len(ends)), (opposite + 1) % 3]
    second = ends[np.arange(len(ends)), (opposite + 2) % 3]

    areas, angles = np.zeros(len(vectors)), np.zeros(len(vectors))
    # A face is the sum of triangles from its foot (the point halfway to the neighbour)
    # to its edges; where the foot is beyond an edge, that triangle counts negative.
    for face, beyond in ((first, second), (second, first)):
        foot = halves[face]
        inside = np.einsum("ij,ij->i", halves[beyond], foot) < squares[beyond]
        sign = np.where(inside, 1.0, -1.0)
        cross = np.linalg.norm(np.cross(one - foot, other - foot), axis=1)
        np.add.at(areas, face, sign * cross / 2)
        np.add.at(angles, face, sign * _solid_angle(foot, one, other))
    faces = np.unique(hull.simplices)
    outermost = float(np.linalg.norm(corners, axis=1).max())
    return faces, angles[faces], areas[faces], outermost


def _solid_angle(a: FloatArray, b: FloatArray, c: FloatArray) -> FloatArray:
    """Solid angle of triangles seen from the origin (van Oosterom, Strackee 1983)."""
    lengths = [np.linalg.norm(x, axis=1) for x in (a, b, c)]
    box = abs(np.einsum("ij,ij->i", a, np.cross(b, c)))
    below = lengths[0] * lengths[1] * lengths[2]
    for one, other, length in ((a, b, lengths[2]), (a, c, lengths[1])):
        below += np.einsum("ij,ij->i", one, other) * length
    below += np.einsum("ij,ij->i", b, c) * lengths[0]
    return 2 * np.arctan2(box, below)
