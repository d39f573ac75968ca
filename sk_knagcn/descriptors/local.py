"""Statistics of the Voronoi cells: bond lengths, angles, coordination, packing."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from sk_knagcn.descriptors.voronoi import VoronoiCell, voronoi_cells

_HETEROGENEITY = [
    "mean absolute deviation in relative bond length",
    "max relative bond length",
    "min relative bond length",
    "maximum neighbor distance variation",
    "range neighbor distance variation",
    "mean neighbor distance variation",
    "avg_dev neighbor distance variation",
    "mean absolute deviation in relative cell size",
]
_SITES = [
    f"{statistic} {quantity}"
    for quantity in ("Average bond length", "Average bond angle", "CN_VoronoiNN")
    for statistic in ("mean", "std_dev")
]
_MORE = [
    "minimum neighbor distance variation",
    "max packing efficiency",
    "mean ordering parameter shell 1",
]


class VoronoiFeatures(BaseEstimator):
    """What the Voronoi cells say about bonds, in the words of matminer.

    The columns carry the names and, but for rounding, the values of matminer's
    StructuralHeterogeneity and of its SiteStatsFingerprint of AverageBondLength,
    AverageBondAngle and CoordinationNumber, all with VoronoiNN. Those tessellate a
    structure once for every atom and column; here one tessellation serves all.

    Parameters
    ----------
    extended : bool, default=False
        Append the minimum neighbour-distance variation, the maximum packing efficiency
        and the ordering parameter of the first shell.
    smallest_face : float, default=1e-5
        Faces of a cell whose solid angle, relative to the largest, is smaller do not
        count. With 0, as in matminer, the last digits of a file open faces at the
        edges and corners of symmetric cells: strontium oxide, six-fold coordinated,
        gets 14 neighbours.

    See Also
    --------
    sk_knagcn.StructureDescriptors : Uses it, and takes it as a featurizer.

    Examples
    --------
    >>> from pymatgen.core import Lattice, Structure
    >>> from sk_knagcn.descriptors import VoronoiFeatures
    >>> iron = Structure(Lattice.cubic(2.87), ["Fe", "Fe"], [[0, 0, 0], [0.5] * 3])
    >>> features = VoronoiFeatures()
    >>> values = features.featurize(iron)
    >>> round(values[features.feature_labels().index("mean CN_VoronoiNN")])
    14
    """

    def __init__(self, extended: bool = False, smallest_face: float = 1e-5) -> None:
        self.extended = extended
        self.smallest_face = smallest_face

    def feature_labels(self) -> list[str]:
        """Name the columns."""
        return [*_HETEROGENEITY, *_SITES, *(_MORE if self.extended else [])]

    def featurize(self, structure: Any) -> list[float]:
        """Describe one periodic pymatgen Structure."""
        cells = voronoi_cells(structure, self.smallest_face)
        means, variations = zip(*map(_mean_and_variation, cells), strict=True)
        relative = np.array(means) / np.mean(means)
        variation = np.array(variations)
        volumes = np.array([cell.volume for cell in cells])
        values = [
            _deviation(relative),
            relative.max(),
            relative.min(),
            variation.max(),
            np.ptp(variation),
            variation.mean(),
            _deviation(variation),
            _deviation(volumes) / volumes.mean(),
        ]
        lengths = [np.average(c.distances, weights=c.solid_angles) for c in cells]
        angles = [_mean_smallest_angle(cell) for cell in cells]
        for of_sites in (lengths, angles, [len(cell.vectors) for cell in cells]):
            values += [np.mean(of_sites), np.std(of_sites)]
        if self.extended:
            radii = np.array([cell.distances.min() / 2 for cell in cells])
            packing = 4 / 3 * np.pi * (radii**3).sum() / structure.volume
            numbers = np.array([specie.Z for specie in structure.species])
            values += [variation.min(), packing, _ordering(cells, numbers)]
        return [float(value) for value in values]


def _deviation(values: NDArray[np.float64]) -> float:
    """Mean absolute deviation from the mean."""
    return float(abs(values - values.mean()).mean())


def _mean_and_variation(cell: VoronoiCell) -> tuple[float, float]:
    """Mean distance to the neighbours and its relative spread, weighted by area."""
    mean = np.average(cell.distances, weights=cell.areas)
    spread = np.average(abs(cell.distances - mean), weights=cell.areas)
    return float(mean), float(spread / mean)


def _mean_smallest_angle(cell: VoronoiCell) -> float:
    """Mean over the neighbours of the angle to the next of them, in radians."""
    directions = cell.vectors / cell.distances[:, None]
    cosines = np.clip(directions @ directions.T, -1, 1)
    np.fill_diagonal(cosines, -1)
    return float(np.arccos(cosines.max(axis=1)).mean())


def _ordering(cells: list[VoronoiCell], numbers: NDArray[np.int64]) -> float:
    """How much the neighbours' elements differ from a random choice (Ward 2017)."""
    elements, counts = np.unique(numbers, return_counts=True)
    if len(elements) == 1:
        return 0.0
    order = []
    for cell in cells:
        of_kind = numbers[cell.neighbors][:, None] == elements
        shares = cell.areas @ of_kind / cell.areas.sum()
        order.append(1 - shares * len(numbers) / counts)
    return float(abs(np.array(order)).mean())
