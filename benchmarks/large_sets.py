"""Sets that need not fit the memory: written from a stream, and trained on from disk.

The structures are made up: salts on known structure types (make_prototype_crystals),
with other elements and a random strain each. Every step runs in a process of its own,
so that its peak of memory is its own.
"""

import argparse
import os

# One thread for everybody, before anything is imported that could start more.
os.environ.update(
    {f"{lib}_NUM_THREADS": "1" for lib in ("OMP", "OPENBLAS", "MKL", "NUMBA")}
)

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
import torch
from pymatgen.core import Lattice, Structure
from table import align, report, say

from sk_knagcn import CrystalGraphs, KNAGCNRegressor, StructureGraphTransformer
from sk_knagcn.datasets import make_prototype_crystals

BASES = 300
ELEMENTS = "Li Na K Rb Mg Ca Sr Al Ga In Ti Zr V Nb Mo Fe Co Ni Cu Zn N O S F Cl Br"
STRAIN = 0.02


def stream(n: int) -> Iterator[Structure]:
    """So many crystals, one after the other, always the same."""
    bases = make_prototype_crystals(BASES, target="volume_per_atom", random_state=0)
    rng = np.random.default_rng(0)
    for i in range(n):
        base = bases.structures[i % BASES]
        elements = sorted({site.specie.symbol for site in base})
        drawn = rng.choice(ELEMENTS.split(), len(elements), replace=False)
        new = dict(zip(elements, drawn, strict=True))
        strain = rng.normal(scale=STRAIN, size=(3, 3))
        matrix = base.lattice.matrix @ (np.eye(3) + (strain + strain.T) / 2)
        species = [str(new[site.specie.symbol]) for site in base]
        yield Structure(Lattice(matrix), species, base.frac_coords)


def only_stream(folder: Path, n: int) -> int:
    """What making the structures takes by itself."""
    return sum(1 for _ in stream(n))


def write(folder: Path, n: int) -> int:
    """Graphs from the stream to the disk."""
    return len(StructureGraphTransformer().transform_to(stream(n), folder / "graphs"))


def hold(folder: Path, n: int) -> int:
    """The same with all structures and all graphs in memory."""
    transformer = StructureGraphTransformer(cache=None)
    graphs = transformer.transform(list(stream(n)))
    graphs.save(folder / "held")
    return len(graphs)


def train(graphs: CrystalGraphs) -> int:
    """An epoch; what is learnt does not matter for speed."""
    y = np.random.default_rng(0).normal(size=len(graphs))
    KNAGCNRegressor(max_epochs=1, random_state=0).fit(graphs, y)
    return len(graphs)


def train_in_memory(folder: Path, n: int) -> int:
    """An epoch with all graphs in memory."""
    return train(CrystalGraphs.open(folder / "graphs"))


def train_from_disk(folder: Path, n: int) -> int:
    """An epoch with all graphs left on the disk."""
    return train(CrystalGraphs.open(folder / "graphs", mmap_mode="r"))


def train_from_cold_disk(folder: Path, n: int) -> int:
    """The same when the system holds nothing of the files yet."""
    for file in (folder / "graphs").iterdir():
        with file.open("rb") as opened:
            os.fsync(opened.fileno())
            os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return train_from_disk(folder, n)


STEPS = {
    "making the structures": only_stream,
    "transform_to, from the stream": write,
    "an epoch, graphs in memory": train_in_memory,
    "an epoch, from disk": train_from_disk,
    "an epoch, from disk, files not cached": train_from_cold_disk,
    "list, transform and save": hold,
}


def main() -> int:
    """Run all steps and print the table; or one step, in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--structures", type=int, default=100_000, metavar="N")
    parser.add_argument("--folder", type=Path, help="where the graphs go")
    parser.add_argument("--output", type=Path, metavar="PATH", help="as in graphs.py")
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        return one_step(options)

    def tables(emit) -> bool:
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            run_all(Path(folder), options.structures, emit)
        return True

    report(tables, options.output)
    return 0


def run_all(folder: Path, n: int, emit) -> None:
    """Every step, and what it took."""
    found: dict[str, list[float]] = {}
    for name in STEPS:
        found[name] = child(name, folder, n)
        say(f"{name}: {found[name]}")
    graphs = CrystalGraphs.open(folder / "graphs", mmap_mode="r")
    same = graphs == CrystalGraphs.open(folder / "held", mmap_mode="r")
    on_disk = sum(file.stat().st_size for file in (folder / "graphs").iterdir())
    emit(
        f"{n:,} structures, {graphs.n_atoms.sum():,} atoms, "
        f"{graphs.n_stored_atoms.sum():,} of them stored; {on_disk / 1e6:,.0f} MB on "
        f"disk.\nThe graphs of both ways are {'' if same else 'NOT '}the same.\n"
    )
    rows = []
    for name, (seconds, busy, before, peak) in found.items():
        rows.append(
            [
                name,
                f"{seconds:,.0f}",
                f"{busy:,.0f}",
                f"{n / seconds:,.0f}",
                f"{before:,.0f}",
                f"{peak:,.0f}",
            ]
        )
    titles = ["step", "s", "CPU s", "structures/s", "MB before", "MB at peak"]
    emit(align(titles, rows))
    memory, disk = found["an epoch, graphs in memory"], found["an epoch, from disk"]
    emit(
        f"\nTraining from disk has {memory[0] / disk[0]:.0%} of the rate in memory by\n"
        f"the clock, {memory[1] / disk[1]:.0%} by the time of the processor."
    )


def child(step: str, folder: Path, n: int) -> list[float]:
    """Seconds, processor seconds, memory before and at the peak, in MB, of a step."""
    command = [sys.executable, __file__, "--step", step, "--structures", str(n)]
    run = subprocess.run(
        [*command, "--folder", str(folder)], check=True, stdout=subprocess.PIPE
    )
    return [float(word) for word in run.stdout.split()]


def one_step(options: argparse.Namespace) -> int:
    """Do one step and print what it took."""
    torch.set_num_threads(1)
    before, start, busy = peak(), perf_counter(), process_time()
    assert STEPS[options.step](options.folder, options.structures) == options.structures
    print(perf_counter() - start, process_time() - busy, before, peak())
    return 0


def peak() -> float:
    """Of this process alone, in MB; what getrusage says begins with its parent's."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) / 1000


if __name__ == "__main__":
    sys.exit(main())
