"""The convolution of k-NAGCN: all k neighbours at once, each in its slot."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sk_knagcn.nn.batch import GraphBatch
from sk_knagcn.nn.radial import RADIAL_BASES


class SlotsConvolution(nn.Module):
    """Equation 1 of the paper: ``f_i + act(norm(W [f_i, (e_ij, f_j, x_ij) for j]))``.

    The matrix W is kept in two parts, so that what does not change from layer to layer
    is put together once per batch: the rest is two products of matrices.

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
        self.from_atoms = nn.Linear((1 + k) * width, width)
        self.from_places = nn.Linear(k * (n_radial + 3), width, bias=False)
        # One matrix in all but name: initialised with the fan-in of the whole.
        bound = (width + k * (width + n_radial + 3)) ** -0.5
        for part in (self.from_atoms, self.from_places):
            nn.init.uniform_(part.weight, -bound, bound)
        self.norm = nn.LayerNorm(width)

    def forward(self, features: Tensor, atoms: GraphBatch, places: Tensor) -> Tensor:
        """Update features (A, width).

        Atoms have themselves for a slot in front of their k neighbours; places
        (A, k * (n_radial + 3)) never change.
        """
        around = atoms.fill_empty_slots(atoms.gather(features)).flatten(1)
        update = self.norm(self.from_atoms(around) + self.from_places(places))
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
        atoms = _with_own_slot(batch)
        for layer in self.layers:
            features = layer(features, atoms, places)
        return features


def _with_own_slot(batch: GraphBatch) -> GraphBatch:
    """Put every atom in front of its neighbours."""
    own = torch.arange(len(batch.neighbors), device=batch.neighbors.device)
    mask = batch.slot_mask
    return batch._replace(
        neighbors=torch.cat([own.unsqueeze(1), batch.neighbors], dim=1),
        slot_mask=None if mask is None else nn.functional.pad(mask, (1, 0), value=True),
    )
