"""Build the graphs of many structures: each once, in parallel, with a progress bar."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import numpy as np
from joblib import delayed
from tqdm.auto import tqdm

from sk_knagcn.geometry.batches import Batch, join_neighbors, split_neighbors
from sk_knagcn.geometry.environments import build_all_environments, find_all_neighbors
from sk_knagcn.geometry.neighbors import AtomsTooCloseError, Neighbors
from sk_knagcn.graphs.blocks import GraphBlocks
from sk_knagcn.graphs.cache import GraphCache
from sk_knagcn.graphs.graph import CrystalGraph, GraphSettings
from sk_knagcn.streaming import stream_from_threads
from sk_knagcn.structures import Crystal
from sk_knagcn.structures.checks import UnusableError
from sk_knagcn.structures.door import Reading

# Goes into all keys: a change of the geometry must not find graphs of the old one.
_GEOMETRY_VERSION = 4
# Atoms per task: small enough to keep all workers busy, large enough (about 25 ms) to
# make the cost of handing it out negligible.
_TASK_ATOMS = 8_000
# How many neighbours a first search finds at least; and how many times more than that,
# should more be wanted: a search over k = 4, 8, 12, 16, 32 looks for neighbours twice.
_SHORTEST = 12
_FARTHER = 3


def build_graphs(
    reading: Reading,
    settings: GraphSettings,
    *,
    cache: GraphCache | None = None,
    n_jobs: int | None = None,
    verbose: int = 0,
) -> GraphBlocks:
    """Build one graph for each structure, in their order.

    Crystals that are equal, array by array, share one graph. Graphs and neighbour
    lists that the cache holds are not built again. Structures are read while the graphs
    of earlier ones are built; nothing is returned if one of them is bad.
    """
    work = _Work(reading, settings, cache)
    blocks: list[GraphBlocks] = []
    built: list[bytes] = []
    with tqdm(
        total=len(reading), desc="graphs", unit="structure", disable=not verbose
    ) as bar:
        for task, result in _run(work, n_jobs):
            if isinstance(result, dict):
                work.clashes |= result
                continue
            blocks.append(result.blocks)
            built += task.digests
            work.remember(task, result)
            bar.update(len(task.crystals))
        bar.update(len(reading) - bar.n)
    work.check()
    if work.found:
        blocks.append(GraphBlocks.join_graphs(list(work.found.values())))
        built += work.found
    row_of = {digest: row for row, digest in enumerate(built)}
    rows = np.array([row_of[digest] for digest in work.digests])
    return GraphBlocks.join(blocks).select(rows, settings.k)


@dataclass(frozen=True, slots=True)
class _Task:
    """Structures whose graphs are built together."""

    crystals: list[Crystal] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)
    known: list[Neighbors | None] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Result:
    """What became of a task."""

    blocks: GraphBlocks
    fresh: dict[int, Neighbors]  # the lists that were not known, or too short


class _Work:
    """What there is to build, found out while the structures are read."""

    def __init__(
        self, reading: Reading, settings: GraphSettings, cache: GraphCache | None
    ) -> None:
        self.reading, self.settings, self.cache = reading, settings, cache
        self.digests: list[bytes] = []  # of every structure, in their order
        self.found: dict[bytes, CrystalGraph] = {}  # in the cache
        self.clashes: dict[bytes, AtomsTooCloseError] = {}
        self._of_graphs = _digest(("graph", settings))
        self._of_lists = _digest(("neighbors", settings.tie_tolerance))

    def tasks(self) -> Iterator[_Task]:
        """Read the structures and hand out those whose graphs have to be built."""
        seen: set[bytes] = set()
        for part in self.reading.parts(_TASK_ATOMS):
            fresh: dict[bytes, Crystal] = {}
            for crystal in part:
                digest = crystal.digest()
                self.digests.append(digest)
                if digest not in seen:
                    seen.add(digest)
                    fresh[digest] = crystal
            task = self._task(fresh)
            if task.crystals:
                yield task

    def _task(self, fresh: dict[bytes, Crystal]) -> _Task:
        if self.cache is None:
            return _Task([*fresh.values()], [*fresh], [None] * len(fresh))
        graphs = self.cache.get(digest + self._of_graphs for digest in fresh)
        for digest, crystal in fresh.items():
            graph = graphs.get(digest + self._of_graphs)
            # What another program put under this key is not taken for the graph.
            if isinstance(graph, CrystalGraph) and graph.settings == self.settings:
                if len(graph.orbits) == len(crystal):
                    self.found[digest] = graph
        missing = [digest for digest in fresh if digest not in self.found]
        lists = self.cache.get(digest + self._of_lists for digest in missing)
        known: list[Neighbors | None] = []
        for digest in missing:
            rows, n = lists.get(digest + self._of_lists), len(fresh[digest])
            fits = isinstance(rows, Neighbors) and len(rows.start) == n + 1
            known.append(rows if fits else None)  # type: ignore[arg-type]
        return _Task([fresh[digest] for digest in missing], missing, known)

    def remember(self, task: _Task, result: _Result) -> None:
        """Put what was built into the cache."""
        if self.cache is None:
            return
        entries: dict[bytes, Neighbors | CrystalGraph] = {
            task.digests[i] + self._of_lists: rows for i, rows in result.fresh.items()
        }
        for i, digest in enumerate(task.digests):
            graph = result.blocks.graph(i, self.settings)
            # Copies, so that none of them keeps the others in memory.
            copies: dict[str, Any] = {n: a.copy() for n, a in graph.arrays().items()}
            entries[digest + self._of_graphs] = CrystalGraph(self.settings, **copies)
        self.cache.put(entries)

    def check(self) -> None:
        """Raise one error for all structures that cannot be used."""
        for index, digest in enumerate(self.digests):
            if digest in self.clashes:
                clash = self.clashes[digest]
                problem = (
                    f"has two atoms on one spot: sites {clash.first} and "
                    f"{clash.second} are {clash.distance:.2g} Angstrom apart. Remove "
                    "one of them."
                )
                self.reading.refuse(index, UnusableError(problem))
        self.reading.check()


def _digest(what: object) -> bytes:
    """The part of a key that tells what was made of a structure, and how."""
    return blake2b(repr((_GEOMETRY_VERSION, what)).encode(), digest_size=8).digest()


def _run(
    work: _Work, n_jobs: int | None
) -> Iterator[tuple[_Task, _Result | dict[bytes, AtomsTooCloseError]]]:
    """Threads are enough, since the kernels let go of the interpreter lock."""
    keep = work.cache is not None
    handed_out: deque[_Task] = deque()  # results come in their order

    def calls() -> Iterator[Any]:
        for task in work.tasks():
            handed_out.append(task)
            yield delayed(_build)(task, work.settings, keep)

    # Enough is read ahead that no thread waits for the reading of its next task.
    for result in stream_from_threads(calls(), n_jobs, ahead=8):
        yield handed_out.popleft(), result


def _build(
    task: _Task, settings: GraphSettings, keep: bool
) -> _Result | dict[bytes, AtomsTooCloseError]:
    """Build the graphs of a task; return new neighbour lists too, if asked to keep.

    If there are atoms on one spot, return instead all structures with such.
    """
    batch = Batch.join(task.crystals)
    try:
        neighbors, fresh = _neighbors(task, batch, settings, keep)
    except AtomsTooCloseError:
        return dict(_clashes(task, settings))
    environments, start = build_all_environments(
        batch,
        neighbors,
        settings.k,
        settings.tie_tolerance,
        frames=settings.frames,
        reflect=settings.reflect,
        reduce=settings.reduce,
    )
    blocks = GraphBlocks.from_environments(environments, start, batch.start, settings)
    return _Result(blocks, fresh)


def _clashes(
    task: _Task, settings: GraphSettings
) -> Iterator[tuple[bytes, AtomsTooCloseError]]:
    """Look at each structure of a task by itself."""
    for digest, crystal in zip(task.digests, task.crystals, strict=True):
        try:
            find_all_neighbors(
                Batch.join([crystal]), settings.k, settings.tie_tolerance
            )
        except AtomsTooCloseError as error:
            yield digest, error


def _neighbors(
    task: _Task, batch: Batch, settings: GraphSettings, keep: bool
) -> tuple[Neighbors, dict[int, Neighbors]]:
    """Neighbours for all structures of a task, known or searched for."""
    tolerance = settings.tie_tolerance
    if not any(task.known):
        found = find_all_neighbors(batch, max(settings.k, _SHORTEST), tolerance)
        if not keep:
            return found, {}
        return found, dict(enumerate(split_neighbors(found, batch)))
    rows: list[Neighbors] = []
    fresh: dict[int, Neighbors] = {}
    for i, (crystal, known) in enumerate(zip(task.crystals, task.known, strict=True)):
        if known is None or known.k < settings.k:
            farther = _SHORTEST if known is None else _FARTHER * known.k
            known = fresh[i] = find_all_neighbors(
                Batch.join([crystal]), max(settings.k, farther), tolerance
            )
        rows.append(known)
    return join_neighbors(rows), fresh
