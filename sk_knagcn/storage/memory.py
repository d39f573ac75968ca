"""A store in memory that forgets the least recently used when it is full."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Generic, Protocol, TypeVar


class Sized(Protocol):
    """Whatever says how much memory it takes."""

    @property
    def nbytes(self) -> int:
        """Memory in bytes."""


T = TypeVar("T", bound=Sized)


class BoundedMemory(Generic[T]):
    """Values by key, up to a number of bytes; safe to use from several threads.

    A value replaces one with the same key that reaches as far or less far, as in
    `Database`. All alike by default.
    """

    def __init__(
        self, max_bytes: int, reach: Callable[[T], int] = lambda value: 0
    ) -> None:
        self.max_bytes = max_bytes
        self.nbytes = 0
        self._reach = reach
        self._entries: OrderedDict[bytes, T] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Count the entries."""
        return len(self._entries)

    def get(self, keys: Iterable[bytes]) -> dict[bytes, T]:
        """Find values; those that are not there are left out."""
        found: dict[bytes, T] = {}
        with self._lock:
            for key in keys:
                value = self._entries.get(key)
                if value is not None:
                    self._entries.move_to_end(key)
                    found[key] = value
        return found

    def put(self, entries: Mapping[bytes, T]) -> None:
        """Keep values, and let go of others where there is no room."""
        with self._lock:
            for key, value in entries.items():
                old = self._entries.pop(key, None)
                if old is not None:
                    self.nbytes -= old.nbytes
                    if self._reach(old) > self._reach(value):
                        value = old
                if value.nbytes <= self.max_bytes:
                    self._entries[key] = value
                    self.nbytes += value.nbytes
            while self.nbytes > self.max_bytes and self._entries:
                _, oldest = self._entries.popitem(last=False)
                self.nbytes -= oldest.nbytes

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
            self.nbytes = 0
