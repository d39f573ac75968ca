"""What the arrays of graphs must satisfy before a kernel or a network reads them.

Kernels do not look whether an index lies inside an array. Whatever comes from a file,
therefore, is looked at first: here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sk_knagcn.geometry.neighbors import Neighbors
from sk_knagcn.graphs.blocks import GraphBlocks
from sk_knagcn.graphs.graph import CrystalGraph, GraphSettings

HEAVIEST = 118


def layout(settings: GraphSettings) -> dict[str, tuple[np.dtype[Any], tuple[int, ...]]]:
    """Type of each array, and the shape of its rows."""
    k, integer, offset = settings.k, np.dtype("int32"), np.dtype("int64")
    return {
        "species": (integer, ()),
        "neighbors": (integer, (k,)),
        "coordinates": (np.dtype(settings.dtype), (k, 3)),
        "multiplicity": (integer, ()),
        "orbits": (integer, ()),
        "start": (offset, ()),
        "atom_start": (offset, ()),
    }


def check_offsets(offsets: NDArray[np.int64], total: int) -> None:
    """Raise ValueError unless the offsets cut `total` entries into pieces, none empty.

    Parameters
    ----------
    offsets : ndarray of shape (n + 1,)
        Where each piece begins, and where the last ends.
    total : int
        How many entries there are.
    """
    if len(offsets) < 1 or offsets[0] != 0 or offsets[-1] != total:
        raise ValueError("the offsets do not fit the arrays")
    if (np.diff(offsets) < 1).any():
        raise ValueError("the offsets do not fit the arrays")


def check_contents(blocks: GraphBlocks) -> None:
    """Raise ValueError unless every number in the arrays makes sense; reads them all.

    Parameters
    ----------
    blocks : GraphBlocks
        Arrays of fitting types, shapes and offsets.
    """
    sizes, n_atoms = np.diff(blocks.start), np.diff(blocks.atom_start)
    limit = np.repeat(sizes, sizes)[:, None]
    if ((blocks.neighbors < -1) | (blocks.neighbors >= limit)).any():
        raise ValueError("a neighbour is not there")
    if ((blocks.orbits < 0) | (blocks.orbits >= np.repeat(sizes, n_atoms))).any():
        raise ValueError("an orbit is not there")
    if ((blocks.species < 1) | (blocks.species > HEAVIEST)).any():
        raise ValueError("a stored atom is of no element")
    stored = blocks.orbits + np.repeat(blocks.start[:-1], n_atoms)
    if (np.bincount(stored, minlength=len(limit)) != blocks.multiplicity).any():
        raise ValueError("the multiplicities do not add up")
    if not np.isfinite(blocks.coordinates).all():
        raise ValueError("there are NaN or infinite coordinates")


def check_from_disk(blocks: GraphBlocks) -> GraphBlocks:
    """Look at what comes from a mapped file as it is used: opening did not read it.

    Parameters
    ----------
    blocks : GraphBlocks
        Some graphs of the file.

    Returns
    -------
    GraphBlocks
        The same.
    """
    try:
        check_contents(blocks)
    except ValueError as error:
        raise ValueError(
            f"the folder of graphs is damaged: {error}. Build and save them again."
        ) from error
    return blocks


def check_arrays(
    arrays: Mapping[str, NDArray[Any]],
    settings: GraphSettings,
    *,
    thorough: bool = True,
) -> None:
    """Raise ValueError unless arrays fit the settings and each other.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        Those of `GraphBlocks`, of unknown origin.
    settings : GraphSettings
        What the graphs were made with.
    thorough : bool, default=True
        Read all of them.
    """
    for name, (expected, shape) in layout(settings).items():
        array = arrays[name]
        if array.dtype != expected or array.shape[1:] != shape or array.ndim < 1:
            raise ValueError(f"{name} has type {array.dtype} and shape {array.shape}")
    start, atom_start = arrays["start"], arrays["atom_start"]
    stored = {len(arrays[n]) for n in ("species", "neighbors", "coordinates")}
    stored.add(len(arrays["multiplicity"]))
    if len(start) != len(atom_start) or len(start) < 1 or len(stored) != 1:
        raise ValueError("the arrays differ in length")
    check_offsets(start, stored.pop())
    check_offsets(atom_start, len(arrays["orbits"]))
    if thorough:
        check_contents(GraphBlocks(**arrays))


def check_graph(graph: CrystalGraph) -> None:
    """Raise ValueError unless a graph is made of what its settings promise.

    Parameters
    ----------
    graph : CrystalGraph
        Of unknown origin.
    """
    check_arrays(GraphBlocks.join_graphs([graph]).arrays(), graph.settings)


def check_neighbors(rows: Neighbors) -> None:
    """Raise ValueError unless every row of a neighbour list lies inside it.

    Parameters
    ----------
    rows : Neighbors
        Of unknown origin.
    """
    n = len(rows.start) - 1
    for array, shape, dtype in (
        (rows.start, (n + 1,), np.int64),
        (rows.index, rows.index.shape[:1], np.int32),
        (rows.image, (*rows.index.shape[:1], 3), np.int16),
    ):
        if array.shape != shape or array.dtype != dtype:
            raise ValueError(f"a list has type {array.dtype} and shape {array.shape}")
    if n < 1 or rows.start[0] != 0 or rows.start[-1] != len(rows.index):
        raise ValueError("the offsets do not fit the arrays")
    if (np.diff(rows.start) < 0).any():
        raise ValueError("the offsets do not fit the arrays")
    if ((rows.index < 0) | (rows.index >= n)).any():
        raise ValueError("a neighbour is not there")
    if type(rows.k) is not int:
        raise ValueError(f"k is {rows.k!r}")


def check_settings(settings: GraphSettings) -> None:
    """Raise ValueError unless every setting has its type and a value that can be.

    Parameters
    ----------
    settings : GraphSettings
        Of unknown origin.
    """
    for name, type_, fits in (
        ("k", int, lambda k: 1 <= k),
        ("frames", str, {"canonical", "paper"}.__contains__),
        ("reflect", bool, lambda _: True),
        ("reduce", bool, lambda _: True),
        ("tie_tolerance", float, lambda width: 0 < width < 0.5),
        ("dtype", str, {"float32", "float64"}.__contains__),
    ):
        value = getattr(settings, name)
        if type(value) is not type_ or not fits(value):
            raise ValueError(f"{name} is {value!r}")
