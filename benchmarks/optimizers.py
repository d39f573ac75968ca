"""AdamW against Muon: what `optimizer="auto"` rests on.

Errors on a fifth of the training part, which no training sees; the test part is left
alone. Both optimizers train the default network from the same weights, with the same
learning rate and epochs, once for every seed. Structures are read from the folder that
SK_KNAGCN_DATA names; see property_sets.py.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import numpy as np
import torch
from accuracy import K, epochs_of, paired
from property_sets import Task, read_task
from table import align, report, say

from sk_knagcn import KNAGCNRegressor, StructureGraphTransformer

OPTIMIZERS = ("adamw", "muon")
SIZES = {  # training structures, at most
    "perovskites heat (eV)": (800, 1_600, 3_200),
    "band gap (eV)": (800, 3_200),
    "MOFs void fraction": (800, 3_200),
    "MOFs PLD (A)": (800, 3_200),
    "elasticity log10 K": (1_280,),
    "elasticity log10 G": (1_280,),
    "phonons Cv (J/mol K)": (1_000,),
    "phonons U (kJ/mol)": (1_000,),
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tasks", nargs="*", default=[""], help="parts of their names")
    parser.add_argument("--seeds", type=int, default=2, help="trainings of each")
    parser.add_argument("--output", type=Path, metavar="PATH")
    options = parser.parse_args()
    torch.set_num_threads(1)

    def write(emit: Callable[[str], None]) -> bool:
        emit(
            "Mean absolute errors on a fifth of the training part, means over "
            f"{options.seeds} seeds; k={K}.\nThe interval is that of the difference, "
            "over the structures; the last column is what a\nMuon epoch costs."
        )
        rows = []
        for name, sizes in SIZES.items():
            if any(part in name for part in options.tasks):
                rows += compete(name, sizes, range(options.seeds))
        titles = ["task", "structures", "epochs", "AdamW", "Muon", "change"]
        emit(align([*titles, "Muon minus AdamW", "95 %", "times slower"], rows))
        return True

    report(write, options.output)


def compete(name: str, sizes: tuple[int, ...], seeds: range) -> Iterator[list[str]]:
    """Train with both optimizers on parts of so many structures."""
    task = read_task(name, most=5_000)
    if task is None:
        yield [f"no file for {name}"] + 8 * [""]
        return
    say(f"{name}: graphs of {len(task.structures)} structures")
    graphs = StructureGraphTransformer(k=K).transform(task.structures)
    order = np.random.default_rng(1).permutation(task.train)
    n_held_out = len(order) // 5
    for size in sizes:
        part = replace(task, test=order[:n_held_out], train=order[n_held_out:][:size])
        runs = [[train(part, graphs, o, s) for s in seeds] for o in OPTIMIZERS]
        errors = [np.mean([error for error, _ in run], axis=0) for run in runs]
        took = [min(seconds for _, seconds in run) for run in runs]
        adamw, muon = (error.mean() for error in errors)
        say(f"{name}, {size}: {adamw:.4f} with AdamW, {muon:.4f} with Muon")
        yield [
            name if size == sizes[0] else "",
            f"{len(part.train):,}",
            str(epochs_of(name)),
            f"{adamw:.4f}",
            f"{muon:.4f}",
            f"{muon / adamw - 1:+.0%}",
            *paired(errors[1] - errors[0]),
            f"{took[1] / took[0]:.2f}",
        ]


def train(
    task: Task, graphs: object, optimizer: str, seed: int
) -> tuple[np.ndarray, float]:
    """Errors on the part held out, and seconds of the fit."""
    model = KNAGCNRegressor(
        optimizer=optimizer,
        max_epochs=epochs_of(task.name),
        readout="sum" if task.grows else None,
        random_state=seed,
    )
    start = perf_counter()
    model.fit(graphs[task.train], task.y[task.train])
    seconds = perf_counter() - start
    return abs(model.predict(graphs[task.test]) - task.y[task.test]), seconds


if __name__ == "__main__":
    main()
