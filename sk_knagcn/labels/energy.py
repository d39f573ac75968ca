"""Boltzmann factors of a gas molecule along straight lines through a crystal.

Along a line in x the squared distance to an atom is a constant plus the square of the
way along it. So the points within the cut-off are one run without gaps, nothing has to
be looked up, and the innermost loop is one that a processor does several points of at
once.
"""

import numpy as np

from sk_knagcn.geometry.kernel import kernel, leaf

# Lines are taken in the order of z, and the atoms near them gathered anew after so
# many Angstrom.
_SLAB = 0.5


@kernel
def sum_along_lines(
    starts, count, step, points, kinds, sixths, wells, lifts, cores, cutoff
):
    """Sum Boltzmann factors, and their products with the energy, of each line.

    Parameters
    ----------
    starts : float64 array of shape (n_lines, 3)
        Where the lines begin; they go along x.
    count : int
        Points on each line.
    step : float
        From point to point, in Angstrom.
    points, kinds : arrays of shape (m, 3) and (m,)
        The atoms, images included, sorted by y; and which kind each is.
    sixths, wells, lifts, cores : float64 arrays of shape (n_kinds,)
        See `Pairs`.
    cutoff : float
        Atoms farther away than this are not felt, Angstrom.

    Returns
    -------
    float64 array of shape (n_lines, 2)
        Sums of exp(-U) and of U exp(-U), with U in kT.
    """
    sums = np.zeros((len(starts), 2))
    steps = np.arange(count) * step
    energy = np.empty(count)
    inside = np.empty(count, dtype=np.bool_)
    begin = np.empty(count, dtype=np.int64)
    end = np.empty(count, dtype=np.int64)
    near = np.empty_like(points)
    near_kind = np.empty_like(kinds)
    found, height = 0, np.inf
    for line in range(len(starts)):
        x, y, z = starts[line, 0], starts[line, 1], starts[line, 2]
        if not abs(z - height) <= _SLAB:
            height = z
            found = _gather(points, kinds, z, cutoff + _SLAB, near, near_kind)
        first = np.searchsorted(near[:found, 1], y - cutoff)
        last = np.searchsorted(near[:found, 1], y + cutoff)

        inside[:] = False
        for p in range(first, last):
            core = cores[near_kind[p]]
            aside = (near[p, 1] - y) ** 2 + (near[p, 2] - z) ** 2
            if aside < core:
                along = near[p, 0] - x
                low, high = _span(core - aside, along, step, count)
                inside[low:high] = True
        runs = _free_runs(inside, begin, end)
        if runs == 0:
            continue

        energy[:] = 0.0
        for p in range(first, last):
            aside = (near[p, 1] - y) ** 2 + (near[p, 2] - z) ** 2
            if aside >= cutoff * cutoff:
                continue
            along, kind = near[p, 0] - x, near_kind[p]
            low, high = _span(cutoff * cutoff - aside, along, step, count)
            for r in range(runs):
                a, b = max(low, begin[r]), min(high, end[r])
                if a < b:
                    _add_pair(
                        energy[a:b],
                        steps[a:b],
                        along,
                        aside,
                        sixths[kind],
                        wells[kind],
                        lifts[kind],
                    )
        for r in range(runs):
            for k in range(begin[r], end[r]):
                factor = np.exp(-energy[k])
                sums[line, 0] += factor
                sums[line, 1] += factor * energy[k]
    return sums


@leaf
def _gather(points, kinds, z, reach, near, near_kind):
    """Copy the atoms of a slab, in their order, and count them."""
    found = 0
    for p in range(len(points)):
        if abs(points[p, 2] - z) <= reach:
            near[found, 0] = points[p, 0]
            near[found, 1] = points[p, 1]
            near[found, 2] = points[p, 2]
            near_kind[found] = kinds[p]
            found += 1
    return found


@leaf
def _span(half_squared, centre, step, count):
    """Points of a line within a distance of a centre: the first, and one past last."""
    half = np.sqrt(half_squared)
    low = max(0, int(np.ceil((centre - half) / step)))
    high = min(count, int(np.floor((centre + half) / step)) + 1)
    return low, max(low, high)


@leaf
def _free_runs(inside, begin, end):
    """Where the points that are inside no atom begin and end; how many runs of them."""
    runs = 0
    for k in range(len(inside)):
        if inside[k]:
            continue
        if k == 0 or inside[k - 1]:
            begin[runs] = k
            runs += 1
        end[runs - 1] = k + 1
    return runs


@leaf
def _add_pair(energy, steps, along, aside, sixth, well, lift):
    """Add one atom's share to the energies of points side by side."""
    for k in range(len(energy)):
        distance = steps[k] - along
        inverse = 1.0 / (aside + distance * distance)
        ratio = sixth * inverse * inverse * inverse
        energy[k] += well * (ratio * ratio - ratio) - lift
