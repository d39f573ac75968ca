"""How wide the widest way through a crystal is."""

from __future__ import annotations

import numpy as np

from sk_knagcn.geometry.kernel import kernel
from sk_knagcn.pores.network import Network


def percolation_widths(network: Network, basis: np.ndarray) -> np.ndarray:
    """Radius of the largest sphere that can go on for ever along each lattice vector.

    `basis` writes the vectors of the network's cell in those of the lattice asked for.
    A way goes on along a vector if it comes back to a place of which the image it is
    in is another one in that direction; whether in others as well does not matter.
    """
    order = np.argsort(-network.widths, kind="stable")
    shifts = network.shifts @ basis
    return _widest_loops(
        len(network.radii),
        network.first[order],
        network.second[order],
        np.ascontiguousarray(shifts[order]),
        network.widths[order],
    )


@kernel
def _widest_loops(n_places, first, second, shifts, widths):
    """Open the ways one by one, the widest first, until loops wind around all vectors.

    A forest holds what is connected, and for each place the image of its root that it
    is connected to. A way between places of one tree closes a loop; where the images
    differ, the loop does not come back to the cell in which it began.
    """
    root = np.arange(n_places)
    offset = np.zeros((n_places, 3), dtype=np.int64)
    found = np.full(3, -np.inf)
    u_offset, v_offset = np.empty(3, dtype=np.int64), np.empty(3, dtype=np.int64)
    for e in range(len(first)):
        u = _climb(root, offset, first[e], u_offset)
        v = _climb(root, offset, second[e], v_offset)
        if u != v:
            root[v] = u
            for a in range(3):
                offset[v, a] = u_offset[a] + shifts[e, a] - v_offset[a]
            continue
        done = True
        for a in range(3):
            winding = u_offset[a] + shifts[e, a] - v_offset[a]
            if winding != 0 and found[a] == -np.inf:
                found[a] = widths[e]
            done &= found[a] > -np.inf
        if done:
            break
    return found


@kernel
def _climb(root, offset, place, total):
    """Find the root of a place, and where the place is relative to it."""
    total[:] = 0
    while root[place] != place:
        above = root[place]
        # Halve the path: hang the place to the one above the next.
        for a in range(3):
            offset[place, a] += offset[above, a]
            total[a] += offset[place, a]
        root[place] = root[above]
        place = root[place]
    return place


def open_places(network: Network, radius: float) -> np.ndarray:
    """Tell which places a sphere can get to that comes from infinitely far away."""
    wide = network.widths > radius
    return _endless(
        len(network.radii),
        network.first[wide],
        network.second[wide],
        network.shifts[wide],
    )


@kernel
def _endless(n_places, first, second, shifts):
    """Mark all places whose tree has a loop that does not come back to its cell."""
    root = np.arange(n_places)
    offset = np.zeros((n_places, 3), dtype=np.int64)
    u_offset, v_offset = np.empty(3, dtype=np.int64), np.empty(3, dtype=np.int64)
    winds = np.zeros(n_places, dtype=np.bool_)
    for e in range(len(first)):
        u = _climb(root, offset, first[e], u_offset)
        v = _climb(root, offset, second[e], v_offset)
        if u != v:
            root[v] = u
            winds[u] |= winds[v]
        for a in range(3):
            step = u_offset[a] + shifts[e, a] - v_offset[a]
            if u != v:
                offset[v, a] = step
            elif step != 0:
                winds[u] = True
    found = np.empty(n_places, dtype=np.bool_)
    for place in range(n_places):
        found[place] = winds[_climb(root, offset, place, u_offset)]
    return found
