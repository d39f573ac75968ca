"""Descriptors of a whole structure on their way into the network."""

from __future__ import annotations

import torch
from torch import Tensor, nn

# Scaled descriptors beyond this many deviations are cut there: what a training set has
# never seen must not carry the prediction away.
_FARTHEST = 5.0


class DescriptorBlock(nn.Module):
    """Scale columns as the training set has them, and map them by a linear layer.

    As in Gong et al. 2023: normalised, one layer of the same width, then beside the
    pooled features. What is missing (NaN) counts as the mean of the training set.

    Parameters
    ----------
    n_columns : int
        Number of columns.
    """

    center: Tensor
    inverse_scale: Tensor

    def __init__(self, n_columns: int):
        super().__init__()
        self.register_buffer("center", torch.zeros(n_columns))
        self.register_buffer("inverse_scale", torch.ones(n_columns))
        self.linear = nn.Linear(n_columns, n_columns)
        self.activation = nn.SiLU()

    def fit(self, values: Tensor, weights: Tensor) -> None:
        """Take mean and deviation from columns (n, d) of a training set, and (n,)."""
        values = values.double()
        share = weights.double().unsqueeze(-1) * ~values.isnan()
        share = share / share.sum(0).clamp_min(torch.finfo(share.dtype).tiny)
        center = (share * values.nan_to_num(0.0)).sum(0)
        spread = (share * (values - center).nan_to_num(0.0).square()).sum(0).sqrt()
        # A column that never changes, but for rounding, says nothing: it stays at 0.
        constant = spread <= 1e-6 * center.abs()
        self.center.copy_(center)
        self.inverse_scale.copy_(torch.where(constant, 0.0, 1.0 / spread))

    def forward(self, values: Tensor) -> Tensor:
        """Map columns (B, d) to features (B, d)."""
        scaled = (values - self.center) * self.inverse_scale
        scaled = scaled.nan_to_num(0.0).clamp(-_FARTHEST, _FARTHEST)
        return self.activation(self.linear(scaled))
