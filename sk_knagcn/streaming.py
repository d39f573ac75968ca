"""Results of parallel work as they come, on whichever backend joblib has."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from joblib import Parallel, effective_n_jobs
from joblib.parallel import ThreadingBackend, get_active_backend


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


def stream_from_threads(
    calls: Iterable[Any], n_jobs: int | None, *, ahead: int = 2
) -> Generator[Any, None, None]:
    """Yield the results of delayed calls, in their order, that need no processes.

    Threads of this process are the default only: a backend that was chosen with
    `joblib.parallel_config` is used instead. Joblib's own threads would do as well, but
    results are looked for only every 10 ms there.

    Parameters
    ----------
    calls, n_jobs
        As for `stream`.
    ahead : int, default=2
        How many calls to have ready for each worker.

    Yields
    ------
    object
        Results, one by one.
    """
    n_workers = effective_n_jobs(n_jobs)
    backend, _ = get_active_backend(prefer="threads")
    if n_workers == 1 or not isinstance(backend, ThreadingBackend):
        yield from stream(calls, n_jobs, pre_dispatch=f"{ahead} * n_jobs")
        return
    waiting: deque[Future[Any]] = deque()
    with ThreadPoolExecutor(n_workers) as pool:
        try:
            for call, args, kwargs in calls:
                waiting.append(pool.submit(call, *args, **kwargs))
                if len(waiting) == ahead * n_workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:  # nobody wants the rest of them
            pool.shutdown(wait=False, cancel_futures=True)
