"""The surface that a probe feels and the volume that atoms take up.

In the power diagram of the atoms, larger by the probe's radius, each cell sees its own
sphere only: what of a sphere is in its cell is surface, or volume, that no other sphere
covers. Both are summed over directions, the same for every atom.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sk_knagcn.geometry.cells import compact_lattice
from sk_knagcn.geometry.kernel import kernel
from sk_knagcn.pores.diagram import Diagram, Floats, Integers, power_diagram
from sk_knagcn.pores.network import measure_network
from sk_knagcn.pores.percolation import open_places

# Per atom. The surface of a unit cell is then right to about 0.1 %.
_N_DIRECTIONS = 2000


@dataclass(frozen=True, slots=True)
class Surface:
    """What a probe feels of the atoms of one unit cell."""

    open_area: float
    """Square Angstrom, where the probe's centre can get to from far away."""
    closed_area: float
    """Square Angstrom, in pockets."""
    occupied: float
    """Cubic Angstrom, where the probe's centre cannot be."""


def felt_surface(lattice: Floats, positions: Floats, radii: Floats) -> Surface:
    """Measure what the centre of a probe feels; its radius is part of the radii."""
    everywhere = np.ones(3, dtype=bool)
    cell = compact_lattice(np.ascontiguousarray(lattice, dtype=np.float64), everywhere)
    diagram = power_diagram(cell, positions, radii)
    reached = open_places(measure_network(diagram, radii), 0.0)
    around, first_around = _pairs(diagram, diagram.corners)
    rows = np.arange(len(diagram.vertices))[:, None]
    corner, first_corner = _pairs(diagram, np.broadcast_to(rows, (len(rows), 4)))
    return Surface(
        *_sum_over_directions(
            diagram.centres[diagram.own],
            radii[diagram.owners[diagram.own]],
            diagram.centres[around],
            radii[diagram.owners[around]],
            first_around,
            diagram.vertices[corner],
            reached[diagram.places[corner]],
            first_corner,
            _directions(_N_DIRECTIONS),
        )
    )


def _pairs(diagram: Diagram, others: NDArray[Any]) -> tuple[Integers, Integers]:
    """For each atom of the unit cell list what stands at the corners of its cell.

    `others` has a number at each place that `diagram.corners` has. Returns the numbers,
    atom by atom, each once, and where those of each atom begin.
    """
    number = np.full(len(diagram.centres), -1)
    number[diagram.own] = np.arange(len(diagram.own))
    atom = np.repeat(number[diagram.corners], 4, axis=1)
    other = np.tile(others, 4)
    itself = np.repeat(diagram.corners, 4, axis=1) == np.tile(diagram.corners, 4)
    wanted = (atom >= 0) & ~itself
    pairs = np.unique(np.column_stack([atom[wanted], other[wanted]]), axis=0)
    start = np.searchsorted(pairs[:, 0], np.arange(len(diagram.own) + 1))
    return pairs[:, 1], start


def _directions(n: int) -> Floats:
    """Points spread evenly over the unit sphere, along a spiral of golden angles."""
    turn = np.arange(n) * np.pi * (3 - 5**0.5)
    z = 1 - (2 * np.arange(n) + 1) / n
    flat = np.sqrt(1 - z**2)
    return np.column_stack([flat * np.cos(turn), flat * np.sin(turn), z])


@kernel
def _sum_over_directions(
    centres,
    radii,
    neighbors,
    neighbor_radii,
    first_neighbor,
    corners,
    corner_open,
    first_corner,
    directions,
):
    """Follow rays from all centres through their cells.

    A ray that leaves its sphere inside the cell marks a free place on the surface. The
    corner of the cell that is farthest along the ray lies beyond the plane that touches
    the sphere there, so the way to it is free: the place is open if that corner is.
    """
    open_area, closed_area, occupied = 0.0, 0.0, 0.0
    for i in range(len(centres)):
        size = radii[i]
        if first_neighbor[i] == first_neighbor[i + 1]:
            continue  # others cover it so well that it has no cell
        for d in range(len(directions)):
            x, y, z = directions[d]
            enters, leaves = 0.0, np.inf
            for n in range(first_neighbor[i], first_neighbor[i + 1]):
                a = neighbors[n, 0] - centres[i, 0]
                b = neighbors[n, 1] - centres[i, 1]
                c = neighbors[n, 2] - centres[i, 2]
                wall = a * a + b * b + c * c + size**2 - neighbor_radii[n] ** 2
                slope = 2.0 * (a * x + b * y + c * z)
                if slope > 0.0:
                    leaves = min(leaves, wall / slope)
                elif slope < 0.0:
                    enters = max(enters, wall / slope)
                elif wall < 0.0:
                    leaves = -np.inf
            if enters >= leaves or enters >= size:
                continue
            occupied += (min(size, leaves) ** 3 - enters**3) / 3.0
            if leaves <= size:
                continue
            farthest, is_open = -np.inf, False
            for n in range(first_corner[i], first_corner[i + 1]):
                along = corners[n, 0] * x + corners[n, 1] * y + corners[n, 2] * z
                if along > farthest:
                    farthest, is_open = along, corner_open[n]
            if is_open:
                open_area += size**2
            else:
                closed_area += size**2
    share = 4.0 * np.pi / len(directions)
    return share * open_area, share * closed_area, share * occupied
