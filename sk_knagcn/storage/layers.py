"""A store of two layers: the process's memory, and a folder if there is one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Generic, TypeVar

from sk_knagcn.storage.database import Database
from sk_knagcn.storage.memory import BoundedMemory, Sized

V = TypeVar("V", bound=Sized)
S = TypeVar("S")

_sharing = threading.Lock()


class LayeredStore(Generic[V]):
    """Values by key, looked for in memory first.

    Parameters
    ----------
    memory : BoundedMemory
        Keeps values in this process.
    database : Database, optional
        Keeps values across processes.
    lasts : callable, optional
        Whether a value is for the database, too; all are by default.
    """

    def __init__(
        self,
        memory: BoundedMemory[V],
        database: Database[V] | None = None,
        lasts: Callable[[V], bool] = lambda value: True,
    ) -> None:
        self._memory = memory
        self._database = database
        self._lasts = lasts

    def get(self, keys: Iterable[bytes]) -> dict[bytes, V]:
        """Find values."""
        keys = list(keys)
        found = self._memory.get(keys)
        missing = [key for key in keys if key not in found]
        if self._database is not None and missing:
            from_disk = self._database.read(missing)
            self._memory.put(from_disk)
            found |= from_disk
        return found

    def put(self, values: Mapping[bytes, V]) -> None:
        """Keep values."""
        self._memory.put(values)
        if self._database is not None:
            lasting = {
                key: value for key, value in values.items() if self._lasts(value)
            }
            self._database.write(lasting)


def one_per_folder(
    stores: dict[str | None, S],
    cache: str | Path,
    make: Callable[[Path | None], S],
) -> S:
    """The store that a parameter `cache` names; one per process for each folder."""
    if cache == "":  # as a Path it would be wherever the process happens to be
        raise ValueError("cache is ''. Pass 'memory', the name of a folder, or None.")
    # Wherever the process may go: it stays the folder that it is now.
    folder = None if cache == "memory" else Path(cache).absolute()
    name = None if folder is None else str(folder.resolve())
    with _sharing:
        if name not in stores:
            stores[name] = make(folder)
        return stores[name]
