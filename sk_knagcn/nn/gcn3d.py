"""3DGCN (Cho and Choi 2018) on invariant tensors: scalars and vectors at each atom."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from sk_knagcn.nn.batch import GraphBatch


class GCN3DConvolution(nn.Module):
    """Scalar and vector features that make each other along the bonds.

    Not quite as published. Each atom's vectors stand in its own frame, and frames of
    neighbours cannot be turned into each other: vectors stay at their atom, and of a
    neighbour's vectors the lengths are seen, which are invariant. Where a molecule has
    bonds, there are the k nearest atoms here. And as in the other networks, updates are
    normalised and added to what was there.

    Parameters
    ----------
    width : int
        Number of scalars, and of vectors.
    is_last : bool, default=False
        Leave the vectors as they are: nothing looks at them afterwards.
    """

    def __init__(self, width: int, is_last: bool = False):
        super().__init__()
        self.is_last = is_last
        self.scalar_from_atom = nn.Linear(2 * width, width)
        self.scalar_from_neighbor = nn.Linear(2 * width, width, bias=False)
        self.scalar_from_along = nn.Linear(width, width, bias=False)
        self.scalar_norm = nn.LayerNorm(width)
        if not is_last:
            self.vector_from_atom = nn.Linear(width, width)
            self.vector_from_neighbor = nn.Linear(width, width, bias=False)
            self.vector_from_vector = nn.Linear(width, width, bias=False)

    def forward(
        self,
        scalars: Tensor,
        vectors: Tensor,
        batch: GraphBatch,
        directions: Tensor,
        nearness: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Update scalars (A, width) and vectors (A, 3, width)."""
        lengths = (vectors.square().sum(1) + 1e-12).sqrt()
        own = torch.cat([scalars, lengths], dim=-1)
        # Scalars: from both ends of the bond, and from the vectors seen along it.
        along = torch.bmm(directions, self.scalar_from_along(vectors))
        bonds = along + batch.gather(self.scalar_from_neighbor(own))
        bonds = functional.relu(bonds + self.scalar_from_atom(own).unsqueeze(1))
        new_scalars = scalars + self.scalar_norm((bonds * nearness).sum(1))
        if self.is_last:
            return new_scalars, vectors
        # Vectors: scalars of the neighbours set out along the bonds, and the old ones.
        ends = batch.gather(self.vector_from_neighbor(scalars))
        ends = functional.relu(ends + self.vector_from_atom(scalars).unsqueeze(1))
        set_out = torch.bmm(directions.transpose(1, 2), ends * nearness)
        new_vectors = torch.tanh(set_out + self.vector_from_vector(vectors))
        return new_scalars, new_vectors


class GCN3DConvolutions(nn.Module):
    """A stack of `GCN3DConvolution`; its output are the scalars.

    Parameters
    ----------
    n_layers : int
        How many convolutions.
    width : int
        Number of scalars, and of vectors.
    k : int
        Number of slots; the network does not depend on it.
    n_radial : int
        Unused: the published network has no radial basis. The nearer of two bonds
        counts more, by the inverse of its length.
    radial : str
        Unused.
    """

    def __init__(self, n_layers: int, width: int, k: int, n_radial: int, radial: str):
        super().__init__()
        self.layers = nn.ModuleList(
            GCN3DConvolution(width, is_last=layer == n_layers - 1)
            for layer in range(n_layers)
        )

    def forward(self, features: Tensor, batch: GraphBatch) -> Tensor:
        """Update features (A, width)."""
        distances = torch.linalg.vector_norm(batch.coordinates, dim=-1, keepdim=True)
        nearness = batch.fill_empty_slots(1 / distances.clamp_min(0.1))
        directions = batch.coordinates * nearness
        nearness = nearness / nearness.sum(1, keepdim=True).clamp_min(1e-6)
        vectors = features.new_zeros(len(features), 3, features.shape[-1])
        for layer in self.layers:
            features, vectors = layer(features, vectors, batch, directions, nearness)
        return features
