"""ALIGNN small beside the default network: the same perovskites, the same epochs.

ALIGNN comes from its own package (``pip install alignn``) with its own graphs: 2 + 2
layers of width 64, trained on absolute errors with AdamW and one cycle of the learning
rate. Perovskites are read from the folder that SK_KNAGCN_DATA names; see
property_sets.py.
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter

import numpy as np
import torch
from accuracy import K, paired
from alignn.models.alignn_atomwise_pure import (
    ALIGNNAtomWisePure,
    ALIGNNAtomWisePureConfig,
)
from alignn.torch_graph_builder import batch_torch_graphs, build_pure_torch_graph
from jarvis.core.atoms import Atoms
from property_sets import Task, read_task
from pymatgen.core import Structure
from table import align, report, say

from sk_knagcn import KNAGCNRegressor, StructureGraphTransformer

TASK = "perovskites heat (eV)"
# Small, and a network for properties: no forces, no energies of whole cells.
SMALL = ALIGNNAtomWisePureConfig(
    name="alignn_atomwise_pure",
    alignn_layers=2,
    gcn_layers=2,
    atom_input_features=92,
    embedding_features=64,
    hidden_features=64,
    calculate_gradient=False,
    energy_mult_natoms=False,
    lg_on_fly=False,
    use_penalty=False,
)
CUTOFF, ANGLE_CUTOFF, NEIGHBORS = 5.0, 3.5, 12  # the defaults of its configuration
WEIGHT_DECAY = 1e-5
AT_ONCE = 100  # structures of a prediction


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--lr", type=float, default=1e-2)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, metavar="PATH")
    options = parser.parse_args()
    torch.set_num_threads(1)

    def write(emit: Callable[[str], None]) -> bool:
        task = read_task(TASK)
        if task is None:
            emit(f"No file for {TASK}.")
            return False
        emit(
            f"Mean absolute errors on {TASK}, {len(task.train):,} crystals for "
            f"training and {len(task.test):,}\nfor the test; {options.epochs} epochs, "
            f"seed {options.seed}, one thread. ALIGNN: rate {options.lr:g}, batches of "
            f"{options.batch}."
        )
        theirs, slow = train_theirs(task, options)
        ours, fast = train_ours(task, options)
        difference, interval = paired(ours - theirs)
        rows = [
            ["ALIGNN small", f"{theirs.mean():.4f}", "", "", f"{slow:.2f}"],
            ["default", f"{ours.mean():.4f}", difference, interval, f"{fast:.2f}"],
        ]
        titles = ["model", "MAE", "minus ALIGNN", "95 %", "s/epoch"]
        emit(align(titles, rows))
        return True

    report(write, options.output)


def train_ours(task: Task, options: argparse.Namespace) -> tuple[np.ndarray, float]:
    """Errors on the test part, and seconds per epoch, of this package's default."""
    graphs = StructureGraphTransformer(k=K).transform(task.structures)
    model = KNAGCNRegressor(
        max_epochs=options.epochs, random_state=options.seed, device="cpu"
    )
    start = perf_counter()
    model.fit(graphs[task.train], task.y[task.train])
    seconds = (perf_counter() - start) / options.epochs
    return abs(model.predict(graphs[task.test]) - task.y[task.test]), seconds


def train_theirs(task: Task, options: argparse.Namespace) -> tuple[np.ndarray, float]:
    """The same of ALIGNN."""
    say("ALIGNN: graphs")
    graphs = [convert(structure) for structure in task.structures]
    y = task.y[task.train]
    mean, spread = y.mean(), y.std()
    scaled = torch.tensor((task.y - mean) / spread, dtype=torch.float32)
    torch.manual_seed(options.seed)
    rng = np.random.default_rng(options.seed)
    network = ALIGNNAtomWisePure(SMALL)
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=options.lr, weight_decay=WEIGHT_DECAY
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer,
        max_lr=options.lr,
        epochs=options.epochs,
        steps_per_epoch=-(-len(y) // options.batch),
    )
    start = perf_counter()
    for epoch in range(options.epochs):
        for rows in portions(rng.permutation(task.train), options.batch):
            optimizer.zero_grad()
            loss = (ask(network, graphs, rows) - scaled[rows]).abs().mean()
            loss.backward()
            optimizer.step()
            schedule.step()
        say(f"ALIGNN: epoch {epoch + 1}, {perf_counter() - start:.0f} s")
    seconds = (perf_counter() - start) / options.epochs
    network.eval()
    with torch.no_grad():
        found = [ask(network, graphs, rows) for rows in portions(task.test, AT_ONCE)]
    predicted = torch.cat(found).numpy() * spread + mean
    return abs(predicted - task.y[task.test]), seconds


def convert(structure: Structure) -> tuple:
    """ALIGNN's graph of atoms and bonds, and that of bonds and angles."""
    atoms = Atoms(
        lattice_mat=structure.lattice.matrix,
        coords=structure.frac_coords,
        elements=[site.specie.symbol for site in structure],
        cartesian=False,
    )
    return build_pure_torch_graph(
        atoms, CUTOFF, ANGLE_CUTOFF, NEIGHBORS, use_matscipy_topology=False
    )


def portions(rows: np.ndarray, size: int) -> list[np.ndarray]:
    """Cut rows into batches."""
    return [rows[i : i + size] for i in range(0, len(rows), size)]


def ask(network: torch.nn.Module, graphs: Sequence, rows: np.ndarray) -> torch.Tensor:
    """The network's numbers for some structures."""
    bonds, angles = zip(*(graphs[row] for row in rows), strict=True)
    joined = batch_torch_graphs(bonds), batch_torch_graphs(angles)
    return network((*joined, torch.eye(3)))["out"].view(-1)


if __name__ == "__main__":
    main()
