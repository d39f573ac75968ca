"""A name for a training: the same for the same estimator and data, and no other."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


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
    digest.update(json.dumps(values, sort_keys=True, default=repr).encode())
    for array in arrays:
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
