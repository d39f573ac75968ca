"""Which file holds the checkpoint of a training."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sk_knagcn.estimators.fingerprint import arrays_of, fingerprint
from sk_knagcn.graphs import CrystalGraphs

# Parameters that change nothing in what is learnt, or cannot be told apart (callbacks).
_INDIFFERENT = {"checkpoint", "device", "verbose", "callbacks", "compile"}


def own_file(
    estimator: Any,
    seed: int,
    graphs: CrystalGraphs,
    arrays: Iterable[NDArray[np.float64]],
    groups: Any,
) -> tuple[int, Path]:
    """The seed of a training, and the file of its checkpoint.

    Every training has a file of its own, so that parallel ones don't meet. With
    `random_state=None` the seed follows from the data: a training that is started again
    must draw the same numbers.

    Parameters
    ----------
    estimator : estimator
        Its `checkpoint` is the folder.
    seed : int
        What it has drawn.
    graphs : CrystalGraphs
        All structures of the fit.
    arrays : iterable of ndarray
        Targets and weights.
    groups : array-like or None
        As for `fit`.

    Returns
    -------
    tuple
        Seed and path.
    """
    indifferent = _INDIFFERENT
    if estimator._convolution() != "cgcnn":  # its batch normalisation sees the pieces
        indifferent = {*indifferent, "max_atoms"}
    values = estimator.get_params(deep=False)
    values = {name: v for name, v in values.items() if name not in indifferent}
    values["settings"] = graphs.settings
    values["version"] = version("sk_knagcn")  # another may train in another way
    values["random_state"] = None if estimator.random_state is None else seed
    if graphs.columns is not None:
        values["descriptors"] = graphs.columns.names
    if estimator.early_stopping and groups is not None:
        values["groups"] = np.unique(groups, return_inverse=True)[1].tolist()
    name = fingerprint(values, chain(arrays_of(graphs), arrays))
    if estimator.random_state is None:
        seed = int(name[:7], 16)
    folder = Path(estimator.checkpoint)
    return seed, folder / f"{type(estimator).__name__}-{name}.checkpoint"
