"""Speed of the graphs beside other ways to find neighbours, in one run on one core.

Prints tables of microseconds per atom and of ratios.
"""

import os

# One thread for everybody, before anything is imported that could start more.
os.environ.update(
    {f"{lib}_NUM_THREADS": "1" for lib in ("OMP", "OPENBLAS", "MKL", "NUMBA")}
)

import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from timeit import repeat
from typing import Any

import numpy as np
from joblib import cpu_count
from pymatgen.core import Structure
from structure_sets import displaced, own_crystals, speed_sets, symmetric_sets
from table import align, parse_options, report, say

from sk_knagcn import CrystalGraphs, StructureGraphTransformer, check_structures
from sk_knagcn.geometry.batches import Batch
from sk_knagcn.geometry.environments import (
    Environments,
    build_all_environments,
    find_all_neighbors,
)
from sk_knagcn.geometry.neighbors import Neighbors
from sk_knagcn.graphs.blocks import GraphBlocks
from sk_knagcn.graphs.graph import GraphSettings
from sk_knagcn.structures import Crystal
from sk_knagcn.structures.door import Reading

try:
    from vesin import NeighborList
except ImportError:
    NeighborList = None
try:
    from matgl.ext.pymatgen import Structure2Graph
except ImportError:
    Structure2Graph = None

K = 12
TOLERANCE = StructureGraphTransformer().tie_tolerance
SETTINGS = GraphSettings(K, "canonical", True, True, TOLERANCE, "float32")
BATCH_ATOMS = 8_000  # as many go into one call of a kernel
MATGL_CUTOFF = 4.0  # Angstrom: few neighbours, its own default is 5
SLOW_ATOMS = 6_000  # CGCNN's loop gets no more atoms than this of each set
FIRST_CALL = """
from time import perf_counter
from pymatgen.core import Lattice, Structure
from sk_knagcn import StructureGraphTransformer
iron = Structure(Lattice.cubic(2.87), ["Fe", "Fe"], [[0, 0, 0], [0.5, 0.5, 0.5]])
transformer = StructureGraphTransformer(cache=None)
start = perf_counter()
transformer.transform([iron])
print(perf_counter() - start)
"""

PARTS = ("total", "door", "search", "frames", "container")
OTHERS = ["CGCNN", "pymatgen"]
OTHERS += ["vesin"] * (NeighborList is not None)
OTHERS += ["MatGL"] * (Structure2Graph is not None)
Emit = Callable[[str], None]


def main() -> int:
    """Print the tables."""
    options = parse_options(__doc__)
    rounds = 2 if options.quick else 5
    sets, remarks = speed_sets(options.structures)
    sets |= symmetric_sets()
    perovskite = own_crystals()["perovskite"]
    sets["5,000 displaced atoms"] = [displaced(perovskite * (10, 10, 10))]

    def write(emit: Emit) -> bool:
        emit(
            f"Speed on one core, {K} neighbours: microseconds per atom, best of "
            f"{rounds} or more rounds\nthat take turns, all warmed up; at most "
            f"{options.structures} structures of a set."
        )
        for remark in remarks:
            emit(remark)
        contests(sets, rounds, emit)
        symmetry(rounds, emit)
        sizes(perovskite, rounds, emit)
        if "MOFs" in sets and cpu_count() > 1:
            threads(sets["MOFs"], rounds, emit)
        first_calls(emit)
        return True

    report(write, options.output)
    return 0


def time_each(tasks: dict[Any, tuple]) -> dict[Any, float]:
    """Time in seconds of each task, a function with its arguments."""
    return {
        name: repeat(partial(*task), number=1, repeat=1)[0]
        for name, task in tasks.items()
    }


def take_turns(
    tasks: dict[Any, tuple], rounds: int, seconds: float = 2.0
) -> list[dict[Any, float]]:
    """Time in seconds of each task in each round.

    They take turns, so that all suffer alike from what else the machine does; more
    often than asked for if a round is over soon.
    """
    warm_up = sum(time_each(tasks).values())
    rounds = int(np.clip(seconds / warm_up, rounds, 50))
    return [time_each(tasks) for _ in range(rounds)]


def best(times: list[dict[Any, float]]) -> dict[Any, float]:
    """The shortest time of each task."""
    return {name: min(found[name] for found in times) for name in times[0]}


# -- the contestants ------------------------------------------------------------------


def ours(structures: Sequence[Structure], n_jobs: int = 1) -> CrystalGraphs:
    """From Structures to finished graphs, nothing remembered."""
    return StructureGraphTransformer(K, cache=None, n_jobs=n_jobs).transform(structures)


def search(batches: Sequence[Batch]) -> list[Neighbors]:
    """Neighbours of all atoms."""
    return [find_all_neighbors(batch, K, TOLERANCE) for batch in batches]


def search_twice(batches: Sequence[Batch]) -> None:
    """The same search in two threads, which share nothing."""
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(search, [batches, batches]))


