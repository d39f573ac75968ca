"""Graphs of unlike size as dense tensors with masks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sk_knagcn.graphs.blocks import GraphBlocks
from sk_knagcn.graphs.graph import lengths


def pad(blocks: GraphBlocks) -> dict[str, NDArray[Any]]:
    """Pad all graphs to the largest; `CrystalGraphs.padded` names the arrays."""
    counts = np.diff(blocks.start)
    mask = np.arange(counts.max(initial=0)) < counts[:, None]
    tensors = {}
    for name in ("species", "neighbors", "coordinates", "multiplicity"):
        values = getattr(blocks, name)
        if name != "coordinates":
            values = values.astype(np.int64)  # torch indexes with nothing smaller
        dense = np.zeros((*mask.shape, *values.shape[1:]), dtype=values.dtype)
        dense[mask] = values
        tensors[name] = dense
    slot_mask = mask[:, :, None] & (tensors["neighbors"] >= 0)
    tensors["neighbors"][~slot_mask] = 0
    tensors["distances"] = lengths(tensors["coordinates"])
    return tensors | {"mask": mask, "slot_mask": slot_mask}
