"""CGCNN (Xie and Grossman 2018) on the same neighbours."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from sk_knagcn.nn.batch import GraphBatch
from sk_knagcn.nn.normalization import WeightedBatchNorm
from sk_knagcn.nn.radial import RADIAL_BASES


class CGCNNConvolution(nn.Module):
    """Gated sum over bonds: each bond (f_i, f_j, e_ij) passes one linear map.

    The map is kept in three parts: what depends on one atom only is computed once for
    each atom, not once for each of its bonds.

    Parameters
    ----------
    width : int
        Length of the feature vectors.
    n_radial : int
        Length of the radial basis.
    """

    def __init__(self, width: int, n_radial: int):
        super().__init__()
        self.from_atom = nn.Linear(width, 2 * width)
        self.from_neighbor = nn.Linear(width, 2 * width, bias=False)
        self.from_distance = nn.Linear(n_radial, 2 * width, bias=False)
        bound = (2 * width + n_radial) ** -0.5
        for part in (self.from_atom, self.from_neighbor, self.from_distance):
            nn.init.uniform_(part.weight, -bound, bound)
        self.bond_norm = WeightedBatchNorm(2 * width)
        self.atom_norm = WeightedBatchNorm(width)

    def forward(
        self, features: Tensor, batch: GraphBatch, radial: Tensor, weights: Tensor
    ) -> Tensor:
        """Update features (A, width); radial (A, k, n_radial), weights (A, k)."""
        bonds = self.from_distance(radial) + batch.gather(self.from_neighbor(features))
        bonds = bonds + self.from_atom(features).unsqueeze(1)
        bonds = self.bond_norm(bonds.flatten(0, 1), weights.flatten()).view_as(bonds)
        gate, core = bonds.chunk(2, dim=-1)
        messages = torch.sigmoid(gate) * functional.softplus(core)
        total = batch.fill_empty_slots(messages).sum(1)
        total = self.atom_norm(total, batch.multiplicity)
        return functional.softplus(features + total)


class CGCNNConvolutions(nn.Module):
    """A stack of `CGCNNConvolution`.

    Parameters
    ----------
    n_layers : int
        How many convolutions.
    width : int
        Length of the feature vectors.
    k : int
        Number of slots; the network does not depend on it.
    n_radial : int
        Length of the radial basis.
    radial : {"exponential", "gaussian"}
        The radial basis.
    """

    def __init__(self, n_layers: int, width: int, k: int, n_radial: int, radial: str):
        super().__init__()
        self.radial = RADIAL_BASES[radial](n_radial)
        self.layers = nn.ModuleList(
            CGCNNConvolution(width, n_radial) for _ in range(n_layers)
        )

    def forward(self, features: Tensor, batch: GraphBatch) -> Tensor:
        """Update features (A, width)."""
        radial = self.radial(torch.linalg.vector_norm(batch.coordinates, dim=-1))
        weights = batch.multiplicity.unsqueeze(-1).expand(batch.neighbors.shape)
        if batch.slot_mask is not None:
            weights = weights * batch.slot_mask
        for layer in self.layers:
            features = layer(features, batch, radial, weights)
        return features
