"""What was built once and may be asked for again: in memory, and on disk if wanted.

Keys are digests of a structure's arrays and of the settings, so an entry can only ever
be found by the structure it was made from. Two kinds of values are kept: finished
graphs, and neighbour lists, from which graphs for any smaller k are made without a new
search.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Literal

from sk_knagcn.graphs.database import Value, open_database, reach
from sk_knagcn.storage import BoundedMemory, LayeredStore, one_per_folder

DEFAULT_BYTES = 2**30


class GraphCache:
    """A bounded store of graphs, shared by all transformers that name it.

    The least recently used entries leave memory when it is full; what is on disk
    stays there. Copies and clones are the same store, and a pickled one opens the same
    folder in the other process.

    Parameters
    ----------
    max_bytes : int, default=2**30
        Memory for the entries, in bytes.
    path : str or Path, optional
        Folder in which entries are kept across processes, as one SQLite database. Any
        number of processes may use it at once, and one that is killed spoils nothing.

    Attributes
    ----------
    max_bytes : int
        Memory for the entries, in bytes.
    path : Path or None
        Folder of the database.
    hits : int
        Entries found so far, in memory or on disk.
    misses : int
        Entries asked for in vain so far.

    See Also
    --------
    StructureGraphTransformer : Takes a cache as its parameter `cache`.

    Examples
    --------
    >>> from pymatgen.core import Lattice, Structure
    >>> from sk_knagcn import GraphCache, StructureGraphTransformer
    >>> iron = Structure(Lattice.cubic(2.87), ["Fe", "Fe"], [[0, 0, 0], [0.5] * 3])
    >>> cache = GraphCache(max_bytes=10_000_000)
    >>> for k in (12, 4, 8):
    ...     graphs = StructureGraphTransformer(k=k, cache=cache).fit_transform([iron])
    >>> cache
    GraphCache(4 entries, 0.0 of 10.0 MB, path=None)
    """

    def __init__(
        self, max_bytes: int = DEFAULT_BYTES, path: str | Path | None = None
    ) -> None:
        self.max_bytes = max_bytes
        self.path = None if path is None else Path(path).absolute()
        self.hits = self.misses = 0
        self._memory: BoundedMemory[Value] = BoundedMemory(max_bytes, reach)
        self._counting = threading.Lock()
        database = None if self.path is None else open_database(self.path)
        self._store = LayeredStore(self._memory, database)

    def __repr__(self) -> str:
        """Show how full it is."""
        path = None if self.path is None else str(self.path)
        return (
            f"GraphCache({len(self._memory):,} entries, {self.nbytes / 1e6:.1f} of "
            f"{self.max_bytes / 1e6:.1f} MB, {path=})"
        )

    @property
    def nbytes(self) -> int:
        """Memory that the entries take, in bytes."""
        return self._memory.nbytes

    def get(self, keys: Iterable[bytes]) -> dict[bytes, Value]:
        """Find entries, in memory first.

        Parameters
        ----------
        keys : iterable of bytes
            The keys to look for.

        Returns
        -------
        dict
            The entries that were found.
        """
        keys = list(keys)
        found = self._store.get(keys)
        with self._counting:
            self.hits += len(found)
            self.misses += len(keys) - len(found)
        return found

    def put(self, entries: Mapping[bytes, Value]) -> None:
        """Keep entries; of two neighbour lists with one key the longer stays.

        Parameters
        ----------
        entries : mapping from bytes to Neighbors or CrystalGraph
            What to keep.
        """
        self._store.put(entries)

    def clear(self) -> None:
        """Forget what is in memory; what is on disk stays."""
        self._memory.clear()

    # One store, however often a parameter that holds it is copied or cloned.
    def __copy__(self) -> GraphCache:
        """Return the same store."""
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> GraphCache:
        """Return the same store."""
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Open the same folder in another process, with an empty memory."""
        return _reopen, (self.max_bytes, self.path)


_shared: dict[int, dict[str | None, GraphCache]] = {}


def resolve_cache(
    cache: Literal["memory"] | str | Path | GraphCache | None,
) -> GraphCache | None:
    """The store that a parameter `cache` names; one per process for each folder."""
    if cache is None or isinstance(cache, GraphCache):
        return cache
    return _reopen(DEFAULT_BYTES, cache)


def _reopen(max_bytes: int, cache: str | Path | None) -> GraphCache:
    """Workers get a store of their own for each size and folder, once."""
    cache = "memory" if cache is None else cache
    stores = _shared.setdefault(max_bytes, {})
    return one_per_folder(stores, cache, partial(GraphCache, max_bytes))
