"""Values on disk by key: one SQLite file, safe under many writers and after a kill.

SQLite locks, rolls back what a killed process left half done, and runs no code from
its file. Each value carries a checksum; a damaged one is simply not found.
"""

from __future__ import annotations

import json
import math
import sqlite3
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")
Header = dict[str, Any]
Arrays = dict[str, NDArray[Any]]

_PATIENCE = 60.0  # seconds to wait for another writer
_CHECKSUM = 8  # bytes
# What following an absurd description of arrays may come to.
_ABSURD = (
    AttributeError,
    KeyError,
    OverflowError,
    RecursionError,
    TypeError,
    ValueError,
)
_TABLE = "CREATE TABLE entries (key BLOB PRIMARY KEY, reach INTEGER, value BLOB)"


class Database(Generic[T]):
    """Values that are made of arrays and a few settings, by key, in one file.

    Parameters
    ----------
    file : Path
        The SQLite file; made, with its folder, when the first value is written.
    what : str
        What the values are, for messages: "graphs".
    take_apart : callable
        Gives header and arrays of a value.
    assemble : callable
        Makes a value of header and arrays.
    reach : callable, optional
        A value replaces one that reaches as far or less far. All alike by default.
    """

    def __init__(
        self,
        file: Path,
        what: str,
        take_apart: Callable[[T], tuple[Header, Arrays]],
        assemble: Callable[[Header, Arrays], T],
        reach: Callable[[T], int] = lambda value: 0,
    ) -> None:
        self.file = file
        self.what = what
        self._take_apart, self._assemble = take_apart, assemble
        self._reach = reach
        self._writable = True

    @contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        """A connection per operation: none is shared by threads or forks."""
        try:
            with closing(sqlite3.connect(self.file, timeout=_PATIENCE)) as connection:
                connection.execute("PRAGMA trusted_schema = OFF")
                # A view, a trigger or a computed column could do more than hold values.
                schema = connection.execute("SELECT sql FROM sqlite_master").fetchall()
                if not {sql for (sql,) in schema} <= {_TABLE, None}:
                    raise sqlite3.OperationalError("it is not a cache of this package")
                yield connection
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError as error:
            raise ValueError(
                f"the cache of {self.what} {self.file} is damaged or no cache at all "
                f"({error}). Delete the file, or name another folder."
            ) from error

    def read(self, keys: Sequence[bytes]) -> dict[bytes, T]:
        """Find values; those that are missing or damaged are left out."""
        found: dict[bytes, T] = {}
        if not self.file.is_file():
            return found
        # Not to be opened, or not begun yet by its first writer: nothing is found.
        with suppress(sqlite3.OperationalError), self._connect() as connection:
            for key in keys:
                row = connection.execute(
                    "SELECT value FROM entries WHERE key = ?", (key,)
                ).fetchone()
                parts = None if row is None else unpack(row[0])
                if parts is None:
                    continue
                # Whole, but not what belongs here: as good as not there.
                with suppress(KeyError, TypeError, ValueError):
                    found[key] = self._assemble(*parts)
        return found

    def write(self, entries: Mapping[bytes, T]) -> None:
        """Add values in one transaction; warn once where that is not possible."""
        if not self._writable or not entries:
            return
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with self._connect() as connection, connection:
                connection.execute(_TABLE.replace("TABLE", "TABLE IF NOT EXISTS", 1))
                connection.executemany(
                    "INSERT INTO entries VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE "
                    "SET reach = excluded.reach, value = excluded.value "
                    "WHERE excluded.reach >= reach",
                    [
                        (key, self._reach(value), pack(*self._take_apart(value)))
                        for key, value in entries.items()
                    ],
                )
        except (sqlite3.OperationalError, OSError) as error:
            self._writable = False
            warnings.warn(
                f"{self.what} cannot be written to the cache {self.file} ({error}); "
                "going on without it.",
                UserWarning,
                stacklevel=2,
            )


def pack(header: Header, arrays: Arrays) -> bytes:
    """Write a value as checksum, length of the header, JSON header and raw arrays."""
    described = [[name, a.dtype.str, a.shape] for name, a in arrays.items()]
    text = json.dumps(header | {"arrays": described}).encode()
    body = len(text).to_bytes(4, "little") + text
    body += b"".join(np.ascontiguousarray(a).tobytes() for a in arrays.values())
    return blake2b(body, digest_size=_CHECKSUM).digest() + body


def unpack(packed: object) -> tuple[Header, Arrays] | None:
    """Read what `pack` wrote; None if it is damaged."""
    if not isinstance(packed, bytes):
        return None
    body = packed[_CHECKSUM:]
    if blake2b(body, digest_size=_CHECKSUM).digest() != packed[:_CHECKSUM]:
        return None
    # The sum keeps accidents out. Whoever computes it, too, gets in numbers only.
    try:
        length = int.from_bytes(body[:4], "little")
        header, at = json.loads(body[4 : 4 + length]), 4 + length
        arrays: Arrays = {}
        for name, dtype, shape in header.pop("arrays"):
            kind = np.dtype(dtype)
            count = math.prod(shape)
            if kind.kind not in "biuf" or min(shape, default=0) < 0:
                return None
            array = np.frombuffer(body, dtype=kind, count=count, offset=at)
            # A copy is aligned and writable, as the kernels expect their arrays to be.
            arrays[name] = array.reshape(shape).copy()
            at += array.nbytes
    except _ABSURD:
        return None
    return header, arrays
