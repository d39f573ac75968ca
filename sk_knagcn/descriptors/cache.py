"""Descriptions that were made once, in the process's memory and in a folder."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sk_knagcn.descriptors.describe import Outcome
from sk_knagcn.storage import BoundedMemory, Database

_BYTES = 2**28
_FILE = "descriptors.sqlite"


class DescriptionCache:
    """Outcomes by key; failures stay in memory only, so that a new day is a new try."""

    def __init__(self, folder: Path | None = None) -> None:
        self._memory: BoundedMemory[Outcome] = BoundedMemory(_BYTES)
        self._database: Database[Outcome] | None = None
        if folder is not None:
            file = folder / _FILE
            self._database = Database(file, "descriptors", _take_apart, _assemble)

    def get(self, keys: Iterable[bytes]) -> dict[bytes, Outcome]:
        """Find outcomes, in memory first."""
        keys = list(keys)
        found = self._memory.get(keys)
        missing = [key for key in keys if key not in found]
        if self._database is not None and missing:
            from_disk = self._database.read(missing)
            self._memory.put(from_disk)
            found |= from_disk
        return found

    def put(self, outcomes: Mapping[bytes, Outcome]) -> None:
        """Keep outcomes."""
        self._memory.put(outcomes)
        if self._database is not None:
            whole = {k: out for k, out in outcomes.items() if out.reason is None}
            self._database.write(whole)


def _take_apart(outcome: Outcome) -> tuple[dict[str, Any], dict[str, Any]]:
    return {}, {"values": outcome.values}


def _assemble(header: dict[str, Any], arrays: dict[str, Any]) -> Outcome:
    return Outcome(arrays["values"])


_shared: dict[str | None, DescriptionCache] = {}
_sharing = threading.Lock()


def resolve_cache(cache: str | Path | None) -> DescriptionCache | None:
    """The store that a parameter `cache` names; one per process for each folder."""
    if cache is None:
        return None
    folder = None if cache == "memory" else Path(cache)
    name = None if folder is None else str(folder.resolve())
    with _sharing:
        if name not in _shared:
            _shared[name] = DescriptionCache(folder)
        return _shared[name]
