"""The cache on disk: one SQLite file, safe under many writers and after a kill.

SQLite locks, rolls back what a killed process left half done, and runs no code from
its file. Each value carries a checksum; a damaged one is simply built again.
"""

from __future__ import annotations

import json
import sqlite3
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from sk_knagcn.geometry.neighbors import Neighbors
from sk_knagcn.graphs.graph import CrystalGraph, GraphSettings

_FILE = "graphs.sqlite"
_PATIENCE = 60.0  # seconds to wait for another writer
_CHECKSUM = 8  # bytes


class Database:
    """Graphs and neighbour lists by key, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / _FILE
        self._writable = True

    @contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        """A connection per operation: none is shared by threads or forks."""
        try:
            with closing(sqlite3.connect(self.file, timeout=_PATIENCE)) as connection:
                yield connection
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError as error:
            raise ValueError(
                f"the graph cache {self.file} is damaged or no cache at all ({error}). "
                "Delete the file, or name another folder."
            ) from error

    def read(self, keys: Sequence[bytes]) -> dict[bytes, Neighbors | CrystalGraph]:
        """Find values; those that are missing or damaged are left out."""
        found: dict[bytes, Neighbors | CrystalGraph] = {}
        if not self.file.is_file():
            return found
        # Not to be opened, or not begun yet by its first writer: nothing is found.
        with suppress(sqlite3.OperationalError), self._connect() as connection:
            for key in keys:
                row = connection.execute(
                    "SELECT value FROM entries WHERE key = ?", (key,)
                ).fetchone()
                value = None if row is None else unpack(row[0])
                if value is not None:
                    found[key] = value
        return found

    def write(self, entries: Mapping[bytes, Neighbors | CrystalGraph]) -> None:
        """Add values in one transaction; warn once where that is not possible."""
        if not self._writable:
            return
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with self._connect() as connection, connection:
                connection.execute(
                    "CREATE TABLE IF NOT EXISTS entries "
                    "(key BLOB PRIMARY KEY, reach INTEGER, value BLOB)"
                )
                connection.executemany(
                    "INSERT INTO entries VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE "
                    "SET reach = excluded.reach, value = excluded.value "
                    "WHERE excluded.reach >= reach",
                    [
                        (key, _reach(value), pack(value))
                        for key, value in entries.items()
                    ],
                )
        except (sqlite3.OperationalError, OSError) as error:
            self._writable = False
            warnings.warn(
                f"graphs cannot be written to the cache {self.file} ({error}); going "
                "on without it.",
                UserWarning,
                stacklevel=2,
            )


def _reach(value: Neighbors | CrystalGraph) -> int:
    """Neighbour lists may be replaced by longer ones only."""
    return value.k if isinstance(value, Neighbors) else value.settings.k


def pack(value: Neighbors | CrystalGraph) -> bytes:
    """Write a value as checksum, length of the header, JSON header and raw arrays."""
    header: dict[str, Any]
    if isinstance(value, Neighbors):
        header = {"k": value.k}
        arrays = {"start": value.start, "index": value.index, "image": value.image}
    else:
        header = {"settings": asdict(value.settings)}
        arrays = value.arrays()
    header["arrays"] = [[name, a.dtype.str, a.shape] for name, a in arrays.items()]
    text = json.dumps(header).encode()
    body = len(text).to_bytes(4, "little") + text
    body += b"".join(np.ascontiguousarray(a).tobytes() for a in arrays.values())
    return blake2b(body, digest_size=_CHECKSUM).digest() + body


def unpack(packed: object) -> Neighbors | CrystalGraph | None:
    """Read what `pack` wrote; None if it is damaged."""
    if not isinstance(packed, bytes):
        return None
    body = packed[_CHECKSUM:]
    if blake2b(body, digest_size=_CHECKSUM).digest() != packed[:_CHECKSUM]:
        return None
    length = int.from_bytes(body[:4], "little")
    header, at = json.loads(body[4 : 4 + length]), 4 + length
    arrays = {}
    for name, dtype, shape in header["arrays"]:
        count = int(np.prod(shape))
        array = np.frombuffer(body, dtype=np.dtype(dtype), count=count, offset=at)
        # A copy is aligned and writable, as the kernels expect their arrays to be.
        arrays[name] = array.reshape(shape).copy()
        at += array.nbytes
    if "settings" in header:
        return CrystalGraph(settings=GraphSettings(**header["settings"]), **arrays)
    return Neighbors(**arrays, k=header["k"])
