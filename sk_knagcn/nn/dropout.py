"""Dropout that does not touch torch's global random state."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


class Dropout(nn.Module):
    """Dropout with a generator of its own, so that parallel fits do not meet.

    Parameters
    ----------
    share : float
        The share of the values that is dropped in training.
    """

    def __init__(self, share: float):
        super().__init__()
        self.share = share
        self.generator: torch.Generator | None = None

    def forward(self, values: Tensor) -> Tensor:
        """Drop values, and scale up the others."""
        if not self.training or self.share == 0:
            return values
        draws = torch.rand(values.shape, generator=self.generator, device=values.device)
        return values * (draws >= self.share) / (1 - self.share)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the generator: it belongs to one training."""
        return {**self.__dict__, "generator": None}
