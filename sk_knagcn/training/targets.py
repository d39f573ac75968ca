"""Targets in the units of the network and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class TargetScaler:
    """Mean and spread of the training targets; NaN is left out.

    Parameters
    ----------
    mean : ndarray of shape (t,)
        Of each target; of its value per atom if `per_atom`.
    scale : ndarray of shape (t,)
        Standard deviation of the same; 1 for a constant target.
    per_atom : bool
        Whether targets grow with the number of atoms.
    """

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    per_atom: bool

    @classmethod
    def fit(
        cls,
        y: NDArray[np.float64],
        n_atoms: NDArray[np.int64],
        weights: NDArray[np.float64] | None = None,
        *,
        per_atom: bool,
    ) -> TargetScaler:
        """Measure targets y (n, t) of structures (n,) with atoms and weights."""
        values = y / n_atoms[:, None] if per_atom else y
        share = np.ones(len(y)) if weights is None else weights
        share = np.where(np.isnan(y), 0.0, share[:, None])
        total = share.sum(axis=0)
        if (total <= 0).any():
            raise ValueError(
                f"target {(total <= 0).argmax()} has no weight: sample_weight is 0 "
                "wherever it is known."
            )
        values = np.where(share > 0, values, 0.0)
        # In units of a power of two, which loses nothing: squares of targets in joule
        # for an atom, or of very large ones, are no numbers any more.
        _, power = np.frexp(abs(values).max(axis=0))
        values = np.ldexp(values, -power)
        mean = (share * values).sum(axis=0) / total
        scale = np.sqrt((share * (values - mean) ** 2).sum(axis=0) / total)
        # What rounding leaves of a constant is no spread.
        constant = scale <= 1e-12 * abs(mean)
        scale = np.where(constant, 1.0, np.ldexp(scale, power))
        return cls(np.ldexp(mean, power), scale, per_atom)

    def transform(
        self, y: NDArray[np.float64], n_atoms: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Targets (n, t) in the units of the network."""
        return (y - self._offset(n_atoms)) / self.scale

    def inverse_transform(
        self, outputs: NDArray[np.floating[Any]], n_atoms: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Outputs of the network (n, t) in the units of the targets."""
        return outputs.astype(np.float64) * self.scale + self._offset(n_atoms)

    def _offset(self, n_atoms: NDArray[np.int64]) -> NDArray[np.float64]:
        return n_atoms[:, None] * self.mean if self.per_atom else self.mean
