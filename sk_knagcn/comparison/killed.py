"""Tasks in processes, some of which may be killed."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from sk_knagcn.comparison.tasks import Failure, Outcome
from sk_knagcn.streaming import stream

K = TypeVar("K")

_KILLED = (
    "its process was killed, as happens where memory runs out. Try it with fewer jobs "
    "or smaller batches."
)


def outlast_kills(
    run: Callable[[K], Any], tasks: Sequence[K], n_jobs: int | None
) -> Iterator[tuple[K, Outcome | Failure | None]]:
    """Yield what each task came to, in any order; a `Failure` if that killed a process.

    A killed process takes all others with it, and nobody learns whose task it was. So
    what is left goes on one by one until a task kills its process alone. If none does,
    all of them together were too much for the memory, and one by one they are not.

    Parameters
    ----------
    run : callable
        Makes a delayed call that gives the task and what it came to.
    tasks : sequence
        The tasks, no two equal.
    n_jobs : int or None
        As everywhere in scikit-learn.

    Yields
    ------
    tuple
        A task and its result.
    """
    left = list(tasks)
    alone = False
    while left:
        now = left[:1] if alone else left[:]
        try:
            for task, result in stream(
                map(run, now), n_jobs, in_order=False, batch_size=1
            ):
                left.remove(task)
                yield task, result
        except BrokenProcessPool:
            if alone:
                yield left.pop(0), Failure(_KILLED, traceback.format_exc())
            alone = not alone
