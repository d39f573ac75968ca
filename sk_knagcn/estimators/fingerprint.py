"""A name for a training: the same for the same estimator and data, and no other."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sk_knagcn.graphs import CrystalGraphs

_AT_ONCE = 1_000  # structures


def fingerprint(values: Mapping[str, Any], arrays: Iterable[NDArray[Any]]) -> str:
    """Digest plain values and arrays.

    Parameters
    ----------
    values : mapping of str to object
        Whatever has a `repr` that tells it apart.
    arrays : iterable of ndarray
        Their bytes, types and shapes count.

    Returns
    -------
    str
        32 hexadecimal digits.
    """
    digest = hashlib.blake2b(digest_size=16)
    digest.update(json.dumps(values, sort_keys=True, default=_plain).encode())
    for array in arrays:
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _plain(value: Any) -> Any:
    """numpy's 8 is 8."""
    return value.item() if isinstance(value, np.generic) else repr(value)


def arrays_of(graphs: CrystalGraphs) -> Iterator[NDArray[Any]]:
    """The arrays of graphs, for some after the other: memory may not hold them all.

    Parameters
    ----------
    graphs : CrystalGraphs
        The graphs, in memory or on disk.

    Yields
    ------
    ndarray
        One of the flat arrays, of some of the graphs.
    """
    for first in range(0, len(graphs), _AT_ONCE):
        yield from graphs[first : first + _AT_ONCE].flat().arrays().values()
    if graphs.columns is not None:
        yield graphs.columns.values
