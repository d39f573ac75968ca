"""Descriptions that were made once, in the process's memory and in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sk_knagcn.descriptors.describe import Outcome
from sk_knagcn.storage import BoundedMemory, Database, LayeredStore, one_per_folder

DescriptionCache = LayeredStore[Outcome]

_BYTES = 2**28
_FILE = "descriptors.sqlite"

_shared: dict[str | None, DescriptionCache] = {}


def resolve_cache(cache: str | Path | None) -> DescriptionCache | None:
    """The store that a parameter `cache` names; one per process for each folder."""
    return None if cache is None else one_per_folder(_shared, cache, _open)


def _open(folder: Path | None) -> DescriptionCache:
    memory: BoundedMemory[Outcome] = BoundedMemory(_BYTES)
    if folder is None:
        return LayeredStore(memory)
    database = Database(folder / _FILE, "descriptors", _take_apart, _assemble)
    # Failures stay in memory only, so that a new day is a new try.
    return LayeredStore(memory, database, lambda outcome: outcome.reason is None)


def _take_apart(outcome: Outcome) -> tuple[dict[str, Any], dict[str, Any]]:
    return {}, {"values": outcome.values}


def _assemble(header: dict[str, Any], arrays: dict[str, Any]) -> Outcome:
    return Outcome(arrays["values"])
