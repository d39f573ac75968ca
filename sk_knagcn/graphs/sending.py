"""Graphs that stay in a folder are sent to other processes as a path."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sk_knagcn.graphs.blocks import GraphBlocks
from sk_knagcn.graphs.graph import GraphSettings
from sk_knagcn.graphs.storage import read_folder


def is_mapped(blocks: GraphBlocks) -> bool:
    """Whether the arrays are read from a folder of graphs as they are used.

    joblib maps arrays too, from files of its own in which there is nothing else to see.
    """
    array: Any = blocks.neighbors
    if not isinstance(array, np.memmap) or not array.filename:
        return False
    return Path(array.filename).name == "neighbors.npy"


def folder_of(blocks: GraphBlocks) -> Path | None:
    """The folder that the arrays are read from, if they are as they are there.

    Parameters
    ----------
    blocks : GraphBlocks
        In memory or on disk.

    Returns
    -------
    Path or None
        The folder.
    """
    file: Any = blocks.neighbors
    if is_mapped(blocks) and file.mode == "r":
        return Path(file.filename).parent
    return None


def open_again(
    folder: Path, settings: GraphSettings, rows: NDArray[np.int64]
) -> GraphBlocks:
    """Open the folder of graphs that came as a path.

    Parameters
    ----------
    folder : Path
        Where they were.
    settings : GraphSettings
        What they were made with.
    rows : ndarray of int64
        Which of them are wanted.

    Returns
    -------
    GraphBlocks
        All graphs of the folder.
    """
    arrays, found, _ = read_folder(folder, "r")
    alike = replace(found, k=settings.k) == settings
    n = len(arrays["start"]) - 1
    if not alike or found.k < settings.k or rows.max(initial=-1) >= n:
        raise ValueError(
            f"the graphs in {folder} are not those that were there when this was "
            "pickled. Give every set of graphs a folder of its own."
        )
    return GraphBlocks(**arrays)
