"""How fast the networks train and predict, as ratios in one run on one core.

Perovskites and MOFs come from the folder that SK_KNAGCN_DATA names (see
structure_sets.py); without it, from pymatgen and the package CoRE-MOF.
"""

import os

# One thread for everybody, before anything is imported that could start more.
os.environ.update(
    {f"{lib}_NUM_THREADS": "1" for lib in ("OMP", "OPENBLAS", "MKL", "NUMBA")}
)

import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np
import torch
from dense_cgcnn import DenseCGCNN, padded_batches
from joblib import cpu_count
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from structure_sets import aflow_prototypes, core_mofs, read_set
from table import align, parse_options, report, say
from torch.utils._python_dispatch import TorchDispatchMode

from sk_knagcn import (
    CGCNNRegressor,
    CrystalGraphs,
    GCN3DRegressor,
    KNAGCNRegressor,
    StructureGraphTransformer,
)
from sk_knagcn.estimators.devices import resolve_precision
from sk_knagcn.training.data import Batches, GraphDataset, GraphTensors
from sk_knagcn.training.precision import products

K = 12
WIDTH = 64
BATCH = 32
MODELS = {
    "slots": KNAGCNRegressor(convolution="slots"),
    "moments": KNAGCNRegressor(),
    "CGCNN": CGCNNRegressor(),
    "3DGCN": GCN3DRegressor(),
}
PUBLISHED = "CGCNN, published form"
PATIENCE = 120  # seconds after which a race takes no more rounds than it must
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
Emit = Callable[[str], None]


