"""Many structures, labelled: each once, in parallel, with a progress bar."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from joblib import delayed
from numpy.typing import NDArray
from tqdm.auto import tqdm

from sk_knagcn.labels.cache import Row, resolve_cache
from sk_knagcn.streaming import stream_from_threads
from sk_knagcn.structures import Crystal, check_structures
from sk_knagcn.structures.readers import find_readers, loaded

# Goes into all keys: a change of the computations must not find labels of the old ones.
_VERSION = 2
_MAX_SHOWN = 5  # problems written out in one message


def is_one_structure(structures: Any) -> bool:
    """Whether this is a structure itself, not a collection of them."""
    return isinstance(structures, tuple(find_readers()))


def read_structures(structures: Any) -> list[Crystal]:
    """Read one structure, or many."""
    return check_structures(
        [structures] if is_one_structure(structures) else structures
    )


def row_labels(structures: Any) -> Any:
    """The index of a pandas object, so that a table of labels joins it; else None."""
    pandas = loaded("pandas", "Series", "DataFrame")
    return structures.index if isinstance(structures, pandas) else None


def check_each(
    crystals: Sequence[Crystal], describe: Callable[[Crystal], str | None]
) -> None:
    """Raise one error that names all structures with which something is wrong."""
    problems = []
    for index, crystal in enumerate(crystals):
        problem = describe(crystal)
        if problem is not None:
            problems.append(f"structure {index} ({crystal.formula}) {problem}")
    if not problems:
        return
    if len(problems) > 1:
        shown = problems[:_MAX_SHOWN]
        if len(problems) > _MAX_SHOWN:
            shown.append(f"... and {len(problems) - _MAX_SHOWN} more.")
        count = f"{len(problems)} of {len(crystals)} structures cannot be used:"
        problems = ["\n".join([count, *shown])]
    raise ValueError(problems[0])


def label_each(
    crystals: Sequence[Crystal],
    compute: Callable[[Crystal], Row],
    *,
    settings: object,
    cache: str | Path | None,
    n_jobs: int | None,
    verbose: int,
    title: str,
) -> NDArray[np.float64]:
    """Compute a row of numbers for each structure.

    `settings` is whatever, besides the structure, decides the numbers: its `repr` goes
    into the keys of the cache. Threads are enough where kernels let go of the
    interpreter lock.
    """
    store = resolve_cache(cache)
    what = blake2b(repr((_VERSION, title, settings)).encode(), digest_size=16).digest()
    keys = [crystal.digest() + what for crystal in crystals]
    different = dict(zip(keys, crystals, strict=True))
    rows = {} if store is None else store.get(different)
    missing = [key for key in different if key not in rows]
    places = {key: place for place, key in reversed(list(enumerate(keys)))}
    calls = (delayed(_compute)(compute, different[key], places[key]) for key in missing)
    computed = stream_from_threads(calls, n_jobs)
    with tqdm(
        total=len(missing), desc=title, unit="structure", disable=not verbose
    ) as bar:
        for key, row in zip(missing, computed, strict=True):
            rows[key] = row
            if store is not None:
                store.put({key: row})
            bar.update()
    return np.array([rows[key] for key in keys])


def _compute(compute: Callable[[Crystal], Row], crystal: Crystal, place: int) -> Row:
    """Compute a row; an error names the structure."""
    try:
        return compute(crystal)
    except ValueError as error:
        raise ValueError(f"structure {place} ({crystal.formula}): {error}") from error
