"""Labels that were computed once, in the process's memory and in a folder."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sk_knagcn.storage import BoundedMemory, Database

Row = NDArray[np.float64]

_BYTES = 2**26
_FILE = "labels.sqlite"


class LabelCache:
    """Rows of numbers by key, which tells the structure, the label and its settings."""

    def __init__(self, folder: Path | None = None) -> None:
        self._memory: BoundedMemory[Row] = BoundedMemory(_BYTES)
        self._database: Database[Row] | None = None
        if folder is not None:
            self._database = Database(folder / _FILE, "labels", _take_apart, _assemble)

    def get(self, keys: Iterable[bytes]) -> dict[bytes, Row]:
        """Find rows, in memory first."""
        keys = list(keys)
        found = self._memory.get(keys)
        missing = [key for key in keys if key not in found]
        if self._database is not None and missing:
            from_disk = self._database.read(missing)
            self._memory.put(from_disk)
            found |= from_disk
        return found

    def put(self, rows: Mapping[bytes, Row]) -> None:
        """Keep rows."""
        self._memory.put(rows)
        if self._database is not None:
            self._database.write(rows)


def _take_apart(row: Row) -> tuple[dict[str, Any], dict[str, Any]]:
    return {}, {"row": row}


def _assemble(header: dict[str, Any], arrays: dict[str, Any]) -> Row:
    return arrays["row"]


_shared: dict[str | None, LabelCache] = {}
_sharing = threading.Lock()


def resolve_cache(cache: str | Path | None) -> LabelCache | None:
    """The store that a parameter `cache` names; one per process for each folder."""
    if cache is None:
        return None
    folder = None if cache == "memory" else Path(cache)
    name = None if folder is None else str(folder.resolve())
    with _sharing:
        if name not in _shared:
            _shared[name] = LabelCache(folder)
        return _shared[name]
