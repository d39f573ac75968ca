"""Build the graphs of many structures: each once, in parallel, with a progress bar."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from hashlib import blake2b

from joblib import Parallel, delayed
from tqdm.auto import tqdm

from sk_knagcn.geometry.environments import build_environments, find_neighbors
from sk_knagcn.geometry.neighbors import AtomsTooCloseError, Neighbors
from sk_knagcn.graphs.cache import GraphCache
from sk_knagcn.graphs.graph import CrystalGraph, GraphSettings
from sk_knagcn.structures import Crystal

# Goes into all keys: a change of the geometry must not find graphs of the old one.
_GEOMETRY_VERSION = 1
# Atoms per task: small enough to keep all workers busy, large enough (about 20 ms) to
# make the cost of handing it out negligible.
_TASK_ATOMS = 4_000
# How many neighbours a first search finds at least; and how many times more than that,
# should more be wanted: a search over k = 4, 8, 12, 16, 32 looks for neighbours twice.
_SHORTEST = 12
_FARTHER = 3

Task = tuple[int, Crystal, Neighbors | None]
Result = tuple[int, Neighbors | None, CrystalGraph]


def build_graphs(
    crystals: Sequence[Crystal],
    settings: GraphSettings,
    *,
    cache: GraphCache | None = None,
    n_jobs: int | None = None,
    verbose: int = 0,
) -> list[CrystalGraph]:
    """Build one graph for each crystal, in their order.

    Crystals that are equal, array by array, share one graph. Graphs and neighbour
    lists that the cache holds are not built again.
    """
    digests = [crystal.digest() for crystal in crystals]
    first = {digest: i for i, digest in reversed(list(enumerate(digests)))}
    of_graphs = _digest(("graph", sorted(asdict(settings).items())))
    of_lists = _digest(("neighbors", settings.tie_tolerance))
    graph_keys = {digest: digest + of_graphs for digest in first}
    list_keys = {digest: digest + of_lists for digest in first}
    graphs: dict[bytes, CrystalGraph] = {}
    lists: dict[bytes, Neighbors] = {}
    if cache is not None:
        # Which kind of value a key leads to is in the key, where mypy cannot see it.
        found = cache.get(graph_keys.values())
        graphs = {d: found[key] for d, key in graph_keys.items() if key in found}  # type: ignore[misc]
        found = cache.get(list_keys[d] for d in first if d not in graphs)
        lists = {d: found[key] for d, key in list_keys.items() if key in found}  # type: ignore[misc]

    tasks: list[Task] = [
        (i, crystals[i], lists.get(digest))
        for digest, i in sorted(first.items(), key=lambda item: item[1])
        if digest not in graphs
    ]
    with tqdm(
        total=len(tasks), desc="graphs", unit="structure", disable=not verbose
    ) as bar:
        for results in _run(tasks, settings, n_jobs):
            entries: dict[bytes, Neighbors | CrystalGraph] = {}
            for i, neighbors, graph in results:
                digest = digests[i]
                graphs[digest] = graph
                entries[graph_keys[digest]] = graph
                if neighbors is not None:
                    entries[list_keys[digest]] = neighbors
            if cache is not None:
                cache.put(entries)
            bar.update(len(results))
    return [graphs[digest] for digest in digests]


def _digest(what: object) -> bytes:
    """The part of a key that tells what was made of a structure, and how."""
    return blake2b(repr((_GEOMETRY_VERSION, what)).encode(), digest_size=8).digest()


def _run(
    tasks: Sequence[Task], settings: GraphSettings, n_jobs: int | None
) -> Iterator[list[Result]]:
    """Threads are enough, since the kernels let go of the interpreter lock.

    They are a hint only: another backend, chosen with `joblib.parallel_config`, works
    as well.
    """
    parallel = Parallel(n_jobs=n_jobs, prefer="threads", return_as="generator")
    return parallel(delayed(_build_some)(some, settings) for some in _share_out(tasks))


def _share_out(tasks: Sequence[Task]) -> Iterator[list[Task]]:
    share: list[Task] = []
    atoms = 0
    for task in tasks:
        share.append(task)
        atoms += len(task[1])
        if atoms >= _TASK_ATOMS:
            yield share
            share, atoms = [], 0
    if share:
        yield share


def _build_some(tasks: list[Task], settings: GraphSettings) -> list[Result]:
    return [_build_one(*task, settings) for task in tasks]


def _build_one(
    i: int, crystal: Crystal, known: Neighbors | None, settings: GraphSettings
) -> Result:
    fresh = None
    if known is None or known.k < settings.k:
        try:
            reach = max(settings.k, _SHORTEST if known is None else _FARTHER * known.k)
            known = fresh = find_neighbors(crystal, reach, settings.tie_tolerance)
        except AtomsTooCloseError as error:
            raise ValueError(
                f"structure {i} ({crystal.formula}) has two atoms on one spot: sites "
                f"{error.first} and {error.second} are {error.distance:.2g} Angstrom "
                "apart. Remove one of them."
            ) from None
    environments = build_environments(
        crystal,
        known,
        settings.k,
        settings.tie_tolerance,
        frames=settings.frames,
        reflect=settings.reflect,
        reduce=settings.reduce,
    )
    return i, fresh, CrystalGraph.from_environments(environments, settings)