def main() -> int:
    """Print the tables."""
    options = parse_options(__doc__)
    n = options.structures
    torch.set_num_threads(1)
    say("reading structures and building graphs")
    mofs = core_mofs(n) or read_set("core_mof_2019_asr", n)
    sets = {"perovskites": read_set("perov_5", 3 * n) or aflow_prototypes(n)}
    if mofs:
        sets["MOFs"] = mofs
    graphs = {name: build(structures) for name, structures in sets.items()}

    def write(emit: Emit) -> bool:
        emit(
            f"Training on {DEVICE}, one thread; k={K}, width {WIDTH}, 3 layers, "
            f"batches of {BATCH}.\n"
        )
        throughput(graphs, 3 if options.quick else 12, emit)
        if mofs:
            symmetry(mofs[:: max(1, len(mofs) // 100)], emit)  # of all sizes
        limit(graphs, emit)
        overhead(graphs["perovskites"], emit)
        prediction(sets, emit)
        search(sets["perovskites"][:400], 2 if options.quick else 10, emit)
        if mofs:
            memory(emit, 200 if options.quick else 2_000)
        return True

    # Bare steps, and the dense network, as the steps of the estimators.
    with products(resolve_precision("auto", DEVICE), DEVICE):
        report(write, options.output)
    return 0


def build(structures: list, **settings: object) -> CrystalGraphs:
    """Graphs of all structures."""
    return StructureGraphTransformer(k=K, cache=None, **settings).transform(structures)


def some_target(graphs: CrystalGraphs) -> np.ndarray:
    """Numbers to train on, whose values don't matter for speed."""
    return np.random.default_rng(0).normal(size=len(graphs))


def fitted(name: str, graphs: CrystalGraphs, epochs: int = 1) -> KNAGCNRegressor:
    """A network after so many epochs."""
    model = MODELS[name].set_params(
        width=WIDTH, n_layers=3, batch_size=BATCH, max_epochs=epochs, random_state=0
    )
    return model.fit(graphs, some_target(graphs))


def epoch_seconds(
    contestants: dict[str, Callable[[], float]], rounds: int = 3
) -> dict[str, np.ndarray]:
    """Seconds of an epoch of each contestant in each round; they take turns."""
    took, start = [], perf_counter()
    while len(took) < rounds and (len(took) < 3 or perf_counter() - start < PATIENCE):
        took.append({name: epoch() for name, epoch in contestants.items()})
    return {name: np.array([each[name] for each in took]) for name in contestants}


def best_epoch(name: str, graphs: CrystalGraphs) -> float:
    """Shortest of a few epochs of a network."""
    return fitted(name, graphs, 3).history_["dur"].min()


def throughput(sets: dict[str, CrystalGraphs], rounds: int, emit: Emit) -> None:
    """Structures and atoms per second of every network."""
    rows = []
    for title, graphs in sets.items():
        say(f"training on {title}")
        contestants = {name: partial(best_epoch, name, graphs) for name in MODELS}
        contestants[PUBLISHED] = best_dense_epoch(graphs)
        took = epoch_seconds(contestants, rounds)
        for name, found in took.items():
            rows.append(
                [
                    title if name == "slots" else "",
                    name,
                    f"{len(graphs) / found.min():,.0f}",
                    f"{graphs.n_atoms.sum() / found.min():,.0f}",
                    f"{graphs.n_stored_atoms.sum() / found.min():,.0f}",
                    f"{np.median(took['CGCNN'] / found):.2f}",
                    f"{np.median(took[PUBLISHED] / found):.2f}",
                ]
            )
    titles = ["set", "network", "structures/s", "atoms/s", "stored atoms/s"]
    emit(
        "Throughput of training, best of all epochs. The last two columns: speed "
        "relative to CGCNN as it\nis here, and to a plain dense implementation of its "
        "published form on the same reduced graphs,\npadded; medians over rounds "
        "in which the networks take turns.\n"
    )
    emit(align([*titles, "to CGCNN", "to dense CGCNN"], rows))


def best_dense_epoch(graphs: CrystalGraphs) -> Callable[[], float]:
    """Train CGCNN as it is usually written, and tell the time as `best_epoch` does."""
    batches = padded_batches(graphs, BATCH)
    network = DenseCGCNN(WIDTH, n_layers=3).to(DEVICE)
    optimizer = torch.optim.AdamW(network.parameters(), fused=True)

    def epoch() -> None:
        for batch in batches:
            optimizer.zero_grad()
            network(batch).abs().mean().backward()
            optimizer.step()

    epoch()
    return lambda: min(seconds(epoch) for _ in range(3))


def seconds(task: Callable[[], object]) -> float:
    """Time one call, and whatever the GPU still does for it."""
    start = perf_counter()
    task()
    if DEVICE == "cuda":
        torch.cuda.synchronize()
    return perf_counter() - start


def symmetry(structures: list, emit: Emit) -> None:
    """An epoch on reduced graphs against one on full graphs."""
    say("reduced against full graphs")
    reduced, full = build(structures), build(structures, reduce=False)
    rows = []
    for name in ("moments", "slots"):
        took = epoch_seconds(
            {
                "reduced": partial(best_epoch, name, reduced),
                "full": partial(best_epoch, name, full),
            }
        )
        ratio = np.median(took["full"] / took["reduced"])
        model = fitted(name, reduced)
        moved = abs(model.predict(reduced) - model.predict(full)).max()
        rows.append([name, f"{ratio:.1f}", f"{moved:.1e}"])
    emit(
        f"\nReduced against full graphs of {len(structures)} MOFs "
        f"({full.n_stored_atoms.sum() / reduced.n_stored_atoms.sum():.1f} times fewer "
        "atoms); the target has standard deviation 1.\n"
    )
    emit(align(["network", "times faster", "largest change of a prediction"], rows))


def limit(sets: dict[str, CrystalGraphs], emit: Emit) -> None:
    """A training step against the products of matrices in it."""
    say("against plain products of matrices")
    rows = []
    for title, graphs in sets.items():
        for name in ("slots", "moments"):
            model = fitted(name, graphs)
            module = model.net_.module_.to(DEVICE)
            data = GraphDataset(GraphTensors(graphs, DEVICE))
            batch = next(iter(Batches(data.rows(), BATCH))).graphs()
            optimizer = torch.optim.AdamW(module.parameters(), fused=True)

            def step(module=module, batch=batch, optimizer=optimizer) -> None:
                optimizer.zero_grad()
                module(batch).abs().mean().backward()
                optimizer.step()

            multiply = plain_products(step)
            rounds = [(seconds(step), seconds(multiply)) for _ in range(100)]
            took, plain = np.min(rounds, axis=0)
            rows.append([title, name, f"{1e3 * took:.1f}", f"{plain / took:.2f}"])
    emit(
        "\nHow close to the limit: the time that the products of matrices of a step "
        "(forward and backward)\ntake by themselves, over the time of the whole step.\n"
    )
    emit(align(["set", "network", "step in ms", "share"], rows))


class Products(TorchDispatchMode):
    """Remembers the sizes of all products of matrices, those of gradients too."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[tuple[torch.Size, torch.Size]] = []

    def __torch_dispatch__(
        self, op: object, types: object, args: tuple = (), kwargs: dict | None = None
    ) -> object:
        """Note the operands, then compute as ever."""
        factors = {
            torch.ops.aten.mm.default: args[:2],
            torch.ops.aten.addmm.default: args[1:],
            torch.ops.aten.bmm.default: args[:2],
        }.get(op)
        if factors is not None:
            self.sizes.append((factors[0].shape, factors[1].shape))
        return op(*args, **(kwargs or {}))


def plain_products(step: Callable[[], None]) -> Callable[[], None]:
    """The products of matrices of a training step, and nothing else of it."""
    with Products() as products_of:
        step()
    operands = [
        (torch.randn(x, device=DEVICE), torch.randn(y, device=DEVICE))
        for x, y in products_of.sizes
    ]

    def multiply() -> None:
        for x, y in operands:
            x @ y

    return multiply


def overhead(graphs: CrystalGraphs, emit: Emit) -> None:
    """What skorch and the gathering of batches add to the bare steps."""
    say("overhead of the loop")
    graphs = graphs[:1_000]
    rows = []
    for name in MODELS:
        model = fitted(name, graphs)
        module = model.net_.module_.to(DEVICE).train()
        data = GraphDataset(GraphTensors(graphs, DEVICE))
        batches = [rows.graphs() for rows in Batches(data.rows(), BATCH)]
        optimizer = torch.optim.AdamW(module.parameters(), fused=True)

        def bare(module=module, batches=batches, optimizer=optimizer) -> None:
            for batch in batches:
                optimizer.zero_grad()
                module(batch).abs().mean().backward()
                optimizer.step()

        whole, steps = np.inf, np.inf
        for _ in range(9):
            whole = min(whole, fitted(name, graphs, 2).history_["dur"].min())
            steps = min(steps, seconds(bare))
        rows.append([name, f"{1e3 * whole:.0f}", f"{1 - steps / whole:.1%}"])
    emit(
        f"\nAn epoch of {len(graphs):,} structures, and the share of it that is not "
        "the bare steps of torch\n(gathering batches, skorch, loss, averaging).\n"
    )
    emit(align(["network", "ms", "overhead"], rows))


def prediction(sets: dict[str, list], emit: Emit) -> None:
    """From Structure objects to predictions."""
    say("prediction")
    rows = []
    for title, structures in sets.items():
        graphs = build(structures)
        for name in ("moments", "slots"):
            model = fitted(name, graphs)
            model.predict(graphs)
            building = min(seconds(lambda s=structures: build(s)) for _ in range(3))
            asking = min(
                seconds(lambda m=model, g=graphs: m.predict(g)) for _ in range(3)
            )
            total = building + asking
            rows.append(
                [
                    title,
                    name,
                    f"{len(structures) / total:,.0f}",
                    f"{building / total:.0%}",
                    f"{asking / total:.0%}",
                ]
            )
    emit("\nPrediction from pymatgen Structures, nothing cached.\n")
    emit(align(["set", "network", "structures/s", "graphs", "network"], rows))


def search(structures: list, epochs: int, emit: Emit) -> None:
    """A grid over neighbours and depth, in one process and in two."""
    if cpu_count() < 2:
        return
    say("a search in two processes")
    y = np.random.default_rng(0).normal(size=len(structures))
    network = KNAGCNRegressor(max_epochs=epochs, random_state=0)
    grid = {"graph__k": [4, 8, 12], "net__n_layers": [1, 2, 3]}
    took = []
    for n_jobs in (1, 2):
        model = Pipeline([("graph", StructureGraphTransformer()), ("net", network)])
        tool = GridSearchCV(model, grid, cv=3, n_jobs=n_jobs)
        took.append(seconds(lambda tool=tool: tool.fit(structures, y)))
    emit(
        f"\nGridSearchCV over k and depth, 27 fits of {epochs} epochs on "
        f"{len(structures)} structures: {took[0]:.0f} s in one process,\n{took[1]:.0f} "
        "s with n_jobs=2, which starts two processes and builds the graphs in both."
    )


FIT = """
import re, sys
from pathlib import Path
import numpy as np
from sk_knagcn import CrystalGraphs, KNAGCNRegressor
mode = sys.argv[2] if sys.argv[2] != "memory" else None
graphs = CrystalGraphs.open(sys.argv[1], mmap_mode=mode)
model = KNAGCNRegressor(max_epochs=2, random_state=0)
def peak():  # of this process alone; what getrusage says begins with its parent's
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\\s+(\\d+)", status).group(1)) / 1024
before = peak()
model.fit(graphs, np.random.default_rng(0).normal(size=len(graphs)))
print(before, peak(), model.history_["dur"].min())
"""


def memory(emit: Emit, n: int) -> None:
    """Peak memory of a fit, from memory and from disk."""
    if not Path("/proc/self/status").is_file():
        return
    say("memory")
    structures = read_set("core_mof_2019_asr", n) or core_mofs(n)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        graphs = build(structures, reduce=False)
        graphs.save(f"{folder}/graphs")
        for mode in ("memory", "r"):
            command = [sys.executable, "-c", FIT, f"{folder}/graphs", mode]
            found = subprocess.run(command, check=True, capture_output=True, text=True)
            before, peak, took = map(float, found.stdout.split())
            rows.append(
                [
                    "in memory" if mode == "memory" else "memory-mapped",
                    f"{before:,.0f}",
                    f"{peak:,.0f}",
                    f"{took:.1f}",
                ]
            )
    emit(
        f"\nPeak memory of a process that trains on {len(graphs):,} full graphs of "
        f"MOFs ({graphs.n_stored_atoms.sum():,} atoms,\n"
        f"{graphs.nbytes / 1e6:.0f} MB).\n"
    )
    titles = ["graphs", "before the fit, MB", "at its peak, MB", "s per epoch"]
    emit(align(titles, rows))


if __name__ == "__main__":
    sys.exit(main())
