"""Results of parallel work as they come, on whichever backend joblib has."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any

from joblib import Parallel, effective_n_jobs


def stream(
    calls: Iterable[Any], n_jobs: int | None, *, in_order: bool = True, **how: Any
) -> Generator[Any, None, None]:
    """Yield the results of delayed calls.

    Parameters
    ----------
    calls : iterable
        What `joblib.delayed` makes; gone through as workers become free.
    n_jobs : int or None
        As everywhere in scikit-learn.
    in_order : bool, default=True
        Whether results come in the order of the calls.
    **how
        Passed on to `joblib.Parallel`.

    Yields
    ------
    object
        Results, one by one; on backends that cannot do that (Ray's and
        multiprocessing's) when all are there.
    """
    if effective_n_jobs(n_jobs) == 1:  # nobody to hand anything to
        yield from (call(*args, **kwargs) for call, args, kwargs in calls)
        return
    kind = "generator" if in_order else "generator_unordered"
    try:
        parallel = Parallel(n_jobs=n_jobs, return_as=kind, **how)
    except ValueError:
        parallel = Parallel(n_jobs=n_jobs, **how)
    yield from parallel(calls)
