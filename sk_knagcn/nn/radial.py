"""Radial bases: a distance as a row of smooth numbers."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ExponentialBasis(nn.Module):
    """The basis of the k-NAGCN paper: exp(-alpha d) with fixed rates alpha.

    Parameters
    ----------
    n_radial : int
        How many rates; they grow geometrically from 0.1 to 4 per Angstrom.
    """

    alpha: Tensor

    def __init__(self, n_radial: int):
        super().__init__()
        self.register_buffer("alpha", torch.logspace(-1.0, 0.6, n_radial))

    def forward(self, distances: Tensor) -> Tensor:
        """Expand distances (...) in Angstrom to (..., n_radial)."""
        return torch.exp(-distances.unsqueeze(-1) * self.alpha)


class GaussianBasis(nn.Module):
    """Gaussians at equal steps, one step wide, as in CGCNN.

    Parameters
    ----------
    n_radial : int
        How many, from 0 to `reach`.
    reach : float, default=8.0
        Centre of the last one, in Angstrom.
    """

    centers: Tensor

    def __init__(self, n_radial: int, reach: float = 8.0):
        super().__init__()
        self.register_buffer("centers", torch.linspace(0.0, reach, n_radial))
        self.step = reach / max(1, n_radial - 1)

    def forward(self, distances: Tensor) -> Tensor:
        """Expand distances (...) in Angstrom to (..., n_radial)."""
        return torch.exp(-(((distances.unsqueeze(-1) - self.centers) / self.step) ** 2))


RADIAL_BASES: dict[str, type[ExponentialBasis] | type[GaussianBasis]] = {
    "exponential": ExponentialBasis,
    "gaussian": GaussianBasis,
}
