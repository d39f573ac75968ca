"""Batch normalisation that knows how often each row occurs."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_ROUNDING = 1e-10  # variance of what is equal in single precision


class WeightedBatchNorm(nn.Module):
    """Batch normalisation over rows that stand for several rows each.

    A symmetry-reduced graph holds one atom for many; with their numbers as weights it
    is normalised exactly as the full graph would be. Rows of weight zero (empty slots)
    count for nothing.

    Parameters
    ----------
    width : int
        Number of columns.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, width: int):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width))
        self.register_buffer("running_mean", torch.zeros(width))
        self.register_buffer("running_var", torch.ones(width))
        self.momentum = 0.1  # how fast the running statistics follow the batches
        self.eps = 1e-5

    def forward(self, values: Tensor, weights: Tensor) -> Tensor:
        """Normalise the columns of values (rows, width); weights (rows,) count rows."""
        if self.training:
            total = weights.sum()
            # Of rows that all count for nothing, as the bonds of isolated atoms, there
            # is no mean: they teach the statistics nothing.
            share = weights / total.clamp_min(torch.finfo(total.dtype).tiny)
            momentum = self.momentum * (total > 0)
            # Sums over rows as products with a vector: one pass, no copies.
            mean = share @ values
            centered = values - mean
            var = share @ centered.square()
            with torch.no_grad():
                self.running_mean.lerp_(mean.float(), momentum)
                self.running_var.lerp_(var.float(), momentum)
        else:
            centered, var = values - self.running_mean, self.running_var
            # What did not vary in training, but for rounding, has no scale.
            var = torch.where(var > _ROUNDING, var, 1.0)
        return centered * (self.weight * torch.rsqrt(var + self.eps)) + self.bias
