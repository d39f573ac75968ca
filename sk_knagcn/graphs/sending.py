"""Graphs that stay in a folder are sent to other processes as a path."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sk_knagcn.graphs.blocks import GraphBlocks
from sk_knagcn.graphs.graph import GraphSettings
from sk_knagcn.graphs.storage import read_folder


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
    file = blocks.neighbors
    if isinstance(file, np.memmap) and file.mode == "r" and file.filename:
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
