"""Labels that were computed once, in the process's memory and in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sk_knagcn.storage import BoundedMemory, Database, LayeredStore, one_per_folder

Row = NDArray[np.float64]
LabelCache = LayeredStore[Row]

_BYTES = 2**26
_FILE = "labels.sqlite"

_shared: dict[str | None, LabelCache] = {}


def resolve_cache(cache: str | Path | None) -> LabelCache | None:
    """The store that a parameter `cache` names; one per process for each folder."""
    return None if cache is None else one_per_folder(_shared, cache, _open)


def _open(folder: Path | None) -> LabelCache:
    memory: BoundedMemory[Row] = BoundedMemory(_BYTES)
    if folder is None:
        return LayeredStore(memory)
    database = Database(folder / _FILE, "labels", _take_apart, _assemble)
    return LayeredStore(memory, database)


def _take_apart(row: Row) -> tuple[dict[str, Any], dict[str, Any]]:
    return {}, {"row": row}


def _assemble(header: dict[str, Any], arrays: dict[str, Any]) -> Row:
    return arrays["row"]
