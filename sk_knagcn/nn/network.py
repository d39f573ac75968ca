"""The whole network: elements, convolutions, readout, head."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from sk_knagcn.nn.batch import GraphBatch
from sk_knagcn.nn.cgcnn import CGCNNConvolutions
from sk_knagcn.nn.descriptors import DescriptorBlock
from sk_knagcn.nn.dropout import Dropout
from sk_knagcn.nn.embedding import ElementEmbedding
from sk_knagcn.nn.gcn3d import GCN3DConvolutions
from sk_knagcn.nn.moments import MomentsConvolutions
from sk_knagcn.nn.readout import make_readout
from sk_knagcn.nn.slots import SlotsConvolutions

CONVOLUTIONS = {
    "slots": SlotsConvolutions,
    "moments": MomentsConvolutions,
    "cgcnn": CGCNNConvolutions,
    "3dgcn": GCN3DConvolutions,
}


class CrystalNetwork(nn.Module):
    """A graph network over crystals: a `GraphBatch` in, numbers for each structure out.

    Parameters
    ----------
    convolution : {"slots", "moments", "cgcnn", "3dgcn"}
        The kind of convolution.
    n_layers : int
        How many of them.
    width : int
        Length of the feature vectors.
    k : int
        Number of slots.
    n_radial : int
        Length of the radial basis.
    radial : {"exponential", "gaussian"}
        The radial basis.
    readout : {"mean", "sum", "max", "attention"}
        How atoms make a structure. With "sum" the head looks at each atom by itself
        and its outputs are added: the number grows with the cell.
    head : sequence of int
        Widths of the hidden layers between pooled features and output.
    n_outputs : int
        Numbers per structure.
    dropout : float, default=0.0
        Share of the head's hidden units that is dropped in training.
    table : Tensor of shape (119, d), optional
        Element properties for the embedding.
    learned : bool, default=True
        Learn a vector for each element (too).
    n_descriptors : int, default=0
        Number of columns that join the pooled features by a `DescriptorBlock`.
    """

    def __init__(
        self,
        *,
        convolution: str,
        n_layers: int,
        width: int,
        k: int,
        n_radial: int,
        radial: str,
        readout: str,
        head: Sequence[int],
        n_outputs: int,
        dropout: float = 0.0,
        table: Tensor | None = None,
        learned: bool = True,
        n_descriptors: int = 0,
    ):
        super().__init__()
        self.embedding = ElementEmbedding(width, table, learned)
        self.convolutions = CONVOLUTIONS[convolution](
            n_layers, width, k, n_radial, radial
        )
        self.readout = make_readout(readout, width)
        self.per_atom = readout == "sum"
        self.descriptors = DescriptorBlock(n_descriptors) if n_descriptors else None
        self.head = _perceptron([width + n_descriptors, *head, n_outputs], dropout)

    def forward(self, batch: GraphBatch) -> Tensor:
        """Outputs (B, n_outputs) of all structures."""
        if self.per_atom:
            return batch.sum_over_atoms(self._outputs(batch))
        pooled = self.pool(batch)
        if self.descriptors is not None:
            pooled = torch.cat([pooled, self.descriptors(batch.descriptors)], dim=-1)
        return self.head(pooled)

    def pool(self, batch: GraphBatch) -> Tensor:
        """Pooled features (B, width): what the network makes of each structure."""
        return self.readout(self._features(batch), batch)

    def atom_features(self, batch: GraphBatch) -> Tensor:
        """Features (n, width) of the n stored atoms after the last convolution."""
        return self._features(batch)[: batch.n_stored_atoms]

    def atom_outputs(self, batch: GraphBatch) -> Tensor:
        """The head's outputs (n, n_outputs) for each of the n stored atoms alone."""
        return self._outputs(batch)[: batch.n_stored_atoms]

    def _features(self, batch: GraphBatch) -> Tensor:
        return self.convolutions(self.embedding(batch.species), batch)

    def _outputs(self, batch: GraphBatch) -> Tensor:
        features = self._features(batch)
        if self.descriptors is not None:
            described = self.descriptors(batch.descriptors)
            described = described.index_select(0, batch.structure)
            features = torch.cat([features, described], dim=-1)
        return self.head(features)


def _perceptron(widths: Sequence[int], dropout: float) -> nn.Sequential:
    layers: list[nn.Module] = []
    for wide, narrow in pairwise(widths):
        layers += [nn.Linear(wide, narrow), nn.SiLU(), Dropout(dropout)]
    return nn.Sequential(*layers[:-2])  # the last layer is linear
