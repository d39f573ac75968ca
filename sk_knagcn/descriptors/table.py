"""Many structures, described: each once, in parallel, with a progress bar."""

from __future__ import annotations

import queue
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from joblib import delayed, effective_n_jobs
from numpy.typing import NDArray
from tqdm.auto import tqdm

from sk_knagcn.descriptors.cache import DescriptionCache
from sk_knagcn.descriptors.describe import Outcome, Subject, describe
from sk_knagcn.descriptors.featurizers import Packed
from sk_knagcn.descriptors.timed import TimedWorker
from sk_knagcn.streaming import stream

# Structures per task: enough to make the cost of handing them out small, few enough to
# keep all workers busy until the end and the results coming.
_TASK_STRUCTURES = 8

Task = tuple[bytes, Subject, list[int]]  # key, what to describe, by which featurizers
Result = tuple[bytes, list[int], list[Outcome]]


@dataclass(frozen=True, slots=True)
class DescriptorFailure:
    """One featurizer that could not describe one structure.

    Parameters
    ----------
    index : int
        Row of the structure in X.
    formula : str
        Its reduced formula.
    featurizer : str
        The featurizer.
    reason : str
        What it said.
    """

    index: int
    formula: str
    featurizer: str
    reason: str


def describe_all(
    subjects: Sequence[Subject],
    featurizers: Sequence[Packed],
    *,
    cache: DescriptionCache | None,
    n_jobs: int | None,
    time_limit: float | None,
    verbose: int,
) -> tuple[NDArray[np.float64], list[DescriptorFailure]]:
    """Describe each structure in a row of a table, and list what failed."""
    keys = [_key(subject) for subject in subjects]
    first = {key: i for i, key in reversed(list(enumerate(keys)))}
    outcomes: dict[tuple[bytes, int], Outcome] = {}
    if cache is not None:
        outcomes = _look_up(cache, list(first), featurizers, time_limit)
    tasks: list[Task] = []
    for key, i in sorted(first.items(), key=lambda item: item[1]):
        which = [j for j in range(len(featurizers)) if (key, j) not in outcomes]
        if which:
            tasks.append((key, subjects[i], which))

    if time_limit is None:
        results = _run(tasks, featurizers, n_jobs)
    else:
        results = _run_timed(tasks, featurizers, n_jobs, time_limit)
    with (
        closing(results),
        tqdm(
            total=len(tasks), desc="descriptors", unit="structure", disable=not verbose
        ) as bar,
    ):
        for some in results:
            fresh = {
                (key, j): outcome
                for key, which, described in some
                for j, outcome in zip(which, described, strict=True)
            }
            outcomes |= fresh
            if cache is not None:
                _keep(cache, fresh, featurizers)
            bar.update(len(some))
    return _assemble(subjects, keys, featurizers, outcomes)


def _key(subject: Subject) -> bytes:
    """Digest what a description depends on: the arrays, and what the atoms carry."""
    carried = [
        (str(one), getattr(one, "oxi_state", None), getattr(one, "spin", None))
        for one in subject.species or ()
    ]
    content = subject.crystal.digest() + repr(carried).encode()
    return blake2b(content, digest_size=16).digest()


def _look_up(
    cache: DescriptionCache,
    keys: Sequence[bytes],
    featurizers: Sequence[Packed],
    time_limit: float | None,
) -> dict[tuple[bytes, int], Outcome]:
    names = {
        (key, j): key + one.fingerprint
        for key in keys
        for j, one in enumerate(featurizers)
        if one.fingerprint is not None
    }
    found = cache.get(names.values())

    def holds(outcome: Outcome) -> bool:
        """What was too long once may not be with more time."""
        if outcome.limit is None:
            return True
        return time_limit is not None and time_limit <= outcome.limit

    return {
        pair: found[name]
        for pair, name in names.items()
        if name in found and holds(found[name])
    }


def _keep(
    cache: DescriptionCache,
    fresh: dict[tuple[bytes, int], Outcome],
    featurizers: Sequence[Packed],
) -> None:
    entries = {}
    for (key, j), outcome in fresh.items():
        fingerprint = featurizers[j].fingerprint
        if fingerprint is not None:
            entries[key + fingerprint] = outcome
    cache.put(entries)


def _run(
    tasks: Sequence[Task], featurizers: Sequence[Packed], n_jobs: int | None
) -> Generator[list[Result], None, None]:
    calls = (
        delayed(_describe_some)(tasks[at : at + _TASK_STRUCTURES], featurizers)
        for at in range(0, len(tasks), _TASK_STRUCTURES)
    )
    return stream(calls, n_jobs)


def _describe_some(
    tasks: Sequence[Task], featurizers: Sequence[Packed]
) -> list[Result]:
    results: list[Result] = []
    for key, subject, which in tasks:
        outcomes: list[Outcome] = []
        describe(subject, [featurizers[j] for j in which], outcomes.append)
        results.append((key, which, outcomes))
    return results


def _run_timed(
    tasks: Sequence[Task],
    featurizers: Sequence[Packed],
    n_jobs: int | None,
    limit: float,
) -> Generator[list[Result], None, None]:
    """Give each of several processes one structure at a time, and watch it."""
    n_workers = max(1, min(effective_n_jobs(n_jobs), len(tasks)))
    workers = [TimedWorker(featurizers, limit) for _ in range(n_workers)]
    idle: queue.SimpleQueue[TimedWorker] = queue.SimpleQueue()
    for worker in workers:
        idle.put(worker)

    def describe_one(task: Task) -> Result:
        key, subject, which = task
        worker = idle.get()
        try:
            return key, which, worker.describe(subject, which)
        finally:
            idle.put(worker)

    pool = ThreadPoolExecutor(n_workers)
    try:
        for future in as_completed([pool.submit(describe_one, task) for task in tasks]):
            yield [future.result()]
    finally:  # also after an interrupt, when others are still at work
        for worker in workers:
            worker.close()
        pool.shutdown(wait=True, cancel_futures=True)
        for worker in workers:  # one may just have been started
            worker.close()


def _assemble(
    subjects: Sequence[Subject],
    keys: Sequence[bytes],
    featurizers: Sequence[Packed],
    outcomes: dict[tuple[bytes, int], Outcome],
) -> tuple[NDArray[np.float64], list[DescriptorFailure]]:
    table = np.empty((len(keys), sum(len(one.labels) for one in featurizers)))
    failures = []
    for i, (subject, key) in enumerate(zip(subjects, keys, strict=True)):
        row = [outcomes[key, j] for j in range(len(featurizers))]
        table[i] = np.concatenate([outcome.values for outcome in row])
        failures += [
            DescriptorFailure(i, subject.crystal.formula, one.name, outcome.reason)
            for one, outcome in zip(featurizers, row, strict=True)
            if outcome.reason is not None
        ]
    return table, failures
