"""Running statistics of batch normalisation for weights that were averaged."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import nn

from sk_knagcn.nn import GraphBatch, WeightedBatchNorm


def settle_statistics(
    module: nn.Module,
    infer: Callable[[GraphBatch], Any],
    batches: Iterable[GraphBatch],
) -> None:
    """Measure what the normalising layers of a network see with its present weights.

    Running statistics follow the weights in training. Averaged weights have never been
    trained with, and the statistics left behind by the last steps are not theirs.

    Parameters
    ----------
    module : Module
        The network; nothing but the statistics changes.
    infer : callable
        Sends a batch through the network.
    batches : iterable of GraphBatch
        The training structures.
    """
    layers = [m for m in module.modules() if isinstance(m, WeightedBatchNorm)]
    if not layers:
        return
    usual = layers[0].momentum
    module.eval()
    for layer in layers:
        layer.train()
    with torch.no_grad():
        seen = 0.0
        for batch in filter(_has_bonds, batches):
            n_atoms = float(batch.multiplicity.sum())
            seen += n_atoms
            for layer in layers:
                layer.momentum = n_atoms / seen  # the mean over all atoms so far
            infer(batch)
    for layer in layers:
        layer.momentum = usual
    module.eval()


def _has_bonds(batch: GraphBatch) -> bool:
    """Isolated atoms alone say nothing about bonds, and must not count as a batch."""
    return batch.slot_mask is None or bool(batch.slot_mask.any())
