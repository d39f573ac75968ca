"""The places between atoms and the ways from one to the other, with their widths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sk_knagcn.pores.diagram import Diagram, Floats, Integers


@dataclass(frozen=True, slots=True)
class Network:
    """Places that repeat with the lattice, and straight ways between them."""

    radii: Floats
    """(n,), of the largest sphere around each place, in Angstrom."""
    first: Integers
    """(m,), the place where each way begins."""
    second: Integers
    """(m,), the place where it ends."""
    shifts: Integers
    """(m, 3), in which image of the cell it ends, if it begins in the cell itself."""
    widths: Floats
    """(m,), radius of the largest sphere that can go along it, in Angstrom."""


def measure_network(diagram: Diagram, radii: Floats) -> Network:
    """Measure how much room atoms of these radii leave at places and along ways.

    The diagram may be that of larger spheres. If their radii are larger by r, then a
    sphere of radius r fits in a place, or gets along a way, just where the network says
    so, and nowhere else.
    """
    places, images = diagram.places, diagram.images
    room = _free_at(diagram, radii)
    begin, end = diagram.edges.T
    widths = np.minimum(_free_along(diagram, radii), np.minimum(room[begin], room[end]))
    largest = np.full(places.max() + 1, np.inf)
    np.minimum.at(largest, places, room)
    shifts = images[end] - images[begin]
    return Network(largest, places[begin], places[end], shifts, widths)


def _free_at(diagram: Diagram, radii: Floats) -> Floats:
    """Distance from each vertex to the nearest surface of the atoms around it."""
    atoms = diagram.centres[diagram.corners]
    apart = np.linalg.norm(diagram.vertices[:, None] - atoms, axis=2)
    return _nearest_surface(apart, diagram, diagram.corners, radii)


def _free_along(diagram: Diagram, radii: Floats) -> Floats:
    """Distance from each edge to the nearest surface of the atoms around it."""
    begin, end = (diagram.vertices[side] for side in diagram.edges.T)
    way = (end - begin)[:, None]
    to_atoms = diagram.centres[diagram.sides] - begin[:, None]
    along = (to_atoms * way).sum(axis=2) / (way**2).sum(axis=2)
    nearest = np.clip(along, 0.0, 1.0)[..., None] * way
    apart = np.linalg.norm(to_atoms - nearest, axis=2)
    return _nearest_surface(apart, diagram, diagram.sides, radii)


def _nearest_surface(
    apart: Floats, diagram: Diagram, atoms: NDArray[np.int32], radii: Floats
) -> Floats:
    return (apart - radii[diagram.owners[atoms]]).min(axis=1)
