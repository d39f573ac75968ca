"""Radial bases: a distance as a row of smooth numbers."""

from __future__ import annotations

import torch
from torch import Tensor, nn

# Less than this is lost beside 1 in float32. But products and squares of such values
# can be too small for the normal range of floats, where many processors are slow:
# without the limit, training took two to three times as long.
_SMALLEST_EXPONENT = -20.0
_REACH = 8.0  # Angstrom


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
        exponents = distances.unsqueeze(-1) * -self.alpha
        return exponents.clamp_min_(_SMALLEST_EXPONENT).exp_()


class GaussianBasis(nn.Module):
    """Gaussians at equal steps, one step wide, as in CGCNN.

    Parameters
    ----------
    n_radial : int
        How many, from 0 to 8 Angstrom.
    """

    steps: Tensor

    def __init__(self, n_radial: int):
        super().__init__()
        self.register_buffer("steps", torch.arange(float(n_radial)))
        self.step = _REACH / max(1, n_radial - 1)

    def forward(self, distances: Tensor) -> Tensor:
        """Expand distances (...) in Angstrom to (..., n_radial)."""
        steps = distances.unsqueeze(-1) / self.step - self.steps
        return steps.square_().neg_().clamp_min_(_SMALLEST_EXPONENT).exp_()


RADIAL_BASES: dict[str, type[ExponentialBasis] | type[GaussianBasis]] = {
    "exponential": ExponentialBasis,
    "gaussian": GaussianBasis,
}