def frame(
    batches: Sequence[Batch], neighbors: Sequence[Neighbors]
) -> list[tuple[Environments, np.ndarray]]:
    """Frames and orbits."""
    return [
        build_all_environments(batch, found, K, TOLERANCE)
        for batch, found in zip(batches, neighbors, strict=True)
    ]


def pack(
    crystals: Sequence[Crystal],
    batches: Sequence[Batch],
    environments: Sequence[tuple[Environments, np.ndarray]],
) -> CrystalGraphs:
    """The container, and the digests by which equal structures are known."""
    for crystal in crystals:
        crystal.digest()
    blocks = GraphBlocks.join(
        GraphBlocks.from_environments(found, start, batch.start, SETTINGS)
        for batch, (found, start) in zip(batches, environments, strict=True)
    )
    return CrystalGraphs(blocks, SETTINGS)


def cgcnn_loop(structures: Sequence[Structure]) -> None:
    """Find neighbours as CGCNN's data loader does; include_index is implied by now."""
    for structure in structures:
        index, distances = [], []
        for found in structure.get_all_neighbors(8):
            nearest = sorted(found, key=lambda neighbor: neighbor[1])[:K]
            padding = [0] * (K - len(nearest))
            index.append([neighbor[2] for neighbor in nearest] + padding)
            distances.append([neighbor[1] for neighbor in nearest] + padding)
        np.array(index), np.array(distances)


def pymatgen_list(structures: Sequence[Structure], radii: Sequence[float]) -> None:
    """pymatgen's bare neighbour list: i, j, shift, distance."""
    for structure, radius in zip(structures, radii, strict=True):
        structure.get_neighbor_list(radius)


def vesin_list(crystals: Sequence[Crystal], radii: Sequence[float]) -> None:
    """vesin's, of arrays at hand, the same four quantities."""
    for crystal, radius in zip(crystals, radii, strict=True):
        NeighborList(cutoff=radius, full_list=True).compute(
            crystal.positions, crystal.lattice, crystal.periodic, "ijSd"
        )


def matgl_graphs(structures: Sequence[Structure]) -> None:
    """MatGL's graphs, as it makes them for its networks."""
    elements = sorted({str(e) for structure in structures for e in structure.elements})
    converter = Structure2Graph(tuple(elements), cutoff=MATGL_CUTOFF)
    for structure in structures:
        converter.get_graph(structure)


# -- the tables -----------------------------------------------------------------------


