"""X and y as training wants them."""

from __future__ import annotations

from collections.abc import Sized
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import _check_sample_weight

from sk_knagcn.graphs import (
    CrystalGraphs,
    GraphSettings,
    StructureGraphTransformer,
    as_graphs,
    names_of,
)

DEFAULT_K = 12


def read_graphs(X: Any, k: int | None, verbose: int) -> CrystalGraphs:
    """X as graphs to train on, with k neighbours if k is given.

    Parameters
    ----------
    X : graphs or structures
        Whatever `StructureGraphTransformer` takes.
    k : int or None
        Neighbours per atom.
    verbose : int
        Shows progress if graphs have to be built.

    Returns
    -------
    CrystalGraphs
        One graph per row of X.
    """
    graphs = as_graphs(X)
    if graphs is None:
        k = DEFAULT_K if k is None else k
        return StructureGraphTransformer(k=k, verbose=verbose).transform(X)
    if len(graphs) == 0:
        raise ValueError("X is empty. Pass at least one structure.")
    return graphs if k is None else graphs.with_k(k)


def read_graphs_like(
    X: Any, settings: GraphSettings, descriptors: tuple[str, ...], verbose: int
) -> CrystalGraphs:
    """X as graphs made like those of the training; an error if they are not.

    Parameters
    ----------
    X : graphs or structures
        Whatever `StructureGraphTransformer` takes.
    settings : GraphSettings
        What the graphs of the training were made with.
    descriptors : tuple of str
        The names of the descriptors that they carried.
    verbose : int
        Shows progress if graphs have to be built.

    Returns
    -------
    CrystalGraphs
        One graph per row of X.
    """
    graphs = as_graphs(X)
    if graphs is None and not descriptors:
        transformer = StructureGraphTransformer(**asdict(settings), verbose=verbose)
        return transformer.transform(X)
    theirs = () if graphs is None else names_of(graphs.columns)
    if graphs is None or theirs != descriptors:
        raise ValueError(
            f"the network was trained on graphs with {_name(descriptors)}, but X has "
            f"{_name(theirs)}. Pass what the transformer of the training makes of the "
            "structures; a Pipeline of it and the network does so by itself."
        )
    if len(graphs) == 0:
        raise ValueError("X is empty. Pass at least one structure.")
    if graphs.k > settings.k:
        graphs = graphs.with_k(settings.k)
    # Full and reduced graphs, of either precision, mean the same to a network.
    alike = replace(graphs.settings, reduce=settings.reduce, dtype=settings.dtype)
    if alike != settings:
        raise ValueError(
            f"the network was trained on graphs made with {settings}, but X was made "
            f"with {graphs.settings}. Pass structures, or graphs with those settings."
        )
    return graphs


def _name(descriptors: tuple[str, ...]) -> str:
    """Tell descriptors apart from others without listing all of them."""
    if not descriptors:
        return "no descriptors"
    rest = f" and {len(descriptors) - 3} more" if len(descriptors) > 3 else ""
    return f"the descriptors {', '.join(descriptors[:3])}{rest}"


def check_lengths(X: Sized, y: Sized, name: str = "y") -> None:
    """Raise an error unless there is one entry of y for each structure."""
    if len(X) != len(y):
        raise ValueError(
            f"X has {len(X)} structures, but {name} has {len(y)} entries. Pass "
            "one for each structure."
        )


def check_weights(sample_weight: Any, y: NDArray[Any]) -> NDArray[np.float64]:
    """How much each structure counts, at most 1; only ratios of weights matter.

    Parameters
    ----------
    sample_weight : array-like of shape (n,) or None
        As passed.
    y : ndarray of shape (n, ...)
        The targets that they belong to.

    Returns
    -------
    ndarray of shape (n,)
        The weights over the largest of them.
    """
    weights = _check_sample_weight(
        sample_weight, y, dtype=np.float64, ensure_non_negative=True
    )
    largest = weights.max()
    if largest == 0:
        raise ValueError(
            "sample_weight is 0 for every structure. Give those that count more."
        )
    return weights / largest


def compositions(graphs: CrystalGraphs) -> list[dict[int, int]]:
    """How many atoms of each element every structure has."""
    found = []
    for graph in graphs:
        counts = np.bincount(graph.species, weights=graph.multiplicity)
        numbers = np.flatnonzero(counts)
        found.append({int(z): int(counts[z]) for z in numbers})
    return found


def target_names_of(y: Any) -> tuple[str, ...]:
    """What a Series or DataFrame calls its columns; nothing, if y has no names."""
    named = getattr(y, "columns", None)
    if named is None:
        named = [getattr(y, "name", None)]
    return () if None in list(named) else tuple(map(str, named))
