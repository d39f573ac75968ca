"""From the atoms of a structure to the structure."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sk_knagcn.nn.batch import GraphBatch


class MeanReadout(nn.Module):
    """The mean over all atoms."""

    def forward(self, features: Tensor, batch: GraphBatch) -> Tensor:
        """Pool features (A, C) to (B, C)."""
        return batch.sum_over_atoms(features) / batch.n_atoms()


class SumReadout(nn.Module):
    """The sum over all atoms: what doubles with the cell."""

    def forward(self, features: Tensor, batch: GraphBatch) -> Tensor:
        """Pool features (A, C) to (B, C)."""
        return batch.sum_over_atoms(features)


class MaxReadout(nn.Module):
    """The maximum over all atoms, feature by feature."""

    def forward(self, features: Tensor, batch: GraphBatch) -> Tensor:
        """Pool features (A, C) to (B, C)."""
        index = batch.structure.unsqueeze(-1).expand_as(features)
        start = features.new_zeros(batch.n_structures, features.shape[-1])
        return start.scatter_reduce(0, index, features, "amax", include_self=False)


class AttentionReadout(nn.Module):
    """A mean with weights that the network learns.

    Parameters
    ----------
    width : int
        Length of the feature vectors.
    """

    def __init__(self, width: int):
        super().__init__()
        self.score = nn.Sequential(
            nn.Linear(width, width), nn.SiLU(), nn.Linear(width, 1)
        )

    def forward(self, features: Tensor, batch: GraphBatch) -> Tensor:
        """Pool features (A, C) to (B, C)."""
        score = self.score(features)
        largest = MaxReadout()(score.detach(), batch)  # keeps exp in range
        weight = torch.exp(score - largest.index_select(0, batch.structure))
        total = batch.sum_over_atoms(weight * features)
        return total / batch.sum_over_atoms(weight)


def make_readout(name: str, width: int) -> nn.Module:
    """Make a readout by name: "mean", "sum", "max" or "attention"."""
    if name == "attention":
        return AttentionReadout(width)
    return {"mean": MeanReadout, "sum": SumReadout, "max": MaxReadout}[name]()
