"""The mean Boltzmann factor of a gas molecule in a cell, to a tolerance."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sk_knagcn.labels.energy import sum_along_lines
from sk_knagcn.labels.force_field import Pairs
from sk_knagcn.labels.images import Surroundings

# From one grid to the next, along each axis.
_FINER = 1.5
# Two grids may agree by chance, three hardly do: the step before the last counts, too.
# On grids 1.5 times finer each the error falls by more than this factor.
_FALLS_BY = 2.0
# Where atoms repel at all points of a grid as fine as this (Angstrom), nothing fits.
_NOTHING_FITS = 0.1
# Independent copies of the quasi-random lines, and how many of their standard errors
# the estimate is.
_COPIES = 8
_SURE = 3.0
_FEWEST_LINES = 16  # of each copy
_DENSER = 3.0  # points on them, compared with those of the coarsest grid
# The additive recurrence that fills a cube most evenly: powers of the root of
# x^4 = x + 1.
_EVENLY = 1.2207440846057596 ** -np.arange(1.0, 4.0)


@dataclass(frozen=True, slots=True)
class Rule:
    """How to integrate, and when to stop."""

    method: Literal["grid", "quasi-random"]
    spacing: float
    tolerance: float
    max_points: int


@dataclass(frozen=True, slots=True)
class Integral:
    """Mean Boltzmann factor in a cell, and how well it is known."""

    factor: float
    """Mean of exp(-U); infinite where it is too large for a float."""
    energy: float
    """Mean of U in kT, weighted by the factor; NaN where that is 0 or infinite."""
    n_points: int
    """Points of the last grid, or of all lines."""
    error: float
    """Estimated error of the factor, relative to it."""


def integrate(
    around: Surroundings, pairs: Pairs, cutoff: float, rule: Rule
) -> Integral:
    """Refine until the estimated error is below the tolerance, or points run out."""
    method = _on_grids if rule.method == "grid" else _on_random_lines
    with np.errstate(over="ignore", invalid="ignore"):  # near 0 K; told by the result
        return method(around, pairs, cutoff, rule)


def _on_grids(
    around: Surroundings, pairs: Pairs, cutoff: float, rule: Rule
) -> Integral:
    """Grids along the lattice vectors, each finer than the one before.

    The integrand is periodic and smooth: on such grids the error falls faster than any
    power of their spacing, once they are fine enough for the narrowest pore.
    """
    wanted = float(np.ceil(around.widths / rule.spacing).prod())
    spacing = rule.spacing * max(1.0, wanted / rule.max_points) ** (1 / 3)
    steps = [np.inf, np.inf]
    shape = np.zeros(3, dtype=np.int64)
    last: Integral | None = None
    while True:
        # Short axes get one more point at least: no grid is compared with itself.
        shape = np.maximum(shape + 1, np.ceil(around.widths / spacing).astype(np.int64))
        n_points = int(shape.prod())
        if last is not None and n_points > rule.max_points:
            return last
        starts = _grid_starts(around, shape)
        factor, energy = _sum(around, pairs, cutoff, starts, int(shape[0])).sum(axis=0)
        if last is not None:
            steps.append(abs(factor / n_points - last.factor))
        error = max(steps[-1], steps[-2] / _FALLS_BY)
        last = _integral(factor, energy, n_points, error)
        if factor == 0 and spacing < _NOTHING_FITS:
            return replace(last, error=0.0)
        if last.error < rule.tolerance or np.isinf(last.factor):
            return last
        spacing /= _FINER


def _on_random_lines(
    around: Surroundings, pairs: Pairs, cutoff: float, rule: Rule
) -> Integral:
    """Lines along the first lattice vector at quasi-random places, ever more of them.

    Several shifted copies of one sequence are independent estimates; how far they
    scatter tells the error.
    """
    count = int(np.ceil(around.widths[0] / rule.spacing * _DENSER))
    shifts = np.random.default_rng(0).random((_COPIES, 1, 3))
    sums = np.zeros((_COPIES, 2))
    done, lines = 0, _FEWEST_LINES
    while True:
        turns = np.arange(done, lines)[:, None] * _EVENLY
        starts = ((shifts + turns) % 1.0).reshape(-1, 3) / [count, 1, 1] @ around.cell
        by_z = np.argsort(starts[:, 2], kind="stable")
        found = np.empty((len(starts), 2))
        found[by_z] = _sum(around, pairs, cutoff, starts[by_z], count)
        sums += found.reshape(_COPIES, -1, 2).sum(axis=1)
        factor, energy = sums.sum(axis=0)
        n_points = _COPIES * lines * count
        scatter = sums[:, 0].std(ddof=1) / (lines * count) / np.sqrt(_COPIES)
        last = _integral(factor, energy, n_points, _SURE * scatter)
        if last.error < rule.tolerance or np.isinf(last.factor):
            return last
        if 2 * n_points > rule.max_points:
            return last
        done, lines = lines, 2 * lines


def _integral(factor: float, energy: float, n_points: int, error: float) -> Integral:
    """Means of sums, and the error relative to them."""
    if factor == 0:  # no point outside the atoms: as good as nothing is known
        return Integral(0.0, np.nan, n_points, np.inf)
    if not np.isfinite(factor):
        return Integral(np.inf, np.nan, n_points, np.inf)
    mean = factor / n_points
    return Integral(mean, energy / factor, n_points, error / mean)


def _grid_starts(around: Surroundings, shape: NDArray[np.int64]) -> NDArray[np.float64]:
    """Where the lines of a grid begin, plane after plane."""
    y, z = np.arange(shape[1]) / shape[1], np.arange(shape[2]) / shape[2]
    fractions = np.zeros((len(z), len(y), 3))
    fractions[..., 1], fractions[..., 2] = y, z[:, None]
    return fractions.reshape(-1, 3) @ around.cell


def _sum(
    around: Surroundings,
    pairs: Pairs,
    cutoff: float,
    starts: NDArray[np.float64],
    count: int,
) -> NDArray[np.float64]:
    return sum_along_lines(
        starts,
        count,
        around.cell[0, 0] / count,
        around.points,
        around.kinds,
        pairs.sixths,
        pairs.wells,
        pairs.lifts,
        pairs.cores,
        cutoff,
    )
