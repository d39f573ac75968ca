"""CGCNN as it is usually written, to measure against: padded, one map for each bond."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from sk_knagcn import CrystalGraphs

N_GAUSSIANS = 41
REACH = 8.0


class DenseConvolution(nn.Module):
    """Concatenate both atoms and the bond, map, normalise, gate, add."""

    def __init__(self, width: int):
        super().__init__()
        self.linear = nn.Linear(2 * width + N_GAUSSIANS, 2 * width)
        self.bond_norm = nn.BatchNorm1d(2 * width)
        self.atom_norm = nn.BatchNorm1d(width)

    def forward(self, features: Tensor, neighbors: Tensor, bonds: Tensor) -> Tensor:
        """Update features (B, N, C)."""
        b, n, k = neighbors.shape
        index = neighbors.reshape(b, n * k, 1).expand(-1, -1, features.shape[-1])
        ends = features.gather(1, index).view(b, n, k, -1)
        own = features.unsqueeze(2).expand_as(ends)
        values = self.linear(torch.cat([own, ends, bonds], dim=-1))
        values = self.bond_norm(values.view(b * n * k, -1)).view_as(values)
        gate, core = values.chunk(2, dim=-1)
        total = (torch.sigmoid(gate) * functional.softplus(core)).sum(2)
        total = self.atom_norm(total.view(b * n, -1)).view_as(total)
        return functional.softplus(features + total)


class DenseCGCNN(nn.Module):
    """Embedding, convolutions, masked mean, two dense layers."""

    def __init__(self, width: int, n_layers: int):
        super().__init__()
        self.embedding = nn.Embedding(119, width)
        self.layers = nn.ModuleList(DenseConvolution(width) for _ in range(n_layers))
        self.head = nn.Sequential(
            nn.Linear(width, 128), nn.Softplus(), nn.Linear(128, 1)
        )
        centers = torch.linspace(0, REACH, N_GAUSSIANS)
        self.register_buffer("centers", centers)

    def forward(self, batch: dict[str, Tensor]) -> Tensor:
        """One number for each structure."""
        step = REACH / (N_GAUSSIANS - 1)
        bonds = batch["distances"].unsqueeze(-1) - self.centers
        # As fast as our own: the reason for the limit is in sk_knagcn/nn/radial.py.
        bonds = torch.exp(-((bonds / step) ** 2).clamp_max(20))
        features = self.embedding(batch["species"])
        for layer in self.layers:
            features = layer(features, batch["neighbors"], bonds)
        weight = batch["multiplicity"].unsqueeze(-1).float()
        return self.head((features * weight).sum(1) / weight.sum(1)).squeeze(-1)


def padded_batches(graphs: CrystalGraphs, size: int) -> list[dict[str, Tensor]]:
    """Batches of dense tensors, made beforehand."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return [
        {
            name: torch.from_numpy(values).to(device)
            for name, values in graphs[i : i + size].padded().items()
        }
        for i in range(0, len(graphs), size)
    ]
