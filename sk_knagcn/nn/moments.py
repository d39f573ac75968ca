"""The moments convolution: no order of the neighbours, no choice of a frame."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sk_knagcn.nn.batch import GraphBatch
from sk_knagcn.nn.harmonics import HARMONICS, spherical_harmonics
from sk_knagcn.nn.radial import RADIAL_BASES


class MomentsConvolution(nn.Module):
    """Moments of the neighbourhood, and their invariants.

    The neighbours' features, weighted by functions of distance, are summed against
    spherical harmonics. Squares of these moments, summed over all harmonics of one
    degree, do not change under rotation or reflection, nor with the order of the
    slots: frames cancel out.

    Parameters
    ----------
    width : int
        Length of the feature vectors.
    n_radial : int
        Length of the radial basis.
    """

    mean_by_degree: Tensor

    def __init__(self, width: int, n_radial: int):
        super().__init__()
        self.register_buffer("mean_by_degree", _mean_by_degree())
        self.radial = nn.Linear(n_radial, width, bias=False)
        self.from_neighbor = nn.Linear(width, width)
        n_features = (2 + len(HARMONICS)) * width
        self.update = nn.Sequential(
            nn.LayerNorm(n_features),
            nn.Linear(n_features, width),
            nn.SiLU(),
            nn.Linear(width, width),
        )

    def forward(
        self, features: Tensor, batch: GraphBatch, radial: Tensor, angular: Tensor
    ) -> Tensor:
        """Update features (A, width); radial (A, k, n_radial), angular (A, 9, k)."""
        messages = self.radial(radial) * batch.gather(self.from_neighbor(features))
        moments = torch.bmm(angular, messages)
        squares = torch.matmul(self.mean_by_degree, moments.square())
        parts = [features, moments[:, 0], squares.flatten(1)]
        return features + self.update(torch.cat(parts, dim=-1))


def _mean_by_degree() -> Tensor:
    """The matrix (3, 9) that takes the mean over the harmonics of each degree."""
    rows = [torch.full((1, n), 1 / n) for n in HARMONICS]
    return torch.block_diag(*rows)


class MomentsConvolutions(nn.Module):
    """A stack of `MomentsConvolution`.

    Parameters
    ----------
    n_layers : int
        How many convolutions.
    width : int
        Length of the feature vectors.
    k : int
        Number of slots; the weights do not depend on it.
    n_radial : int
        Length of the radial basis.
    radial : {"exponential", "gaussian"}
        The radial basis.
    """

    def __init__(self, n_layers: int, width: int, k: int, n_radial: int, radial: str):
        super().__init__()
        self.radial = RADIAL_BASES[radial](n_radial)
        self.layers = nn.ModuleList(
            MomentsConvolution(width, n_radial) for _ in range(n_layers)
        )

    def forward(self, features: Tensor, batch: GraphBatch) -> Tensor:
        """Update features (A, width)."""
        distances = torch.linalg.vector_norm(batch.coordinates, dim=-1)
        radial = self.radial(distances)
        angular = self.angular(batch, distances)
        for layer in self.layers:
            features = layer(features, batch, radial, angular)
        return features

    @staticmethod
    def angular(batch: GraphBatch, distances: Tensor) -> Tensor:
        """Harmonics (A, 9, k), scaled for sums over k; 0 where a slot is empty.

        Letting neighbours fade towards the distance of the last one would make the
        network continuous where one neighbour replaces another. It was tried: atoms
        whose neighbours are all equally far, as in close packings at k = 12, then see
        nothing at all.
        """
        directions = batch.coordinates / distances.clamp_min(1e-6).unsqueeze(-1)
        harmonics = spherical_harmonics(directions) * distances.shape[1] ** -0.5
        if batch.slot_mask is not None:
            harmonics = harmonics * batch.slot_mask
        return harmonics.movedim(0, 1)
