"""Networks from the parameters of an estimator."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral
from threading import Lock
from typing import Any

import torch
from torch import Tensor

from sk_knagcn.atom2vec import Atom2Vec
from sk_knagcn.estimators.inputs import compositions
from sk_knagcn.graphs import CrystalGraphs
from sk_knagcn.nn import CrystalNetwork, element_properties

# torch draws initial weights from one generator for the whole process.
_lock = Lock()


def make_network(
    architecture: Mapping[str, Any], table: Tensor | None, seed: int
) -> CrystalNetwork:
    """Make a network with random weights; torch's own random state stays as it is.

    Parameters
    ----------
    architecture : mapping
        The parameters of `CrystalNetwork`, and the kind of ``embedding``.
    table : Tensor of shape (119, d) or None
        Properties of the elements.
    seed : int
        Seed of the weights.

    Returns
    -------
    CrystalNetwork
        On the CPU.
    """
    parameters = dict(architecture)
    learned = parameters.pop("embedding") in ("mixed", "learned")
    with _lock, torch.random.fork_rng([]):
        torch.manual_seed(seed)
        network = CrystalNetwork(**parameters, table=table, learned=learned)
    return network.float()  # whatever torch's default type is


def element_table(embedding: str, graphs: CrystalGraphs, rows: Tensor) -> Tensor | None:
    """Make what an embedding knows of the elements before training.

    Parameters
    ----------
    embedding : str
        As in the estimators.
    graphs : CrystalGraphs
        All structures of the fit.
    rows : Tensor of int
        Those to learn from, as atom2vec does from their compositions.

    Returns
    -------
    Tensor of shape (119, d) or None
        None if it knows nothing.
    """
    if embedding == "learned":
        return None
    if embedding == "atom2vec":
        learnt = graphs[rows.numpy()]
        vectors = Atom2Vec().fit(compositions(learnt)).element_matrix_
        return torch.as_tensor(vectors, dtype=torch.float32)
    return torch.as_tensor(element_properties())


def check_head(head: Any) -> tuple[int, ...]:
    """The widths of the head's hidden layers, as plain numbers."""
    widths = tuple(head)
    for width in widths:
        if not isinstance(width, Integral) or isinstance(width, bool) or width < 1:
            raise ValueError(
                f"head must hold the widths of hidden layers, whole numbers from 1, "
                f"got {head!r}."
            )
    return tuple(int(width) for width in widths)
