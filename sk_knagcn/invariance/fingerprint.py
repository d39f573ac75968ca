"""An untrained network: a number for each graph that feels everything in it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sk_knagcn.graphs import CrystalGraph

_MAX_NUMBER = 119


class RandomSlotsNetwork:
    """Three convolutions over slots (Eq. 1 of the k-NAGCN paper) with random weights.

    Each layer sees the features of all k neighbours in their slots, their distances and
    coordinates, so any slot, frame or neighbour that is chosen differently shows in
    the output. Weights are drawn as torch draws those of a new linear layer. Double
    precision, numpy only.
    """

    def __init__(self, k: int, *, width: int = 64, n_layers: int = 3, seed: int = 0):
        rng = np.random.default_rng(seed)
        self._decay = np.geomspace(0.2, 2.0, 6)
        fan_in = width + k * (len(self._decay) + width + 3)
        self._embedding = rng.normal(size=(_MAX_NUMBER, width))
        self._weights = [
            rng.uniform(-(fan_in**-0.5), fan_in**-0.5, size=(fan_in, width))
            for _ in range(n_layers)
        ]
        self._head = rng.normal(scale=width**-0.5, size=width)

    def atom_outputs(self, graph: CrystalGraph) -> NDArray[np.float64]:
        """One number for each atom of the structure, in its order."""
        features = self._embedding[graph.species]
        there = graph.neighbors >= 0
        coordinates = graph.coordinates.astype(np.float64)
        radial = np.exp(-graph.distances[..., None].astype(np.float64) * self._decay)
        for weights in self._weights:
            slots = np.concatenate(
                [radial, features[graph.neighbors], coordinates / 3.0], axis=-1
            )
            slots = (slots * there[..., None]).reshape(len(graph), -1)
            inputs = np.concatenate([features, slots], axis=1)
            features = features + np.tanh(inputs @ weights)
        outputs: NDArray[np.float64] = (features @ self._head)[graph.orbits]
        return outputs

    def __call__(self, graph: CrystalGraph) -> float:
        """The mean over the atoms of the structure."""
        return float(self.atom_outputs(graph).mean())