def contests(sets: dict[str, list[Structure]], rounds: int, emit: Emit) -> None:
    """Our time and its parts; the others', and the ratios."""
    parts, others = [], []
    for name, structures in sets.items():
        n_atoms = sum(map(len, structures))
        say(f"{name}: {len(structures)} structures, {n_atoms} atoms")
        parts_read = list(Reading(structures, "raise").parts(BATCH_ATOMS))
        crystals = [crystal for part in parts_read for crystal in part]
        batches = [Batch.join(part) for part in parts_read]
        neighbors = search(batches)
        radii = widest(crystals)
        tasks = {
            "total": (ours, structures),
            "pymatgen": (pymatgen_list, structures, radii),
            "door": (check_structures, structures),
            "search": (search, batches),
            "frames": (frame, batches, neighbors),
            "container": (pack, crystals, batches, frame(batches, neighbors)),
        }
        if NeighborList is not None:
            tasks["vesin"] = (vesin_list, crystals, radii)
        if Structure2Graph is not None:
            tasks["MatGL"] = (matgl_graphs, structures)
        times = take_turns(tasks, 2 * rounds)
        cost = {task: 1e6 * t / n_atoms for task, t in best(times).items()}
        some = structures[:: -(-n_atoms // SLOW_ATOMS)]
        slow = best(take_turns({"CGCNN": (cgcnn_loop, some)}, 1))
        cost["CGCNN"] = 1e6 * slow["CGCNN"] / sum(map(len, some))
        ratio = {
            task: np.median([found[task] / found["total"] for found in times])
            for task in tasks
        }
        ratio["CGCNN"] = cost["CGCNN"] / cost["total"]
        row = [f"{cost[part]:.2f}" for part in PARTS]
        share = f"{cost['door'] / cost['total']:.0%}"
        parts.append([name, len(structures), n_atoms, *row, share])
        row = [name, f"{cost['total']:.2f}"]
        for other in OTHERS:
            row += [f"{cost[other]:.2f}", f"{ratio[other]:.2f}"]
        others.append(row)
    emit(
        "\n\nFrom pymatgen Structures to finished graphs\n\n"
        "Door: reading and checking the Structures. Frames: with orbits. Container: "
        "with digests\nand the change to single precision. The total, measured by "
        "itself, has the rest as well.\n"
    )
    emit(align(["set", "n", "atoms", *PARTS, "door's share"], parts))
    emit(
        "\n\nBeside others\n\n"
        "CGCNN: get_all_neighbors(8), sorted, cut at 12, of a part of larger sets.\n"
        "pymatgen: Structure.get_neighbor_list; vesin: NeighborList, 'ijSd', of arrays "
        "at hand;\nboth at the radius that just yields 12 neighbours for every atom, "
        "neither sorted.\nMatGL, if installed: Structure2Graph, all neighbours within "
        f"{MATGL_CUTOFF:g} Angstrom, neither sorted\nnor framed. Ratio: how many times "
        "faster ours is, all included; the median over the rounds.\n"
    )
    titles = [title for other in OTHERS for title in (other, "ratio")]
    emit(align(["set", "ours", *titles], others))


def widest(crystals: Sequence[Crystal]) -> list[float]:
    """The radius that just yields K neighbours for every atom, of each crystal."""
    exact = StructureGraphTransformer(K, frames="paper", dtype="float64", cache=None)
    return [graph.distances.max() + 1e-6 for graph in exact.transform(list(crystals))]


def symmetry(rounds: int, emit: Emit) -> None:
    """The same cells with all symmetry and, atoms displaced, with none."""
    rows = []
    for name, structures in symmetric_sets().items():
        if "primitive" in name:
            continue  # displacing one atom or two leaves much symmetry
        say(f"symmetry: {name}")
        noisy = [displaced(s, seed) for seed, s in enumerate(structures)]
        tasks = {"high": (ours, structures), "low": (ours, noisy)}
        times = best(take_turns(tasks, rounds))
        high, low = (1e6 * times[k] / sum(map(len, noisy)) for k in ("high", "low"))
        cells = [f"{high:.2f}", f"{low:.2f}", f"{high / low:.2f}"]
        rows.append([name, len(structures[0]), *cells])
    emit(
        "\n\nHigh against low symmetry\n\n"
        "The same cells as they are, and with all atoms displaced by 0.1 A at random.\n"
    )
    emit(align(["crystal", "atoms", "high", "low", "high/low"], rows))


def sizes(perovskite: Structure, rounds: int, emit: Emit) -> None:
    """Cost per atom of cells of 100 to 5,000 atoms without symmetry."""
    cells = [(2, 2, 5), (4, 4, 3), (4, 5, 5), (5, 5, 8), (5, 8, 10), (10, 10, 10)]
    sets = {}
    for cell in cells:
        n = 5 * int(np.prod(cell))
        sets[n] = [displaced(perovskite * cell, seed) for seed in range(5000 // n)]
    say("sizes")
    times = best(take_turns({n: (ours, found) for n, found in sets.items()}, rounds))
    cost = {n: 1e6 * times[n] / (n * len(s)) for n, s in sets.items()}
    emit("\n\nCost per atom of a perovskite with displaced atoms\n")
    rows = [
        [n, len(sets[n]), f"{c:.2f}", f"{c / cost[100]:.2f}"] for n, c in cost.items()
    ]
    emit(align(["atoms", "cells", "ours", "of 100 atoms"], rows))


def threads(structures: list[Structure], rounds: int, emit: Emit) -> None:
    """One thread and two; and what the machine's second core adds to any program.

    Of each pair of runs, one follows the other at once. The search for neighbours runs
    without the interpreter: two of them at a time show what can be had at most.
    """
    say("threads")
    batches = [Batch.join(part) for part in Reading(structures, "raise").parts()]
    tasks = {
        "ours": (ours, structures, 1),
        "ours, two threads": (ours, structures, 2),
        "search": (search, batches),
        "search twice": (search_twice, batches),
    }
    time_each(tasks)  # warmed up
    times = [time_each(tasks) for _ in range(4 * rounds)]
    ratios = {
        "one set, two threads": [t["ours"] / t["ours, two threads"] for t in times],
        "two searches at once": [2 * t["search"] / t["search twice"] for t in times],
    }
    emit(
        f"\n\nTwo cores instead of one, on {len(structures)} MOFs\n\nTimes faster: "
        f"median of {len(times)} pairs of runs, and the range of their middle half. "
        "Searches\nhave nothing in common: more than they gain, the machine does not "
        "give.\n"
    )
    emit(
        align(
            ["", "speed-up", "from", "to"],
            [
                [name, *(f"{np.percentile(found, q):.2f}" for q in (50, 25, 75))]
                for name, found in ratios.items()
            ],
        )
    )


def first_calls(emit: Emit) -> None:
    """What numba's compiler takes, once for a machine and once for a process."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for state in ("empty", "filled"):
            say(f"first call, cache {state}")
            done = subprocess.run(
                [sys.executable, "-c", FIRST_CALL],
                env=os.environ | {"NUMBA_CACHE_DIR": folder},
                check=True,
                capture_output=True,
                text=True,
            )
            rows.append([state, f"{float(done.stdout):.2f}"])
    emit("\n\nThe first call in a process (canonical frames)\n")
    emit(align(["numba's cache", "seconds"], rows))


if __name__ == "__main__":
    sys.exit(main())
