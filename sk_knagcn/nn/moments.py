"""The moments convolution: no order, no choice of frame, continuous."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sk_knagcn.nn.batch import GraphBatch
from sk_knagcn.nn.harmonics import DEGREES, spherical_harmonics
from sk_knagcn.nn.radial import RADIAL_BASES

_FADE = 6  # the power with which a neighbour fades towards the distance of the last


class MomentsConvolution(nn.Module):
    """Moments of the neighbourhood, and their invariants.

    The neighbours' features, weighted by functions of distance, are summed against
    spherical harmonics. Products of these moments, summed over all harmonics of one
    degree, do not change under rotation or reflection: frames cancel out. A neighbour
    fades as it approaches the last slot, so that one that leaves takes nothing along.

    Parameters
    ----------
    width : int
        Length of the feature vectors.
    n_radial : int
        Length of the radial basis.
    """

    def __init__(self, width: int, n_radial: int):
        super().__init__()
        self.radial = nn.Linear(n_radial, width, bias=False)
        self.from_neighbor = nn.Linear(width, width)
        self.mix = nn.ModuleList(nn.Linear(width, width, bias=False) for _ in DEGREES)
        n_features = (2 + len(DEGREES)) * width
        self.update = nn.Sequential(
            nn.LayerNorm(n_features),
            nn.Linear(n_features, width),
            nn.SiLU(),
            nn.Linear(width, width),
        )

    def forward(
        self, features: Tensor, batch: GraphBatch, radial: Tensor, angular: Tensor
    ) -> Tensor:
        """Update features (A, width); radial (A, k, n_radial), angular (A, 16, k)."""
        messages = self.radial(radial) * batch.gather(self.from_neighbor(features))
        moments = torch.bmm(angular, messages)  # (A, 16, width)
        parts = [features, moments[:, 0]]
        for rows, mix in zip(DEGREES, self.mix, strict=True):
            part = moments[:, rows]
            parts.append((part * mix(part)).sum(1) / (rows.stop - rows.start))
        return features + self.update(torch.cat(parts, dim=-1))


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
        """Harmonics (A, 16, k), faded towards the last slot; 0 where it is empty."""
        k = distances.shape[1]
        directions = batch.coordinates / distances.clamp_min(1e-6).unsqueeze(-1)
        weights = k**-0.5 * (1 - (distances / distances[:, -1:]) ** _FADE)
        if batch.slot_mask is not None:
            # A molecule with an empty slot has no neighbour left out: none fades.
            full = batch.slot_mask[:, -1:]
            weights = torch.where(full, weights, k**-0.5 * batch.slot_mask)
        return (spherical_harmonics(directions) * weights).movedim(0, 1)
