"""Which frameworks to leave out before anything is learnt from them."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils._param_validation import Interval, validate_params

from sk_knagcn.labels.distances import min_interatomic_distance
from sk_knagcn.labels.many import read_structures, row_labels
from sk_knagcn.labels.spheres import COMMON
from sk_knagcn.labels.surfaces import NITROGEN, surface_area
from sk_knagcn.pores import Radii

if TYPE_CHECKING:
    import pandas as pd

_TOO_CLOSE, _TOO_LITTLE = "atoms too close", "too little surface"


@dataclass(frozen=True, slots=True, repr=False)
class CleanedFrameworks:
    """Which frameworks are fit to learn from, and why others are not.

    Parameters
    ----------
    kept : ndarray of shape (n_kept,), int64
        Positions of the good ones, for ``[structures[i] for i in kept]``.
    report : pandas.DataFrame
        A row for each structure: `formula`, `min_distance_A`,
        `accessible_surface_area_A2` of the cell (NaN where atoms were too close, it was
        not measured), `kept`, and `reason`: "atoms too close", "too little surface" or
        nothing.
    """

    kept: NDArray[np.int64]
    report: pd.DataFrame

    def __repr__(self) -> str:
        """Count what was kept and what was dropped, by reason."""
        reasons = self.report["reason"].value_counts()
        dropped = [f"{reasons.get(why, 0)} with {why}" for why in _REASONS]
        return f"{len(self.kept)} of {len(self.report)} kept; {', '.join(dropped)}"


_REASONS = (_TOO_CLOSE, _TOO_LITTLE)


@validate_params(
    {
        **COMMON,
        "min_distance": [Interval(Real, 0, None, closed="left")],
        "min_surface_area": [Interval(Real, 0, None, closed="left")],
        "probe_radius": [Interval(Real, 0, None, closed="left")],
    },
    prefer_skip_nested_validation=True,
)
def clean_frameworks(
    structures: Any,
    *,
    min_distance: float = 0.8,
    min_surface_area: float = 50.0,
    probe_radius: float = NITROGEN,
    radii: Radii = "van der Waals",
    cache: str | Path | None = "memory",
    n_jobs: int | None = None,
    verbose: int = 0,
) -> CleanedFrameworks:
    """Find frameworks with overlapping atoms or without pores, to leave them out.

    The rules are those by which Zhang et al. [1]_ chose 10,136 of 12,763 frameworks of
    CoRE MOF 2019.

    Parameters
    ----------
    structures : list, tuple, object array, pandas Series or DataFrame
        As `check_structures` takes them; periodic in all three directions.
    min_distance : float, default=0.8
        No two atoms may be closer, in Angstrom.
    min_surface_area : float, default=50.0
        The least accessible surface of the cell as it was given, in square Angstrom.
    probe_radius : float, default=1.655
        Of the probe that feels the surface, in Angstrom; see `surface_area`.
    radii : {"van der Waals", "ionic", "point"} or dict, default="van der Waals"
        Of the atoms; see `surface_area`.
    cache : "memory", str, Path or None, default="memory"
        Where results are kept, so that nothing is computed twice: in the memory of the
        process, in a folder as well, or nowhere.
    n_jobs : int, default=None
        Threads that share the structures; as everywhere in scikit-learn.
    verbose : int, default=0
        Show progress bars if positive.

    Returns
    -------
    CleanedFrameworks
        The positions of those to keep, and a table with the reasons.

    See Also
    --------
    surface_area : Measures the surface.
    min_interatomic_distance : Measures the distances.

    References
    ----------
    .. [1] B. Zhang, M. Zhou, J. Wu, F. Gao, "Predicting Material Properties Using a 3D
       Graph Neural Network with Invariant Local Descriptors", arXiv:2102.11023 (2021).

    Examples
    --------
    >>> from pymatgen.core import Lattice, Structure
    >>> from sk_knagcn.labels import clean_frameworks
    >>> wide = Structure(Lattice.cubic(9), ["Ar"], [[0, 0, 0]])
    >>> dense = Structure(Lattice.cubic(4), ["Ar"], [[0, 0, 0]])
    >>> twice = Structure(Lattice.cubic(9), ["Ar", "Ar"], [[0, 0, 0], [0.05, 0, 0]])
    >>> cleaned = clean_frameworks([wide, dense, twice])
    >>> cleaned
    1 of 3 kept; 1 with atoms too close, 1 with too little surface
    >>> cleaned.report["reason"].to_list()
    ['', 'too little surface', 'atoms too close']
    """
    import pandas as pd

    how: dict[str, Any] = {"cache": cache, "n_jobs": n_jobs, "verbose": verbose}
    crystals = read_structures(structures)
    nearest = min_interatomic_distance(crystals, **how)
    apart = nearest >= min_distance
    areas = np.full(len(crystals), np.nan)
    if apart.any():
        measured = surface_area(
            [crystals[i] for i in np.flatnonzero(apart)],
            probe_radius=probe_radius,
            radii=radii,
            **how,
        )
        areas[apart] = measured["accessible_surface_area_A2"]
    kept = apart & (areas >= min_surface_area)
    reasons = np.select([~apart, ~kept], _REASONS, "")
    report = pd.DataFrame(
        {
            "formula": [crystal.formula for crystal in crystals],
            "min_distance_A": nearest,
            "accessible_surface_area_A2": areas,
            "kept": kept,
            "reason": reasons,
        },
        index=row_labels(structures),
    )
    return CleanedFrameworks(np.flatnonzero(kept), report)
