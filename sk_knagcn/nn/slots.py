"""The convolution of k-NAGCN: all k neighbours at once, each in its slot."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sk_knagcn.nn.batch import GraphBatch
from sk_knagcn.nn.radial import RADIAL_BASES


class SlotsConvolution(nn.Module):
    """Equation 1 of the paper: ``f_i + act(norm(W [f_i, (e_ij, f_j, x_ij) for j]))``.

    The matrix W is kept in three parts, so that what does not change from layer to
    layer is put together once per batch: the rest is three products of matrices.

    Parameters
    ----------
    width : int
        Length of the feature vectors.
    k : int
        Number of slots.
    n_radial : int
        Length of the radial basis.
    """

    def __init__(self, width: int, k: int, n_radial: int):
        super().__init__()
        self.from_atom = nn.Linear(width, width)
        self.from_neighbors = nn.Linear(k * width, width, bias=False)
        self.from_places = nn.Linear(k * (n_radial + 3), width, bias=False)
        # One matrix in all but name: initialised with the fan-in of the whole.
        bound = (width + k * (width + n_radial + 3)) ** -0.5
        for part in (self.from_atom, self.from_neighbors, self.from_places):
            nn.init.uniform_(part.weight, -bound, bound)
        self.norm = nn.LayerNorm(width)

    def forward(self, features: Tensor, batch: GraphBatch, places: Tensor) -> Tensor:
        """Update features (A, width); places (A, k * (n_radial + 3)) never change."""
        neighbors = batch.fill_empty_slots(batch.gather(features)).flatten(1)
        update = self.from_atom(features) + self.from_neighbors(neighbors)
        update = self.norm(update + self.from_places(places))
        return features + nn.functional.silu(update)


class SlotsConvolutions(nn.Module):
    """A stack of `SlotsConvolution`.

    Parameters
    ----------
    n_layers : int
        How many convolutions.
    width : int
        Length of the feature vectors.
    k : int
        Number of slots.
    n_radial : int
        Length of the radial basis.
    radial : {"exponential", "gaussian"}
        The radial basis.
    """

    def __init__(self, n_layers: int, width: int, k: int, n_radial: int, radial: str):
        super().__init__()
        self.radial = RADIAL_BASES[radial](n_radial)
        self.layers = nn.ModuleList(
            SlotsConvolution(width, k, n_radial) for _ in range(n_layers)
        )

    def forward(self, features: Tensor, batch: GraphBatch) -> Tensor:
        """Update features (A, width)."""
        radial = self.radial(torch.linalg.vector_norm(batch.coordinates, dim=-1))
        places = torch.cat([batch.fill_empty_slots(radial), batch.coordinates], dim=-1)
        places = places.flatten(1)
        for layer in self.layers:
            features = layer(features, batch, places)
        return features
